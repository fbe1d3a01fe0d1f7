"""A wrong permutation or a wrong base of the rotary angles would still run, and write other tokens."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from core.chat.message import Message
from core.chat.tokenizer import Tokenizer
from core.locations import DEMO_TARGET

WHY = "is of the optional extra `bench`"
pytest.importorskip("gguf", reason=WHY)
llama_cpp = pytest.importorskip("llama_cpp", reason=WHY)

TOKENS = 24


def greedy_in_llama_cpp(file: Path, prompt: list[int]) -> list[int]:
    model = llama_cpp.Llama(str(file), n_ctx=128, n_threads=1, n_threads_batch=1, verbose=False)
    try:
        tokens = model.generate(prompt, temp=0.0)
        return [token for token, _ in zip(tokens, range(TOKENS), strict=False)]
    finally:
        model.close()


@torch.inference_mode()
def greedy_in_transformers(folder: Path, prompt: list[int]) -> list[int]:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    output = model.generate(torch.tensor([prompt]), do_sample=False, max_new_tokens=TOKENS, min_new_tokens=TOKENS)
    tokens: list[int] = output[0, len(prompt) :].tolist()
    return tokens


@pytest.fixture
def random_model(tmp_path: Path) -> Path:
    """Grouped heads of their own size, an untied head and another base of the rotary angles: what is easily missed."""
    torch.manual_seed(5)
    config = LlamaConfig(
        vocab_size=4096,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=256,
        rope_parameters={"rope_type": "default", "rope_theta": 700.0},
        rms_norm_eps=0.05,
        tie_word_embeddings=False,
        bos_token_id=0,
        eos_token_id=3,
    )
    model = LlamaForCausalLM(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)  # so that scores lie apart
    model.save_pretrained(tmp_path)
    (tmp_path / "tokenizer.json").write_bytes((DEMO_TARGET / "tokenizer.json").read_bytes())
    return tmp_path


def test_llama_cpp_continues_a_random_model_as_transformers_does(random_model: Path, tmp_path: Path) -> None:
    from tests.benchmarks.offload.gguf_export import export

    export(random_model, tmp_path / "random.gguf")
    for prompt in ([0, 17, 900, 33, 2048, 5, 1234], list(range(300, 340)), [4000]):
        expected = greedy_in_transformers(random_model, prompt)
        assert greedy_in_llama_cpp(tmp_path / "random.gguf", prompt) == expected


def test_bfloat16_weights_and_a_tied_head_arrive_too(tmp_path: Path) -> None:
    from tests.benchmarks.offload.gguf_export import export

    prompt = Tokenizer(DEMO_TARGET).encode_chat((Message("user", "What is codecs.getreader?"),))
    export(DEMO_TARGET, tmp_path / "demo.gguf")
    assert greedy_in_llama_cpp(tmp_path / "demo.gguf", prompt) == greedy_in_transformers(DEMO_TARGET, prompt)


def test_other_families_are_refused(random_model: Path, tmp_path: Path) -> None:
    from tests.benchmarks.offload.gguf_export import export

    config = random_model / "config.json"
    config.write_text(config.read_text("utf-8").replace('"model_type": "llama"', '"model_type": "qwen2"'), "utf-8")
    with pytest.raises(ValueError, match="only Llama"):
        export(random_model, tmp_path / "random.gguf")
    assert not (tmp_path / "random.gguf").exists()
