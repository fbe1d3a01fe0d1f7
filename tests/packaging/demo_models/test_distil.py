"""What the draft is taught, and how its lessons are marked."""

import pytest
import torch
from transformers import LlamaForCausalLM

from answers import answer
from distil import LIKELIEST, SoftTargets, distillation_loss, soft_targets
from drafting import Ranking, grow, tokens_per_step
from packing import IGNORED, Row
from shapes import Shape, build

VOCABULARY = 60


@pytest.fixture(scope="module")
def model() -> LlamaForCausalLM:
    made = build(Shape(hidden=32, layers=2, heads=2, mlp=48), VOCABULARY, begin=0, end=3, pad=1, seed=7)
    for parameter in made.parameters():
        parameter.data.mul_(6.0)  # a fresh model hardly prefers any token to another
    made.eval()
    return made


@pytest.fixture(scope="module")
def taught(model: LlamaForCausalLM) -> SoftTargets:
    ids = torch.randint(4, VOCABULARY, (5, 24), generator=torch.Generator().manual_seed(2)).tolist()
    return soft_targets(model, [Row(row, [IGNORED] * 10 + row[10:]) for row in ids])


def test_soft_targets_mark_the_places_before_what_the_assistant_says(taught: SoftTargets) -> None:
    assert taught.ids.shape == (5, 24)
    assert taught.tokens.shape == taught.logprobs.shape == (5, 24, LIKELIEST)
    assert taught.spoken[0].tolist() == [False] * 9 + [True] * 14 + [False]


def test_a_draft_that_says_the_same_has_nothing_to_learn(model: LlamaForCausalLM, taught: SoftTargets) -> None:
    with torch.no_grad():
        logits = model(input_ids=taught.ids.long()).logits
        same = distillation_loss(logits, taught.spoken, taught.tokens, taught.logprobs)
        blunter = distillation_loss(logits / 2, taught.spoken, taught.tokens, taught.logprobs)
    assert same.item() == pytest.approx(0.0, abs=1e-3)
    assert blunter.item() > 0.05


def test_what_is_not_spoken_teaches_nothing(taught: SoftTargets) -> None:
    logits = torch.randn(5, 24, VOCABULARY, generator=torch.Generator().manual_seed(3))
    loss = distillation_loss(logits, taught.spoken, taught.tokens, taught.logprobs)
    logits[~taught.spoken] = torch.randn(int((~taught.spoken).sum()), VOCABULARY)
    assert torch.equal(loss, distillation_loss(logits, taught.spoken, taught.tokens, taught.logprobs))


def test_answers_in_a_batch_are_those_given_alone(model: LlamaForCausalLM) -> None:
    draw = torch.Generator().manual_seed(5)
    prompts = [torch.randint(4, VOCABULARY, (length,), generator=draw).tolist() for length in (5, 7, 5, 9, 5, 7)]
    together = answer(model, prompts, end=3, temperature=0.0)
    assert together == [answer(model, [prompt], end=3, temperature=0.0)[0] for prompt in prompts]
    assert all(3 not in said[:-1] for said in together)


def test_the_tree_holds_the_likeliest_continuations(model: LlamaForCausalLM) -> None:
    context = [0, 9, 17, 30]
    tree = grow(model, context, 24, Ranking(), None)
    assert len(tree) == 24
    assert all(path[:-1] == () or path[:-1] in tree for path in tree)
    with torch.no_grad():
        first = torch.log_softmax(model(input_ids=torch.tensor([context])).logits[0, -1], -1)
    likeliest = set(first.topk(3).indices.tolist())
    assert likeliest <= {path[0] for path in tree if len(path) == 1}


def test_a_draft_that_is_its_target_has_whole_trees_accepted(model: LlamaForCausalLM) -> None:
    prompt = [0, 9, 17, 30]
    reply = answer(model, [prompt], end=3, temperature=0.0)[0][:30]
    tokens, steps = tokens_per_step(model, prompt, reply, nodes=24)
    assert tokens == len(reply)
    assert steps < tokens / 1.5
    strangers = [(token + 1) % VOCABULARY for token in reply]
    assert tokens_per_step(model, prompt, strangers, nodes=1)[1] > steps


def test_drafting_that_sees_the_noise_follows_a_sampled_reply(model: LlamaForCausalLM) -> None:
    prompt: list[int] = [0, 9, 17, 30]
    reply: list[int] = []
    noise = -torch.empty(20, VOCABULARY).exponential_(generator=torch.Generator().manual_seed(1)).log()
    with torch.no_grad():
        for place in range(20):
            logits = model(input_ids=torch.tensor([prompt + reply])).logits[0, -1]
            reply.append(int((logits + noise[place]).argmax()))
    blind = tokens_per_step(model, prompt, reply, 8, Ranking(), noise)[1]
    seeing = tokens_per_step(model, prompt, reply, 8, Ranking(4.0, 4.0), noise)[1]
    assert seeing < blind
