"""Trains the demo pair: `python packaging/demo_models/train.py`. Stopped at any moment, it continues when called again.

Two hours on two CPU cores at most, minutes on a GPU. Everything comes from the standard library of the Python that runs
it and from penjing_chats.jsonl; nothing is downloaded.
"""

from __future__ import annotations

import argparse
import platform
from dataclasses import asdict
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

import asked as questions
import vocabulary
from chats import Rounds, hand_written
from corpus import standard_library
from distil import Mixture, SoftTargets, distillation_rows, soft_targets, train_draft
from evaluate import evaluate, load
from export import SHARPNESS, describe, export, write_card
from loop import Schedule
from packing import Packer
from shapes import DRAFT, TARGET, Shape, build
from target import train_target

REPOSITORY = Path(__file__).parents[2]
TARGET_SCHEDULE = Schedule(steps=4400, peak=2e-3)
"""9 million tokens, 24 rounds of the corpus: 43 minutes on two cores at 3,500 tokens a second."""

DRAFT_SCHEDULE = Schedule(steps=5500, peak=3e-3)
"""5.6 million tokens, between five and six times over the soft targets: 10 minutes on two cores.

How often the draft agrees with its target depends on this: 61 of 100 tokens after 3,300 steps, 90 after 9,200. Real
pairs agree in 70 to 80, and a demo that guesses better than they do would promise too much.
"""


def main() -> None:
    """Corpus, tokenizer, target, soft targets, draft, files, figures; takes what is done from the work folder."""
    options = _options()
    work: Path = options.work
    out: Path = options.out
    work.mkdir(parents=True, exist_ok=True)
    entries = standard_library()
    rounds = Rounds(entries, hand_written(), options.seed)
    tokenizer = _tokenizer(rounds, work / "tokenizer.json")
    packer = Packer(tokenizer)
    asked = questions.choose(entries, options.seed)
    questions.write(asked, out.parent / "demo_questions.jsonl")

    target = _fresh(TARGET, packer, tokenizer, options.seed)
    print(f"{len(entries)} names; target of {target.num_parameters():,} parameters", flush=True)
    train_target(target, rounds, packer, TARGET_SCHEDULE, work / "target.pt", options.seed)
    export(target, tokenizer, out / "penjing-demo")

    # What ships is rounded to bfloat16, so that is what the draft learns from.
    shipped = load(out / "penjing-demo")
    soft_file = work / "soft_targets.pt"
    if not soft_file.exists():
        print("asking the target for soft targets", flush=True)
        forbidden = {one.name for one in asked}
        rows = distillation_rows(shipped, entries, rounds, packer, Mixture(), forbidden, options.seed)
        torch.save(asdict(soft_targets(shipped, rows)), soft_file)
    taught = SoftTargets(**torch.load(soft_file, weights_only=True))

    draft = _fresh(DRAFT, packer, tokenizer, options.seed + 1)
    print(f"{len(taught.ids)} rows of soft targets; draft of {draft.num_parameters():,} parameters", flush=True)
    train_draft(draft, taught, DRAFT_SCHEDULE, work / "draft.pt", options.seed)
    # Sharpened at the very end: the draft learned from the target as it was trained.
    export(target, tokenizer, out / "penjing-demo", SHARPNESS)
    export(draft, tokenizer, out / "penjing-demo-draft", SHARPNESS)

    figures = evaluate(load(out / "penjing-demo"), load(out / "penjing-demo-draft"), tokenizer, asked)
    for name in ("penjing-demo", "penjing-demo-draft"):
        write_card(out / name, {
            "target_millions": target.num_parameters() / 1e6,
            "draft_millions": draft.num_parameters() / 1e6,
            "target_shape": describe(TARGET),
            "draft_shape": describe(DRAFT),
            "entries": len(entries),
            "python": platform.python_version(),
            "figures": figures.table(),
        })  # fmt: skip


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=REPOSITORY / "resources" / "models", help="where the models go")
    parser.add_argument(
        "--work", type=Path, default=REPOSITORY / "build" / "demo_models", help="where checkpoints go while training"
    )
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same models")
    return parser.parse_args()


def _tokenizer(rounds: Rounds, file: Path) -> Tokenizer:
    """Learned from one round of the corpus, once: a resumed training must not meet other token ids."""
    if not file.exists():
        texts = [text for turn in rounds.turns(0) for text in (turn.question, turn.answer)]
        roles = ["user", "assistant", "system"] * 1000  # they open every turn: each deserves a token of its own
        vocabulary.learn(texts + roles).save(str(file))
    return Tokenizer.from_file(str(file))


def _fresh(shape: Shape, packer: Packer, tokenizer: Tokenizer, seed: int) -> LlamaForCausalLM:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = build(shape, tokenizer.get_vocab_size(), packer.begin, packer.end, packer.pad, seed)
    model.to(device)  # type: ignore[arg-type]  # transformers' stub of `to` is too narrow
    return model


if __name__ == "__main__":
    main()
