"""Fetches, keeps and removes the pack for NVIDIA cards in the person's data folder.

`uv` does the work: it brings a Python, fetches every package by a list of checksums and puts them into an environment.
Packages that have arrived stay in a cache until the pack is whole, so that a download that was broken off goes on with
those that are missing. A pack counts only once it was tried; until then it is never used.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from core.errors import Cancelled, GpuPackFailed
from core.gpu_pack.recipe import PACK_BYTES, SPARE_BYTES, Recipe, find_recipe
from core.locations import INSTALLATION
from core.sizes import format_size

PAUSE = 0.5
"""Seconds between two looks at how far a download is."""

TRIAL = "import json, torch; print(json.dumps([torch.__version__, torch.cuda.is_available(), torch.version.cuda]))"
TRIAL_SECONDS = 180

ORNAMENTS = "×╰─▶├│ \t\n"
"""What uv draws around its complaints."""

Report = Callable[[str, float], None]
"""Called with what is being done, and how much of the whole is done, from 0 to 1."""


class GpuPack:
    """The pack in a folder, for one recipe.

    Args:
        folder: Where packs, cache and Python go; made when needed.
        uv: The program; the bundled one by default.
        python: A Python to use instead of fetching one.
    """

    def __init__(self, folder: Path, recipe: Recipe, uv: Path | None = None, python: Path | None = None) -> None:
        self._folder = folder
        self._recipe = recipe
        self._uv = uv
        self._python = python
        self._home = folder / recipe.key
        self._process: subprocess.Popen[str] | None = None

    @property
    def interpreter(self) -> Path | None:
        """The Python of the pack, if the pack is whole and of this version."""
        return self._interpreter if (self._home / "ready.json").exists() and self._interpreter.exists() else None

    @property
    def bytes(self) -> int:
        """What all of it takes on the drive, leftovers of other versions included."""
        return _bytes(self._folder)

    def install(self, report: Report, cancelled: Callable[[], bool]) -> None:
        """Fetch and make the pack. What was fetched before is not fetched again.

        Raises:
            GpuPackFailed: It cannot be made; the sentence says why. What has arrived is kept.
            Cancelled: The person ended it. What has arrived is kept.
        """
        if self.interpreter is not None:
            return
        self._check_room()
        uv = self._uv or find_uv()
        own = ["--managed-python", "--python", self._recipe.python]
        python = ["--python", str(self._python)] if self._python else own
        report("Preparing Python", 0.0)
        self._run([str(uv), "venv", "--clear", *python, str(self._home)], report, cancelled)
        lock = ["--require-hashes", "--requirement", str(self._recipe.lock)]
        backend = ["--torch-backend", self._recipe.torch_backend] if self._recipe.torch_backend else []
        self._run([str(uv), "pip", "install", "--python", str(self._interpreter), *lock, *backend], report, cancelled)
        report("Trying it out", 1.0)
        tried = self._try()
        self._finish(tried)

    def remove(self) -> None:
        """Delete the pack and everything that was fetched for it.

        Raises GpuPackFailed if something cannot be deleted.
        """
        try:
            if self._folder.exists():
                shutil.rmtree(self._folder)
        except OSError as error:
            what = f"The pack could not be removed: {error.filename} {error.strerror}."
            raise GpuPackFailed(what, "Unload the model, then try again.") from error

    @property
    def _interpreter(self) -> Path:
        return self._home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    def _check_room(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self._folder).free
        except OSError as error:
            what = f"{self._folder} cannot be written: {error.strerror}."
            raise GpuPackFailed(what, "Make it writable, or set PENJING_HOME to another folder.") from error
        needed = PACK_BYTES + SPARE_BYTES - self.bytes
        if free < needed:
            what = f"The pack needs {format_size(needed)} more on the drive, and {format_size(free)} are free."
            raise GpuPackFailed(what, f"Free {format_size(needed - free)} and try again.")

    def _run(self, command: list[str], report: Report, cancelled: Callable[[], bool]) -> None:
        """Runs uv until it ends, saying meanwhile how much has arrived."""
        said: list[str] = []
        with subprocess.Popen(
            command, env=self._environment(), text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process:
            assert process.stderr is not None
            reader = threading.Thread(target=said.extend, args=(process.stderr,), daemon=True)
            reader.start()
            while process.poll() is None:
                if cancelled():
                    process.kill()
                    raise Cancelled
                arrived = self.bytes
                report(f"{format_size(arrived)} of about {format_size(PACK_BYTES)}", min(1.0, arrived / PACK_BYTES))
                time.sleep(PAUSE)
            reader.join()
        if process.returncode:
            raise GpuPackFailed(
                f"The pack could not be fetched: {_reason(said)}.",
                "Check the connection and try again: what has arrived is kept. Meanwhile the processor computes.",
            )

    def _environment(self) -> dict[str, str]:
        """uv keeps everything in the pack's folder and asks nobody's settings but those for proxies and indexes."""
        kept = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
        return kept | {
            "UV_CACHE_DIR": str(self._folder / "cache"),
            "UV_PYTHON_INSTALL_DIR": str(self._folder / "python"),
            "UV_NO_CONFIG": "1",
            "UV_NO_PROGRESS": "1",
            "UV_LINK_MODE": "hardlink",
            "UV_NATIVE_TLS": "1",
        }

    def _try(self) -> list[object]:
        """Imports torch in the pack. Raises GpuPackFailed if that does not work there."""
        try:
            done = subprocess.run(
                [str(self._interpreter), "-c", TRIAL],
                env=self._environment(),
                capture_output=True,
                text=True,
                timeout=TRIAL_SECONDS,
                check=True,
            )
            found: list[object] = json.loads(done.stdout.splitlines()[-1])
        except (subprocess.SubprocessError, OSError, ValueError, IndexError) as error:
            lines = (getattr(error, "stderr", None) or str(error)).splitlines()
            what = f"The pack does not run on this computer: {_reason(lines)}."
            remedy = "Models go on computing on the processor. Remove the pack to free its space."
            raise GpuPackFailed(what, remedy) from error
        return found

    def _finish(self, tried: list[object]) -> None:
        draft = self._home / "ready.json.new"
        draft.write_text(json.dumps({"torch": tried[0], "cuda": tried[1], "cuda_version": tried[2]}), "utf-8")
        draft.replace(self._home / "ready.json")
        # Its files are part of the pack now, and those of older packs serve nobody.
        for leftover in self._folder.iterdir():
            if leftover not in (self._home, self._folder / "python"):
                shutil.rmtree(leftover, ignore_errors=True)


def find_pack(data: Path) -> GpuPack | None:
    """The pack of the person whose folder `data` is, be it fetched or not; None if there is none for this system."""
    recipe = find_recipe()
    return GpuPack(data / "gpu_pack", recipe) if recipe is not None else None


def find_uv() -> Path:
    """The bundled uv, or, when Penjing runs from its sources, that of the virtual environment.

    Raises GpuPackFailed if there is none.
    """
    name = "uv.exe" if sys.platform == "win32" else "uv"
    for place in (INSTALLATION / "bin", Path(sys.executable).parent):
        if (place / name).exists():
            return place / name
    raise GpuPackFailed("The program uv, which fetches the pack, is missing.", "Install Penjing again.")


def _bytes(folder: Path) -> int:
    """What a folder takes on the drive; a file with several names counts once."""
    sizes: dict[tuple[int, int], int] = {}
    for place, _, files in os.walk(folder):
        for name in files:
            try:
                status = os.lstat(os.path.join(place, name))  # noqa: PTH118 - thousands of files, twice a second.
            except OSError:
                continue  # It went while we looked.
            sizes[status.st_dev, status.st_ino] = status.st_size
    return sum(sizes.values())


def _reason(lines: list[str]) -> str:
    """The lines of a program's complaint that say why, as one sentence without its end."""
    words = [line.strip(ORNAMENTS) for line in lines]
    told = [line for line in words if line and not line.startswith(("Downloading", "Downloaded", "Using", "Resolved"))]
    return " ".join(told[-2:]).rstrip(".")[:400] or "it said nothing"
