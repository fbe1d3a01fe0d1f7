"""What Linux says of its processors, and what this one is."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from core.machine.processor import BF16_FLAGS, parse_cpuinfo, read_processor

ROOT = Path(__file__).parents[3]

ZEN_4 = """\
processor\t: 0
vendor_id\t: AuthenticAMD
model name\t: AMD EPYC 9R14: a processor
flags\t\t: fpu avx512f avx512_bf16 avx512_vnni
bogomips\t: 5200.00

processor\t: 1
model name\t: another
flags\t\t: fpu
"""
ZEN_2 = "model name\t: AMD Ryzen 5 3600\nflags\t\t: fpu avx2 f16c\n"
GRAVITON_3 = "processor\t: 0\nFeatures\t: fp asimd i8mm bf16 dgh\nCPU implementer\t: 0x41\n"


@pytest.mark.parametrize(
    ("text", "title", "bf16"),
    [
        (ZEN_4, "AMD EPYC 9R14: a processor", True),
        (ZEN_2, "AMD Ryzen 5 3600", False),
        (GRAVITON_3, "", True),
        ("", "", False),
    ],
)
def test_name_and_bfloat16_are_read_from_cpuinfo(text: str, title: str, bf16: bool) -> None:
    name, flags = parse_cpuinfo(text)
    assert name == title
    assert bool(flags & BF16_FLAGS) is bf16


def test_this_processor_has_a_name_and_cores() -> None:
    processor = read_processor()
    assert processor.title
    assert 1 <= processor.cores <= (psutil.cpu_count() or 1)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no processor affinity to set")
def test_only_cores_that_this_process_may_use_count() -> None:
    script = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from core.machine.processor import read_processor; print(read_processor().cores)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True, cwd=ROOT)
    assert ran.stdout.strip() == "1"


@pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="torch asks only these")
def test_bfloat16_is_seen_where_torch_sees_it() -> None:
    torch = pytest.importorskip("torch")
    if platform.machine() == "x86_64":
        assert read_processor().bf16 == torch.cpu._is_avx512_bf16_supported()
