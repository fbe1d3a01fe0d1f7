"""The model hub as Penjing uses it: what a model is made of, and parts of its files. Speaks through huggingface_hub.

HF_ENDPOINT, HF_HUB_OFFLINE and the system's proxies count, as the library has them. No more is asked for than what a
person wants to see.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from core.errors import HubFailed
from core.hub.access import read_token
from core.hub.manifest import HubFile
from core.hub.names import check_names, check_repository
from core.hub.trouble import explained

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.file_download import HfFileMetadata

ANSWER_SECONDS = 15.0
"""How long the hub may take to begin an answer."""


@dataclass(frozen=True)
class Contents:
    """All that one revision of a repository holds.

    Attributes:
        revision: The commit, whatever name it was asked for by.
        licence: As its card says, or None.
        gated: Whether its licence has to be accepted before it can be downloaded.
    """

    repository: str
    revision: str
    files: tuple[HubFile, ...]
    licence: str | None
    gated: bool

    def file(self, name: str) -> HubFile | None:
        return next((file for file in self.files if file.name == name), None)


class Hub:
    """The hub at `endpoint` (HF_ENDPOINT, or Hugging Face's own). Every method raises what `trouble.explained` does.

    Args:
        token: Says who asks; called once, at the first request.
    """

    def __init__(self, endpoint: str | None = None, token: Callable[[], str | None] = read_token) -> None:
        self._endpoint = endpoint
        self._read_token = token

    @cached_property
    def endpoint(self) -> str:
        from huggingface_hub import constants, logging

        # What goes wrong is told by our own errors; the library would write it on the terminal as well.
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        return (self._endpoint or constants.ENDPOINT).rstrip("/")

    @cached_property
    def token(self) -> str | None:
        return self._read_token()

    @cached_property
    def api(self) -> HfApi:
        """The library's client. Without a token it sends none, whatever it could find by itself."""
        from huggingface_hub import HfApi

        return HfApi(endpoint=self.endpoint, token=self.token or False, library_name="penjing")

    def get_json(self, path: str, parameters: dict[str, Any]) -> Any:
        """The hub's answer to a question, asked once: a person who waits is better told that there is no network."""
        from huggingface_hub import get_session
        from huggingface_hub.utils import hf_raise_for_status  # type: ignore[attr-defined]

        given = {key: value for key, value in parameters.items() if value is not None}
        with explained("", self.endpoint, self.token is not None):
            answer = get_session().get(
                f"{self.endpoint}{path}", params=given, headers=self.headers(), timeout=ANSWER_SECONDS
            )
            hf_raise_for_status(answer)
            return answer.json()

    def contents(self, repository: str, revision: str | None = None) -> Contents:
        """What a revision holds; by default the newest.

        Raises:
            UnusableModel: It holds files with names that are refused.
        """
        check_repository(repository)
        with explained(repository, self.endpoint, self.token is not None):
            info = self.api.model_info(repository, revision=revision, files_metadata=True, timeout=ANSWER_SECONDS)
            card = info.card_data
            licence = card.license if card is not None else None
            files = tuple(
                HubFile(s.rfilename, s.size, s.lfs.sha256 if s.lfs else s.blob_id)
                for s in info.siblings or []
                if s.size is not None and s.blob_id is not None
            )
        if not info.sha or not files:
            raise HubFailed(f"The hub does not say what {repository} holds.", "Choose another model.")
        check_names(file.name for file in files)
        return Contents(repository, info.sha, files, licence if isinstance(licence, str) else None, bool(info.gated))

    def locate(self, repository: str, revision: str, name: str) -> HfFileMetadata:
        """Where the bytes of a file are to be had at the moment; such a place may be good for some minutes only."""
        from huggingface_hub import get_hf_file_metadata

        with explained(repository, self.endpoint, self.token is not None):
            url = self.url(repository, revision, name)
            return get_hf_file_metadata(
                url, token=self.token or False, timeout=ANSWER_SECONDS, endpoint=self.endpoint, library_name="penjing"
            )

    def read(self, repository: str, revision: str, name: str, start: int, stop: int) -> bytes:
        """Bytes `start` up to `stop` of a file, or up to its end; never more, whatever the server sends."""
        from huggingface_hub import get_session
        from huggingface_hub.utils import hf_raise_for_status  # type: ignore[attr-defined]

        headers = self.headers() | {"Range": f"bytes={start}-{stop - 1}"}
        with explained(repository, self.endpoint, self.token is not None):
            url = self.url(repository, revision, name)
            with get_session().stream("GET", url, headers=headers, timeout=ANSWER_SECONDS) as response:
                hf_raise_for_status(response)
                # A server that knows no ranges sends the file from its beginning.
                skip = 0 if response.status_code == 206 else start
                found = bytearray()
                for piece in response.iter_bytes(1 << 16):
                    found += piece
                    if len(found) >= skip + stop - start:
                        break
        return bytes(found[skip : skip + stop - start])

    def headers(self, signed: bool = True) -> dict[str, str]:
        """What goes with a request for a file's bytes, uncompressed; `signed` says who asks."""
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

        token = (self.token or False) if signed else False
        return {**build_hf_headers(token=token, library_name="penjing"), "Accept-Encoding": "identity"}

    def url(self, repository: str, revision: str, name: str) -> str:
        from huggingface_hub import hf_hub_url

        return hf_hub_url(repository, name, revision=revision, endpoint=self.endpoint)
