"""Brings one model here: every file resumed where it was, checked, and the whole moved into place at once.

What is not yet whole lies in a staging folder beside the models, under the revision that was pinned when the download
began; it survives the process. A file has its own name there only once its checksum was right, and a partial one
carries the checksum in its name, so that it is never continued with other content. A model that is already installed
gives what is still right, so that repairing and updating fetch only the rest.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from core.errors import (
    BadRequest,
    Cancelled,
    DownloadDamaged,
    HubFailed,
    Offline,
    PenjingError,
    StayOffline,
    UnusableModel,
)
from core.hub.hub import Hub
from core.hub.manifest import HubFile, Manifest, checksum_of, read_manifest, write_manifest
from core.hub.names import check_repository, inside
from core.hub.progress import Progress, State, Tally
from core.hub.selection import choose_files
from core.hub.transfer import check_room, transfer

T = TypeVar("T")

STAGING = ".downloads"
CONNECTIONS = 4
"""Files that are fetched at a time."""

WRONG_TIMES = 3
"""How often a file may arrive with another checksum before the download fails."""

FAILURES = 8
"""How often in a row the hub may fail without sending anything new. There is no limit to how long a network is gone."""

LONGEST_PAUSE = 60.0
"""Seconds between attempts at most; each pause is twice as long as the one before."""


def staging_folder(models: Path, repository: str) -> Path:
    return models / STAGING / check_repository(repository).replace("/", "--")


def staged(models: Path) -> list[Manifest]:
    """The downloads that were begun and are not done."""
    found = []
    for folder in sorted((models / STAGING).glob("*--*")):
        with contextlib.suppress(UnusableModel, BadRequest):  # A damaged list of files: it begins anew when asked for.
            manifest = read_manifest(folder)
            if manifest is not None and staging_folder(models, manifest.repository) == folder:
                found.append(manifest)
    return found


class Download:
    """One model on its way. `run` may be called again after it was stopped or has failed, also in another process.

    Args:
        models: The folder of models; the model goes to OWNER/NAME in it.
        revision: A branch, tag or commit; None for what was begun, or else the newest.
        first_pause: Seconds before what failed is tried again.
    """

    def __init__(
        self,
        hub: Hub,
        models: Path,
        repository: str,
        revision: str | None = None,
        connections: int = CONNECTIONS,
        first_pause: float = 1.0,
    ) -> None:
        self.repository = check_repository(repository)
        self.state = State.QUEUED
        self.folder = models.joinpath(*repository.split("/"))
        self._hub = hub
        self._models = models
        self._staging = staging_folder(models, repository)
        self._revision = revision
        self._connections = connections
        self._first_pause = first_pause
        self._tally = Tally()
        self._stopped = False
        self._note = ""

    @property
    def progress(self) -> Progress:
        """How far it is; may be asked from any thread."""
        return self._tally.snapshot(self.repository, self.state, self._note)

    def expect_staged(self) -> None:
        """Show what a download that was begun earlier has already, before it goes on."""
        with contextlib.suppress(UnusableModel):  # A damaged list of files is made anew when the download goes on.
            manifest = read_manifest(self._staging)
            if manifest is not None:
                self._expect(manifest)

    def stop(self) -> None:
        """End `run` soon; what is here stays here."""
        self._stopped = True

    def discard(self) -> None:
        """Throw away what has arrived. Not while it runs."""
        if self._staging.exists():
            with self._locked():
                shutil.rmtree(self._staging)

    def run(self) -> Path:
        """Returns the model's folder, once the model is whole.

        Raises:
            Cancelled: It was stopped.
            DiskFull, DownloadDamaged, UnusableModel, and what `Hub` raises.
        """
        self._note, self.state = "", State.RUNNING
        try:
            with self._locked():
                manifest = self._begin()
                self._adopt(manifest)
                missing = [file for file in manifest.files if not self._is_here(file)]
                check_room(self._staging, sum(file.size - self._size_here(file) for file in missing))
                self._fetch_all(manifest, missing)
                self._move_into_place(manifest)
        except Cancelled:
            self.state = State.PAUSED
            raise
        except PenjingError as error:
            self.state, self._note = State.FAILED, str(error)
            raise
        except OSError as error:
            self.state, self._note = State.FAILED, f"The download cannot be written: {error.strerror}."
            raise BadRequest(self._note, f"Check the folder {self._models}.") from error
        finally:
            self._stopped = False
        self.state = State.DONE
        return self.folder

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Nobody else downloads the same model meanwhile, in whatever process; a dead process holds nothing."""
        from filelock import FileLock, Timeout

        self._staging.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._beside("lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            what = f"{self.repository} is already being downloaded by another Penjing."
            raise BadRequest(what, "Wait for that, or pause it there.") from error
        try:
            yield
        finally:
            lock.release()

    def _begin(self) -> Manifest:
        """What is to be fetched: as it was pinned when the download began, unless another revision is asked for."""
        try:
            begun = read_manifest(self._staging)
        except UnusableModel:
            begun = None  # Damaged. What lies there is found again by its checksums.
        if begun is not None and self._revision in (None, begun.revision):
            self._expect(begun)
            return begun
        contents = self._keep_trying("", lambda: self._hub.contents(self.repository, self._revision))
        manifest = self._keep_trying("", lambda: choose_files(self._hub, contents))
        for file in manifest.files:
            # What another revision left under this name may have the same size.
            if self._is_here(file) and checksum_of(self._whole(file), file.checksum) != file.checksum:
                self._whole(file).unlink()
        write_manifest(manifest, self._staging)
        self._expect(manifest)
        return manifest

    def _expect(self, manifest: Manifest) -> None:
        for file in manifest.files:
            self._tally.place(file.name, self._size_here(file), file.size)

    def _adopt(self, manifest: Manifest) -> None:
        """Take what an installed revision has already, by link where the drive can, sure of its checksum."""
        for file in manifest.files:
            old, new = self.folder.joinpath(*file.name.split("/")), self._whole(file)
            if self._is_here(file) or old.is_symlink() or not old.is_file() or old.stat().st_size != file.size:
                continue
            self._tally.place(file.name, 0, file.size, checking=True)
            if checksum_of(old, file.checksum, self._stop_if_asked) == file.checksum:
                new.parent.mkdir(parents=True, exist_ok=True)
                try:
                    os.link(old, new)
                except OSError:  # Not every file system has links.
                    shutil.copyfile(old, new)
            self._tally.place(file.name, self._size_here(file), file.size)

    def _fetch_all(self, manifest: Manifest, files: list[HubFile]) -> None:
        with ThreadPoolExecutor(self._connections, thread_name_prefix="download") as pool:
            work = [pool.submit(self._fetch, manifest, file) for file in files]
            errors = []
            for future in work:
                error = future.exception()
                if error is not None:
                    self._stopped = True  # The others end soon too.
                    errors.append(error)
        told = [error for error in errors if not isinstance(error, Cancelled)]
        if errors:
            raise (told or errors)[0]

    def _fetch(self, manifest: Manifest, file: HubFile) -> None:
        """One file, until its checksum is right."""
        final, part = self._whole(file), self._part(file)
        final.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(WRONG_TIMES):
            self._keep_trying(file.name, lambda: self._transfer(manifest, file, part))
            self._tally.place(file.name, file.size, file.size, checking=True)
            if checksum_of(part, file.checksum, self._stop_if_asked) == file.checksum:
                with part.open("rb+") as stream:
                    os.fsync(stream.fileno())
                part.replace(final)
                self._tally.place(file.name, file.size, file.size)
                return
            part.unlink()
            self._tally.place(file.name, 0, file.size)
            self._tally.note(file.name, f"{file.name} arrived damaged and is fetched again.")
        raise DownloadDamaged(
            f"{file.name} of {self.repository} arrived damaged {WRONG_TIMES} times.",
            "Try again later; the other files are kept. If it stays so, the hub's copy is at fault, or a proxy.",
        )

    def _transfer(self, manifest: Manifest, file: HubFile, part: Path) -> None:
        transfer(
            self._hub,
            manifest,
            file,
            part,
            arrived=lambda count: self._tally.add(file.name, count),
            stop=lambda: self._stopped,
            say=lambda what: self._tally.note(file.name, what),
        )

    def _keep_trying(self, name: str, attempt: Callable[[], T]) -> T:
        """Waits out a network that is gone and a hub that is overloaded; any other trouble is the caller's."""
        failures, before = 0, self._tally.arrived(name)
        while True:
            self._stop_if_asked()
            try:
                result = attempt()
            except StayOffline:
                raise
            except (Offline, HubFailed) as error:
                now = self._tally.arrived(name)
                failures = 1 if now != before else failures + 1
                before = now
                if isinstance(error, HubFailed) and failures >= FAILURES:
                    raise
                self._tally.note(name, error.what)
                self._wait(min(LONGEST_PAUSE, self._first_pause * 2 ** (failures - 1)))
            else:
                self._tally.note(name, "")
                return result

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._stop_if_asked()
            time.sleep(min(left, 0.2))

    def _stop_if_asked(self) -> None:
        if self._stopped:
            raise Cancelled

    def _move_into_place(self, manifest: Manifest) -> None:
        """The whole folder by one renaming. An older revision steps aside first and goes once the new one is there."""
        wanted = {file.name for file in manifest.files}
        for file in self._staging.rglob("*.part"):
            file.unlink()
        for file in self._staging.iterdir():
            # What an earlier revision of this download left.
            if file.is_file() and file.name not in wanted and not file.name.startswith(".penjing"):
                file.unlink()
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        aside = self._beside("old")
        if aside.exists():
            shutil.rmtree(aside)
        if self.folder.exists():
            self.folder.replace(aside)
        self._staging.replace(self.folder)
        if aside.exists():
            shutil.rmtree(aside)

    def _beside(self, what: str) -> Path:
        """A name beside the staging folder that is no repository's: theirs have no plus sign."""
        return self._staging.with_name(f"{self._staging.name}+{what}")

    def _whole(self, file: HubFile) -> Path:
        return inside(self._staging, file.name)

    def _part(self, file: HubFile) -> Path:
        whole = self._whole(file)
        return whole.with_name(f"{whole.name}.{file.checksum[:16]}.part")

    def _is_here(self, file: HubFile) -> bool:
        whole = self._whole(file)
        return whole.is_file() and whole.stat().st_size == file.size

    def _size_here(self, file: HubFile) -> int:
        part = self._part(file)
        return file.size if self._is_here(file) else min(file.size, part.stat().st_size) if part.exists() else 0
