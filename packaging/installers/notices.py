"""Collects what the licences of the bundled parts ask for: their texts, and a list of the parts (a CycloneDX SBOM)."""

from __future__ import annotations

import json
import platform
import shutil
import sqlite3
import ssl
import subprocess
import sys
import sysconfig
import zlib
from importlib.metadata import Distribution, distribution
from pathlib import Path

from distributions import bundled_distributions

LICENCE_NAMES = ("LICEN", "COPYING", "NOTICE", "AUTHORS", "COPYRIGHT")

HERE = Path(__file__).resolve().parent

BESIDES = ("uv", "pyinstaller")
"""Packages that are no library of the program: a program bundled as a file, and what starts the frozen one."""

PYTHON_PARTS = {
    "python": (platform.python_version(), "PSF-2.0"),
    "openssl": (ssl.OPENSSL_VERSION.split()[1], "Apache-2.0"),
    "sqlite": (sqlite3.sqlite_version, "blessing"),
    "zlib": (zlib.ZLIB_RUNTIME_VERSION, "Zlib"),
}
"""Parts that come with Python instead of as packages: version and licence."""


def write(inside: Path, folder: Path) -> None:
    """Writes licence texts and the list of parts for the frozen program in `inside` to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = {**bundled_distributions(), **{name: distribution(name) for name in BESIDES}}
    for name, part in parts.items():
        texts = licence_texts(part)
        for title, text in texts.items():
            (folder / name).mkdir(exist_ok=True)
            (folder / name / title).write_text(text, encoding="utf-8")
    for common in sorted((HERE / "licences").glob("*.txt")):
        shutil.copyfile(common, folder / common.name)
    shutil.copyfile(Path(sysconfig.get_path("stdlib")) / "LICENSE.txt", folder / "python.txt")
    system = system_packages(inside)
    for package in system:
        copyright_file = Path("/usr/share/doc") / package / "copyright"
        if copyright_file.exists():
            (folder / package).mkdir(exist_ok=True)
            shutil.copyfile(copyright_file, folder / package / "copyright.txt")
    document = bill_of_materials(parts, system)
    (folder / "sbom.cdx.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (folder / "README.txt").write_text(overview(document), encoding="utf-8")


def licence_texts(part: Distribution) -> dict[str, str]:
    """The licence texts that a package ships, by a file name for each."""
    texts: dict[str, str] = {}
    for file in part.files or ():
        if file.parts[0].endswith(".dist-info") and file.name.upper().startswith(LICENCE_NAMES):
            name = "-".join(file.parts[1:]).removeprefix("licenses-")
            texts[name if "." in name else f"{name}.txt"] = file.read_text(encoding="utf-8")
    return texts


def licence(part: Distribution) -> str:
    """The licence as the package names it: an SPDX expression where it has one."""
    metadata = part.metadata
    if metadata["License-Expression"]:
        return metadata["License-Expression"]
    classifiers = [
        line.rpartition(" :: ")[2] for line in metadata.get_all("Classifier") or () if line.startswith("License ::")
    ]
    stated = (metadata["License"] or "").splitlines()
    return " OR ".join(classifiers) or (stated[0] if stated else "see its licence text")


def system_packages(inside: Path) -> dict[str, str]:
    """Version by name of the Debian packages whose libraries PyInstaller took along; none on other systems."""
    if shutil.which("dpkg-query") is None or not sys.platform.startswith("linux"):
        return {}
    found: dict[str, str] = {}
    for library in sorted(inside.glob("lib*.so*")):
        if library.is_symlink() or library.name.startswith("libpython"):
            continue
        answer = subprocess.run(
            ["dpkg-query", "--search", f"*/{library.name}"], capture_output=True, text=True, check=False
        ).stdout.splitlines()
        if answer:
            package = answer[0].partition(":")[0]
            version = subprocess.run(
                ["dpkg-query", "--show", "--showformat=${Version}", package],
                capture_output=True,
                text=True,
                check=False,
            )
            found[package] = version.stdout
    return found


def bill_of_materials(parts: dict[str, Distribution], system: dict[str, str]) -> dict[str, object]:
    """The list of parts in CycloneDX 1.5. It carries no time and no random number, so that it can be made again."""
    components = [
        {
            "type": "library",
            "name": part.metadata["Name"],
            "version": part.version,
            "licenses": [{"license": {"name": licence(part)}}],
            "purl": f"pkg:pypi/{name}@{part.version}",
        }
        for name, part in parts.items()
        if name != "penjing"
    ]
    components += [
        {"type": "library", "name": name, "version": version, "licenses": [{"license": {"name": text}}]}
        for name, (version, text) in PYTHON_PARTS.items()
    ]
    components += [
        {"type": "library", "name": name, "version": version, "purl": f"pkg:deb/debian/{name}@{version}"}
        for name, version in system.items()
    ]
    penjing = parts["penjing"]
    subject = {"type": "application", "name": "Penjing", "version": penjing.version}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {**subject, "licenses": [{"license": {"id": "Apache-2.0"}}]}},
        "components": components,
    }


def overview(document: dict[str, object]) -> str:
    """What a person reads first in the folder."""
    components = document["components"]
    assert isinstance(components, list)
    lines = [
        "Penjing is under the Apache License 2.0 and bundles the parts below. Their licence texts are in the folders",
        "beside this file, as far as they ship one; sbom.cdx.json lists the same for programs to read.",
        "",
        "Qt and PySide6 are under the LGPL 3. Their libraries are the separate files in _internal/PySide6, which you",
        "may exchange for your own build of the same version; the sources are offered at download.qt.io.",
        "",
    ]
    for part in components:
        licences = part.get("licenses") or [{"license": {"name": "see its copyright file"}}]
        lines.append(f"{part['name']} {part['version']}: {licences[0]['license']['name']}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
