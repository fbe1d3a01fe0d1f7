"""Turns what can go wrong between this computer and the model hub into sentences that say which of it did."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

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
)

if TYPE_CHECKING:
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError

GIVE_TOKEN = "Make a token on the hub (Settings, Access Tokens) and give it to Penjing: `penjing models token`."
LATER, OTHER = "Try again later.", "Choose another model."


@contextmanager
def explained(repository: str, endpoint: str, with_token: bool) -> Iterator[None]:
    """What the client library raises within comes out as an error of core.errors.

    Args:
        repository: What was asked about; empty for a search.
        with_token: Whether the hub was told who asks.
    """
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    try:
        yield
    except OfflineModeIsEnabled as error:
        what = "Penjing was told to stay offline (HF_HUB_OFFLINE is set)."
        raise StayOffline(what, "Installed models work; to reach the hub, unset it and start again.") from error
    except HFValidationError as error:
        what = f"{repository!r} is not the name of a model."
        raise BadRequest(what, "Write it as on the hub: OWNER/NAME.") from error
    except HfHubHTTPError as error:
        raise _refusal(error, repository, endpoint, with_token) from error
    except httpx2.ProxyError as error:
        what = "The proxy does not let Penjing through to the hub."
        raise Offline(what, "Check HTTPS_PROXY and NO_PROXY.") from error
    except (httpx2.TransportError, httpx2.StreamError, ConnectionError, TimeoutError) as error:
        what = f"You are offline, or {endpoint} does not answer."
        raise Offline(what, "Installed models work; try the hub again when the network is back.") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, KeyError, TypeError) as error:
        raise HubFailed(f"{endpoint} sent an answer that makes no sense.", LATER) from error


def _refusal(error: HfHubHTTPError, repository: str, endpoint: str, with_token: bool) -> PenjingError:
    """What the hub's own words for it mean; where it has none, what its status does."""
    from huggingface_hub import errors

    match error:
        case errors.GatedRepoError():
            return _gate(error, repository, endpoint, with_token)
        case errors.DisabledRepoError():
            return AccessDenied(f"The hub has closed {repository}.", OTHER)
        case errors.RevisionNotFoundError():
            return NotOnHub(f"{repository} has no such revision.", "Leave out the revision for the newest.")
        case errors.EntryNotFoundError():
            return NotOnHub(f"{repository} lacks a file that it should have.", OTHER)
        case errors.RepositoryNotFoundError():
            return _unseen(repository, with_token)
        case _:
            return _failure(error.response.status_code, repository, with_token)


def _failure(status: int, repository: str, with_token: bool) -> PenjingError:
    match status:
        case 401 if with_token:
            return AccessDenied("The hub does not know the token.", GIVE_TOKEN)
        case 401:
            return _no_token(repository)
        case 403:
            what = f"The hub denies you access to {repository or 'this'}."
            return AccessDenied(what, "Ask the model's owner, or check what your token is allowed to read.")
        case 404:
            return NotOnHub(f"The hub has no {repository or 'such page'}.", "Check the spelling.")
        case 429:
            return HubFailed("The hub asks for a pause: too many requests.", "Try again in some minutes.")
        case _:
            return HubFailed(f"The hub failed (status {status}).", LATER)


def _gate(error: GatedRepoError, repository: str, endpoint: str, with_token: bool) -> PenjingError:
    """A model with a licence to accept: who asks is unknown, has not accepted, waits, or was turned down."""
    page, said = f"{endpoint}/{repository}", (error.server_message or str(error)).lower()
    if not with_token:
        return _no_token(repository)
    if "rejected" in said:
        return AccessDenied(f"The owner of {repository} has turned your request down.", OTHER)
    if "awaiting" in said or "pending" in said:
        return AccessDenied(f"The owner of {repository} has not answered your request yet.", f"See {page}.")
    return LicenceNotAccepted(f"The licence of {repository} is not accepted yet.", f"Read and accept it on {page}.")


def _no_token(repository: str) -> NoToken:
    what = f"{repository or 'The hub'} is only for people who say who they are, and no token is set."
    return NoToken(what, GIVE_TOKEN)


def _unseen(repository: str, with_token: bool) -> NotOnHub:
    if with_token:
        return NotOnHub(f"There is no model {repository}, or it is private to others.", "Check the spelling.")
    remedy = "Check the spelling; for a private model, give Penjing your token: `penjing models token`."
    return NotOnHub(f"There is no model {repository} that everybody may see.", remedy)
