"""A hub on loopback for the tests of this folder."""

from tests.hub_server.client import hub, models, online, server

__all__ = ["hub", "models", "online", "server"]
