"""Copies and computing keep their order on a real device, and memory that is locked is copied from by the device."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from core.drafting.ranking import NoiseAwareRanking
from core.models import attention
from core.models.spec import TensorGroup, TensorSpec
from core.offload.byte_ranges import plan_reads
from core.offload.carving import carved_bytes
from core.offload.copy_engine import CudaCopyEngine
from core.offload.loading import load_waiting
from core.offload.page_locking import lock_pages
from core.offload.weight_reader import StagingBuffer, WeightReader
from core.offload.weight_stream import DeviceStream, HostStream, Parcel
from core.sampling.noise import GumbelNoise
from tests.cuda.device import DEVICE, needs_cuda

pytestmark = needs_cuda

COUNT = 8
ELEMENTS = 4 << 20
CYCLES = 30_000_000
"""About 20 ms of computing, in which all copies could be over that do not wait."""


def never() -> bool:
    return False


@pytest.fixture(scope="module")
def groups(tmp_path_factory: pytest.TempPathFactory) -> list[TensorGroup]:
    """Parcel i's tensor holds nothing but the number i."""
    file = tmp_path_factory.mktemp("weights") / "weights"
    file.write_bytes(b"".join(torch.full((ELEMENTS,), float(i)).numpy().tobytes() for i in range(COUNT)))
    size = 4 * ELEMENTS
    return [TensorGroup(f"{i}.", (TensorSpec("t", file, i * size, size, "F32", (ELEMENTS,)),)) for i in range(COUNT)]


@pytest.fixture(params=["drive", "drive, pageable", "RAM", "RAM, pageable", "both"])
def stream(request: pytest.FixtureRequest, groups: list[TensorGroup]) -> Iterator[tuple[DeviceStream, list[Parcel]]]:
    reader = WeightReader()
    parcels = []
    for index, group in enumerate(groups):
        on_drive = "drive" in request.param or (request.param == "both" and index % 2)
        parcels.append(Parcel.on_drive(group) if on_drive else load_waiting(group, reader, never))
    reader.close()
    buffers = [StagingBuffer(plan_reads(groups[0]).buffer_bytes) for _ in range(2)]
    if "pageable" not in request.param:
        for buffer in (*buffers, *(parcel.waiting for parcel in parcels)):
            assert buffer is None or lock_pages(buffer)
    host = HostStream(buffers, WeightReader(2))
    made = DeviceStream(host, 2, carved_bytes(groups[0]), DEVICE, CudaCopyEngine(DEVICE))
    yield made, parcels
    made.close()
    for parcel in parcels:
        if parcel.waiting is not None:
            parcel.waiting.close()


def extremes(tensor: Tensor) -> Tensor:
    return torch.stack(tensor.aminmax())


def test_no_slot_is_refilled_while_it_is_computed_with(stream: tuple[DeviceStream, list[Parcel]]) -> None:
    made, parcels = stream
    order = [*range(COUNT), 3, 3, 0]
    for index in order:
        made.request(parcels[index])
    seen = []
    for _ in order:
        weights = made.take(never)
        torch.cuda._sleep(CYCLES)
        seen.append(extremes(weights["t"]))
        made.release()
    assert torch.stack(seen).tolist() == [[index, index] for index in order]


def test_a_broken_off_pass_does_not_spoil_the_next(stream: tuple[DeviceStream, list[Parcel]]) -> None:
    made, parcels = stream
    for parcel in parcels:
        made.request(parcel)
    weights = made.take(never)
    torch.cuda._sleep(CYCLES)
    late = extremes(weights["t"])
    made.rewind()
    for parcel in reversed(parcels):
        made.request(parcel)
    for index in reversed(range(COUNT)):
        assert extremes(made.take(never)["t"]).tolist() == [index, index]
        made.release()
    assert late.tolist() == [0, 0]
    assert made.wait_seconds >= 0


def test_the_stall_is_what_the_computing_waited_for(groups: list[TensorGroup]) -> None:
    reader = WeightReader()
    parcels = [load_waiting(group, reader, never) for group in groups[:2]]
    reader.close()
    for parcel in parcels:
        assert parcel.waiting is not None
        assert lock_pages(parcel.waiting)
    made = DeviceStream(HostStream([], WeightReader()), 2, carved_bytes(groups[0]), DEVICE, CudaCopyEngine(DEVICE))
    for parcel in parcels:
        made.request(parcel)
    torch.cuda.synchronize()  # all has arrived
    for _ in parcels:
        made.take(never)
        torch.cuda._sleep(CYCLES)
        made.release()
    torch.cuda.synchronize()
    assert made.wait_seconds < 0.005
    made.close()
    for parcel in parcels:
        assert parcel.waiting is not None
        parcel.waiting.close()


def test_locked_memory_is_pinned_as_torch_sees_it_until_it_is_closed(groups: list[TensorGroup]) -> None:
    buffer, plan = StagingBuffer(plan_reads(groups[0]).buffer_bytes), plan_reads(groups[0])
    assert not buffer.view(plan)["t"].is_pinned()
    assert lock_pages(buffer)
    assert buffer.view(plan)["t"].is_pinned()
    assert not lock_pages(buffer)  # it is locked already, which the system refuses
    assert torch.ones(3, device=DEVICE).sum().item() == 3  # and of which no error is left behind
    view = buffer.view(plan)["t"]
    buffer.close()
    assert not view.is_pinned()


def test_noise_is_the_cpus() -> None:
    here, there = GumbelNoise(7, 32_000), GumbelNoise(7, 32_000, DEVICE)
    rows = there.rows([0, 5, 100_000])
    torch.testing.assert_close(rows.cpu(), here.rows([0, 5, 100_000]), rtol=1e-6, atol=1e-6)


def test_the_ranking_learns_from_scores_on_the_device() -> None:
    torch.manual_seed(0)
    here, there = NoiseAwareRanking(hinting=1), NoiseAwareRanking(hinting=1)
    for choice in range(5):
        logits, noise = torch.randn(50), torch.rand(50)
        here.learn(logits, noise, 0.7, choice, {choice: (0.5,), 9: (0.2,)})
        there.learn(logits.to(DEVICE), noise.to(DEVICE), 0.7, choice, {choice: (0.5,), 9: (0.2,)})
    assert there.weights == pytest.approx(here.weights, rel=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("heads", [8, 2])
@pytest.mark.parametrize("rows", [1, 64, 256])
@pytest.mark.parametrize("slots", [257, 1000])
def test_attention_on_the_device_is_its_formula(dtype: torch.dtype, heads: int, rows: int, slots: int) -> None:
    """For numbers of slots that no kernel likes, and keys that stand apart in a larger cache."""
    torch.manual_seed(0)
    query = torch.randn(1, heads, rows, 64)
    keys, values = torch.randn(1, 2, 1024, 64), torch.randn(1, 2, 1024, 64)
    mask = torch.full((1, 1, rows, slots), -torch.inf).triu_(slots - rows + 1)
    expected = attention._grouped(query, keys[:, :, :slots], values[:, :, :slots], mask, 0.125, None, None)
    there = [tensor.to(DEVICE, dtype) for tensor in (query, keys, values, mask)]
    out = attention._fused(there[0], there[1][:, :, :slots], there[2][:, :, :slots], there[3], 0.125)
    tolerance = 1e-5 if dtype is torch.float32 else 2e-2
    torch.testing.assert_close(out.float().cpu(), expected, atol=tolerance, rtol=tolerance)
