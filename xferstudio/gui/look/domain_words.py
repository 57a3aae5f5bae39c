"""Words of domain adaptation: signs that need no labels, measures, verdicts and agreement, as people say them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QLocale

from xferstudio.gui.look.words import engine_text

translate = QCoreApplication.translate

_VALIDATORS = {
    "source_accuracy": (
        QT_TRANSLATE_NOOP("DomainWords", "Accuracy on the source"),
        QT_TRANSLATE_NOOP("DomainWords", "Share of the validation images of the source that are recognised."),
    ),
    "information": (
        QT_TRANSLATE_NOOP("DomainWords", "Information"),
        QT_TRANSLATE_NOOP("DomainWords", "Predictions on the target are sure, and of all classes."),
    ),
    "bnm": (
        QT_TRANSLATE_NOOP("DomainWords", "Nuclear norm (BNM)"),
        QT_TRANSLATE_NOOP("DomainWords", "Predictions on the target are sure and diverse."),
    ),
    "class_ami": (
        QT_TRANSLATE_NOOP("DomainWords", "Clusters (ClassAMI)"),
        QT_TRANSLATE_NOOP("DomainWords", "Clusters of the target's features agree with what is predicted."),
    ),
    "devn": (
        QT_TRANSLATE_NOOP("DomainWords", "Weighted risk, normalised (DEVN)"),
        QT_TRANSLATE_NOOP(
            "DomainWords",
            "As DEV, with weights of at most one, which makes it steadier.",
        ),
    ),
    "dev": (
        QT_TRANSLATE_NOOP("DomainWords", "Weighted risk (DEV)"),
        QT_TRANSLATE_NOOP(
            "DomainWords",
            "The loss on source images, those that look like the target counting more.",
        ),
    ),
    "snd": (
        QT_TRANSLATE_NOOP("DomainWords", "Neighbourhoods (SND)"),
        QT_TRANSLATE_NOOP("DomainWords", "Target images that are predicted alike lie close together."),
    ),
    "entropy": (
        QT_TRANSLATE_NOOP("DomainWords", "Sureness (entropy)"),
        QT_TRANSLATE_NOOP("DomainWords", "Predictions on the target are sure."),
    ),
}
_VERDICTS = {
    "helped": (QT_TRANSLATE_NOOP("DomainWords", "Adapting helped"), "check", "good"),
    "no evidence": (
        QT_TRANSLATE_NOOP("DomainWords", "No evidence that adapting helped or hurt"),
        "minus",
        "text",
    ),
    "negative transfer": (
        QT_TRANSLATE_NOOP("DomainWords", "Negative transfer: adapting did harm"),
        "warning",
        "bad",
    ),
}
_SHORT = {
    "helped": QT_TRANSLATE_NOOP("DomainWords", "helped"),
    "no evidence": QT_TRANSLATE_NOOP("DomainWords", "no evidence"),
    "negative transfer": QT_TRANSLATE_NOOP("DomainWords", "did harm"),
}
LOOSE, FIRM = 0.5, 0.7
"""Kendall's W below which rankings hardly agree, and from which on they agree well."""


def validator(name: str) -> str:
    """A sign that needs no labels, by the engine's name for it."""
    known = _VALIDATORS.get(name)
    return translate("DomainWords", str(known[0])) if known else name.replace("_", " ")


def validator_help(name: str) -> str:
    """What a high value of it says; "" for one of a plugin."""
    known = _VALIDATORS.get(name)
    return translate("DomainWords", str(known[1])) if known else ""


def verdict(word: str) -> tuple[str, str, str]:
    """A verdict in a few words, its icon and the field of the theme's colours that it is shown in."""
    text, icon, colour = _VERDICTS.get(word, (word, "info", "quiet"))
    return translate("DomainWords", str(text)), icon, colour


def verdict_in_a_word(word: str) -> str:
    """For a table."""
    return translate("DomainWords", str(_SHORT.get(word, word))) if word else "–"


def agreement(value: float | None) -> str:
    """Kendall's W in words."""
    if value is None:
        return ""
    figure = QLocale().toString(value, "f", 2)
    if value >= FIRM:
        text = translate("DomainWords", "The signs agree well on the order (Kendall's W = {figure} of 1).")
    elif value >= LOOSE:
        text = translate("DomainWords", "The signs agree in part on the order (Kendall's W = {figure} of 1).")
    else:
        text = translate(
            "DomainWords",
            "The signs hardly agree on the order (Kendall's W = {figure} of 1), so the choice is a weak one.",
        )
    return text.format(figure=figure)


def domain_accuracy(value: float) -> str:
    """What the accuracy of a domain classifier means."""
    share = QLocale().toString(100 * value, "f", 0) + "\u202f%"
    if value < 0.4:
        text = translate(
            "DomainWords",
            "The second network is right about the domain in only {share} of the cases: it is deceived rather than at a "
            "loss, so this alone does not show that the features are aligned.",
        )
    elif value < 0.55:
        text = translate(
            "DomainWords",
            "The second network is right about the domain in {share} of the cases, as by tossing a coin: the features "
            "are aligned, or it has not learned to tell the domains apart yet.",
        )
    elif value < 0.7:
        text = translate(
            "DomainWords",
            "The second network is right about the domain in {share} of the cases: the features are nearly aligned.",
        )
    else:
        text = translate(
            "DomainWords",
            "The second network is right about the domain in {share} of the cases: the features still tell the domains "
            "apart.",
        )
    return text.format(share=share)


def sentences(found: Sequence[Any]) -> list[str]:
    """Sentences of the engine in the user's language."""
    return [engine_text(str(text)) for text in found if text]


def points(share: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    text = QLocale().toString(100 * share, "f", 1)
    return text if text.startswith(("-", "−")) else f"+{text}"


def adapted(summary: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """What a summary tells of the target; empty for a run without one."""
    told = (summary or {}).get("target")
    return told if isinstance(told, dict) else {}
