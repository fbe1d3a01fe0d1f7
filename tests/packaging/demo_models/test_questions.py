"""How names are asked for, and which names are invented."""

import random
from itertools import islice
from pathlib import Path

from asked import DOCUMENTED, MADE_UP, choose, read, write
from chats import HAND_WRITTEN_REPEATS, Rounds, hand_written
from corpus import Entry
from questions import made_up_names, short_names

ENTRIES = [
    Entry("json", "module", "A module.", "`import json`\n\nA module."),
    *(Entry(f"json.load_{n}", "function", f"Loads {n}.", f"`json.load_{n}()`\n\nLoads {n}.") for n in range(150)),
    Entry("json.Decoder", "class", "Decodes.", "`json.Decoder()`\n\nDecodes."),
    Entry("json.Decoder.raw_decode", "method", "Decodes once.", "`json.Decoder.raw_decode()`\n\nDecodes once."),
]


def test_invented_names_do_not_exist_and_have_a_real_home() -> None:
    names = [name for name, _ in islice(made_up_names(ENTRIES, random.Random(1)), 200)]
    assert not {entry.name for entry in ENTRIES} & set(names)
    assert {name.rpartition(".")[0] for name in names} == {"json", "json.Decoder"}


def test_only_names_that_mean_one_thing_are_shortened() -> None:
    twice = Entry("zlib.load_1", "function", "Loads.", "`zlib.load_1()`\n\nLoads.")
    short = short_names([*ENTRIES, twice])
    assert short["json.load_2"] == "load_2"
    assert "json.load_1" not in short
    assert "json.Decoder.raw_decode" not in short


def test_a_round_asks_every_name_once_and_each_round_in_other_words() -> None:
    written = hand_written()
    rounds = Rounds(ENTRIES, written, seed=3)
    first, again, second = rounds.turns(0), Rounds(ENTRIES, written, seed=3).turns(0), rounds.turns(1)
    assert first == again
    assert first != second
    answers = [turn.answer for turn in first]
    assert all(answers.count(entry.answer) == 1 for entry in ENTRIES)
    assert all(answers.count(chat.answer) == HAND_WRITTEN_REPEATS for chat in written)


def test_hand_written_questions_have_one_answer_each() -> None:
    asked = [question for chat in hand_written() for question in chat.ask]
    assert len(asked) == len(set(asked))
    assert len(hand_written()) >= 36


def test_the_questions_of_the_evaluation_survive_their_file(tmp_path: Path) -> None:
    asked = choose(ENTRIES, seed=5)
    write(asked, tmp_path / "questions.jsonl")
    assert read(tmp_path / "questions.jsonl") == asked == choose(ENTRIES, seed=5)
    assert [sum(one.kind == kind for one in asked) for kind in (DOCUMENTED, MADE_UP)] == [100, 20]
    assert all(one.name in one.question for one in asked)
    assert not {entry.name for entry in ENTRIES} & {one.name for one in asked if one.kind == MADE_UP}
