"""The recommended download: the network hears of it once it is wanted, and offline it says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.first_run.recommended import NO_NEED, Recommended
from app.picker.downloads import Downloads
from core.hub.recommendation import Recommendation, recommend
from core.locations import models_folder
from core.planning.plan import PassSeconds, Speed
from tests.core.hub.models_made import write_hub_model
from tests.core.planning.samples import GIB, machine
from tests.hub_server import HubServer
from tests.hub_server.client import online, server

__all__ = ["online", "server"]

WAIT = 15_000
NAME, DRAFT = "acme/Birch", "acme/Birch-small"


def recommendation(draft: str = "") -> Recommendation:
    speed = Speed(PassSeconds(0, 0.1, 0, 0), 1.0, "", 7.0, 15.0, "memory bandwidth")
    return Recommendation(NAME, draft, 3 * GIB, speed)


@pytest.fixture
def use_hub(online: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    from huggingface_hub import constants

    def use(endpoint: str) -> None:
        monkeypatch.setattr(constants, "ENDPOINT", endpoint)
        template = endpoint + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)

    return use


@pytest.fixture
def card(qtbot: QtBot) -> Iterator[Recommended]:
    downloads = Downloads()
    card = Recommended(downloads)
    qtbot.addWidget(card)
    card.download_wanted.connect(downloads.start)
    card.show()
    yield card
    card.close_work()
    downloads.close()


def test_it_says_what_it_weighs_and_how_fast_it_would_be(card: Recommended) -> None:
    card.show_recommendation(recommendation())
    assert card.title.text() == f"{NAME}, 3.0 GiB"
    assert "7 to 15 tok/s" in card.says.text()
    card.show_recommendation(recommendation(DRAFT))
    assert card.title.text() == f"{NAME} with {DRAFT} as its draft, 3.0 GiB"


def test_it_finds_out_what_suits_this_computer(card: Recommended, qtbot: QtBot) -> None:
    computer = machine(ram=16 * GIB)
    expected = recommend(computer, models_folder())
    assert card.button.isHidden()
    card.look(computer)
    assert expected is not None
    qtbot.waitUntil(lambda: card.title.text().startswith(expected.target), timeout=WAIT)
    assert card.button.isVisible()


def test_where_nothing_suits_the_demo_pair_does(card: Recommended) -> None:
    card.show_recommendation(None)
    assert "The demo pair does." in card.title.text()
    assert card.button.isHidden()
    assert card.says.isHidden()


def test_it_is_fetched_with_its_draft_once_it_is_wanted(
    card: Recommended, qtbot: QtBot, server: HubServer, use_hub: Callable[[str], None], tmp_path: Path
) -> None:
    use_hub(server.endpoint)
    for name in (NAME, DRAFT):
        server.add(name, write_hub_model(tmp_path / name))
    card.show_recommendation(recommendation(DRAFT))
    assert not server.requests
    card.button.click()
    assert card.button.isHidden()
    qtbot.waitUntil(lambda: "is here" in card.meanwhile.text(), timeout=WAIT)
    for name in (NAME, DRAFT):
        assert (models_folder() / name / "config.json").exists()


def test_offline_it_says_so_and_that_the_demo_pair_answers(
    card: Recommended, qtbot: QtBot, use_hub: Callable[[str], None]
) -> None:
    use_hub("http://127.0.0.1:9")
    card.show_recommendation(recommendation())
    card.button.click()
    qtbot.waitUntil(lambda: card.meanwhile.text() == NO_NEED, timeout=WAIT)
    (progress,) = card._downloads.progress
    assert "offline" in progress.note
