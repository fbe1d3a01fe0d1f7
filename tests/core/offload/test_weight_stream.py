"""Parcels arrive whole and in order, from the drive or from RAM, in RAM or on a device with a copy engine of its own.

No accelerator is here: the device is the CPU's memory behind a fake copy engine; the scheduling code is the real one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ReadFailed
from core.models.spec import TensorGroup, TensorSpec
from core.offload.byte_ranges import plan_reads
from core.offload.carving import carve, carved_bytes
from core.offload.loading import load_waiting
from core.offload.weight_reader import StagingBuffer, WeightReader
from core.offload.weight_stream import DeviceStream, HostStream, Parcel, WeightStream
from tests.core.offload.copy_engines import FakeCopyEngine

COUNT = 6
SIZES = (3_000, 10, 9_000)
"""Elements of the tensors of a parcel."""

CPU = torch.device("cpu")


def never() -> bool:
    return False


@pytest.fixture(scope="module")
def groups(tmp_path_factory: pytest.TempPathFactory) -> list[TensorGroup]:
    """Parcel i's tensors hold nothing but the number i."""
    file = tmp_path_factory.mktemp("weights") / "weights"
    tensors, content, offset = [], b"", 40
    for parcel in range(COUNT):
        of_parcel = []
        for index, size in enumerate(SIZES):
            of_parcel.append(TensorSpec(f"t{index}", file, offset, 2 * size, "BF16", (size,)))
            content += torch.full((size,), float(parcel), dtype=torch.bfloat16).view(torch.uint8).numpy().tobytes()
            offset += 2 * size
        tensors.append(TensorGroup(f"{parcel}.", tuple(of_parcel)))
    file.write_bytes(b"\0" * 40 + content)
    return tensors


def host_stream(groups: list[TensorGroup], slots: int) -> HostStream:
    size = max(plan_reads(group).buffer_bytes for group in groups)
    return HostStream([StagingBuffer(size) for _ in range(slots)], WeightReader())


@pytest.fixture(params=["host", "device", "device, slow copies", "device, slow computing"])
def stream(request: pytest.FixtureRequest, groups: list[TensorGroup]) -> Iterator[WeightStream]:
    host = host_stream(groups, 2)
    if request.param == "host":
        yield host
        host.close()
        return
    engine = FakeCopyEngine(lag=0.01 * ("computing" in request.param), delay=0.01 * ("copies" in request.param))
    device = DeviceStream(host, 2, max(carved_bytes(group) for group in groups), CPU, engine)
    yield device
    device.close()
    engine.close()


def content(weights: dict[str, torch.Tensor]) -> float:
    """The number of a parcel, if it is all there."""
    assert [weights[f"t{index}"].shape for index in range(len(SIZES))] == [(size,) for size in SIZES]
    (value,) = {value for tensor in weights.values() for value in tensor.unique().tolist()}
    return float(value)


def take_and_release(stream: WeightStream) -> float:
    value = content(dict(stream.take(never)))
    stream.release()
    return value


def parcels(groups: list[TensorGroup], waiting: set[int]) -> list[Parcel]:
    """Those in `waiting` lie in RAM, every other one of them as if its pages were locked."""
    made = []
    reader = WeightReader()
    for index, group in enumerate(groups):
        parcel = load_waiting(group, reader, never) if index in waiting else Parcel.on_drive(group)
        if parcel.waiting is not None:
            parcel.waiting.page_locked = index % 2 == 0
        made.append(parcel)
    reader.close()
    return made


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=12)
@given(order=st.lists(st.integers(0, COUNT - 1), max_size=12), waiting=st.sets(st.integers(0, COUNT - 1)))
def test_parcels_come_in_the_order_of_requests_wherever_they_are_from(
    stream: WeightStream, groups: list[TensorGroup], order: list[int], waiting: set[int]
) -> None:
    sources = parcels(groups, waiting)
    for index in order:
        stream.request(sources[index])
    assert [take_and_release(stream) for _ in order] == order


def test_what_was_requested_before_a_rewind_does_not_come(stream: WeightStream, groups: list[TensorGroup]) -> None:
    sources = parcels(groups, {1, 2})
    for rounds in range(1, 4):
        for source in sources:
            stream.request(source)
        for index in range(rounds):
            assert take_and_release(stream) == index
        stream.take(never)  # lent when the pass breaks off
        stream.rewind()
    stream.request(sources[5])
    assert take_and_release(stream) == 5


def test_a_failed_read_reaches_the_consumer_and_after_a_rewind_all_is_well(
    stream: WeightStream, groups: list[TensorGroup], tmp_path: Path
) -> None:
    missing = TensorGroup("", (TensorSpec("t0", tmp_path / "gone", 0, 100, "U8", (100,)),))
    sources = parcels(groups, set())
    stream.request(sources[0])
    stream.request(Parcel.on_drive(missing))
    stream.request(sources[1])
    assert take_and_release(stream) == 0
    with pytest.raises(ReadFailed, match="gone"):
        stream.take(never)
    stream.rewind()
    stream.request(sources[1])
    assert take_and_release(stream) == 1


def test_two_parcels_can_be_lent_at_once(stream: WeightStream, groups: list[TensorGroup]) -> None:
    for source in parcels(groups, {0}):
        stream.request(source)
    first, second = dict(stream.take(never)), dict(stream.take(never))
    assert (content(first), content(second)) == (0, 1)
    stream.release()
    stream.release()
    assert [take_and_release(stream) for _ in range(COUNT - 2)] == [2, 3, 4, 5]


@given(
    shapes=st.lists(st.tuples(st.sampled_from(["F32", "BF16"]), st.lists(st.integers(1, 9), max_size=3)), max_size=6),
    dtype=st.sampled_from([None, torch.float32, torch.bfloat16]),
)
def test_carved_places_do_not_overlap_and_fill_what_was_said(
    shapes: list[tuple[str, list[int]]], dtype: torch.dtype | None
) -> None:
    tensors, offset = [], 0
    for index, (kind, shape) in enumerate(shapes):
        size = torch.Size(shape).numel() * (4 if kind == "F32" else 2)
        tensors.append(TensorSpec(f"t{index}", Path("w"), offset, size, kind, tuple(shape)))
        offset += size
    group = TensorGroup("", tuple(tensors))
    places = carve(torch.zeros(carved_bytes(group, dtype), dtype=torch.uint8), group, dtype)
    for value, tensor in enumerate(tensors):
        places[tensor.name].fill_(value)
        assert places[tensor.name].shape == tensor.shape
        assert places[tensor.name].data_ptr() % 64 == 0
    for value, tensor in enumerate(tensors):
        assert (places[tensor.name] == value).all()


def test_a_buffer_is_not_refilled_while_it_is_still_copied_from(groups: list[TensorGroup]) -> None:
    engine = FakeCopyEngine(delay=0.05)
    device = DeviceStream(host_stream(groups, 1), 3, max(carved_bytes(group) for group in groups), CPU, engine)
    for source in parcels(groups, set())[:3]:
        device.request(source)
    assert [take_and_release(device) for _ in range(3)] == [0, 1, 2]
    device.close()
    engine.close()


def test_memory_stays_while_it_is_still_copied_from(groups: list[TensorGroup]) -> None:
    engine = FakeCopyEngine(delay=0.05)
    device = DeviceStream(host_stream(groups, 1), 3, max(carved_bytes(group) for group in groups), CPU, engine)
    locked = parcels(groups, {0})[0]
    assert locked.page_locked
    for _ in range(3):
        device.request(locked)
    device.take(never)  # others may have begun meanwhile, and nobody will look for them
    device.close()
    assert engine.copies == engine.begun
    engine.close()
