"""Which installed packages are part of Penjing: those that it declares, with all that they bring along."""

from __future__ import annotations

from importlib.metadata import Distribution, distribution, packages_distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NOT_BUNDLED = frozenset({"setuptools", "pip", "pycparser"})
"""Wanted by packages for building, never by the program."""


def bundled_distributions(root: str = "penjing") -> dict[str, Distribution]:
    """The packages that the program needs on this system, by canonical name; `root` itself is among them.

    Raises PackageNotFoundError, which names it, if one is not installed.
    """
    found: dict[str, Distribution] = {}
    waiting: list[tuple[str, frozenset[str]]] = [(root, frozenset())]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen or name in NOT_BUNDLED:
            continue
        seen.add((name, extras))
        found[name] = distribution(name)
        for line in found[name].requires or ():
            brought = Requirement(line)
            if brought.marker is None or any(brought.marker.evaluate({"extra": extra}) for extra in extras or {""}):
                waiting.append((canonicalize_name(brought.name), frozenset(brought.extras)))
    return dict(sorted(found.items()))


def undeclared_modules() -> list[str]:
    """Top-level modules of installed packages that are no part of Penjing: of tests, checks and benchmarks."""
    declared = set(bundled_distributions())
    return sorted(module for module, owners in owner_by_module().items() if not owners & declared)


def owner_by_module() -> dict[str, set[str]]:
    """Canonical names of the packages that provide each top-level module."""
    return {module: {canonicalize_name(name) for name in names} for module, names in packages_distributions().items()}
