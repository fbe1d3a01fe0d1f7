"""The tokenizer of a GGUF file is that of the model it was made from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tokenizers import Regex
from tokenizers.pre_tokenizers import Split

from core.chat.tokenizer import Tokenizer
from core.errors import UnusableModel
from core.hub.pairing import draft_problem
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.models.checkpoint import open_checkpoint
from core.models.gguf.tokenizer import WORDS

TEXTS = (
    "Hello world, how are you?  I'm fine.\n\n def f(x):\n\treturn 12345",
    "盆景 émigré 😀 naïve",
    "<|begin|> <|end|>   trailing   ",
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("gguf", reason="gguf is not installed")
    from tests.benchmarks.offload.gguf_export import export

    folder = tmp_path_factory.mktemp("gguf")
    export(DEMO_TARGET, folder / "demo.gguf")
    return folder


def test_texts_become_the_same_tokens_and_back(exported: Path) -> None:
    theirs = Tokenizer(DEMO_TARGET)
    for path in (exported, exported / "demo.gguf"):
        ours = Tokenizer(path)
        for text in TEXTS:
            assert ours.encode(text) == theirs.encode(text)
            assert ours.decode(ours.encode(text)) == theirs.decode(theirs.encode(text))
        assert ours.stop_ids == theirs.stop_ids


def test_a_draft_in_another_format_fits_a_target_in_a_gguf_file(exported: Path) -> None:
    for path in (exported, exported / "demo.gguf"):
        assert draft_problem(open_checkpoint(path), open_checkpoint(DEMO_DRAFT)) is None


def test_texts_are_cut_as_transformers_cuts_them() -> None:
    mapping = pytest.importorskip("transformers.integrations.gguf.gguf_tokenizer_mapping")
    theirs, compared = mapping.GGUF_PRE_TOKENIZER_SPLITS, 0
    words = "I'LL  don't STOPPing iPhone15 naïve ÉCOLE 1234567 x+=1; // path/to\r\n\n 盆景123 😀 … ǅungla\t\tend  "
    for name in WORDS.keys() & theirs.keys():
        (ours,) = WORDS[name]
        one, other = (Split(Regex(each), "isolated") for each in (ours["pattern"]["Regex"], theirs[name]))
        assert one.pre_tokenize_str(words) == other.pre_tokenize_str(words)
        compared += 1
    assert compared >= 4


def vocabulary_file(folder: Path, **settings: Any) -> Path:
    """A GGUF file of a tokenizer alone: pieces with scores."""
    gguf = pytest.importorskip("gguf", reason="gguf is not installed")
    writer = gguf.GGUFWriter(folder / "m.gguf", "llama")
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "a", "b", "ab", "▁ab", "aba"]
    kinds = [2, 3, 3, *[6] * 256, *[1] * 6]
    writer.add_tokenizer_model(settings.get("kind", "llama"))
    writer.add_token_list(pieces)
    writer.add_token_types(kinds if not settings.get("few_types") else kinds[:-1])
    writer.add_token_scores([0.0] * 259 + [-5.0, -3.0, -4.0, -1.0, -2.0, -9.0])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template("{{ messages[0].content }}")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return folder


def test_pieces_are_merged_by_their_scores_and_bytes_stand_in_for_the_rest(tmp_path: Path) -> None:
    tokenizer = Tokenizer(vocabulary_file(tmp_path))
    assert [tokenizer.piece(token) for token in tokenizer.encode("ab")] == [" ab"]
    assert tokenizer.encode("ab", special=True)[0] == 1
    for text in ("ab aba", "é", "a\nb"):
        assert tokenizer.decode(tokenizer.encode(text)) == text
    assert tokenizer.stop_ids == {2}


@pytest.mark.parametrize(
    ("settings", "words"), [({"kind": "rwkv"}, "of the kind 'rwkv'"), ({"few_types": 1}, "other numbers of tokens")]
)
def test_a_tokenizer_that_cannot_be_read_says_what_to_do(settings: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(UnusableModel, match=words) as caught:
        Tokenizer(vocabulary_file(tmp_path, **settings))
    assert "tokenizer.json" in caught.value.remedy
