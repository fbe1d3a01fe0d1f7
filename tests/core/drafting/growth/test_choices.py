"""What policies choose from a pool that is filled by hand."""

from __future__ import annotations

import math

from core.drafting.candidate_pool import CandidatePool
from core.drafting.growth.chain import Chain
from core.drafting.growth.opt_tree import OptTree


def add(pool: CandidatePool, parent: int, token: int, probability: float) -> int:
    child = pool.add(parent, token, math.log(probability), {"model": math.log(probability)}, firm=True)
    assert child is not None
    return child


def test_a_chain_follows_the_likeliest_child() -> None:
    pool = CandidatePool(0, 8, 8, prunes=False)
    add(pool, 0, 1, 0.2)
    best = add(pool, 0, 2, 0.7)
    add(pool, best, 3, 0.1)
    last = add(pool, best, 4, 0.6)
    assert Chain().chosen(pool) == [0, best, last]


def test_an_opt_tree_ends_where_a_level_added_too_little() -> None:
    for added, goes_on in ((0.9, True), (0.05, False)):
        policy, pool = OptTree(), CandidatePool(0, 8, 8)
        assert policy.frontier(pool) == [0]
        pool.expanded.add(0)
        child = add(pool, 0, 1, added)
        assert list(policy.frontier(pool)) == ([child] if goes_on else [])
