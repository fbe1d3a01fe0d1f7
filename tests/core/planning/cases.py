"""Requests of all kinds, in few words, for properties that every plan must have."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from core.models.spec import ModelSpec
from core.planning.plan import Plan, Request
from core.planning.planner import BUDGETS, make_plan
from tests.core.planning.samples import GIB, draft, machine, mixture, model, small


def uneven_model() -> ModelSpec:
    """A model whose first layers are smaller than the others."""
    large, little = small(12), model(4, hidden=256, intermediate=256, vocabulary=4096, tied=True)
    return replace(large, layers=little.layers[:3] + large.layers[3:])


TARGETS = {
    "small": small(),
    "small in float32": small(dtype="F32"),
    "one layer": small(1),
    "two layers": small(2),
    "uneven": uneven_model(),
    "8B": model(32),
    "70B": model(80, 8192, 28672),
    "mixture": mixture(),
    "mixture in float32": mixture(dtype="F32"),
    "mixture beside dense layers": replace(mixture(), expert_groups=((),) * 2 + mixture().expert_groups[2:]),
}
DRAFTS = {"none": None, "small": small(2), "1B": draft()}


@dataclass(frozen=True)
class Case:
    """A request and a machine with plenty of memory, in few words."""

    target: str
    draft: str
    context: int
    budget: int | None
    dtype: str
    vram: int
    bf16: bool
    device: str = "cuda:0"

    def plan(self, limit: int | None = None) -> Plan:
        """The plan under a limit on the tier that computes."""
        return make_plan(self._request(limit), machine(3072 * GIB, vram=self.vram, bf16=self.bf16, device=self.device))

    def travels(self, plan: Plan) -> float:
        """Bytes that each pass of a plan needs and are not resident, worked out anew."""
        spec, budget, resident = TARGETS[self.target], plan.budget, plan.resident_tier
        share = 1 - (1 - spec.experts_per_token / spec.experts) ** budget if spec.experts else 0
        size = float(sum(spec.layers[index].bytes for index in plan.streamed_layers))
        for group, tier in zip(spec.expert_groups, plan.experts, strict=True):
            size += share * sum(expert.bytes for expert in group) if tier is not resident else 0
        if plan.head is not resident:
            size += spec.head.bytes + (spec.embedding.bytes if spec.tied_embeddings else 0)
        if plan.embedding is not resident:
            size += budget * spec.embedding.bytes / spec.vocabulary
        if plan.kv is not resident:
            size += spec.kv_bytes_per_token(2 if plan.dtype == "bfloat16" else 4) * (plan.context + budget)
        return size

    @property
    def narrows(self) -> bool:
        """Whether resident weights are smaller than stored ones, on a device that has RAM beside it."""
        return bool(self.vram) and TARGETS[self.target].dtype == "F32" and self.dtype != "float32"

    def _request(self, limit: int | None) -> Request:
        limit = None if limit is None else max(0, limit)
        return Request(
            TARGETS[self.target],
            DRAFTS[self.draft],
            context=self.context,
            budget=self.budget,
            dtype=self.dtype,
            ram_limit=None if self.vram else limit,
            vram_limit=limit if self.vram else None,
        )


cases = st.builds(
    Case,
    target=st.sampled_from(list(TARGETS)),
    draft=st.sampled_from(list(DRAFTS)),
    context=st.integers(1, 200_000),
    budget=st.sampled_from(BUDGETS),
    dtype=st.sampled_from(["auto", "float32", "bfloat16"]),
    vram=st.sampled_from([0, 1024 * GIB]),
    bf16=st.booleans(),
    device=st.sampled_from(["cuda:0", "mps"]),
)
changes = st.one_of(st.sampled_from([-1, 0, 1]), st.integers(-GIB, GIB), st.integers(-100 * GIB, 100 * GIB))
