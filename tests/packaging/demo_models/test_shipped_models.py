"""The files in resources/models are what the program, its tests and its users expect."""

import json
from pathlib import Path

import jinja2
import pytest
from safetensors import safe_open
from tokenizers import Tokenizer

from asked import DOCUMENTED, MADE_UP, read

RESOURCES = Path(__file__).parents[3] / "resources"
TARGET = RESOURCES / "models" / "penjing-demo"
DRAFT = RESOURCES / "models" / "penjing-demo-draft"
BOTH = pytest.mark.parametrize("folder", [TARGET, DRAFT], ids=["target", "draft"])

MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "What does os.path.join do?"},
    {"role": "assistant", "content": "It joins."},
    {"role": "user", "content": "Thanks"},
]


def _parameters(folder: Path) -> int:
    with safe_open(folder / "model.safetensors", "pt") as file:
        tensors = [file.get_slice(name) for name in file.keys()]  # noqa: SIM118 - not a dictionary
        assert {tensor.get_dtype() for tensor in tensors} == {"BF16"}
        sizes = [tensor.get_shape() for tensor in tensors]
    return sum(size[0] * (size[1] if len(size) == 2 else 1) for size in sizes)


def test_target_and_draft_have_the_sizes_they_should() -> None:
    target, draft = _parameters(TARGET), _parameters(DRAFT)
    assert 6e6 <= target <= 14e6
    assert draft <= target / 4
    assert sum(file.stat().st_size for folder in (TARGET, DRAFT) for file in folder.iterdir()) <= 40e6


def test_they_share_one_tokenizer() -> None:
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        assert (TARGET / name).read_bytes() == (DRAFT / name).read_bytes()


@BOTH
def test_the_configuration_is_that_of_a_plain_llama(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["architectures"] == ["LlamaForCausalLM"]
    assert config["dtype"] == "bfloat16"
    assert config["tie_word_embeddings"] is True
    assert config["use_cache"] is True
    assert config["max_position_embeddings"] == 1024
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert config["vocab_size"] == tokenizer.get_vocab_size() == 4096
    ends = json.loads((folder / "generation_config.json").read_text(encoding="utf-8"))["eos_token_id"]
    assert ends == [tokenizer.token_to_id("<|im_end|>")] == [config["eos_token_id"]]


@BOTH
def test_the_chat_template_needs_nothing_but_jinja(folder: Path) -> None:
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    template = (folder / "chat_template.jinja").read_text(encoding="utf-8")
    assert settings["chat_template"] == template
    rendered = jinja2.Template(template).render(
        messages=MESSAGES, add_generation_prompt=True, bos_token=settings["bos_token"]
    )
    assert rendered == (
        "<|begin|><|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhat does os.path.join do?<|im_end|>\n"
        "<|im_start|>assistant\nIt joins.<|im_end|>\n<|im_start|>user\nThanks<|im_end|>\n<|im_start|>assistant\n"
    )


@BOTH
def test_the_model_card_was_filled_in(folder: Path) -> None:
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert f"# {folder.name}\n" in card
    assert "of 100" in card
    assert "{" not in card


def test_the_questions_are_those_that_were_measured() -> None:
    asked = read(RESOURCES / "demo_questions.jsonl")
    documented = [one for one in asked if one.kind == DOCUMENTED]
    made_up = [one for one in asked if one.kind == MADE_UP]
    assert (len(documented), len(made_up)) == (100, 20)
    assert all(one.first_sentence for one in documented)
    assert all(one.first_sentence is None for one in made_up)
    assert len({one.name for one in asked}) == 120
