"""The callback data of a button: `v1:verb` or `v1:verb:argument`, at most 64 bytes, read strictly.

Clients can forge it. What a tap may do is therefore decided from the database, by the user who
tapped. `v1` is the version of the format: buttons of old messages stay in chats for years.
"""

import re
from typing import NamedTuple

__all__ = ["Tap", "data", "read"]

_FORM = re.compile(r"v1:([a-z0-9]{1,12})(?::([A-Za-z0-9_+/.-]{1,48}))?", re.ASCII)


class Tap(NamedTuple):
    verb: str
    argument: str

    @property
    def number(self) -> int | None:
        """The argument as the id of a row; None if it is not one."""
        is_id = re.fullmatch(r"[1-9][0-9]{0,17}", self.argument, re.ASCII)
        return int(self.argument) if is_id else None


def data(verb: str, argument: object = "") -> str:
    """The callback data of a button. Raises ValueError if Telegram or `read` would refuse it."""
    text = f"v1:{verb}:{argument}" if argument != "" else f"v1:{verb}"
    if _FORM.fullmatch(text) is None:
        raise ValueError(
            f"a button cannot carry {text!r}: verb a-z0-9, argument at most 48 plain characters"
        )
    return text


def read(text: str | None) -> Tap | None:
    """The tap that this callback data means; None if it is malformed."""
    found = _FORM.fullmatch(text or "")
    return None if found is None else Tap(found[1], found[2] or "")
