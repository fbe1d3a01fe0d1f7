"""What a ranking could know of the target's choices at best: `python -m tests.benchmarks.ranking_bound`.

A ranking sees the draft's scores and the noise that will decide. At every position of some replies it is asked for the
token that the target chose: the ranking of the program, which learns as it goes; the best (a, b) of a grid, chosen in
hindsight; the chance to be the largest of a * draft + T * G + a normal error, its (a, error) chosen in hindsight; and a
small neural network that is shown each candidate's score, rank, noise and rank with the noise, how sure the draft is
and the temperature, trained on the replies to other questions and on these ones too. What no such ranking finds, none
does.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM

from core.chat.message import Message
from core.chat.tokenizer import Tokenizer
from core.drafting.ranking import NoiseAwareRanking
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.sampling.sampler import Sampler
from core.sampling.settings import Sampling
from tests.benchmarks.demo import engine, questions, request
from tests.benchmarks.page import table

CANDIDATES = 128
TREE = 16
"""Children of a node that a tree has room for, at most: a choice among them counts as found."""

FOLDS = 4
AS, BS = (0.5, 0.7, 1.0, 1.4, 1.8), (0.0, 0.1, 0.2, 0.35, 0.5, 1.0)
KINDS = ("documented", "made-up")


@dataclass(frozen=True)
class Reply:
    """The positions of a reply.

    Attributes:
        draft: Its log probabilities of candidates, [positions, candidates].
        online: The same by the program's ranking.
        noise: Times the temperature, the same shape.
        choice: Index of what the target chose, [positions].
    """

    question: int
    draft: Tensor
    noise: Tensor
    online: Tensor
    choice: Tensor


def replies(kind: str, temperature: float, count: int, seeds: int) -> Iterator[Reply]:
    """What the target wrote, and what the draft thought of it; choices that are no candidate are left out."""
    tokenizer = Tokenizer(DEMO_TARGET)
    draft = AutoModelForCausalLM.from_pretrained(DEMO_DRAFT, dtype=torch.float32).eval()
    ranking = NoiseAwareRanking()
    with engine(64, drafter="model") as loaded:
        for number, question in enumerate(questions(kind)[:count]):
            for seed in range(seeds if temperature else 1):
                sampling = Sampling(temperature=temperature, seed=seed)
                for _ in loaded.generate(request(question, sampling, 64, 128)):
                    pass
                assert loaded.summary is not None
                tokens = list(loaded.summary.token_ids)
                prompt = tokenizer.encode_chat((Message("user", question),))
                with torch.no_grad():
                    logits = draft(torch.tensor([[*prompt, *tokens]])).logits[0, len(prompt) - 1 : -1]
                noise = torch.zeros_like(logits)
                drawn = Sampler(sampling, logits.shape[1]).noise
                if drawn is not None:
                    noise = drawn.rows(range(len(prompt), len(prompt) + len(tokens)))
                yield _reply(number, logits, noise, temperature, torch.tensor(tokens), ranking)


def _reply(
    question: int, logits: Tensor, noise: Tensor, temperature: float, choices: Tensor, ranking: NoiseAwareRanking
) -> Reply:
    online = torch.empty_like(logits)
    for position, choice in enumerate(choices.tolist()):
        here = slice(position, position + 1)
        online[position] = ranking.log_probabilities(logits[here], noise[here], temperature)[0]
        ranking.learn(logits[position], noise[position], temperature, choice)
    noise = noise * temperature
    candidates = torch.maximum(logits, logits + 0.5 * noise).topk(CANDIDATES, 1).indices
    listed = candidates == choices[:, None]
    kept = listed.any(1)
    draft, noise, online = (part.gather(1, candidates)[kept] for part in (logits.log_softmax(1), noise, online))
    return Reply(question, draft, noise, online, listed.float().argmax(1)[kept])


def normal_errors(scores: Tensor, error: float) -> Tensor:
    """Log chance of each score to be the largest once each has a normal error, [positions, candidates]."""
    best, order = scores.topk(32, 1)
    logs = torch.full_like(scores, -12.0)
    points = torch.linspace(-3.5, 3.5, 29)
    chance = torch.zeros_like(best)
    for point in points:
        reached = best[:, :, None] + error * point
        below = torch.special.log_ndtr((reached - best[:, None, :]) / error)
        below = below.sum(2) - math.log(0.5 * (1 + math.erf(point / math.sqrt(2))))
        chance += (below - point**2 / 2).exp()
    return logs.scatter(1, order, (chance / chance.sum(1, keepdim=True)).clamp(min=1e-9).log())


class Learned(nn.Module):
    """A score of each candidate from all that is known of it."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(8, 48), nn.GELU(), nn.Linear(48, 48), nn.GELU(), nn.Linear(48, 1))

    def forward(self, draft: Tensor, noise: Tensor) -> Tensor:
        """Log probabilities. Args: noise: Times the temperature."""
        both = 1.8 * draft + noise
        top, doubt = draft.amax(1, keepdim=True), -(draft.exp() * draft).sum(1, keepdim=True)
        known = [draft / 5, (draft - top) / 5, noise / 3, _rank(draft), (both - both.amax(1, keepdim=True)) / 10]
        known += [_rank(both), doubt.expand_as(draft) / 2, noise.std(1, keepdim=True).expand_as(draft)]
        scores: Tensor = self.layers(torch.stack(known, -1))[..., 0]
        return scores.log_softmax(1)


def _rank(scores: Tensor) -> Tensor:
    return (scores.argsort(1, descending=True).argsort(1) + 1).log() / 3


def trained(found: list[Reply]) -> Learned:
    torch.manual_seed(0)
    draft, noise, choice = _together(found)
    net, epochs = Learned(), 25
    optimiser = torch.optim.Adam(net.parameters())
    for epoch in range(epochs):
        optimiser.param_groups[0]["lr"] = 3e-3 * (1 - epoch / epochs) + 1e-4
        for part in torch.randperm(len(choice)).split(128):
            loss = nn.functional.nll_loss(net(draft[part], noise[part]), choice[part])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return net


def _together(found: list[Reply]) -> tuple[Tensor, Tensor, Tensor]:
    """Draft, noise and choice of all positions."""
    return (
        torch.cat([reply.draft for reply in found]),
        torch.cat([reply.noise for reply in found]),
        torch.cat([reply.choice for reply in found]),
    )


def share_found(scores: Tensor, choice: Tensor) -> float:
    """How often the choice is among the first."""
    return float(((scores > scores.gather(1, choice[:, None])).sum(1) < TREE).float().mean())


def surprise(logs: Tensor, choice: Tensor) -> float:
    """Mean negative log probability of the choice."""
    return float(nn.functional.nll_loss(logs.log_softmax(1), choice))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--prompts", type=int, default=6, metavar="N", help="prompts of each kind (6)")
    parser.add_argument("--seeds", type=int, default=2, metavar="N", help="replies to each where sampled (2)")
    options = parser.parse_args()
    cells = list(product(KINDS, (0.0, 0.7, 1.0, 1.5)))
    found = {cell: list(replies(*cell, options.prompts, options.seeds)) for cell in cells}
    sampled = [reply for (_, temperature), each in found.items() if temperature for reply in each]
    nets = [trained([reply for reply in sampled if reply.question % FOLDS != fold]) for fold in range(FOLDS)]
    shown = trained(sampled)
    rows, surprises = [], []
    greedy = 0.0
    for (kind, temperature), each in found.items():
        draft, noise, choice = _together(each)
        if not temperature:
            greedy = share_found(draft, choice)
            continue
        with torch.no_grad():
            others = torch.cat([nets[reply.question % FOLDS](reply.draft, reply.noise) for reply in each])
            these = shown(draft, noise)
        online = torch.cat([reply.online for reply in each])
        linear = [a * draft + b * noise for a, b in product(AS, BS)]
        normal = [normal_errors(a * draft + noise, error) for a in (1.0, 1.4, 1.8, 2.5) for error in (2.0, 4.0, 6.0)]
        plain = share_found(draft, choice)
        best = max(share_found(scores, choice) for scores in linear)
        shares = (share_found(online, choice), best, share_found(others, choice), share_found(these, choice))
        gap = greedy - plain
        closed = f"{(max(shares) - plain) / gap:.2f}" if gap > 0.01 else "no gap"
        name = [f"{kind}, {temperature}", str(len(choice))]
        rows.append([*name, *(f"{share:.3f}" for share in (greedy, plain, *shares)), closed])
        tried = ([a * draft for a in AS], [online], linear, normal, [others], [these])
        least = (min(surprise(logs, choice) for logs in many) for many in tried)
        surprises.append([*name, *(f"{nats:.2f}" for nats in least)])
    rankings = ["online", "best (a, b)", "network", "network, shown these"]
    heads = ["prompts, T", "positions", "greedy", "plain", *rankings, "most of the gap"]
    print(f"The choice is among the {TREE} likeliest:\n\n{table(heads, rows)}\n")
    heads = ["prompts, T", "positions", "plain", *rankings[:2], "normal errors", *rankings[2:]]
    print(f"Nats of surprise at the choice:\n\n{table(heads, surprises)}", flush=True)


if __name__ == "__main__":
    main()
