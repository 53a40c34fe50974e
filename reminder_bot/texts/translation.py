"""Which language a person is spoken to in.

English is the source; compiled catalogues stand in `locales/`. The pseudo-language `qps` puts
every sentence in brackets and makes it 40 % longer, so that a test shows which sentence was not
given to gettext, and which has no room for a translation. No Telegram client uses this code.
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
    """A message in brackets, 40 % longer. Placeholders and markup are not counted.

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
