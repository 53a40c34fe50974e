"""Which language somebody is spoken to in, and the pseudo-language that shows what is missing."""

import pytest

from reminder_bot.texts import buttons
from reminder_bot.texts.translation import translation
from tests.texts.reading import BRACKETED, ENGLISH


@pytest.mark.parametrize("code", ["en", "en-GB", "de", "pt-BR", "zz", "", "x" * 16])
def test_whoever_speaks_a_language_without_a_catalogue_reads_english(code: str) -> None:
    assert buttons.yes(translation(code)) == "Yes"


def test_the_pseudo_language_brackets_each_sentence_and_its_plural() -> None:
    assert BRACKETED.gettext("Noted.") == "[Noted.]"
    assert BRACKETED.ngettext("{n} day", "{n} days", 1) == "[{n} day]"
    assert BRACKETED.ngettext("{n} day", "{n} days", 2) == "[{n} days]"


@pytest.mark.parametrize("words", ["Yes", "Nothing to undo here.", "W" * 100])
def test_the_pseudo_language_is_longer_by_two_fifths(words: str) -> None:
    assert len(words) * 1.4 - 1 <= len(BRACKETED.gettext(words)) <= len(words) * 1.4 + 2


def test_placeholders_and_markup_do_not_make_it_longer() -> None:
    assert BRACKETED.gettext("{a_long_placeholder}") == "[{a_long_placeholder}]"
    assert BRACKETED.gettext("<a_long_tag_of_markup>") == "[<a_long_tag_of_markup>]"


def test_a_translation_is_loaded_once() -> None:
    assert translation("en") is ENGLISH
