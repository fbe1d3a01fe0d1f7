"""Prints what this machine offers, what is wrong, and what to do about it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from core.commands.findings import Finding, look
from core.commands.versions import versions
from core.locations import DEMO_TARGET
from core.machine.probe import probe_machine


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, default=DEMO_TARGET, metavar="DIR", help="measure the drive it lies on")
    parser.add_argument("--json", action="store_true", help="print as JSON, machine included (see `plan --machine`)")


def run(options: argparse.Namespace) -> int:
    from core.engine.wire import to_jsonable

    findings = list(look(probe_machine(options.model), options.model))
    if options.json:
        # Probed again: the drive has been measured since.
        machine = to_jsonable(probe_machine(options.model))
        report = {"machine": machine, "versions": versions(), "findings": [asdict(finding) for finding in findings]}
        print(json.dumps(report, indent=2))
    else:
        for finding in findings:
            print(as_text(finding))
    return 0


def as_text(finding: Finding) -> str:
    mark = "✗" if finding.problem else "✓"
    text = f"{mark} {finding.topic:<13} {finding.fact}"
    return f"{text}\n  {'':<13} {finding.problem} {finding.remedy}" if finding.problem else text
