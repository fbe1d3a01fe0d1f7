"""constraints.txt pins everything that the program and its checks install, and this is what runs here."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OPTIONAL = {
    "bench": "# What the offload benchmark compares with.",
    "installer": "# What building the installers takes.",
}
"""The headings, by extra, from which on stand the pins of what the checks do not install."""


def pins(text: str) -> dict[NormalizedName, Requirement]:
    found = [Requirement(line) for line in text.splitlines() if line and not line.startswith("#")]
    return {canonicalize_name(pin.name): pin for pin in found}


PINS, *PARTS = map(pins, re.split("|".join(OPTIONAL.values()), (ROOT / "constraints.txt").read_text()))
OPTIONAL_PINS = dict(zip(OPTIONAL, PARTS, strict=True))


def declared() -> list[Requirement]:
    return [Requirement(line) for line in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"])]


def installed_closure(wanted: list[Requirement]) -> dict[NormalizedName, str]:
    """Version by name of what is wanted and installed here, with all that it brings along."""
    found: dict[NormalizedName, str] = {}
    waiting = [(requirement, "") for requirement in wanted]
    while waiting:
        requirement, extra = waiting.pop()
        name = canonicalize_name(requirement.name)
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        if name in found and not requirement.extras:
            continue
        try:
            package = distribution(name)
        except PackageNotFoundError as error:
            raise AssertionError(f"{name} is wanted and not installed") from error
        found[name] = package.version
        brings = [Requirement(line) for line in package.requires or ()]
        waiting += [(brought, extra) for brought in brings for extra in (requirement.extras or {""})]
    return found


def test_every_pin_is_exact_and_says_no_build() -> None:
    for part in (PINS, *PARTS):
        for pin in part.values():
            assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", str(pin))


def test_everything_that_is_installed_is_pinned_at_its_version() -> None:
    # CUDA builds of torch bring their own exactly pinned libraries, which CPU builds do not have.
    found = {
        name: version.partition("+")[0]
        for name, version in installed_closure(declared()).items()
        if not name.startswith(("nvidia-cu", "nvidia-n", "triton", "cuda-")) or name == "nvidia-ml-py"
    }
    assert {name: str(PINS[name].specifier) for name in found if name in PINS} == {
        name: f"=={version}" for name, version in found.items()
    }


def test_every_declared_range_allows_its_pin() -> None:
    for requirement in declared():
        (pin,) = PINS[canonicalize_name(requirement.name)].specifier
        assert requirement.specifier.contains(pin.version)


def test_pins_are_known_to_be_needed() -> None:
    # A name that nothing wants is a leftover; what is wanted on other systems only is named by what is installed here.
    closure = installed_closure(declared())
    lines = [line for name in closure for line in distribution(name).requires or () if "extra ==" not in line]
    assert set(PINS) <= {*closure, *(canonicalize_name(Requirement(line).name) for line in lines)}


@pytest.mark.parametrize("extra", OPTIONAL)
def test_what_an_optional_extra_brings_along_is_pinned_too(extra: str) -> None:
    wanted = PROJECT["optional-dependencies"][extra]
    for line in wanted:
        try:
            distribution(Requirement(line).name)
        except PackageNotFoundError:
            pytest.skip(f"{line} is of the optional extra `{extra}`")
    found = installed_closure([Requirement(line) for line in wanted])
    assert {name: str(pin.specifier) for name, pin in OPTIONAL_PINS[extra].items()} == {
        name: f"=={version}" for name, version in found.items() if name not in PINS
    }
