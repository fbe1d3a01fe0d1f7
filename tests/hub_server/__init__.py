"""A model hub for tests: real sockets and real files, with faults to order. `python -m tests.hub_server` runs it alone.

    with HubServer() as hub:
        hub.add("owner/name", folder)
        hub.faults.cut_after = 1000

A client meets it at `hub.endpoint`; what it asked for is in `hub.requests`.
"""

from tests.hub_server.faults import Faults
from tests.hub_server.repository import Repository
from tests.hub_server.server import HubServer, Request

__all__ = ["Faults", "HubServer", "Repository", "Request"]
