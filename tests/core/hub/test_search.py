"""What is found on the hub, and what can be said of it before a download."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.errors import LicenceNotAccepted, Offline, UnusableModel
from core.hub.hub import Hub
from core.hub.remote_spec import FIRST_READ, read_remote_spec
from core.hub.search import Query, inspect, search
from core.hub.verdict import Fit
from core.machine.machine import Machine
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from tests.core.hub.models_made import write_hub_model
from tests.core.models.folders import llama_shapes, tiny_config, write_header, write_safetensors
from tests.hub_server import HubServer

GIB = 1 << 30


def about(family: str = "llama", bytes_: int = GIB, method: str | None = None, **more: Any) -> dict[str, Any]:
    config: dict[str, Any] = {"model_type": family}
    if method is not None:
        config["quantization_config"] = {"quant_method": method}
    weights = {"parameters": {"BF16": bytes_ // 2}, "total": bytes_ // 2}
    return {"config": config, "safetensors": weights, "tags": ["safetensors"]} | more


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return probe_machine(tmp_path)


def names(hub: Hub, query: Query) -> list[str]:
    return [found.repository for found in search(hub, query)]


def test_models_are_found_by_text_and_owner_the_popular_first(hub: Hub, server: HubServer) -> None:
    server.add("acme/Birch", **about(downloads=5))
    server.add("acme/Oak", **about(downloads=9))
    server.add("other/Birch-mini", **about(downloads=7))
    assert names(hub, Query("birch")) == ["other/Birch-mini", "acme/Birch"]
    assert names(hub, Query(author="acme")) == ["acme/Oak", "acme/Birch"]
    assert names(hub, Query("birch", author="acme")) == ["acme/Birch"]
    assert names(hub, Query("nothing")) == []


def test_size_and_format_narrow_the_search(hub: Hub, server: HubServer) -> None:
    server.add("a/small", **about(bytes_=GIB))
    server.add("a/large", **about(bytes_=40 * GIB))
    server.add("a/gptq", **about(bytes_=20 * GIB, method="gptq"))
    server.add("a/tagged", **about(bytes_=20 * GIB) | {"tags": ["safetensors", "awq"]})
    assert set(names(hub, Query(least=2 * GIB, most=30 * GIB))) == {"a/gptq", "a/tagged"}
    assert names(hub, Query(quantisation="gptq")) == ["a/gptq"]
    assert set(names(hub, Query(quantisation="quantised"))) == {"a/gptq", "a/tagged"}
    assert set(names(hub, Query(quantisation="none"))) == {"a/small", "a/large"}


def test_only_safetensors_are_asked_for_and_no_more_than_wanted(hub: Hub, server: HubServer) -> None:
    for number in range(30):
        server.add(f"a/model-{number}", **about())
    assert len(names(hub, Query(limit=7))) == 7
    assert server.queries[-1]["filter"] == ["safetensors"]
    assert server.queries[-1]["limit"] == ["7"]


def test_a_family_that_is_not_known_is_told_at_once(hub: Hub, server: HubServer) -> None:
    server.add("a/strange", **about(family="strangenet"))
    (found,) = search(hub, Query("strange"))
    assert found.problem == "Penjing does not know models of the family strangenet yet."
    assert found.unjudged.fit is Fit.UNUSABLE


def test_no_network_is_told_at_once(hub: Hub, server: HubServer) -> None:
    server.close()
    with pytest.raises(Offline, match="You are offline"):
        search(hub, Query("birch"))


@pytest.mark.parametrize("shards", [0, 3])
def test_a_model_is_known_by_its_headers_before_any_download(
    hub: Hub, server: HubServer, tmp_path: Path, shards: int
) -> None:
    source = write_hub_model(tmp_path / "Birch", shards=shards, hidden_size=512, intermediate_size=2048)
    server.add("acme/Birch", source)
    there, here = read_remote_spec(hub, hub.contents("acme/Birch")), open_checkpoint(source)
    assert (there.name, there.parameters, there.bytes) == ("Birch", here.parameters, here.bytes)
    assert [group.bytes for group in there.groups] == [group.bytes for group in here.groups]
    sent = sum(request.sent for request in server.requests)
    assert sent < here.bytes / 4
    assert not there.folder.exists()


def test_a_long_header_is_read_in_two_parts(hub: Hub, server: HubServer, tmp_path: Path) -> None:
    config = tiny_config(num_hidden_layers=200)
    source = write_hub_model(tmp_path / "Deep", num_hidden_layers=200)
    write_safetensors(source / "model.safetensors", llama_shapes(config))
    server.add("acme/Deep", source)
    assert int.from_bytes((source / "model.safetensors").read_bytes()[:8], "little") > FIRST_READ
    assert len(read_remote_spec(hub, hub.contents("acme/Deep")).layers) == 200


def test_a_server_without_ranges_is_not_read_to_the_end(hub: Hub, server: HubServer, tmp_path: Path) -> None:
    source = write_hub_model(tmp_path / "Birch", hidden_size=512, intermediate_size=8192)
    server.add("acme/Birch", source)
    server.faults.ignore_range = True
    spec = read_remote_spec(hub, hub.contents("acme/Birch"))
    sent = sum(request.sent for request in server.requests)
    assert sent < spec.bytes / 4


@pytest.mark.parametrize("length", [1 << 60, 50_000_000, 0])
def test_a_header_that_claims_absurd_lengths_is_refused(
    hub: Hub, server: HubServer, tmp_path: Path, length: int
) -> None:
    source = write_hub_model(tmp_path / "Liar")
    file = source / "model.safetensors"
    file.write_bytes(length.to_bytes(8, "little") + b"{" + file.read_bytes()[9:])
    server.add("acme/Liar", source)
    with pytest.raises(UnusableModel):
        read_remote_spec(hub, hub.contents("acme/Liar"))


def test_overlapping_tensors_are_refused_before_a_download(hub: Hub, server: HubServer, tmp_path: Path) -> None:
    source = write_hub_model(tmp_path / "Liar")
    overlapping = (
        b'{"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]},"b":{"dtype":"U8","shape":[9],"data_offsets":[8,17]}}'
    )
    write_header(source / "model.safetensors", overlapping, 17)
    server.add("acme/Liar", source)
    with pytest.raises(UnusableModel, match="b overlaps a"):
        read_remote_spec(hub, hub.contents("acme/Liar"))


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (["config.json", "pytorch_model.bin"], "pickles only"),
        (["adapter_config.json", "adapter_model.safetensors"], "LoRA adapter"),
        (["model-q4.gguf"], "GGUF"),
        (["notes.txt"], "no config.json"),
        (["config.json"], "no safetensors weights"),
    ],
)
def test_what_is_no_safetensors_model_says_what_it_is(
    hub: Hub, server: HubServer, tmp_path: Path, files: list[str], words: str
) -> None:
    for name in files:
        (tmp_path / name).write_text("{}")
    server.add("acme/Other", tmp_path)
    assert words in str(inspect(hub, "acme/Other").trouble)


def test_a_verdict_says_how_a_model_would_run(hub: Hub, server: HubServer, tmp_path: Path, machine: Machine) -> None:
    server.add("acme/Birch", write_hub_model(tmp_path / "source"))
    verdict = inspect(hub, "acme/Birch").judged(machine, tmp_path)
    assert verdict.fit is Fit.COMFORTABLE
    assert "tok/s, limited by" in verdict.sentence


def test_a_model_behind_a_licence_is_no_unusable_one(
    server: HubServer, online: None, tmp_path: Path, machine: Machine
) -> None:
    server.add("acme/Oak", write_hub_model(tmp_path / "source")).gated = True
    inspected = inspect(Hub(server.endpoint, token=lambda: "hf_somebody"), "acme/Oak")
    assert isinstance(inspected.trouble, LicenceNotAccepted)
    assert inspected.judged(machine, tmp_path).fit is Fit.NO_ACCESS
