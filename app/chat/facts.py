"""What the line under a reply says: the figures of its summary, kept as plain data and put into words."""

from __future__ import annotations

from typing import Any

from app.drafters import drafter_words
from app.language import tr
from core.decoding.report import FinishReason, ReplySummary

FOOTER_TIP = (
    tr(
        "tok/s: tokens per second of decoding, the first step left out.\n"
        "per step: tokens committed by one pass of the target, its own token included.\n"
        "first after: seconds from the question to the first token."
    )
)

ENDINGS = {
    FinishReason.LENGTH.value: tr("The reply reached its limit of tokens."),
    FinishReason.CONTEXT.value: tr("The context is full. Start a new chat, or plan a longer context."),
}
"""Why a reply ended, where a person would wonder."""


def facts_of(summary: ReplySummary, model: str = "") -> dict[str, Any]:
    """The figures of a reply that `model` wrote, in a form that can be kept."""
    return {
        "model": model,
        "tokens": len(summary.token_ids),
        "tokens_per_second": summary.tokens_per_second,
        "tokens_per_step": summary.tokens_per_step,
        "seconds_to_first_token": summary.seconds_to_first_token,
        "seed": summary.seed,
        "finish_reason": summary.finish_reason.value,
        "speculation_on": summary.speculation.on,
        "speculation_why": summary.speculation.why,
        "drafter": summary.speculation.drafter,
    }


def joined(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The figures of a reply whose second part was written later: totals and means of both, else the later part's."""
    if not before:
        return after
    whole = dict(after)
    tokens = before["tokens"] + after["tokens"]
    whole["tokens"] = tokens
    for rate in ("tokens_per_second", "tokens_per_step"):
        parts = [(part["tokens"], part[rate]) for part in (before, after) if part[rate] > 0]
        counted = sum(count for count, _ in parts)
        whole[rate] = counted / sum(count / speed for count, speed in parts) if counted else 0.0
    whole["seconds_to_first_token"] = before["seconds_to_first_token"]
    return whole


def footer(facts: dict[str, Any]) -> str:
    """The line under a reply."""
    if not facts:
        return ""
    tokens = facts["tokens"]
    parts = [tr("{tokens:,} tokens", tokens=tokens) if tokens != 1 else tr("1 token")]
    if facts["tokens_per_second"] > 0:
        parts.append(f"{facts['tokens_per_second']:.1f} tok/s")
    parts.append(tr("{tokens_per_step:.1f} per step", tokens_per_step=facts["tokens_per_step"]))
    parts.append(
        tr("first after {seconds_to_first_token:.2f} s", seconds_to_first_token=facts["seconds_to_first_token"])
    )
    parts.append(tr("seed {seed}", seed=facts["seed"]))
    parts.append(
        tr("speculation on: {drafter}", drafter=drafter_words(facts["drafter"]))
        if facts["speculation_on"]
        else tr("speculation off")
    )
    return " · ".join(parts)


def speculation_tip(facts: dict[str, Any]) -> str:
    """What the line under a reply means, who wrote it, and why speculation was on or off."""
    lines = [tr("Written by {model}.", model=facts["model"])] if facts.get("model") else []
    lines.append(FOOTER_TIP)
    if facts.get("speculation_why"):
        lines.append(tr("speculation: {speculation_why}", speculation_why=facts["speculation_why"]))
    return "\n".join(lines)
