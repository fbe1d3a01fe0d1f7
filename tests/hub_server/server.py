"""The test hub's HTTP side: the listing of models, what one is made of, and its files, whole or in part.

Large files are redirected to another host name, as the real hub does with its storage. All on loopback.
"""

from __future__ import annotations

import json
import re
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.hub_server.faults import Faults
from tests.hub_server.repository import Content, Repository

PIECE = 1 << 16
RESOLVE = re.compile(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
INFO = re.compile(r"/api/models/([^/]+/[^/]+)(?:/revision/([^/]+))?")
TREE = re.compile(r"/api/models/([^/]+/[^/]+)/tree/([^/]+)")
STORED = re.compile(r"/stored/([0-9a-f]{64})/(.+)")


@dataclass
class Request:
    """What a client asked for, and how much of a file it was sent."""

    method: str
    path: str
    start: int = 0
    sent: int = 0
    token: str | None = None


class HubServer:
    """Serves until `close`, in threads of its own.

    Args:
        port: 0 for any that is free.
        models: Folders by the names of models that are there from the beginning.

    Attributes:
        repositories: By name; `add` fills it.
        faults: May be changed at any moment.
        requests: Everything that was asked, in order.
        queries: What was searched for, in order.
    """

    def __init__(self, port: int = 0, models: Mapping[str, Path] | None = None) -> None:
        self._store = tempfile.TemporaryDirectory(prefix="hub-")
        self.repositories: dict[str, Repository] = {}
        self.faults = Faults()
        self.requests: list[Request] = []
        self.queries: list[dict[str, list[str]]] = []
        for name, folder in (models or {}).items():
            self.add(name, folder)
        hub = self

        class Handler(_Handler):
            server_hub = hub

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def add(self, name: str, folder: Path | None = None, **about: Any) -> Repository:
        """A repository, with a folder's content as its first commit."""
        repository = Repository(name, Path(self._store.name) / "blobs", about=about)
        if folder is not None:
            repository.commit(folder)
        self.repositories[name] = repository  # Only now, for it may be asked for at any moment.
        return repository

    def content_requests(self, name: str = "") -> list[Request]:
        """Requests for the bytes of files, or of the files with this in their path."""
        wanted = [r for r in self.requests if r.method == "GET" and "/api/" not in r.path and name in r.path]
        return [r for r in wanted if r.sent or "/stored/" in r.path]

    def close(self) -> None:
        """Stop listening. May be called more than once."""
        if not self._thread.is_alive():
            return
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._store.cleanup()

    def __enter__(self) -> HubServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Handler(BaseHTTPRequestHandler):
    server_hub: HubServer
    protocol_version = "HTTP/1.1"
    request_record: Request

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the terminal."""

    def _answer(self) -> None:
        hub = self.server_hub
        url = urlsplit(self.path)
        path, query = unquote(url.path), parse_qs(url.query)
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
        self.request_record = Request(self.command, path, token=token)
        hub.requests.append(self.request_record)
        # A client that has gone away is no error of the server.
        with suppress(ConnectionError, TimeoutError):
            status = hub.faults.take_status("/stored/" in path)
            if status is not None:
                self._refuse(status, hub.faults.error_code, hub.faults.error_message)
            elif path == "/api/models":
                self._send_json(self._search(query))
            elif match := STORED.fullmatch(path):
                self._send_stored(match[1], match[2])
            elif match := TREE.fullmatch(path):
                self._with_repository(match[1], match[2], self._send_tree)
            elif match := INFO.fullmatch(path):
                self._with_repository(match[1], match[2] or "main", lambda r, c: self._send_info(r, c, query))
            elif match := RESOLVE.fullmatch(path):
                self._with_repository(match[1], match[2], lambda r, c: self._send_file(r, c, match[3]))
            else:
                self._refuse(404, "RepoNotFound")

    def _with_repository(self, name: str, revision: str, then: Any) -> None:
        repository = self.server_hub.repositories.get(name)
        token = self.request_record.token
        if repository is None or (repository.private and token not in repository.readers):
            self._refuse(404 if token else 401, "RepoNotFound", "Repository not found")
            return
        commit = repository.resolve(revision)
        if commit is None:
            self._refuse(404, "RevisionNotFound", "Invalid rev id")
        elif repository.gated and "/resolve/" in self.path and token not in repository.readers:
            message = f"Access to model {name} is restricted and you are not in the authorized list."
            self._refuse(403 if token else 401, "GatedRepo", self.server_hub.faults.error_message or message)
        else:
            then(repository, commit)

    def _search(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        self.server_hub.queries.append(query)
        words = query.get("search", [""])[0].lower()
        author = query.get("author", [""])[0]
        found = [
            {"id": repository.name, "sha": repository.main, "private": False, **repository.about}
            for repository in self.server_hub.repositories.values()
            if words in repository.name.lower() and (not author or repository.name.startswith(f"{author}/"))
        ]
        found.sort(key=lambda entry: -entry.get("downloads", 0))
        return found[: int(query.get("limit", ["1000"])[0])]

    def _send_info(self, repository: Repository, commit: str, query: dict[str, list[str]]) -> None:
        info = {"id": repository.name, "sha": commit, "private": repository.private, "gated": repository.gated}
        self._send_json(info | repository.about | {"siblings": repository.listing(commit, "blobs" in query)})

    def _send_tree(self, repository: Repository, commit: str) -> None:
        entries = []
        for entry in repository.listing(commit, with_sizes=True):
            file = {"type": "file", "path": entry["rfilename"], "size": entry["size"], "oid": entry["blobId"]}
            lfs = entry.get("lfs")
            entries.append(file | ({"lfs": {**lfs, "oid": lfs["sha256"]}} if lfs else {}))
        self._send_json(entries)

    def _send_file(self, repository: Repository, commit: str, name: str) -> None:
        content = repository.commits[commit].get(name)
        if content is None:
            self._refuse(404, "EntryNotFound", "Entry not found")
            return
        headers = {"X-Repo-Commit": commit, "ETag": f'"{content.etag}"', "Accept-Ranges": "bytes"}
        if content.large:
            location = f"http://localhost:{self.server_hub.port}/stored/{content.sha256}/{name}"
            linked = {"X-Linked-ETag": f'"{content.sha256}"', "X-Linked-Size": str(content.size)}
            if self.server_hub.faults.xet:
                linked |= {"X-Xet-Hash": content.sha256, "X-Xet-Refresh-Route": f"{self.server_hub.endpoint}/xet"}
            self._send(302, b"", headers | linked | {"Location": location})
        else:
            self._send_content(content, name, headers)

    def _send_stored(self, sha256: str, name: str) -> None:
        for repository in self.server_hub.repositories.values():
            for files in repository.commits.values():
                for content in files.values():
                    if content.sha256 == sha256:
                        self._send_content(content, name, {"Accept-Ranges": "bytes", "ETag": f'"{sha256}"'})
                        return
        self._refuse(404)

    def _send_content(self, content: Content, name: str, headers: dict[str, str]) -> None:
        faults = self.server_hub.faults
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        start, stop = 0, content.size
        if span and not faults.ignore_range:
            start = int(span[1])
            stop = min(content.size, int(span[2]) + 1) if span[2] else content.size
            if start >= content.size:
                self._send(416, b"", headers | {"Content-Range": f"bytes */{content.size}"})
                return
            headers = headers | {"Content-Range": f"bytes {start}-{stop - 1}/{content.size}"}
        self.request_record.start = start
        self.send_response(206 if "Content-Range" in headers else 200)
        for key, value in (headers | {"Content-Length": str(stop - start)}).items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self._send_bytes(content, start, stop, changed=faults.take_wrong(name))

    def _send_bytes(self, content: Content, start: int, stop: int, changed: bool) -> None:
        faults, record = self.server_hub.faults, self.request_record
        while faults.stall:
            time.sleep(0.02)
        cut, began = faults.take_cut(), time.monotonic()
        with content.path.open("rb") as stream:
            stream.seek(start)
            while record.sent < stop - start:
                piece = stream.read(min(PIECE, stop - start - record.sent))
                if changed and record.sent == 0:
                    piece = bytes([piece[0] ^ 1]) + piece[1:]
                if cut is not None and record.sent + len(piece) > cut:
                    self.wfile.write(piece[: cut - record.sent])
                    record.sent = cut
                    self.wfile.flush()
                    self.close_connection = True
                    self.connection.close()
                    return
                self.wfile.write(piece)
                record.sent += len(piece)
                if faults.bytes_per_second:
                    due = began + record.sent / faults.bytes_per_second
                    time.sleep(max(0.0, due - time.monotonic()))

    def _refuse(self, status: int, code: str | None = None, message: str | None = None) -> None:
        headers = {"X-Error-Code": code, "X-Error-Message": message}
        body = json.dumps({"error": message or "refused"}).encode()
        self._send(status, body, {key: value for key, value in headers.items() if value})

    def _send_json(self, content: Any) -> None:
        self._send(200, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)
