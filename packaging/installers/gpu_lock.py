"""Writes down what the pack for NVIDIA cards holds: `python packaging/installers/gpu_lock.py [NAME…]`.

The packages that the engine process needs, with the CUDA build of torch, at the versions of constraints.txt, each with
the checksums of its files, so that the pack that a person fetches is the one that was tested with this version.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from core.gpu_pack.recipe import CUDA, LOCKS, TORCH_BACKEND

ROOT = Path(__file__).resolve().parents[2]
NOT_IN_THE_ENGINE = {"cryptography", "keyring", "markdown-it-py", "pygments", "PySide6-Essentials"}
"""Declared packages that only the window uses."""

PLATFORMS = {
    f"linux-x86_64-cuda{CUDA}": ("linux", "x86_64-manylinux_2_28"),
    f"windows-x86_64-cuda{CUDA}": ("win32", "x86_64-pc-windows-msvc"),
}
"""Locks by name: Python's name of the system, and uv's of the platform."""

PIN = re.compile(r"(?m)^([A-Za-z0-9._-]+)==(\S+)")


class WrongLock(Exception):
    """What came out is not what the pack should hold; the text says why."""


def main(names: list[str]) -> None:
    """Writes the locks of these names. Raises WrongLock, or CalledProcessError with what uv says."""
    for name in names or PLATFORMS:
        system, platform = PLATFORMS[name]
        text = resolve(platform, TORCH_BACKEND.get(system, ""))
        check(text, TORCH_BACKEND.get(system, ""))
        LOCKS.mkdir(exist_ok=True)
        (LOCKS / f"{name}.txt").write_text(text, encoding="utf-8")


def resolve(platform: str, backend: str) -> str:
    """The packages for a platform, with the checksums of all files that it might take."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [line for line in project["dependencies"] if Requirement(line).name not in NOT_IN_THE_ENGINE]
    command = [str(Path(sys.executable).with_name("uv")), "pip", "compile", "-", "--generate-hashes", "--quiet"]
    command += ["--constraints", str(ROOT / "constraints.txt"), "--no-config", "--no-emit-index-url"]
    command += ["--no-header", "--no-annotate", "--only-binary", ":all:"]
    command += ["--python-version", "3.11", "--python-platform", platform]
    command += [f"--torch-backend={backend}"] if backend else []
    done = subprocess.run(command, input="\n".join(wanted), capture_output=True, text=True, check=True)
    return done.stdout


def check(lock: str, backend: str) -> None:
    """Raises WrongLock unless every package has a checksum and our version, and torch is a CUDA build."""
    pins = pinned(lock)
    for entry in re.split(r"(?m)^(?=[A-Za-z0-9])", lock)[1:]:
        if "--hash=sha256:" not in entry or not PIN.match(entry):
            raise WrongLock(f"{entry.split()[0]} has no version or no checksum.")
    ours = pinned((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    for name, version in pins.items():
        # A build of torch for one CUDA has that behind its version.
        if ours.get(name, version) != version.partition("+")[0]:
            raise WrongLock(f"{name} is {version} in the list, and {ours[name]} in constraints.txt.")
    cuda = pins.get("torch", "").endswith(f"+{backend}") if backend else any(map(_is_cudnn, pins))
    if not cuda:
        raise WrongLock("torch is no CUDA build in the list.")
    if "pyside6-essentials" in pins:
        raise WrongLock("Qt is in the list, which the engine does not need.")


def pinned(text: str) -> Mapping[str, str]:
    """Version by canonical name."""
    return {canonicalize_name(name): version for name, version in PIN.findall(text)}


def _is_cudnn(name: str) -> bool:
    """The CUDA build brings NVIDIA's libraries as packages where it is not from an index of its own."""
    return name.startswith("nvidia-cudnn")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except WrongLock as problem:
        sys.exit(str(problem))
    except subprocess.CalledProcessError as problem:
        sys.exit(f"uv could not make the list: {problem.stderr.strip()}")
