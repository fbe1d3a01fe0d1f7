"""Drafters by name."""

from __future__ import annotations

import pytest

from core.drafting.growth.policies import POLICIES
from core.errors import BadRequest
from core.planning.sources import AUTO, EXIT, GROWTHS, check_growth, sources_named


def test_auto_is_all_but_an_early_exit_and_none_is_none() -> None:
    assert sources_named("auto", drafted=True) == AUTO
    assert EXIT not in AUTO
    assert sources_named("auto", drafted=False) == ("lookup", "recycling")
    assert sources_named("none", drafted=True) == ()


def test_names_are_joined_in_any_order() -> None:
    assert sources_named("recycling+model", drafted=True) == ("model", "recycling")
    assert sources_named("model", drafted=False) == ()
    assert sources_named("exit+lookup", drafted=True) == ("lookup", "exit")


def test_draft_model_and_early_exit_exclude_each_other() -> None:
    with pytest.raises(BadRequest, match="cannot draft together"):
        sources_named("model+exit", drafted=True)


def test_every_growth_policy_has_a_name_and_no_other_does() -> None:
    assert tuple(POLICIES) == GROWTHS
    with pytest.raises(BadRequest, match="no growth policy named 'oracle'"):
        check_growth("oracle")


@pytest.mark.parametrize("name", ["", "oracle", "model+", "model,lookup", "auto+model"])
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(BadRequest, match="no drafter named"):
        sources_named(name, drafted=True)
