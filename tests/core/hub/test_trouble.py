"""What is said when the hub refuses, fails or is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import (
    AccessDenied,
    BadRequest,
    HubFailed,
    LicenceNotAccepted,
    NoToken,
    NotOnHub,
    Offline,
    PenjingError,
    StayOffline,
    UnusableModel,
)
from core.hub.hub import Hub
from core.hub.selection import choose_files
from tests.core.hub.models_made import write_hub_model
from tests.hub_server import HubServer
from tests.hub_server.repository import Repository

NAME = "someone/Some-Model"


@pytest.fixture
def repository(server: HubServer, tmp_path: Path) -> Repository:
    return server.add(NAME, write_hub_model(tmp_path / "source", shards=2))


def refusal(server: HubServer, token: str | None) -> PenjingError:
    """What is said to someone with this token who wants the files."""
    hub = Hub(server.endpoint, token=lambda: token)
    with pytest.raises(PenjingError) as caught:
        choose_files(hub, hub.contents(NAME))
    return caught.value


@pytest.mark.usefixtures("online")
def test_no_token_a_licence_to_accept_and_a_denial_are_told_apart(server: HubServer, repository: Repository) -> None:
    repository.gated = True
    unknown, known = refusal(server, None), refusal(server, "hf_somebody")
    assert isinstance(unknown, NoToken)
    assert "penjing models token" in unknown.remedy
    assert isinstance(known, LicenceNotAccepted)
    assert f"{server.endpoint}/{NAME}" in known.remedy
    for said, words in (
        ("Your request to access model has been rejected by the repo's authors.", "turned your request down"),
        ("Your request to access model is awaiting a review from the repo authors.", "has not answered your request"),
    ):
        server.faults.error_message = said
        denied = refusal(server, "hf_somebody")
        assert isinstance(denied, AccessDenied)
        assert words in denied.what
    assert len({type(unknown), type(known), type(denied)}) == 3


@pytest.mark.usefixtures("online")
def test_a_token_that_the_hub_does_not_know_is_told(server: HubServer, repository: Repository) -> None:
    server.faults.status, server.faults.error_message = 401, "Invalid credentials in Authorization header"
    error = refusal(server, "hf_old")
    assert isinstance(error, AccessDenied)
    assert "does not know the token" in error.what


@pytest.mark.usefixtures("online")
def test_what_is_private_looks_like_what_is_not_there(server: HubServer, repository: Repository) -> None:
    repository.private = True
    nobody, other = refusal(server, None), refusal(server, "hf_other")
    assert isinstance(nobody, NotOnHub)
    assert "give Penjing your token" in nobody.remedy
    assert isinstance(other, NotOnHub)
    assert "private to others" in other.what
    repository.readers = {"hf_owner"}
    assert Hub(server.endpoint, token=lambda: "hf_owner").contents(NAME).revision == repository.main


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (403, AccessDenied, "denies you access"),
        (404, NotOnHub, "has no"),
        (429, HubFailed, "too many requests"),
        (500, HubFailed, "status 500"),
        (503, HubFailed, "status 503"),
    ],
)
def test_each_status_has_its_sentence(
    hub: Hub, server: HubServer, repository: Repository, status: int, kind: type[PenjingError], words: str
) -> None:
    server.faults.status = status
    with pytest.raises(kind, match=words):
        hub.contents(NAME)


def test_a_revision_that_is_not_there_is_told(hub: Hub, repository: Repository) -> None:
    with pytest.raises(NotOnHub, match="no such revision"):
        hub.contents(NAME, "0" * 40)


def test_no_network_is_told(hub: Hub, server: HubServer) -> None:
    server.close()
    with pytest.raises(Offline, match="You are offline"):
        hub.contents(NAME)


def test_a_wish_to_stay_offline_is_heeded(hub: Hub, monkeypatch: pytest.MonkeyPatch, server: HubServer) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(StayOffline, match="HF_HUB_OFFLINE"):
        hub.contents(NAME)
    assert server.requests == []


def test_a_name_that_is_none_is_not_asked_for(hub: Hub, server: HubServer) -> None:
    with pytest.raises(BadRequest, match="OWNER/NAME"):
        hub.contents("nonsense")
    assert server.requests == []


def test_files_that_would_leave_the_folder_are_refused(hub: Hub, server: HubServer, repository: Repository) -> None:
    files = dict(repository.commits[repository.main])
    repository.commit_as(files | {"../../.bashrc": files["config.json"]})
    with pytest.raises(UnusableModel, match="leads out of the model's folder"):
        hub.contents(NAME)


def test_the_token_is_in_no_message(server: HubServer, repository: Repository, online: None) -> None:
    for status in (401, 403, 404, 500):
        server.faults.status = status
        error = refusal(server, "hf_secret")
        told = f"{error} {error!r} {error.__cause__} {error.__cause__!r}"
        assert "hf_secret" not in told
