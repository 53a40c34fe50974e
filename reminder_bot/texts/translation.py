"""The language in which the bot writes to a person.

English is the source; compiled catalogues are in `locales/`. The pseudo-language `qps` puts every
sentence in brackets and makes it 40 % longer, so that a test shows which sentence was not given to
gettext, and which would be too long when translated. No Telegram client sends this language code.
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
    """A message in brackets, 40 % longer with them. Placeholders and markup are not counted.

    >>> _bracketed("Noted.")
    '[Noted.]'
    """
    read = re.sub(r"<[^>]*>|\{[^}]*\}", "", message)
    return f"[{message}{'~' * max(0, len(read) * 2 // 5 - 2)}]"


@lru_cache(maxsize=64)
def translation(language_code: str) -> Translation:
    """The translation for somebody whose Telegram app has the language `language_code` (an IETF
    tag); English if there is none.
    """
    if language_code == PSEUDO:
        return _Pseudo()
    # A regional catalogue such as pt_BR is preferred to that of the language alone.
    languages = [language_code.replace("-", "_"), language_code.split("-")[0]]
    return gettext.translation(
        "reminder_bot", str(files("reminder_bot") / "locales"), languages, fallback=True
    )
