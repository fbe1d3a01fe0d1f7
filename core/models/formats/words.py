"""GPTQ and AWQ: whole numbers of 2, 4 or 8 bits in words of 32, with a scale and a zero point for groups of inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.models.formats.format import SCALES, Stored, setting, stem, unsupported
from core.models.spec import PackedWeight, Packing

WORD = 32


@dataclass(frozen=True, slots=True)
class GptqWords(Packing):
    """Words of consecutive inputs.

    Parts: qweight [inputs * bits / 32, outputs], qzeros [groups, outputs * bits / 32], scales [groups, outputs] and, if
    the inputs were sorted before they were grouped, g_idx [inputs], the group of each.

    Attributes:
        zero_offset: What is to be added to stored zero points.
    """

    bits: int
    zero_offset: int


@dataclass(frozen=True, slots=True)
class AwqWords(Packing):
    """Words of 8 outputs, in an order of their own; 4 bits.

    Parts: qweight [inputs, outputs / 8], qzeros [groups, outputs / 8], scales [groups, outputs].
    """


@dataclass(frozen=True, slots=True)
class Gptq:
    """As GPTQ's own program, AutoGPTQ and GPTQModel write.

    Attributes:
        group: Inputs that share a scale; -1 if all do.
        sorted: Whether groups are of inputs that were sorted by their importance ("act-order").
    """

    bits: int
    group: int
    sorted: bool
    zero_offset: int

    @classmethod
    def of(cls, config: dict[str, Any]) -> Gptq:
        """Args: config: `quantization_config`. Raises UnusableModel."""
        bits = setting(config, "bits", int, 4)
        if bits not in (2, 4, 8):
            raise unsupported(f"GPTQ of {bits} bits")
        if config.get("dynamic"):
            raise unsupported("GPTQ with other settings for some of its modules")
        kind = setting(config, "checkpoint_format", str, "gptq")
        if kind not in ("gptq", "gptq_v2"):
            raise unsupported(f"GPTQ stored for {kind}")
        group = _group(config)
        return cls(bits, group, setting(config, "desc_act", bool, False), 1 if kind == "gptq" else 0)

    @property
    def name(self) -> str:
        return f"GPTQ {self.bits}-bit"

    @property
    def ignored(self) -> tuple[str, ...]:
        # Without sorting the groups are known. Old programs stored biases of zeros for families that have none.
        return ("_proj.bias",) if self.sorted else ("_proj.bias", ".g_idx")

    def weight(self, name: str, shape: tuple[int, ...], stored: Stored) -> PackedWeight | None:
        module = stem(name)
        if not module or stored.get(f"{module}qweight") is None:
            return None
        outputs, inputs = shape
        groups = _groups(stored, f"{module}scales", inputs, self.group)
        per_word = WORD // self.bits
        parts = {
            "qweight": stored.part(f"{module}qweight", {"I32"}, (inputs // per_word, outputs)),
            "qzeros": stored.part(f"{module}qzeros", {"I32"}, (groups, outputs // per_word)),
            "scales": stored.part(f"{module}scales", SCALES, (groups, outputs)),
        }
        if self.sorted:
            parts["g_idx"] = stored.part(f"{module}g_idx", {"I32"}, (inputs,))
        return PackedWeight(name, shape, parts, GptqWords(self.bits, self.zero_offset))


@dataclass(frozen=True, slots=True)
class Awq:
    """As AutoAWQ writes for its "gemm" kernels."""

    group: int

    @classmethod
    def of(cls, config: dict[str, Any]) -> Awq:
        """Args: config: `quantization_config`. Raises UnusableModel."""
        bits = setting(config, "bits", int, 4)
        version = setting(config, "version", str, "gemm").lower()
        if bits != 4:
            raise unsupported(f"AWQ of {bits} bits")
        if version != "gemm":
            raise unsupported(f"AWQ stored for its {version} kernels")
        return cls(_group(config))

    @property
    def name(self) -> str:
        return "AWQ 4-bit"

    @property
    def ignored(self) -> tuple[str, ...]:
        return ()

    def weight(self, name: str, shape: tuple[int, ...], stored: Stored) -> PackedWeight | None:
        module = stem(name)
        if not module or stored.get(f"{module}qweight") is None:
            return None
        outputs, inputs = shape
        groups = _groups(stored, f"{module}scales", inputs, self.group)
        parts = {
            "qweight": stored.part(f"{module}qweight", {"I32"}, (inputs, outputs // 8)),
            "qzeros": stored.part(f"{module}qzeros", {"I32"}, (groups, outputs // 8)),
            "scales": stored.part(f"{module}scales", SCALES, (groups, outputs)),
        }
        return PackedWeight(name, shape, parts, AwqWords())


def _group(config: dict[str, Any]) -> int:
    group: int = setting(config, "group_size", int, setting(config, "q_group_size", int, 128))
    if group < 1 and group != -1:
        raise unsupported(f"groups of {group} inputs")
    return group


def _groups(stored: Stored, scales: str, inputs: int, group: int) -> int:
    """How many groups a weight has. Raises UnusableModel if its scales are of another number."""
    groups = 1 if group == -1 else -(-inputs // group)
    stored.part(scales, SCALES)
    tensor = stored.get(scales)
    assert tensor is not None
    if tensor.shape[:1] != (groups,):
        raise stored.misfit(scales, f"of {groups} groups by the group size in config.json")
    return groups
