"""Trees as flat arrays."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.trees.token_tree import TokenTree


@st.composite
def trees(draw: st.DrawFn) -> TokenTree:
    """Any tree of up to 40 nodes; siblings have different tokens."""
    count = draw(st.integers(1, 40))
    parents = [-1] + [draw(st.integers(0, node - 1)) for node in range(1, count)]
    depths = [0]
    for node in range(1, count):
        depths.append(depths[parents[node]] + 1)
    zeros = (0.0,) * count
    return TokenTree(tuple(range(count)), tuple(parents), tuple(depths), zeros, zeros, (0,) * count, ("",) * count)


@given(trees())
def test_a_node_sees_itself_and_its_ancestors_and_nothing_else(tree: TokenTree) -> None:
    visible = tree.visibility()
    for node in range(len(tree)):
        assert set(visible[node].nonzero().flatten().tolist()) == set(tree.path(node))


@given(trees())
def test_children_are_found_by_token(tree: TokenTree) -> None:
    children = tree.children()
    assert sum(len(found) for found in children) == len(tree) - 1
    for node in range(1, len(tree)):
        assert children[tree.parents[node]][tree.tokens[node]] == node


@given(trees())
def test_a_path_runs_from_the_root_one_level_at_a_time(tree: TokenTree) -> None:
    for node in range(len(tree)):
        path = tree.path(node)
        assert path[0] == 0
        assert path[-1] == node
        assert [tree.depths[step] for step in path] == list(range(len(path)))
    assert tree.depth == max(len(tree.path(node)) for node in range(len(tree))) - 1
