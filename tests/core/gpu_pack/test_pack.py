"""The pack made for real: by uv, from an index on this computer, with a package that passes for torch."""

from __future__ import annotations

import base64
import hashlib
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import Cancelled, GpuPackFailed
from core.gpu_pack import pack as pack_module
from core.gpu_pack.pack import GpuPack, find_uv
from core.gpu_pack.recipe import PACK_BYTES, Recipe

TORCH = """
__version__ = "2.0+cu13"
class cuda:
    is_available = staticmethod(lambda: True)
class version:
    cuda = "13"
"""


def has_uv() -> bool:
    try:
        find_uv()
    except GpuPackFailed:
        return False
    return True


pytestmark = pytest.mark.skipif(not has_uv(), reason="uv is of the optional extra `installer`")


def digest(text: str) -> str:
    """A checksum as wheels write it."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def wheel(folder: Path, name: str, source: str) -> str:
    """Makes a package with one module. Returns its line for a lock."""
    file = folder / f"{name}-1.0-py3-none-any.whl"
    about = f"{name}-1.0.dist-info"
    contents = {
        f"{name}.py": source,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},sha256={digest(text)},{len(text)}\n" for path, text in contents.items())
    contents[f"{about}/RECORD"] = record + f"{about}/RECORD,,\n"
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in contents.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return f"{name}==1.0 --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


@pytest.fixture
def make_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., GpuPack]:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(wheels))
    monkeypatch.setattr(pack_module, "PAUSE", 0.01)

    def make(source: str = TORCH, lock: str | None = None) -> GpuPack:
        line = wheel(wheels, "torch", source)
        file = tmp_path / "lock.txt"
        file.write_text(lock if lock is not None else line)
        key = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
        return GpuPack(tmp_path / "packs", Recipe(file, key), python=Path(sys.executable))

    return make


def test_a_pack_is_made_tried_and_found_again(make_pack: Callable[..., GpuPack], tmp_path: Path) -> None:
    pack = make_pack()
    assert pack.interpreter is None
    said: list[tuple[str, float]] = []
    pack.install(lambda what, share: said.append((what, share)), lambda: False)
    assert pack.interpreter is not None
    assert pack.interpreter.is_relative_to(tmp_path / "packs")
    assert said[-1] == ("Trying it out", 1.0)
    assert pack.bytes > 0
    assert not (tmp_path / "packs" / "cache").exists()
    assert make_pack().interpreter == pack.interpreter
    pack.remove()
    assert pack.interpreter is None
    assert pack.bytes == 0


def test_a_file_with_another_checksum_is_refused(make_pack: Callable[..., GpuPack]) -> None:
    pack = make_pack(lock=f"torch==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(GpuPackFailed, match="could not be fetched"):
        pack.install(lambda *_: None, lambda: False)
    assert pack.interpreter is None


def test_a_package_without_a_checksum_is_refused(make_pack: Callable[..., GpuPack]) -> None:
    pack = make_pack(lock="torch==1.0\n")
    with pytest.raises(GpuPackFailed, match="could not be fetched"):
        pack.install(lambda *_: None, lambda: False)


def test_a_pack_that_does_not_run_is_never_used(make_pack: Callable[..., GpuPack]) -> None:
    pack = make_pack(source="raise ImportError('libcuda.so.1: no such file')")
    with pytest.raises(GpuPackFailed, match="libcuda"):
        pack.install(lambda *_: None, lambda: False)
    assert pack.interpreter is None


def test_a_pack_of_another_version_is_not_used_and_goes_with_the_next(
    make_pack: Callable[..., GpuPack], tmp_path: Path
) -> None:
    make_pack().install(lambda *_: None, lambda: False)
    newer = make_pack(TORCH + "# newer\n")
    assert newer.interpreter is None
    newer.install(lambda *_: None, lambda: False)
    assert newer.interpreter is not None
    packs = [folder for folder in (tmp_path / "packs").iterdir() if (folder / "ready.json").exists()]
    assert len(packs) == 1


def test_an_ended_download_leaves_no_pack_and_can_go_on(make_pack: Callable[..., GpuPack]) -> None:
    pack = make_pack()
    with pytest.raises(Cancelled):
        pack.install(lambda *_: None, lambda: True)
    assert pack.interpreter is None
    pack.install(lambda *_: None, lambda: False)
    assert pack.interpreter is not None


def test_too_little_room_is_told_before_anything_is_fetched(
    make_pack: Callable[..., GpuPack], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    free = shutil.disk_usage(tmp_path).free
    monkeypatch.setattr(pack_module, "PACK_BYTES", free + (1 << 40))
    with pytest.raises(GpuPackFailed, match=r"needs .* more on the drive.*Free "):
        make_pack().install(lambda *_: None, lambda: False)


def test_what_has_arrived_needs_no_more_room(
    make_pack: Callable[..., GpuPack], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    arrived = tmp_path / "packs" / "cache" / "package"
    arrived.parent.mkdir(parents=True)
    arrived.write_bytes(bytes(1 << 20))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(pack_module, "SPARE_BYTES", 0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=PACK_BYTES - (1 << 19)))
    make_pack().install(lambda *_: None, lambda: False)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    pack = GpuPack(tmp_path / "file" / "packs", Recipe(tmp_path / "lock", "key"))
    with pytest.raises(GpuPackFailed, match="cannot be written"):
        pack.install(lambda *_: None, lambda: False)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for uv")
@pytest.mark.parametrize(("backend", "asked"), [("", False), ("cu130", True)])
def test_where_the_default_index_lacks_the_build_for_cuda_another_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str, asked: bool
) -> None:
    monkeypatch.setattr(pack_module, "PAUSE", 0.01)
    said, uv = tmp_path / "said", tmp_path / "uv"
    uv.write_text(f'#!/bin/sh\necho "$@" >>{said}\n')
    uv.chmod(0o755)
    pack = GpuPack(tmp_path / "packs", Recipe(tmp_path / "lock", "key", torch_backend=backend), uv=uv)
    with pytest.raises(GpuPackFailed, match="does not run"):
        pack.install(lambda *_: None, lambda: False)
    _, install = said.read_text().splitlines()
    assert install.endswith("--torch-backend cu130") == asked
