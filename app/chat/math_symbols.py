"""What LaTeX commands stand for, where Unicode has a character for it."""

from __future__ import annotations

_SYMBOLS = """
alpha:α beta:β gamma:γ delta:δ epsilon:ε varepsilon:ε zeta:ζ eta:η theta:θ vartheta:ϑ iota:ι kappa:κ lambda:λ mu:μ
nu:ν xi:ξ pi:π varpi:ϖ rho:ρ sigma:σ varsigma:ς tau:τ upsilon:υ phi:φ varphi:φ chi:χ psi:ψ omega:ω
Gamma:Γ Delta:Δ Theta:Θ Lambda:Λ Xi:Ξ Pi:Π Sigma:Σ Upsilon:Υ Phi:Φ Psi:Ψ Omega:Ω
sum:∑ prod:∏ int:∫ iint:∬ oint:∮ partial:∂ nabla:∇ infty:∞ forall:∀ exists:∃ nexists:∄ emptyset:∅ varnothing:∅
in:∈ notin:∉ ni:∋ subset:⊂ subseteq:⊆ supset:⊃ supseteq:⊇ cup:∪ cap:∩ setminus:∖
times:× cdot:· div:÷ pm:± mp:∓ ast:∗ star:⋆ circ:∘ bullet:• oplus:⊕ otimes:⊗ odot:⊙ wedge:∧ vee:∨ land:∧ lor:∨
neg:¬ lnot:¬ leq:≤ le:≤ geq:≥ ge:≥ neq:≠ ne:≠ equiv:≡ approx:≈ sim:∼ simeq:≃ cong:≅ propto:∝ ll:≪ gg:≫ mid:∣
parallel:∥ perp:⊥ to:→ rightarrow:→ leftarrow:← gets:← leftrightarrow:↔ Rightarrow:⇒ implies:⇒ Leftarrow:⇐
Leftrightarrow:⇔ iff:⇔ mapsto:↦ uparrow:↑ downarrow:↓ ldots:… dots:… cdots:⋯ vdots:⋮ ddots:⋱
langle:⟨ rangle:⟩ lfloor:⌊ rfloor:⌋ lceil:⌈ rceil:⌉ lvert:| rvert:| lVert:‖ rVert:‖ Vert:‖ vert:|
hbar:ℏ ell:ℓ Re:ℜ Im:ℑ aleph:ℵ angle:∠ triangle:△ square:□ top:⊤ bot:⊥ vdash:⊢ models:⊨ prime:′ dagger:†
backslash:\\ therefore:∴ because:∵ degree:°
"""

_FUNCTIONS = """
arccos arcsin arctan arg argmax argmin cos cosh cot deg det dim exp gcd hom inf ker lg lim liminf limsup ln log max
min mod Pr sec sin sinh sup tan tanh
"""

_DOUBLE = "R:ℝ N:ℕ Z:ℤ Q:ℚ C:ℂ P:ℙ E:𝔼 H:ℍ 1:𝟙"


def _table(pairs: str) -> dict[str, str]:
    return dict(pair.split(":", 1) for pair in pairs.split())


SYMBOLS = _table(_SYMBOLS)
FUNCTIONS = frozenset(_FUNCTIONS.split())
"""Names that are printed upright, with a space behind them."""

DOUBLE = _table(_DOUBLE)
"""Letters of `mathbb`."""

SPACES = {",": "\u2009", ":": "\u2009", ";": "\u2005", "!": "", " ": " ", "quad": "\u2003", "qquad": "\u2003\u2003"}
ACCENTS = {"hat": "\u0302", "bar": "\u0304", "overline": "\u0305", "tilde": "\u0303", "vec": "\u20d7", "dot": "\u0307"}
"""What follows the letter that it stands on."""

UPRIGHT = frozenset({"text", "mathrm", "operatorname", "textbf", "textit", "mathbf", "boldsymbol", "mathcal", "mbox"})
IGNORED = frozenset({"left", "right", "big", "Big", "bigg", "Bigg", "displaystyle", "limits", "nolimits", "middle"})
RELATIONS = frozenset("=<>≤≥≠≈≡∼≃≅∝≪≫∈∉∋⊂⊆⊃⊇→←↔⇒⇐⇔↦⊢⊨+±∓×")
"""Signs with a space at both sides, as between two terms."""
