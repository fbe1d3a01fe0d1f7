"""A pass gives transformers' own scores, wherever the weights live and however the rows are cut."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import LlamaForCausalLM

from core.errors import Cancelled, ReadFailed
from core.models.checkpoint import open_checkpoint
from core.offload import pieces
from core.offload.offloaded_model import OffloadedModel
from core.offload.places import Places
from core.planning.plan import Tier
from core.trees.cache import TreeCache
from tests.core.offload.copy_engines import FakeCopyEngine
from tests.core.random_models import VOCABULARY, load, save_llama

TEXT = [3, 14, 15, 9, 26, 5, 35, 8, 57, 9, 32]
#      root, two children, a grandchild under each, one more below the first
TREE = [40, 41, 42, 43, 44, 45]
PARENTS = [-1, 0, 0, 1, 2, 3]
DEPTHS = [0, 1, 1, 2, 2, 3]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_llama(tmp_path_factory.mktemp("model"), layers=4)


def tree_visible() -> Tensor:
    visible = torch.eye(len(TREE), dtype=torch.bool)
    for node in range(1, len(TREE)):
        visible[node] |= visible[PARENTS[node]]
    return visible


def path_tokens(node: int) -> list[int]:
    return ([] if node == 0 else path_tokens(PARENTS[node])) + [TREE[node]]


def run_passes(model: OffloadedModel, cache: TreeCache, passes: int) -> None:
    for _ in range(passes):
        model.run(cache, TEXT, TREE, DEPTHS, tree_visible())


def expected_scores(folder: Path, dtype: torch.dtype = torch.float32) -> Tensor:
    """Scores of each node from transformers, one plain sequence a node."""
    model = LlamaForCausalLM.from_pretrained(folder, dtype=dtype)
    with torch.inference_mode():
        return torch.stack([model(torch.tensor([TEXT + path_tokens(node)])).logits[0, -1] for node in range(len(TREE))])


@pytest.mark.parametrize("streamed", [(), (1, 2), (0, 1, 2, 3)])
@pytest.mark.parametrize("ends", [Tier.RAM, Tier.SSD])
@pytest.mark.parametrize("chunk", [256, 4])
def test_every_node_scores_as_if_its_path_were_the_text(
    folder: Path, streamed: tuple[int, ...], ends: Tier, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "PROMPT_CHUNK", chunk)
    model = load(folder, streamed, ends=ends)
    expected = expected_scores(folder)
    for _ in range(2):  # the second time the ring has wrapped around
        scores = model.run(model.new_cache(64), TEXT, TREE, DEPTHS, tree_visible())
        torch.testing.assert_close(scores, expected, atol=2e-5, rtol=1e-5)
    model.close()


def test_a_committed_path_is_the_text_of_the_next_pass(folder: Path) -> None:
    model = load(folder, (1,))
    cache = model.new_cache(64)
    model.run(cache, TEXT, TREE, DEPTHS, tree_visible())
    root = len(TEXT)
    cache.commit([*TEXT, 40, 41, 43], [*range(root), root, root + 1, root + 3])
    scores = model.run(cache, [], [50], [0], torch.ones(1, 1, dtype=torch.bool))
    reference = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.inference_mode():
        expected = reference(torch.tensor([[*TEXT, 40, 41, 43, 50]])).logits[0, -1]
    torch.testing.assert_close(scores[0], expected, atol=2e-5, rtol=1e-5)
    model.close()


def test_rows_of_earlier_passes_can_be_built_upon(folder: Path) -> None:
    """As a drafter grows its tree: level by level."""
    model = load(folder)
    cache = model.new_cache(64)
    visible = tree_visible()
    parts = [model.run(cache, TEXT, TREE[:1], DEPTHS[:1], visible[:1, :1])]
    for start, end in ((1, 3), (3, 5), (5, 6)):
        parts.append(
            model.run(
                cache,
                [],
                TREE[start:end],
                [len(TEXT) + depth for depth in DEPTHS[start:end]],
                torch.cat([torch.ones(end - start, len(TEXT), dtype=torch.bool), visible[start:end, :end]], 1),
                keep_pending=True,
            )
        )
    torch.testing.assert_close(torch.cat(parts), expected_scores(folder), atol=2e-5, rtol=1e-5)
    model.close()


def test_bfloat16_rows_are_padded_without_changing_what_counts(folder: Path) -> None:
    model = load(folder, (0, 2), dtype=torch.bfloat16)
    scores = model.run(model.new_cache(64), TEXT, TREE, DEPTHS, tree_visible())
    assert scores.shape == (len(TREE), VOCABULARY)
    expected = expected_scores(folder, torch.bfloat16)
    error = (scores.float() - expected.float()).abs().max() / expected.float().abs().max()
    assert error < 0.03
    model.close()


@pytest.mark.parametrize("ends", [Tier.RAM, Tier.SSD])
def test_tied_embeddings_serve_as_the_head(tmp_path: Path, ends: Tier) -> None:
    folder = save_llama(tmp_path, tied=True, sharpness=1.0)
    model = load(folder, (0,), ends=ends)
    scores = model.run(model.new_cache(64), TEXT, TREE, DEPTHS, tree_visible())
    torch.testing.assert_close(scores, expected_scores(folder), atol=2e-5, rtol=1e-5)
    model.close()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("ends", [Tier.VRAM, Tier.RAM, Tier.SSD])
@pytest.mark.parametrize("kv", [Tier.VRAM, Tier.RAM])
@pytest.mark.parametrize("tied", [False, True])
def test_an_accelerator_gets_its_weights_from_ram_and_drive_together(
    tmp_path: Path, dtype: torch.dtype, ends: Tier, kv: Tier, tied: bool
) -> None:
    """No accelerator is here: the CPU's memory stands for its own, behind a fake copy engine."""
    folder = save_llama(tmp_path, layers=5, tied=tied, sharpness=1.0 if tied else 8.0)
    layers = (Tier.VRAM, Tier.RAM, Tier.SSD, Tier.RAM, Tier.SSD)
    places = Places(
        Tier.VRAM, layers, layers, embedding=ends, head=ends, kv=kv, staging_slots=2, expert_slots=2, reading_threads=2
    )
    engine = FakeCopyEngine(lag=0.002, delay=0.002)
    spec = open_checkpoint(folder)
    loaded = 0

    def progress(piece: int) -> None:
        nonlocal loaded
        loaded += piece

    model = OffloadedModel(spec, places, dtype, torch.device("cpu"), progress, copy_engine=engine)
    assert loaded == places.loaded_bytes(spec)
    expected = expected_scores(folder, dtype)
    for _ in range(2):
        scores = model.run(model.new_cache(64), TEXT, TREE, DEPTHS, tree_visible())
        tolerance = 2e-5 if dtype is torch.float32 else 0.03 * float(expected.abs().max())
        torch.testing.assert_close(scores.float(), expected.float(), atol=tolerance, rtol=1e-5)
    assert engine.copies >= 8 * 9
    model.close()
    engine.close()


def test_a_cancel_between_layers_leaves_a_model_that_works(folder: Path) -> None:
    looks = 0

    def cancelled() -> bool:
        nonlocal looks
        looks += 1
        return looks == cancelled_at

    cancelled_at = -1
    model = load(folder, (0, 1, 2, 3), cancelled=cancelled)
    cache = model.new_cache(64)
    run_passes(model, cache, 1)
    cancelled_at = looks + 6
    with pytest.raises(Cancelled):
        run_passes(model, cache, 5)
    scores = model.run(cache, TEXT, TREE, DEPTHS, tree_visible())
    torch.testing.assert_close(scores, expected_scores(folder), atol=2e-5, rtol=1e-5)
    model.close()


def test_a_file_that_is_cut_off_while_the_model_runs_fails_the_pass_and_a_restored_one_works_again(
    tmp_path: Path,
) -> None:
    folder = save_llama(tmp_path, layers=4)
    file = folder / "model.safetensors"
    model = load(folder, (0, 1, 2, 3), slots=1)
    cache = model.new_cache(64)
    whole, status = file.read_bytes(), file.stat()
    with file.open("r+b") as stream:
        stream.truncate(len(whole) // 3)
    with pytest.raises(ReadFailed):
        run_passes(model, cache, 2)
    with file.open("r+b") as stream:
        stream.write(whole)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))  # With another date it would pass for another file.
    scores = model.run(cache, TEXT, TREE, DEPTHS, tree_visible())
    torch.testing.assert_close(scores, expected_scores(folder), atol=2e-5, rtol=1e-5)
    model.close()


def test_streamed_bytes_are_counted_per_pass(folder: Path) -> None:
    model = load(folder, (1, 3))
    cache = model.new_cache(64)
    for passes in (1, 2):
        model.run(cache, TEXT, TREE, DEPTHS, tree_visible())
        assert model.weights.bytes_streamed == passes * (model.spec.layers[1].bytes + model.spec.layers[3].bytes)
    model.close()
