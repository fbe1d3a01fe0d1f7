"""Writes down what the pack for NVIDIA cards holds: `python packaging/installers/gpu_lock.py`, before each release.

The packages that the engine process needs, with the CUDA build of torch, at the versions of constraints.txt, each with
the checksums of its files, so that the pack that a person fetches is the one that was tested with this version.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "resources" / "gpu_pack"
NOT_IN_THE_ENGINE = {"cryptography", "keyring", "markdown-it-py", "pygments", "PySide6-Essentials"}
"""Declared packages that only the window uses."""

PLATFORMS: dict[str, tuple[str, list[str]]] = {"linux-x86_64-cuda13": ("x86_64-manylinux_2_28", [])}
"""Locks by name: uv's name of the platform, and options that make torch the CUDA build where that is not the default.

For Windows the CUDA build is only on PyTorch's own index: add `--torch-backend=cu130` where that can be reached.
"""


def main() -> None:
    """Writes every lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [line for line in project["dependencies"] if Requirement(line).name not in NOT_IN_THE_ENGINE]
    LOCKS.mkdir(exist_ok=True)
    for name, (platform, options) in PLATFORMS.items():
        command = [str(Path(sys.executable).with_name("uv")), "pip", "compile", "-", "--generate-hashes", "--quiet"]
        command += ["--constraints", str(ROOT / "constraints.txt"), "--no-config", "--no-emit-index-url"]
        command += ["--no-header", "--no-annotate", "--only-binary", ":all:"]
        command += ["--python-version", "3.11", "--python-platform", platform, *options]
        done = subprocess.run(command, input="\n".join(wanted), capture_output=True, text=True, check=True)
        (LOCKS / f"{name}.txt").write_text(done.stdout, encoding="utf-8")


if __name__ == "__main__":
    main()
