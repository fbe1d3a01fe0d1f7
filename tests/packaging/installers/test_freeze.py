from __future__ import annotations

import hashlib
import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

import elf
import notices
from distributions import bundled_distributions, undeclared_modules
from freeze import NotReady, check_owners, clean_metadata, write_listing


def test_what_penjing_declares_is_bundled_with_all_it_brings() -> None:
    names = set(bundled_distributions())
    assert {"penjing", "torch", "transformers", "pyside6-essentials", "numpy", "sympy"} <= names
    assert not {"pytest", "mypy", "ruff", "setuptools"} & names


def test_packages_of_the_checks_are_undeclared() -> None:
    assert {"pytest", "mypy"} <= set(undeclared_modules())
    assert not {"core", "torch", "yaml"} & set(undeclared_modules())


def test_a_package_that_got_in_undeclared_stops_the_build() -> None:
    owners = {"pytest": {"pytest"}, "torch": {"torch"}}
    check_owners(["torch", "libz.so.1", "resources"], owners)
    with pytest.raises(NotReady, match=r"pytest.*contents\.py"):
        check_owners(["torch", "pytest"], owners)


def test_metadata_keeps_versions_and_loses_where_it_was_installed(tmp_path: Path) -> None:
    metadata = tmp_path / "thing-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: thing\nVersion: 1.0\n")
    (metadata / "direct_url.json").write_text('{"url": "file:///home/somebody"}')
    (metadata / "INSTALLER").write_text("pip")
    (metadata / "RECORD").write_text(
        "../../../bin/thing,sha256=abc,10\nthing/__init__.py,sha256=def,3\nthing-1.0.dist-info/direct_url.json,,\n"
    )
    clean_metadata(tmp_path)
    assert sorted(file.name for file in metadata.iterdir()) == ["METADATA", "RECORD"]
    assert (metadata / "RECORD").read_text() == "thing/__init__.py,,\n"


def test_the_listing_is_one_that_sha256sum_checks(tmp_path: Path) -> None:
    folder = tmp_path / "program"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner/file").write_bytes(b"abc")
    (folder / "link").symlink_to("inner/file")
    write_listing(folder, tmp_path / "listing")
    link, file = sorted((tmp_path / "listing").read_text().splitlines())
    assert link.endswith("  link -> inner/file")
    assert file == f"{hashlib.sha256(b'abc').hexdigest()}  inner/file"


def test_the_listing_is_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "program"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:02}").touch()
    write_listing(folder, tmp_path / "listing")
    paths = [line[66:] for line in (tmp_path / "listing").read_text().splitlines()]
    assert paths == [f"{number:02}" for number in range(40)]


needs_binutils = pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("objdump") is None, reason="reads ELF files by binutils"
)

needs_builder = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("uv", "PyInstaller")), reason="needs the extra `installer`"
)


@needs_binutils
def test_what_a_folder_needs_of_the_system(tmp_path: Path) -> None:
    import _ssl

    shutil.copyfile(_ssl.__file__, tmp_path / "module.so")
    (tmp_path / "text.so").write_text("no library")
    found = elf.needs(tmp_path)
    assert any(name.startswith("libssl") for name in found.libraries)
    assert not any(name.startswith("libc.") for name in found.libraries)
    assert found.glibc >= (2, 2)
    ssl_name = next(name for name in found.libraries if name.startswith("libssl"))
    (tmp_path / ssl_name).write_text("bundled")
    assert ssl_name not in elf.needs(tmp_path).libraries


@needs_builder
def test_every_part_has_a_licence_and_most_a_text(tmp_path: Path) -> None:
    inside = tmp_path / "_internal"
    inside.mkdir()
    notices.write(inside, tmp_path / "licences")
    parts = bundled_distributions()
    document = notices.bill_of_materials(parts, {})
    components = document["components"]
    assert isinstance(components, list)
    assert all(part["licenses"][0]["license"]["name"] != "see its licence text" for part in components)
    assert {"torch", "python", "openssl"} <= {part["name"] for part in components}
    assert (tmp_path / "licences" / "LGPL-3.0.txt").exists()
    assert (tmp_path / "licences" / "python.txt").exists()
    assert "LGPL" in (tmp_path / "licences" / "README.txt").read_text()
    assert list((tmp_path / "licences" / "torch").iterdir())


@needs_builder
def test_the_list_of_parts_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "_internal").mkdir(parents=True)
        notices.write(tmp_path / name / "_internal", tmp_path / name / "licences")
    first, second = ((tmp_path / name / "licences/sbom.cdx.json").read_bytes() for name in ("one", "two"))
    assert first == second
