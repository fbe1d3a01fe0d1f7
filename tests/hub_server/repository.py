"""A model repository on the test hub: a folder on disk, whose every commit keeps the content that it was made with."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LARGE = 100_000
"""Bytes from which a file is kept by its SHA-256, as Git LFS does, and served by way of a redirect."""


@dataclass(frozen=True)
class Content:
    """One file of one commit. `path` is a copy that nobody changes any more."""

    path: Path
    size: int
    sha256: str
    git_sha1: str

    @property
    def large(self) -> bool:
        return self.size >= LARGE

    @property
    def etag(self) -> str:
        return self.sha256 if self.large else self.git_sha1


@dataclass
class Repository:
    """A model with its commits, of which `main` is the newest.

    Attributes:
        gated: Whether its licence has to be accepted first; `readers` are the tokens of those who have.
        private: Whether nobody else may know that it is there.
        about: What the hub tells beside the files: downloads, tags, config, ….
    """

    name: str
    store: Path
    commits: dict[str, dict[str, Content]] = field(default_factory=dict)
    main: str = ""
    gated: bool = False
    private: bool = False
    readers: set[str] = field(default_factory=set)
    about: dict[str, Any] = field(default_factory=dict)

    def commit(self, folder: Path) -> str:
        """A new commit of what lies in a folder. Returns its name; `main` is that one now."""
        files = {
            file.relative_to(folder).as_posix(): self._keep(file)
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        }
        return self.commit_as(files)

    def commit_as(self, files: dict[str, Content]) -> str:
        """A commit under whatever names, however foul."""
        listing = repr([(name, content.sha256) for name, content in files.items()])
        self.main = hashlib.sha1(f"{self.name}{len(self.commits)}{listing}".encode()).hexdigest()
        self.commits[self.main] = files
        return self.main

    def resolve(self, revision: str) -> str | None:
        """The commit that a revision means."""
        revision = self.main if revision == "main" else revision
        return revision if revision in self.commits else None

    def listing(self, commit: str, with_sizes: bool) -> list[dict[str, Any]]:
        """The files of a commit as the hub's model info lists them ("siblings")."""
        siblings = []
        for name, content in self.commits[commit].items():
            entry: dict[str, Any] = {"rfilename": name}
            if with_sizes:
                entry |= {"size": content.size, "blobId": content.git_sha1}
                if content.large:
                    entry["lfs"] = {"sha256": content.sha256, "size": content.size, "pointerSize": 130}
            siblings.append(entry)
        return siblings

    def _keep(self, file: Path) -> Content:
        sha256, sha1 = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % file.stat().st_size)
        with file.open("rb") as stream:
            while part := stream.read(1 << 20):
                sha256.update(part)
                sha1.update(part)
        kept = self.store / sha256.hexdigest()
        if not kept.exists():
            self.store.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, kept)
        return Content(kept, file.stat().st_size, sha256.hexdigest(), sha1.hexdigest())
