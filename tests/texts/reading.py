"""What tests of the sentences share: English, people's hostile words, and Telegram's HTML."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from reminder_bot.texts.translation import PSEUDO, translation

ENGLISH = translation("en")
BRACKETED = translation(PSEUDO)
LANGUAGES = pytest.mark.parametrize("language", ["en", PSEUDO])

HOSTILE = [
    "<b>bold</b>",
    "&" * 40,
    "<" * 40,
    "&amp;",
    "\u202eevil\u2066",
    "{0} {typed} %s",
    "</i><script>",
    "א" * 40,
    "💧" * 40,
    "_*[x](tg://user?id=1)`",
    "\" onclick='x'",
]


def visible(text: str) -> int:
    """How many characters of a message its reader sees."""
    return len(unescape(re.sub(r"<[^>]*>", "", text)))


def fits(text: str, limit: int, language: str) -> bool:
    """Whether a message keeps a limit of voice.md; a translation may be half as long again."""
    return visible(text) <= (limit if language == "en" else limit * 1.5)


class _Strict(HTMLParser):
    """Telegram's HTML: few tags, each closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert tag in {"b", "i", "tg-time", "a"}, tag
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def assert_html(text: str) -> None:
    """Telegram takes this text with parse_mode HTML."""
    parser = _Strict()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    assert not re.search(r"&(?!(amp|lt|gt|quot|#\d+);)", text), "an ampersand that is no entity"
