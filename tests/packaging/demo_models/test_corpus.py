"""What the standard library's docstrings become."""

import sys

import pytest

from corpus import ANSWER_CHARACTERS, Entry, sentences, standard_library


@pytest.fixture(scope="module")
def entries() -> dict[str, Entry]:
    return {entry.name: entry for entry in standard_library()}


def test_names_are_those_people_use(entries: dict[str, Entry]) -> None:
    assert {"os.path.join", "open", "len", "str.split", "json.dumps", "pathlib.Path.exists", "json"} <= set(entries)
    assert not [name for name in entries if name.startswith(("posixpath", "ntpath", "builtins.", "test."))]


def test_answers_start_with_the_signature_and_contain_the_whole_first_sentence(entries: dict[str, Entry]) -> None:
    join = entries["os.path.join"]
    assert join.answer.startswith(
        "`os.path.join(a, *p)`\n\nJoin two or more pathname components, inserting '/' as needed."
    )
    assert [entry.name for entry in entries.values() if entry.summary not in entry.answer] == []


def test_answers_are_short_and_end_with_a_sentence(entries: dict[str, Entry]) -> None:
    texts = [" ".join(entry.answer.partition("\n\n")[2].split()) for entry in entries.values()]
    assert max(map(len, texts)) <= ANSWER_CHARACTERS
    assert "`json.dumps(" in entries["json.dumps"].answer
    assert entries["textwrap.dedent"].answer.endswith(".")


def test_nothing_in_answers_changes_from_run_to_run(entries: dict[str, Entry]) -> None:
    assert list(entries.values()) == standard_library()
    assert [entry.name for entry in entries.values() if " at 0x" in entry.answer] == []


def test_reading_the_library_opens_neither_windows_nor_browsers() -> None:
    standard_library()
    assert not {"antigravity", "this", "idlelib", "turtle", "tkinter"} & set(sys.modules)


def test_there_is_enough_to_learn(entries: dict[str, Entry]) -> None:
    assert len(entries) > 4000
    assert {entry.kind for entry in entries.values()} == {"module", "class", "function", "method"}


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Return a copy. The rest.", "Return a copy."),
        ("Use e.g. Latin letters. Then stop.", "Use e.g. Latin letters."),
        ("Made by J. Smith for all. Yes.", "Made by J. Smith for all."),
        ("Version 3.11 is meant, not 3. Really.", "Version 3.11 is meant, not 3."),
        ("No full stop", "No full stop"),
    ],
)
def test_sentences_end_where_a_reader_sees_them_end(text: str, first: str) -> None:
    assert sentences(text)[0] == first
