"""The colours, as tokens of two themes. Nobody else names a colour."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor


def mix(a: QColor, b: QColor, share: float) -> QColor:
    """The opaque colour `share` of the way from `a` to `b`."""
    return QColor(
        round(a.red() + (b.red() - a.red()) * share),
        round(a.green() + (b.green() - a.green()) * share),
        round(a.blue() + (b.blue() - a.blue()) * share),
    )


def contrast(a: QColor, b: QColor) -> float:
    """Contrast ratio of two opaque colours as WCAG 2 defines it, from 1 to 21."""
    brighter, darker = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: QColor) -> float:
    channels = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@dataclass(frozen=True)
class Palette:
    """One theme's colours.

    Attributes:
        ground: The window.
        surface: Cards, fields, the composer.
        line: Borders and grids.
        ink, muted: Text and secondary text.
        accent: Accepted tokens, the primary action, VRAM.
        ram, ssd: Those tiers.
        cache: The KV cache.
        draft: The draft, and the target's own choice outside the tree.
        others: Other programs' memory; for fills, not for text.
    """

    ground: QColor
    surface: QColor
    line: QColor
    ink: QColor
    muted: QColor
    accent: QColor
    ram: QColor
    ssd: QColor
    cache: QColor
    draft: QColor
    others: QColor

    @property
    def on_accent(self) -> QColor:
        """Text upon an accent fill."""
        return max(self.surface, self.ground, key=lambda colour: contrast(colour, self.accent))

    @property
    def hover(self) -> QColor:
        """A control under the pointer."""
        return mix(self.ground, self.ink, 0.06)

    @property
    def pressed(self) -> QColor:
        """A control held down."""
        return mix(self.ground, self.ink, 0.09)

    @property
    def selected(self) -> QColor:
        """A chosen row."""
        return mix(self.ground, self.accent, 0.12)

    @property
    def well(self) -> QColor:
        """Something set into the page: code, the trough of a bar."""
        return mix(self.surface, self.ink, 0.05)

    @property
    def found(self) -> QColor:
        """Behind words that were looked for."""
        return mix(self.surface, self.ssd, 0.3)

    @property
    def disabled(self) -> QColor:
        """Text of what cannot be used now."""
        return mix(self.muted, self.ground, 0.35)


def _palette(**tokens: str) -> Palette:
    return Palette(**{name: QColor(value) for name, value in tokens.items()})


LIGHT = _palette(
    ground="#FAFAF7",
    surface="#FFFFFF",
    line="#E4E2DA",
    ink="#1F2421",
    muted="#636965",
    accent="#2F6B4F",
    ram="#2F5F96",
    ssd="#96600F",
    cache="#6B4A9A",
    draft="#A8432B",
    others="#8A908B",
)

DARK = _palette(
    ground="#161A18",
    surface="#1E2321",
    line="#2E3532",
    ink="#E8ECE9",
    muted="#9AA39D",
    accent="#6FBF95",
    ram="#7FAFE0",
    ssd="#E0AE5C",
    cache="#B79BE0",
    draft="#EB8F77",
    others="#6C746F",
)
