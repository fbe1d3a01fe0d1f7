"""What of the Windows and macOS installers can be checked anywhere: commands, files, workflows."""

from __future__ import annotations

import plistlib
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from PySide6.QtGui import QImage

import icons
import macos
import windows

ROOT = Path(__file__).resolve().parents[3]


def test_the_windows_installer_is_called_with_all_that_its_script_wants() -> None:
    command = windows.command(Path("program"), Path("out"), "1.2.3", {})
    script = windows.SCRIPT.read_text()
    defined = {option[2:].partition("=")[0] for option in command if option.startswith("/D")}
    assert set(re.findall(r"\{#(\w+)\}", script)) - {"SignTool"} == defined
    assert not any("Sign" in option for option in command)


def test_it_is_signed_if_there_is_a_way_to() -> None:
    command = windows.command(Path("program"), Path("out"), "1.2.3", {"PENJING_SIGN": "signtool sign $f"})
    assert "/Spenjing=signtool sign $f" in command


def test_it_needs_no_administrator_and_asks_before_it_closes_penjing() -> None:
    script = windows.SCRIPT.read_text()
    for line in ("PrivilegesRequired=lowest", "CloseApplications=yes", "AppMutex=PenjingWindow"):
        assert line in script
    assert 'CreateMutexW(None, False, "PenjingWindow")' in (ROOT / "app/single_instance.py").read_text()


def test_the_version_has_four_numbers() -> None:
    assert "filevers=(1, 2, 3, 0)" in windows.version_file("1.2.3")
    compile(windows.version_file("1.2.3"), "version", "eval")


def test_the_macos_image_is_signed_and_notarised_only_with_credentials(tmp_path: Path) -> None:
    plain = [step[:2] for step in macos.steps(Path("Penjing.app"), Path("p.dmg"), tmp_path, {})]
    assert ["hdiutil", "create"] in plain
    assert ["xcrun", "notarytool"] not in plain
    told = {"PENJING_SIGN_IDENTITY": "Somebody", "PENJING_NOTARY_PROFILE": "profile"}
    full = list(macos.steps(Path("Penjing.app"), Path("p.dmg"), tmp_path, told))
    assert [step[1] for step in full][-2:] == ["notarytool", "stapler"]
    assert "--timestamp" in full[0]


def test_entitlements_are_a_property_list() -> None:
    assert all(plistlib.loads(macos.ENTITLEMENTS.read_bytes()).values())


@pytest.mark.parametrize("size", [16, 256])
def test_icons_are_pictures_of_their_size(size: int) -> None:
    image = QImage.fromData(icons.png(size))
    assert (image.width(), image.height()) == (size, size)
    assert image.pixelColor(size // 2, size * 3 // 4).alpha() == 255


def test_icon_files_hold_every_size() -> None:
    data = icons.ico()
    _, kind, count = struct.unpack_from("<HHH", data)
    assert (kind, count) == (1, len(icons.WINDOWS_SIZES))
    for index in range(count):
        length, offset = struct.unpack_from("<II", data, 6 + 16 * index + 8)
        assert data[offset : offset + 8] == b"\x89PNG\r\n\x1a\n"
        assert offset + length <= len(data)
    apple = icons.icns()
    assert apple[:4] == b"icns"
    assert struct.unpack(">I", apple[4:8]) == (len(apple),)


WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
RUNNERS = re.compile(r"(ubuntu|windows|macos)-[\d.]+")
workflows = pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)


@workflows
def test_workflows_have_the_form_that_the_host_reads(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text())
    # YAML takes the key `on` for a yes.
    assert {"name", True, "permissions", "jobs"} <= workflow.keys() <= {"name", True, "permissions", "jobs", "env"}
    for job in workflow["jobs"].values():
        kinds = job.get("strategy", {}).get("matrix", {}).get("system", [job["runs-on"]])
        assert all(RUNNERS.fullmatch(kind) for kind in kinds)
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            assert step.keys() <= {"name", "if", "uses", "with", "run", "shell", "env"}
            assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step.get("uses", "a/b@v1"))
            assert step.get("shell", "bash") in ("bash", "pwsh")


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@workflows
def test_shell_scripts_of_workflows_are_well_formed(file: Path) -> None:
    for job in yaml.safe_load(file.read_text())["jobs"].values():
        if not str(job["runs-on"]).startswith("windows"):
            for step in job["steps"]:
                script = re.sub(r"\$\{\{.*?\}\}", "value", step.get("run", ""))
                subprocess.run(["bash", "-n"], input=script, text=True, check=True)


@workflows
def test_workflows_run_commands_that_there_are(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            for target in re.findall(r"(?m)^make ([a-z-]+)", step.get("run", "")):
                assert target in targets
            for script in re.findall(r"packaging/\S+\.py", step.get("run", "")):
                assert (ROOT / script).exists()
