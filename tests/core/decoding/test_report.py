"""What sources did, told from a tree and a walk."""

from __future__ import annotations

from core.decoding.report import SourceReport, report_sources, sum_sources


def test_a_node_counts_for_everyone_who_proposed_it() -> None:
    sources = ("", "model", "lookup+model", "lookup", "model")
    assert report_sources(sources, (0, 2, 4), {"model": 0.5, "lookup": 0.25}) == {
        "model": SourceReport(3, 2, 0.5),
        "lookup": SourceReport(2, 1, 0.25),
    }


def test_a_source_that_took_time_and_proposed_nothing_is_told() -> None:
    assert report_sources(("",), (0,), {"lookup": 0.25}) == {"lookup": SourceReport(0, 0, 0.25)}


def test_plain_decoding_has_no_sources() -> None:
    assert report_sources(("",), (0,), {}) == {}


def test_what_sources_did_adds_up_and_their_last_share_stays() -> None:
    first = {"model": SourceReport(8, 2, 0.5)}
    second = {"model": SourceReport(4, 1, 0.25, 0.5), "lookup": SourceReport(3, 0, 0.1)}
    assert sum_sources([first, second]) == {
        "model": SourceReport(12, 3, 0.75, 0.5),
        "lookup": SourceReport(3, 0, 0.1),
    }
    assert sum_sources([]) == {}
