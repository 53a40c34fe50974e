"""Which language a person is spoken to in.

English is the source; catalogues lie in `locales/`. The pseudo-language `qps` brackets every
sentence and makes it 40 % longer: with it a journey shows a sentence that went past gettext, or
that has no room to be translated. Nobody's Telegram speaks it.
"""

import gettext
import re
from functools import lru_cache
from importlib.resources import files

__all__ = ["PSEUDO", "Translation", "translation"]

PSEUDO = "qps"
Translation = gettext.NullTranslations


class _Pseudo(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        return _bracketed(message)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return _bracketed(singular if n == 1 else plural)


def _bracketed(message: str) -> str:
    """Longer by two fifths of what is read; placeholders and markup don't count.

    >>> _bracketed("Noted.")
    '[Noted.]'
    """
    read = re.sub(r"<[^>]*>|\{[^}]*\}", "", message)
    return f"[{message}{'~' * max(0, len(read) * 2 // 5 - 2)}]"


@lru_cache(maxsize=64)
def translation(language_code: str) -> Translation:
    """The translation for someone whose Telegram speaks `language_code` (an IETF tag); English
    where none fits.
    """
    if language_code == PSEUDO:
        return _Pseudo()
    languages = [language_code.replace("-", "_"), language_code.split("-")[0]]
    return gettext.translation(
        "reminder_bot", str(files("reminder_bot") / "locales"), languages, fallback=True
    )
