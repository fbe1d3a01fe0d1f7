"""The tokenizer agrees with transformers, finds every end of a turn, and says what is wrong with a bad folder."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.chat.message import Message
from core.chat.tokenizer import Tokenizer
from core.errors import UnusableModel

CHAT = [
    Message("system", "Answer in one line."),
    Message("user", "What does os.path.join do? 漢字 <|im_end|>"),
    Message("assistant", "  Join two or more pathname components.  "),
    Message("user", "And heapq.heappush? 😀"),
]

TRANSFORMERS = """
import json, sys
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
chat = json.loads(sys.argv[2])
text = chat[-1]["content"]
ids = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=False)
print(json.dumps({
    "rendered": tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False),
    "chat": ids,
    "raw": tokenizer(text)["input_ids"],
    "plain": tokenizer(text, add_special_tokens=False)["input_ids"],
    "decoded": tokenizer.decode(ids, skip_special_tokens=True),
}))
"""


def test_ids_and_text_equal_those_of_transformers(folder: Path) -> None:
    chat = json.dumps([{"role": message.role, "content": message.content} for message in CHAT])
    command = [sys.executable, "-W", "ignore", "-c", TRANSFORMERS, str(folder), chat]
    theirs = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    ours = Tokenizer(folder)
    assert ours.render(CHAT) == theirs["rendered"]
    assert ours.encode_chat(CHAT) == theirs["chat"]
    assert ours.encode(CHAT[-1].content, special=True) == theirs["raw"]
    assert ours.encode(CHAT[-1].content) == theirs["plain"]
    assert ours.decode(theirs["chat"]) == theirs["decoded"]


def test_a_chat_begins_with_one_beginning(folder: Path) -> None:
    ids = Tokenizer(folder).encode_chat(CHAT)
    assert ids.count(0) == 1
    assert ids[0] == 0


def test_without_a_template_a_chat_is_plain_text_as_the_post_processor_wants_it(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()
    tokenizer = Tokenizer(folder)
    assert tokenizer.render([Message("user", "Hello")]) == "User: Hello\n\nAssistant:"
    assert tokenizer.encode_chat([Message("user", "Hello")])[0] == 0


def test_the_template_may_be_in_the_configuration(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()
    for template in (
        "A{{ messages[0].content }}",
        [{"name": "tool_use", "template": "no"}, {"name": "default", "template": "A{{ messages[0].content }}"}],
    ):
        _configure(folder, chat_template=template)
        assert Tokenizer(folder).render([Message("user", "Hello")]) == "AHello"


@pytest.mark.parametrize("kind", ["byte level", "byte fallback", "metaspace"])
def test_pieces_keep_the_space_before_a_word(tokenizer_folders: dict[str, Path], kind: str) -> None:
    tokenizer = Tokenizer(tokenizer_folders[kind])
    pieces = [tokenizer.piece(token) for token in tokenizer.encode("heap invariant")]
    assert "".join(pieces).lstrip() == "heap invariant"
    assert any(piece.startswith(" ") for piece in pieces[1:])


def test_special_tokens_have_a_piece_but_no_text(folder: Path) -> None:
    tokenizer = Tokenizer(folder)
    assert tokenizer.piece(0) == "<|begin|>"
    assert tokenizer.decode([0]) == ""


def test_a_reply_ends_at_every_end_that_the_files_name(folder: Path) -> None:
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [7, 8]}))
    (folder / "config.json").write_text(json.dumps({"eos_token_id": 9}))
    _configure(folder, eos_token="<|begin|>")
    assert Tokenizer(folder).stop_ids == {7, 8, 9, 0, 2}


def test_a_turn_end_spelled_in_ordinary_tokens_ends_nothing(folder: Path) -> None:
    content = json.loads((folder / "tokenizer.json").read_text())
    content["added_tokens"] = [token for token in content["added_tokens"] if token["content"] != "<|im_end|>"]
    (folder / "tokenizer.json").write_text(json.dumps(content))
    _configure(folder, eos_token=None)
    assert Tokenizer(folder).stop_ids == frozenset()


def test_the_cut_and_padding_of_the_training_are_not_used(folder: Path) -> None:
    content = json.loads((folder / "tokenizer.json").read_text())
    content["truncation"] = {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}
    (folder / "tokenizer.json").write_text(json.dumps(content))
    tokenizer = Tokenizer(folder)
    assert tokenizer.decode(tokenizer.encode("Push item onto heap")) == "Push item onto heap"


def test_a_folder_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableModel, match=r"tokenizer\.json"):
        Tokenizer(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b'{"model": {"type": "BPE"}}'])
def test_a_corrupt_tokenizer_is_refused(folder: Path, content: bytes) -> None:
    (folder / "tokenizer.json").write_bytes(content)
    with pytest.raises(UnusableModel, match="some-model"):
        Tokenizer(folder)


@pytest.mark.parametrize("content", ["", "[]", '{"eos_token_id": "end"}', '{"eos_token_id": [true]}'])
def test_a_corrupt_configuration_is_refused(folder: Path, content: str) -> None:
    (folder / "generation_config.json").write_text(content)
    with pytest.raises(UnusableModel, match=r"generation_config\.json"):
        Tokenizer(folder)


def _configure(folder: Path, **settings: object) -> None:
    file = folder / "tokenizer_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | settings))
