"""Searches the hub for models that might run here: text, author, size, quantisation; safetensors only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import AccessDenied, HubFailed, LicenceNotAccepted, NoToken, Offline, PenjingError
from core.hub.hub import Contents, Hub
from core.hub.remote_spec import read_remote_spec
from core.hub.trouble import explained
from core.hub.verdict import Fit, Verdict, judge
from core.machine.machine import Machine
from core.models.layouts import FAMILIES
from core.models.spec import DTYPE_BYTES, ModelSpec

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

EXPAND = ("author", "cardData", "config", "downloads", "gated", "lastModified", "likes", "safetensors", "sha", "tags")
MOST_ASKED = 100
"""Entries that are asked of the hub at once; filters that it does not have itself are applied to these."""

SCHEMES = ("gptq", "awq", "fp8", "bitsandbytes", "compressed-tensors", "mxfp4", "hqq", "eetq", "quanto", "torchao")
"""Quantisation methods as tags and config.json name them."""


@dataclass(frozen=True)
class Query:
    """What is looked for.

    Attributes:
        least, most: Bytes of weights; entries whose size the hub does not tell are kept.
        quantisation: "any" for all, "none" for full precision, "quantised", or one method's name.
    """

    text: str = ""
    author: str = ""
    least: int = 0
    most: int | None = None
    quantisation: str = "any"
    limit: int = 20


@dataclass(frozen=True)
class Found:
    """A model on the hub, as the listing tells of it.

    Attributes:
        bytes, parameters: Of the weights; None if the hub does not tell.
        quantisation: The method, or None for full precision.
        problem: Why it could not be used here, as far as the listing shows.
    """

    repository: str
    revision: str | None
    family: str | None
    parameters: int | None
    bytes: int | None
    quantisation: str | None
    licence: str | None
    gated: bool
    downloads: int
    likes: int
    modified: datetime | None
    problem: str | None

    @property
    def unjudged(self) -> Verdict:
        """What can be said before its headers are read."""
        if self.problem is not None:
            return Verdict(Fit.UNUSABLE, self.problem, parameters=self.parameters or 0)
        return Verdict(Fit.UNKNOWN, "", parameters=self.parameters or 0)


@dataclass(frozen=True)
class Inspected:
    """What a model on the hub turned out to be. `spec` is None if `trouble` says why it cannot be used."""

    contents: Contents | None
    spec: ModelSpec | None
    trouble: PenjingError | None

    def judged(self, machine: Machine, models: Path) -> Verdict:
        """How it would run here, were it downloaded to `models`."""
        if self.spec is not None:
            return judge(self.spec, machine, models, self.spec.bytes)
        refused = isinstance(self.trouble, NoToken | LicenceNotAccepted | AccessDenied)
        return Verdict(Fit.NO_ACCESS if refused else Fit.UNUSABLE, str(self.trouble))


def search(hub: Hub, query: Query) -> list[Found]:
    """Models that may suit, the most downloaded first. Raises what `Hub` raises."""
    from huggingface_hub import ModelInfo

    filtered = query.least or query.most or query.quantisation != "any"
    asked = {
        "search": query.text or None,
        "author": query.author or None,
        "filter": "safetensors",
        "pipeline_tag": "text-generation",
        "sort": "downloads",
        "limit": MOST_ASKED if filtered else query.limit,
        "expand": EXPAND,
    }
    with explained("", hub.endpoint, hub.token is not None):
        listed = [ModelInfo(**entry) for entry in hub.get_json("/api/models", asked)]  # type: ignore[no-untyped-call]
        found = [_found(info) for info in listed]
    return [entry for entry in found if _wanted(entry, query)][: query.limit]


def inspect(hub: Hub, repository: str, revision: str | None = None) -> Inspected:
    """Read what a model is from its headers. Trouble with this one model is told, not raised.

    Raises:
        Offline, HubFailed.
    """
    contents = None
    try:
        contents = hub.contents(repository, revision)
        return Inspected(contents, read_remote_spec(hub, contents), None)
    except (Offline, HubFailed):
        raise
    except PenjingError as error:
        return Inspected(contents, None, error)


def _wanted(entry: Found, query: Query) -> bool:
    if entry.bytes is not None and not query.least <= entry.bytes <= (query.most or entry.bytes):
        return False
    match query.quantisation:
        case "any":
            return True
        case "none":
            return entry.quantisation is None
        case "quantised":
            return entry.quantisation is not None
        case method:
            return entry.quantisation == method


def _found(info: ModelInfo) -> Found:
    config: dict[str, Any] = info.config if isinstance(info.config, dict) else {}
    counts = dict(info.safetensors.parameters) if info.safetensors else {}
    family = config.get("model_type")
    card = info.card_data
    licence = card.license if card is not None else None
    problem = None
    if isinstance(family, str) and family not in FAMILIES:
        problem = f"Penjing does not know models of the family {family} yet."
    return Found(
        repository=info.id,
        revision=info.sha,
        family=family if isinstance(family, str) else None,
        parameters=info.safetensors.total if info.safetensors else None,
        bytes=sum(DTYPE_BYTES.get(dtype, 4) * count for dtype, count in counts.items()) or None,
        quantisation=_quantisation(config, info.tags or []),
        licence=licence if isinstance(licence, str) else None,
        gated=bool(info.gated),
        downloads=info.downloads or 0,
        likes=info.likes or 0,
        modified=info.last_modified,
        problem=problem,
    )


def _quantisation(config: dict[str, Any], tags: list[str]) -> str | None:
    settings = config.get("quantization_config")
    method = settings.get("quant_method") if isinstance(settings, dict) else None
    if isinstance(method, str):
        return method
    return next((scheme for scheme in SCHEMES if scheme in tags), None)
