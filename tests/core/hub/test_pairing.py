"""Which model can draft for which."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from core.hub import pairing, tokenizer_difference
from core.hub.facts import read_facts
from core.hub.library import InstalledModel
from core.hub.pairing import draft_problem, suggest_draft
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.models.spec import ModelSpec
from core.planning.experience import Outcome
from core.planning.history import History
from core.planning.plan import Request
from core.planning.planner import make_plan
from tests.core.hub.tokenizers_made import WORDS, write_tokenizer
from tests.core.models.folders import tiny_config, write_model
from tests.core.models.packers import PACKERS
from tests.core.packed_models import save_packed

ROOT = Path(__file__).parents[3]


def model(folder: Path, **config: Any) -> ModelSpec:
    """A model whose tokenizer.json is still to be written; size follows from `config`."""
    return open_checkpoint(write_model(folder, tiny_config(**config)))


@pytest.fixture
def target(tmp_path: Path) -> ModelSpec:
    spec = model(tmp_path / "target", num_hidden_layers=4)
    write_tokenizer(spec.folder)
    return spec


@pytest.fixture
def draft(tmp_path: Path) -> ModelSpec:
    return model(tmp_path / "draft")


def test_the_demo_draft_drafts_for_the_demo_target() -> None:
    assert draft_problem(open_checkpoint(DEMO_TARGET), open_checkpoint(DEMO_DRAFT)) is None


def test_a_packed_draft_needs_the_target_s_tokenizer_too(tmp_path: Path) -> None:
    packed, plain = save_packed(tmp_path, "llama", {"vocab_size": len(WORDS)}, PACKERS["GPTQ 4-bit"])
    for folder in (packed, plain):
        write_tokenizer(folder, WORDS)
    assert draft_problem(open_checkpoint(plain), open_checkpoint(packed)) is None
    write_tokenizer(packed, [WORDS[1], WORDS[0], *WORDS[2:]])
    problem = draft_problem(open_checkpoint(plain), open_checkpoint(packed))
    assert problem is not None
    assert "vocabulary differs at token 0" in problem


def test_a_copy_of_the_tokenizer_fits(target: ModelSpec, draft: ModelSpec) -> None:
    write_tokenizer(draft.folder)
    assert draft_problem(target, draft) is None


def test_sizes_that_differ_by_padding_fit(target: ModelSpec, tmp_path: Path) -> None:
    padded = model(tmp_path / "padded", vocab_size=48)
    write_tokenizer(padded.folder)
    assert draft_problem(target, padded) is None


def test_tokens_that_only_one_of_them_has_do_no_harm(target: ModelSpec, draft: ModelSpec) -> None:
    write_tokenizer(draft.folder, [*WORDS, "zebra"], specials=["<think>"])
    assert draft_problem(target, draft) is None
    write_tokenizer(target.folder, [*WORDS, "zebra", "yak"], specials=["<tool>"])
    write_tokenizer(draft.folder)
    assert draft_problem(target, draft) is None


def test_the_first_token_that_differs_is_named(tmp_path: Path, target: ModelSpec, draft: ModelSpec) -> None:
    words = [*WORDS, *(f"word{index}" for index in range(12_700 - len(WORDS)))]
    write_tokenizer(target.folder, words)
    words[12_646], words[12_650] = "zebra", "yak"
    write_tokenizer(draft.folder, words)
    assert draft_problem(target, draft) == (
        "The draft's vocabulary differs at token 12,646: it is `zebra` there and `word12636` in the target, "
        "and 1 more differ."
    )


def test_a_vocabulary_in_another_order_differs(target: ModelSpec, draft: ModelSpec) -> None:
    write_tokenizer(draft.folder, [*WORDS[:3], *reversed(WORDS[3:])])
    assert draft_problem(target, draft) == (
        "The draft's vocabulary differs at token 3: it is `-` there and `fox` in the target, and 5 more differ."
    )


def test_the_same_words_split_by_other_rules_differ(target: ModelSpec, draft: ModelSpec) -> None:
    write_tokenizer(draft.folder, split_signs=False)
    assert (draft_problem(target, draft) or "").startswith("The draft's tokenizer splits text differently, for example")


def test_a_special_token_that_the_draft_takes_for_text_differs(target: ModelSpec, draft: ModelSpec) -> None:
    write_tokenizer(target.folder, specials=["</s>"])
    write_tokenizer(draft.folder)
    assert "'before</s>after'" in (draft_problem(target, draft) or "")


def test_a_tokenizer_that_has_changed_on_disk_is_read_again(target: ModelSpec, draft: ModelSpec) -> None:
    write_tokenizer(draft.folder, [*WORDS[:3], *reversed(WORDS[3:])])
    assert draft_problem(target, draft) is not None
    write_tokenizer(draft.folder, [*WORDS, "zebra"])
    assert draft_problem(target, draft) is None


def test_a_draft_larger_than_the_target_is_allowed_but_never_suggested(target: ModelSpec, draft: ModelSpec) -> None:
    write_tokenizer(draft.folder)
    assert draft_problem(draft, target) is None
    assert suggest_draft(draft, [InstalledModel(target.folder, "target", read_facts(target), None, "folder")]) is None


def test_a_missing_or_broken_tokenizer_is_told(target: ModelSpec, draft: ModelSpec) -> None:
    assert draft_problem(target, draft) == "The draft has no tokenizer.json, so the vocabularies cannot be compared."
    (draft.folder / "tokenizer.json").write_text("{}")
    assert "is not a tokenizer" in (draft_problem(target, draft) or "")


def test_texts_must_begin_and_end_alike(tmp_path: Path, target: ModelSpec) -> None:
    for name, changes, problem in (
        ("begin", {"bos_token_id": 5}, "The draft begins texts with token 5, the target with token 0."),
        ("end", {"eos_token_id": 7}, "The draft ends texts with token 7, the target with token 1."),
        ("also", {"eos_token_id": [7, 1]}, None),
        ("silent", {"bos_token_id": None, "eos_token_id": None}, None),
    ):
        spec = model(tmp_path / name, **changes)
        write_tokenizer(spec.folder)
        assert draft_problem(target, spec) == problem


def test_the_generation_settings_count_as_well(target: ModelSpec, tmp_path: Path) -> None:
    spec = model(tmp_path / "base", eos_token_id=7)
    write_tokenizer(spec.folder)
    (target.folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [1, 7]}))
    assert draft_problem(target, spec) is None
    (target.folder / "generation_config.json").write_text("{")
    assert "generation_config.json" in (draft_problem(target, spec) or "")


def installed(spec: ModelSpec, *, tokenizer: bool = True) -> InstalledModel:
    if tokenizer:
        write_tokenizer(spec.folder)
    return InstalledModel(spec.folder, spec.name, read_facts(spec), None, "folder")


def test_the_largest_fitting_model_of_a_quarter_is_suggested(tmp_path: Path) -> None:
    target = installed(model(tmp_path / "target", num_hidden_layers=40))
    small = installed(model(tmp_path / "small", num_hidden_layers=2))
    good = installed(model(tmp_path / "good", num_hidden_layers=8))
    too_large = installed(model(tmp_path / "large", num_hidden_layers=20))
    stranger = installed(model(tmp_path / "stranger", num_hidden_layers=9), tokenizer=False)
    broken = InstalledModel(tmp_path, "broken", None, "It is broken.", "folder")
    assert target.spec is not None
    everything = [broken, small, stranger, too_large, good, target]
    assert suggest_draft(target.spec, everything) is good
    assert suggest_draft(target.spec, [broken, stranger, too_large, target]) is None


def test_the_demo_target_gets_the_draft_that_was_trained_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = installed(model(tmp_path / "demo", num_hidden_layers=40))
    draft = installed(model(tmp_path / "demo-draft", num_hidden_layers=2))
    rival = installed(model(tmp_path / "rival", num_hidden_layers=8))
    assert target.spec is not None
    assert suggest_draft(target.spec, [target, draft, rival]) is rival
    monkeypatch.setattr(pairing, "DEMO_DRAFT", draft.folder)
    assert suggest_draft(target.spec, [target, draft, rival]) is rival
    monkeypatch.setattr(pairing, "DEMO_TARGET", target.folder)
    assert suggest_draft(target.spec, [target, draft, rival]) is draft


def test_tokens_beyond_the_draft_s_logits_are_told(tmp_path: Path, target: ModelSpec) -> None:
    words = [*WORDS, *(f"word{index}" for index in range(20))]
    wide = model(tmp_path / "wide", num_hidden_layers=4, vocab_size=64)
    narrow = model(tmp_path / "narrow", vocab_size=28)
    for spec in (wide, narrow):
        write_tokenizer(spec.folder, words)
    assert draft_problem(wide, narrow) == (
        "The draft's logits end at token 27, and the target writes up to 29, `word19`."
    )
    fits = model(tmp_path / "fits", vocab_size=30)
    write_tokenizer(fits.folder, words)
    assert draft_problem(wide, fits) is None


def test_a_verdict_is_kept_for_the_same_bytes_and_never_for_others(
    target: ModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    as_it_is = tokenizer_difference._tokenizer

    def counted(file: Path) -> Tokenizer:
        read.append(file)
        return as_it_is(file)

    monkeypatch.setattr(tokenizer_difference, "_tokenizer", counted)
    first, copy = model(tmp_path / "first"), model(tmp_path / "copy")
    for draft in (first, copy):
        write_tokenizer(draft.folder, [*WORDS[:3], *reversed(WORDS[3:])])
    told = draft_problem(target, first)
    assert told is not None
    assert len(read) == 2
    # The same bytes elsewhere, and in another process.
    assert draft_problem(target, copy) == told
    script = (
        "import sys; from pathlib import Path; from core.hub import tokenizer_difference as t\n"
        "t._tokenizer = None\n"
        "print(t.tokenizer_difference(Path(sys.argv[1]), Path(sys.argv[2])))"
    )
    files = [str(spec.folder / "tokenizer.json") for spec in (target, copy)]
    ran = subprocess.run([sys.executable, "-c", script, *files], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.strip() == told
    assert len(read) == 2
    # Other bytes of the same length and age.
    file = copy.folder / "tokenizer.json"
    before = file.stat()
    file.write_bytes((target.folder / "tokenizer.json").read_bytes())
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert draft_problem(target, copy) is None


def test_what_wrote_most_tokens_per_step_here_is_suggested(tmp_path: Path) -> None:
    target = installed(model(tmp_path / "target", num_hidden_layers=40))
    large = installed(model(tmp_path / "large", num_hidden_layers=9))
    proven = installed(model(tmp_path / "proven", num_hidden_layers=2))
    assert target.spec is not None
    assert proven.spec is not None
    assert suggest_draft(target.spec, [large, proven]) is large
    machine = probe_machine(tmp_path)
    plan = make_plan(Request(target.spec, proven.spec, context=64), machine)
    outcome = Outcome(step_seconds=0.1, tokens_per_step=6.0, tokens_per_second=60.0)
    assert History().add(plan, machine, outcome, steps=50) is not None
    assert suggest_draft(target.spec, [large, proven]) is proven


def test_what_the_catalogue_pairs_is_suggested(tmp_path: Path) -> None:
    target = installed(model(tmp_path / "Llama-3.3-70B-Instruct", num_hidden_layers=40))
    large = installed(model(tmp_path / "Large", num_hidden_layers=9))
    partner = installed(model(tmp_path / "Llama-3.2-1B", num_hidden_layers=2))
    assert target.spec is not None
    assert suggest_draft(target.spec, [large, partner]) is partner
