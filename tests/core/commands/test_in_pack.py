"""Commands in the pack for NVIDIA cards: real interpreters, each with packages of its own, stand for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from core.cli import main, make_parser
from core.commands.in_pack import run_in_pack
from core.errors import EngineStopped
from core.gpu_pack.pack import find_pack

pytestmark = pytest.mark.skipif(
    find_pack(Path()) is None or sys.platform == "win32", reason="there is no pack for this system"
)

GENERATE = ["generate", "--prompt", "What does os.path.join do?", "--max-new-tokens", "4"]


@pytest.fixture
def make_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Makes a pack in the person's folder: a Python that tells when it starts. Returns the file where it tells."""
    monkeypatch.setenv("PENJING_HOME", str(tmp_path))
    pack, told = find_pack(tmp_path), tmp_path / "told"

    def make(at_start: str = "", modules: dict[str, str] | None = None) -> Path:
        assert pack is not None
        home = pack._home
        venv.create(home, symlinks=True)
        packages = Path(sysconfig.get_path("purelib", vars={"base": str(home)}))
        for name, source in (modules or {}).items():
            (packages / f"{name}.py").write_text(source)
        ours = Path(sysconfig.get_path("purelib"))
        (packages / "packages.pth").write_text(f"{ours}\n")
        (packages / "sitecustomize.py").write_text(
            f"import os, sys\nopen({str(told)!r}, 'a').write(sys.executable + '\\n')\n{at_start}\n"
        )
        (home / "ready.json").write_text("{}")
        return told

    return make


def in_pack(arguments: list[str]) -> int | None:
    return run_in_pack(arguments, make_parser().parse_args(arguments))


def test_a_reply_is_computed_in_the_pack(
    make_pack: Callable[..., Path], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    told = make_pack()
    assert main(GENERATE) == 0
    assert capfd.readouterr().out.startswith("`os.path")
    assert set(told.read_text().splitlines()) == {str(find_pack(tmp_path).interpreter)}  # type: ignore[union-attr]


def test_what_a_command_returns_there_is_returned_here(
    make_pack: Callable[..., Path], capfd: pytest.CaptureFixture[str]
) -> None:
    make_pack()
    assert in_pack([*GENERATE, "--ram", "1MiB"]) == 3
    assert capfd.readouterr().err.count("does not fit") == 1


@pytest.mark.parametrize("missing", ["torch", "psutil"])
def test_a_pack_that_does_not_start_is_told_and_the_processor_computes(
    make_pack: Callable[..., Path], capfd: pytest.CaptureFixture[str], missing: str
) -> None:
    make_pack(modules={missing: "raise ImportError('libcudart.so.13: no such file')"})
    assert in_pack(GENERATE) is None
    said = capfd.readouterr().err
    assert "libcudart.so.13: no such file" in said
    assert "The pack for NVIDIA cards does not start, so the processor computes." in said
    assert "Traceback" not in said


def test_a_python_that_is_no_program_is_told(
    make_pack: Callable[..., Path], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    make_pack()
    interpreter = find_pack(tmp_path).interpreter  # type: ignore[union-attr]
    assert interpreter is not None
    interpreter.unlink()
    interpreter.write_text("no program")
    assert in_pack(GENERATE) is None
    assert "does not start" in capfd.readouterr().err


def test_a_pack_that_crashes_is_an_error_with_a_way_out(make_pack: Callable[..., Path]) -> None:
    make_pack(at_start="import signal; signal.raise_signal(signal.SIGKILL)")
    with pytest.raises(EngineStopped, match=r"SIGKILL.*--device cpu"):
        in_pack(GENERATE)


@pytest.mark.parametrize("arguments", [[*GENERATE, "--device", "cpu"], ["doctor"], ["plan"]])
def test_what_needs_no_card_stays_in_this_process(make_pack: Callable[..., Path], arguments: list[str]) -> None:
    told = make_pack()
    assert in_pack(arguments) is None
    assert not told.exists()


def test_without_a_pack_or_a_folder_for_one_commands_stay_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENJING_HOME", str(tmp_path))
    assert in_pack(GENERATE) is None
    (tmp_path / "file").touch()
    monkeypatch.setenv("PENJING_HOME", str(tmp_path / "file" / "below"))
    assert in_pack(GENERATE) is None


WAITING = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print("ready", flush=True)
time.sleep(60)
"""


def test_a_request_to_end_reaches_the_child_which_says_how_it_ends() -> None:
    parent = "import sys, os; from core.commands.in_pack import run; sys.exit(run(sys.argv[1:], dict(os.environ)))"
    command = [sys.executable, "-c", parent, sys.executable, "-c", WAITING]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.kill(process.pid, signal.SIGINT)
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=30) == 7
