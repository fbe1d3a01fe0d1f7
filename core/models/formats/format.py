"""What every format answers: which stored tensors make up a weight."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

from core.errors import UnusableModel
from core.models.spec import FLOATS, PackedWeight, TensorGroup, TensorSpec

OTHER_VERSION = "Choose another version of the model."
AGAIN = "Download the model again."

SCALES = FLOATS - {"F64"}
"""The dtypes of scales."""


class Format(Protocol):
    """One way to store the weights of a model, with the settings of one checkpoint."""

    @property
    def name(self) -> str:
        """For a person, such as "GPTQ 4-bit"."""

    @property
    def ignored(self) -> tuple[str, ...]:
        """Endings of the names of stored tensors that no weight is computed from."""

    def weight(self, name: str, shape: tuple[int, ...], stored: Stored) -> PackedWeight | None:
        """The weight of this name and shape, or None if it is not packed.

        Raises UnusableModel if a part of it is missing, or is not what it must be.
        """


class Stored:
    """The stored tensors of a group, which formats ask for the parts of weights."""

    def __init__(self, group: TensorGroup) -> None:
        self._prefix = group.prefix
        self._tensors = {tensor.name: tensor for tensor in group.tensors}

    def get(self, name: str) -> TensorSpec | None:
        return self._tensors.get(name)

    def part(self, name: str, dtypes: Collection[str], *shapes: tuple[int, ...]) -> str:
        """The name of a tensor, which must have one of these dtypes and shapes.

        Raises UnusableModel if it is missing, or is something else.
        """
        tensor = self._tensors.get(name)
        if tensor is None:
            raise UnusableModel(f"The weights lack {self._prefix}{name}, without which they cannot be unpacked.", AGAIN)
        if tensor.dtype not in dtypes:
            expected = " or ".join(sorted(dtypes))
            raise UnusableModel(f"{self._prefix}{name} is stored as {tensor.dtype}, not as {expected}.", OTHER_VERSION)
        if shapes and tensor.shape not in shapes:
            raise self.misfit(name, f"{by(shapes[0])} by config.json")
        return name

    def misfit(self, name: str, expected: str) -> UnusableModel:
        """The error of a tensor whose shape is not the expected one."""
        return UnusableModel(
            f"{self._prefix}{name} is {by(self._tensors[name].shape)} in the weights, but must be {expected}.", AGAIN
        )


def by(shape: tuple[int, ...]) -> str:
    """A shape in words."""
    return " x ".join(str(size) for size in shape) or "a single number"


def stem(name: str) -> str:
    """Of "self_attn.q_proj.weight" the module with the dot, "self_attn.q_proj."; "" for what is no module's weight."""
    return name.removesuffix("weight") if name.endswith(".weight") or name == "weight" else ""


def setting(config: dict[str, Any], key: str, kind: type, default: Any) -> Any:
    """An entry of `quantization_config`. Raises UnusableModel if it is of another kind."""
    value = config.get(key, default)
    if value is None:
        return default
    if type(value) is not kind:
        raise UnusableModel(f"config.json makes no sense: {key} of its quantization_config is {value!r}.", AGAIN)
    return value


def unsupported(what: str) -> UnusableModel:
    return UnusableModel(f"The weights are quantised in a way that Penjing cannot unpack: {what}.", OTHER_VERSION)
