"""Measures the demo pair against its bars: `python packaging/demo_models/evaluate.py [--models resources/models]`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import LlamaForCausalLM

import asked as questions
from answers import answer
from asked import DOCUMENTED, MADE_UP, Asked
from drafting import Ranking, tokens_per_step
from packing import Packer

NODES = 64
TREE_NAMES = 20
SAMPLED_TOKENS = 120
RANKINGS = {
    "blind to the noise": Ranking(1.0, 0.0),
    "(1, 0.4)": Ranking(1.0, 0.4),
    "(1, 0.7)": Ranking(1.0, 0.7),
    "(1, 1)": Ranking(1.0, 1.0),
}
"""Weights of logits and noise; the engine fits them while it runs, here the best of a few stands for that."""


@dataclass(frozen=True)
class Figures:
    """What was measured. Sampled figures are at temperature 1, for the best ranking of RANKINGS."""

    right: int
    asked: int
    agreement_documented: float
    agreement_made_up: float
    greedy_documented: float
    greedy_made_up: float
    sampled_documented: float
    sampled_made_up: float

    def table(self) -> str:
        """The figures as a Markdown table for the model cards."""
        right = f"{self.right} of {self.asked}"
        agreement = f"{self.agreement_documented:.2f} | {self.agreement_made_up:.2f}"
        return "\n".join([
            "| | documented names | made-up names |",
            "|---|---|---|",
            f"| answers that contain the docstring's first sentence | {right} | |",
            f"| draft and target prefer the same token | {agreement} |",
            f"| tokens per step, greedy, tree of {NODES} | {self.greedy_documented:.1f} | {self.greedy_made_up:.1f} |",
            f"| the same at temperature 1 | {self.sampled_documented:.1f} | {self.sampled_made_up:.1f} |",
        ])  # fmt: skip


def evaluate(target: LlamaForCausalLM, draft: LlamaForCausalLM, tokenizer: Tokenizer, asked: list[Asked]) -> Figures:
    """Everything, in a few minutes on two cores; prints as it goes."""
    packer = Packer(tokenizer)
    prompts = [[packer.begin, *ids] for ids in packer.questions([one.question for one in asked])]
    replies = answer(target, prompts, packer.end, temperature=0.0)
    right = count_right(asked, [tokenizer.decode(reply) for reply in replies])
    of = {kind: [i for i, one in enumerate(asked) if one.kind == kind] for kind in (DOCUMENTED, MADE_UP)}
    print(f"first sentence in {right} of {len(of[DOCUMENTED])} answers", flush=True)
    agreement, greedy, sampled = {}, {}, {}
    for kind, indices in of.items():
        agreement[kind] = agree(draft, [prompts[i] for i in indices], [replies[i] for i in indices])
        some = indices[:TREE_NAMES]
        greedy[kind] = _ratio([tokens_per_step(draft, prompts[i], replies[i], NODES) for i in some])
        print(f"{kind}: agreement {agreement[kind]:.3f}, tokens per step {greedy[kind]:.2f} greedy", flush=True)
        drawn = [sample(target, prompts[i], packer.end, seed=i) for i in some]
        by_ranking = {
            label: _ratio([
                tokens_per_step(draft, prompts[i], reply, NODES, ranking, noise)
                for i, (reply, noise) in zip(some, drawn, strict=True)
            ])
            for label, ranking in RANKINGS.items()
        }  # fmt: skip
        sampled[kind] = max(by_ranking.values())
        print(f"{kind}: at T = 1 " + ", ".join(f"{v:.2f} {k}" for k, v in by_ranking.items()), flush=True)
    return Figures(
        right=right,
        asked=len(of[DOCUMENTED]),
        agreement_documented=agreement[DOCUMENTED],
        agreement_made_up=agreement[MADE_UP],
        greedy_documented=greedy[DOCUMENTED],
        greedy_made_up=greedy[MADE_UP],
        sampled_documented=sampled[DOCUMENTED],
        sampled_made_up=sampled[MADE_UP],
    )


def count_right(asked: list[Asked], replies: list[str]) -> int:
    """How many replies contain the first sentence of the docstring."""
    pairs = zip(asked, replies, strict=True)
    return sum(one.first_sentence is not None and one.first_sentence in reply for one, reply in pairs)


@torch.inference_mode()
def agree(draft: LlamaForCausalLM, prompts: list[list[int]], replies: list[list[int]]) -> float:
    """Share of all places of the target's greedy replies at which the draft's likeliest token is the target's."""
    same = 0
    for prompt, reply in zip(prompts, replies, strict=True):
        logits = draft(input_ids=torch.tensor([prompt + reply], device=draft.device)).logits[0]
        guesses = logits[len(prompt) - 1 : -1].argmax(-1)
        same += int((guesses.cpu() == torch.tensor(reply)).sum())
    return same / sum(len(reply) for reply in replies)


@torch.inference_mode()
def sample(target: LlamaForCausalLM, prompt: list[int], end: int, seed: int) -> tuple[list[int], Tensor]:
    """A reply at temperature 1 by the Gumbel-max rule, and the noise [len(reply), vocabulary] that chose it."""
    generator = torch.Generator().manual_seed(seed)
    uniform = torch.rand(SAMPLED_TOKENS, target.config.vocab_size, generator=generator)
    noise = -(-uniform.clamp_min(1e-20).log()).log()
    reply: list[int] = []
    while len(reply) < SAMPLED_TOKENS and (not reply or reply[-1] != end):
        ids = torch.tensor([prompt + reply], device=target.device)
        logits = target(input_ids=ids, logits_to_keep=1).logits[0, -1].float().cpu()
        reply.append(int((logits + noise[len(reply)]).argmax()))
    return reply, noise[: len(reply)].to(target.device)


def load(folder: Path) -> LlamaForCausalLM:
    """A model from its folder, in float32: bfloat16 is slow on many processors."""
    model: LlamaForCausalLM = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    model.to("cuda" if torch.cuda.is_available() else "cpu")  # type: ignore[arg-type]  # the stub of `to` is too narrow
    return model


def _ratio(pairs: list[tuple[int, int]]) -> float:
    return sum(tokens for tokens, _ in pairs) / sum(steps for _, steps in pairs)


def main() -> None:
    """Evaluates what lies in the models folder and prints the figures as JSON at the end."""
    resources = Path(__file__).parents[2] / "resources"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=resources / "models")
    parser.add_argument("--questions", type=Path, default=resources / "demo_questions.jsonl")
    options = parser.parse_args()
    target_folder = options.models / "penjing-demo"
    tokenizer = Tokenizer.from_file(str(target_folder / "tokenizer.json"))
    draft = load(options.models / "penjing-demo-draft")
    figures = evaluate(load(target_folder), draft, tokenizer, questions.read(options.questions))
    print(json.dumps(asdict(figures), indent=2))


if __name__ == "__main__":
    main()
