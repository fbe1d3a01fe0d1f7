"""Imports torch, transformers and the engine, without Python's garbage collector going through them again and again."""

from __future__ import annotations

import gc
import importlib

from core.machine.requirements import check_processor


def import_engine() -> None:
    """Import everything that a load needs. Raises UnsupportedComputer where PyTorch would crash.

    Modules are hundreds of thousands of objects that stay. To look through all of them for garbage takes 0.2 s each
    time, 0.6 of 2.9 s in all (measured with torch 2.13 and transformers 5.23), and as long again whenever a model is
    released. So old objects are left alone while importing, and those that are there at the end for good.
    """
    check_processor()
    young, middle, old = gc.get_threshold()
    gc.set_threshold(young, middle, 1 << 30)
    try:
        importlib.import_module("core.engine.engine")
    finally:
        gc.set_threshold(young, middle, old)
    gc.freeze()
