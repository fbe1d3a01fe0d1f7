"""Which layers of the target draft for it, if it is to leave early."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import BadRequest
from core.models.spec import ModelSpec
from core.planning.placement import Tiers
from core.planning.plan import Tier


def exit_layers(asked: Sequence[int] | None, spec: ModelSpec, tiers: Tiers, resident: Tier) -> tuple[int, ...]:
    """The layers that a draft of the target's own runs through, ascending: none of them may stream.

    Args:
        asked: What the person chose; None for the resident ones if others stream, and for the first half if none does.
        tiers: Where the parts of the target live.
        resident: The tier from which the compute device works without streaming.

    Raises:
        BadRequest: A layer does not exist, or streams; or the head does.
    """
    count = len(spec.layers)
    usable = [index for index in range(count) if tiers.layers[index] is tiers.experts[index] is resident]
    if resident not in (tiers.head, tiers.embedding if spec.tied_embeddings else tiers.head):
        raise BadRequest("An early exit needs the target's head, which streams here.", "Raise the memory limit.")
    if asked is None:
        chosen = usable if len(usable) < count else usable[: max(1, count // 2)]
        if not chosen:
            raise BadRequest("An early exit needs resident layers, and all stream here.", "Raise the memory limit.")
        return tuple(chosen)
    for layer in asked:
        if not 0 <= layer < count:
            raise BadRequest(f"There is no layer {layer} to leave early through.", f"Choose from 0 to {count - 1}.")
        if layer not in usable:
            raise BadRequest(
                f"Layer {layer} streams here, and an early exit goes through resident layers only.",
                "Choose others with --exit-layers, or raise the memory limit.",
            )
    return tuple(sorted(set(asked)))
