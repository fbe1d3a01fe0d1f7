"""Recognises the format of a checkpoint by the `quantization_config` of its config.json."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.errors import UnusableModel
from core.models.formats.bitsandbytes import BitsAndBytes
from core.models.formats.compressed_tensors import CompressedTensors
from core.models.formats.format import AGAIN, Format
from core.models.formats.mxfp4 import Mxfp4
from core.models.formats.scaled import Fp8
from core.models.formats.words import Awq, Gptq

_METHODS: dict[str, Callable[[dict[str, Any]], Format]] = {
    "gptq": Gptq.of,
    "awq": Awq.of,
    "compressed-tensors": CompressedTensors.of,
    "fp8": Fp8.of,
    "mxfp4": lambda config: Mxfp4(),
    "bitsandbytes": BitsAndBytes.of,
}


def recognise(config: Mapping[str, Any]) -> Format | None:
    """The format of a checkpoint with this config.json; None for plain weights.

    Raises UnusableModel if the format, or a setting of it, is not supported.
    """
    quantisation = config.get("quantization_config") or config.get("compression_config")
    if quantisation is None:
        return None
    if not isinstance(quantisation, dict):
        raise UnusableModel("config.json makes no sense: its quantization_config is no object.", AGAIN)
    method = quantisation.get("quant_method", "an unnamed method")
    if "quant_method" not in quantisation and (quantisation.get("load_in_4bit") or quantisation.get("load_in_8bit")):
        method = "bitsandbytes"
    if not isinstance(method, str) or method not in _METHODS:
        raise UnusableModel(
            f"The weights are quantised in a way that Penjing does not know ({method}).",
            f"Choose a plain version of the model, or one in {', '.join(_METHODS)} or GGUF.",
        )
    return _METHODS[method](quantisation)
