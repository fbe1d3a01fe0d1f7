"""Reads are few, aligned, and leave out nothing that is needed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from core.machine.direct_file import ALIGNMENT
from core.models.spec import TensorGroup, TensorSpec
from core.offload.byte_ranges import BRIDGED_GAP, ByteRange, ReadPlan, plan_reads

FILES = (Path("a.safetensors"), Path("b.safetensors"))

places = st.lists(
    st.tuples(st.sampled_from(FILES), st.integers(0, 1 << 20), st.integers(0, 1 << 17)), min_size=1, max_size=30
)
gaps = st.sampled_from([0, ALIGNMENT, BRIDGED_GAP])


def group_of(found: list[tuple[Path, int, int]]) -> TensorGroup:
    return TensorGroup(
        "", tuple(TensorSpec(f"t{index}", *place, "U8", (place[2],)) for index, place in enumerate(found))
    )


def holder(plan: ReadPlan, tensor: TensorSpec, start: int) -> ByteRange:
    """The range that brings a tensor to its place in the buffer."""
    (found,) = (
        part
        for part in plan.ranges
        if part.file == tensor.file
        and part.offset <= tensor.offset
        and tensor.offset + tensor.bytes <= part.offset + part.needed
        and start - part.buffer_offset == tensor.offset - part.offset
    )
    return found


@given(places, gaps)
def test_every_tensor_lies_whole_within_a_range_where_the_plan_says(
    found: list[tuple[Path, int, int]], gap: int
) -> None:
    group = group_of(found)
    plan = plan_reads(group, gap)
    assert tuple(tensor for tensor, _ in plan.tensor_offsets) == group.tensors
    for tensor, start in plan.tensor_offsets:
        holder(plan, tensor, start)


@given(places, gaps)
def test_ranges_are_aligned_and_lie_in_the_buffer_one_behind_the_other(
    found: list[tuple[Path, int, int]], gap: int
) -> None:
    plan = plan_reads(group_of(found), gap)
    end = 0
    for part in plan.ranges:
        assert part.offset % ALIGNMENT == part.bytes % ALIGNMENT == 0
        assert part.bytes - ALIGNMENT < part.needed <= part.bytes
        assert part.buffer_offset == end
        end += part.bytes
    assert plan.buffer_bytes == end


@given(places, gaps)
def test_no_block_is_read_twice_and_only_short_gaps_are_read_along(
    found: list[tuple[Path, int, int]], gap: int
) -> None:
    group = group_of(found)
    plan = plan_reads(group, gap)
    for one, other in zip(plan.ranges, plan.ranges[1:], strict=False):
        assert one.file != other.file or other.offset - (one.offset + one.bytes) > gap
    for part in plan.ranges:
        wanted = {
            block
            for tensor in group.tensors
            if tensor.file == part.file
            for block in range(tensor.offset // ALIGNMENT, -(-(tensor.offset + tensor.bytes) // ALIGNMENT))
        }
        last = part.offset // ALIGNMENT
        for block in sorted(wanted & set(range(last, last + part.bytes // ALIGNMENT))):
            assert (block - last - 1) * ALIGNMENT <= gap
            last = block


@given(st.permutations(range(0, 400, 2)), st.integers(100, 5000))
def test_rows_of_a_table_come_in_the_order_asked_for_and_take_a_block_or_two_each(rows: list[int], size: int) -> None:
    table = TensorSpec("table", FILES[0], 4096 + 72, 400 * size, "U8", (400, size))
    group = TensorGroup("", tuple(replace(table.rows(row, row + 1), name=str(row)) for row in rows))
    plan = plan_reads(group, bridged_gap=0)
    assert [tensor.name for tensor, _ in plan.tensor_offsets] == [str(row) for row in rows]
    assert plan.buffer_bytes <= len(rows) * (-(-size // ALIGNMENT) + 1) * ALIGNMENT
    assert sum(part.bytes for part in plan.ranges) == plan.buffer_bytes


def test_neighbours_are_read_at_once_and_distant_tensors_are_not() -> None:
    def ranges(*found: tuple[Path, int, int]) -> int:
        return len(plan_reads(group_of(list(found))).ranges)

    a, b = FILES
    assert ranges((a, 0, 4000), (a, 4000, 4000), (a, 8008, 100)) == 1
    assert ranges((a, 0, 400), (a, 240_000, 400)) == 2
    assert ranges((a, 0, 400), (b, 400, 400)) == 2
    # What lies behind the larger of two that overlap is its neighbour.
    assert ranges((a, 0, 400_000), (a, 8, 8), (a, 400_000, 8)) == 1


def test_a_group_without_tensors_needs_no_reads() -> None:
    assert plan_reads(TensorGroup("", ())) == ReadPlan((), (), 0)
