"""`penjing` itself: dispatch, exit codes, and errors as sentences."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.cli import COMMANDS, main
from core.locations import user_data


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    summary = COMMANDS[name].__doc__
    assert summary is not None
    assert summary.split()[0] in capsys.readouterr().out


def test_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("penjing 0.")


@pytest.mark.parametrize(
    "arguments",
    [
        ["paln"],
        ["plan", "--ram", "much"],
        ["plan", "--ram", "8"],
        ["plan", "--context", "0"],
        ["plan", "--budget", "-3"],
        ["plan", "--budget", "few"],
        ["plan", "--dtype", "int3"],
        ["plan", "--device", "cuda:99"],
        ["plan", "--drafter", "oracle"],
        ["plan", "--model", "/nowhere/at/all"],
        ["plan", "--draft", "/nowhere/at/all"],
        ["plan", "--machine", "/nowhere/at/all"],
        ["plan", "--frobnicate"],
        ["generate"],
        ["generate", "--prompt", "a", "--prompt-file", "b"],
        ["generate", "--prompt-file", "/nowhere/at/all"],
        ["generate", "--prompt", "a", "--temperature", "-1"],
        ["generate", "--prompt", "a", "--top-p", "0"],
        ["generate", "--prompt", "a", "--seed", "-1"],
        ["generate", "--prompt", "a", "--max-new-tokens", "0"],
        ["bench", "--prompts", "/nowhere/at/all"],
        ["bench", "--prompts", "/dev/null"],
        ["bench", "--prompts", "x", "--against", "oracle"],
    ],
    ids=" ".join,
)
def test_bad_input_gets_a_sentence_and_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert printed.err.rstrip().endswith(".")
    assert "Traceback" not in printed.err


def test_a_plan_that_does_not_fit_ends_with_exit_code_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--prompt", "a", "--ram", "10MiB"]) == 3
    assert "more RAM than the limit" in capsys.readouterr().err


def test_a_bug_leaves_a_log_file_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(options: object) -> int:
        raise RuntimeError("the roof is leaking")

    monkeypatch.setattr(COMMANDS["plan"], "run", broken)
    assert main(["plan"]) == 1
    printed = capsys.readouterr().err
    log = next((user_data() / "logs").iterdir())
    assert str(log) in printed
    assert "Traceback" not in printed
    assert "the roof is leaking" in log.read_text()
    assert "Traceback" in log.read_text()


def test_ctrl_c_is_exit_code_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(COMMANDS["plan"], "run", interrupted)
    assert main(["plan"]) == 130


def test_a_reader_that_leaves_early_is_no_bug(tmp_path: Path) -> None:
    command = f"{sys.executable} -m core.cli plan --json | true"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux runs without a display")
def test_without_a_display_the_window_says_what_to_do_instead(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert main([]) == 2
    assert "penjing chat" in capsys.readouterr().err
