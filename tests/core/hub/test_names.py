"""Names from the network that may and may not become files here."""

from __future__ import annotations

import string
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadRequest, UnusableModel
from core.hub.names import check_names, check_repository, inside

GOOD = ("model.safetensors", "model-00001-of-00002.safetensors", "a/b/config.json", "README.md", "Ünïcode.json", ".x")
FOUL = (
    "",
    "/etc/passwd",
    "../up",
    "a/../../b",
    "a//b",
    "./a",
    "a/.",
    "C:/Windows/x",
    "C:x",
    "\\\\server\\share\\x",
    "a\\..\\b",
    "CON",
    "aux.json",
    "a/nul.safetensors",
    "Com1",
    "lpt¹.txt",
    "name.",
    "name ",
    " name",
    "a\0b",
    "a\nb",
    "a:stream",
    "what?",
    "a*b",
    "x" * 300,
    "\ud800",
)


@pytest.mark.parametrize("name", GOOD)
def test_honest_names_are_kept(name: str) -> None:
    check_names([name])


@pytest.mark.parametrize("name", FOUL)
def test_foul_names_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnusableModel):
        check_names([name])
    with pytest.raises(UnusableModel):
        inside(tmp_path, name)


@pytest.mark.parametrize("names", [("a.json", "A.JSON"), ("é.json", "e\u0301.json"), ("a", "a/b"), ("A", "a/b/c")])
def test_names_that_mean_the_same_file_somewhere_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(UnusableModel):
        check_names(names)
    with pytest.raises(UnusableModel):
        check_names(reversed(names))


parts = st.text(st.sampled_from("./\\:~ aC$\0é\u0301") | st.characters(), max_size=8)


@given(st.lists(parts, min_size=1, max_size=4).map("/".join))
def test_what_is_kept_lies_inside_on_every_system(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    try:
        check_names([name])
    except UnusableModel:
        return
    for kind in (PurePosixPath, PureWindowsPath):
        path = kind(name)
        assert not path.is_absolute()
        assert not path.drive
        assert not path.root
        assert ".." not in path.parts


def test_a_link_on_the_disk_leads_nowhere_else(tmp_path: Path) -> None:
    folder, outside = tmp_path / "model", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (folder / "sub").symlink_to(outside, target_is_directory=True)
    (folder / "file").symlink_to(outside / "file")
    for name in ("sub/config.json", "file"):
        with pytest.raises(UnusableModel, match="leads out"):
            inside(folder, name)
    assert inside(folder, "config.json") == folder / "config.json"


@pytest.mark.parametrize("name", ["a/b", "meta-llama/Llama-3.3-70B-Instruct", "01-ai/Yi_1.5"])
def test_repositories_have_an_owner_and_a_name(name: str) -> None:
    assert check_repository(name) == name


@pytest.mark.parametrize(
    "name", ["a", "a/b/c", "../b", "a/..", "a/b--c", "a/b.git", "a/b.", "con/x", "a b/c", "a/+x", ""]
)
def test_other_repositories_are_refused(name: str) -> None:
    with pytest.raises(BadRequest):
        check_repository(name)


@given(st.text(string.ascii_letters + string.digits + "/.-_", max_size=20))
def test_a_repository_is_two_plain_folders(name: str) -> None:
    try:
        check_repository(name)
    except BadRequest:
        return
    owner, model = name.split("/")
    assert "--" not in name
    assert PureWindowsPath(owner, model).parts == PurePosixPath(owner, model).parts == (owner, model)
