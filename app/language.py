"""The words of the window in the person's language, by Qt's translation system."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from core.locations import RESOURCES

CONTEXT = "Penjing"
FOLDER = RESOURCES / "translations"

LANGUAGES = {"": "", "en": "English", "zh_CN": "简体中文"}
"""Languages to choose from, each in its own words; the one without a name is the system's."""


def tr(text: str, /, **values: object) -> str:
    """`text`, which must be a literal, in the language in use, with `values` in its {places}."""
    translated = QCoreApplication.translate(CONTEXT, text)
    return translated.format(**values) if values else translated


def speak(language: str, application: QCoreApplication) -> str:
    """Use a language from now on, in every text that is made from now on.

    Args:
        language: A key of LANGUAGES; empty for the system's.

    Returns:
        What is spoken: English where there is no translation.
    """
    locale = QLocale(language) if language else QLocale.system()
    spoken = locale.name() if (FOLDER / f"penjing_{locale.name()}.qm").exists() else "en"
    if spoken == "en":
        return spoken
    own = QTranslator(application)
    if own.load(f"penjing_{spoken}", str(FOLDER)):
        application.installTranslator(own)
    # What Qt itself says: buttons of file dialogs, menus of text fields.
    qt = QTranslator(application)
    if qt.load(f"qtbase_{spoken}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        application.installTranslator(qt)
    return spoken
