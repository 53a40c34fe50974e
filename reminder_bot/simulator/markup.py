"""Parses the HTML of a message as strictly as Telegram does.

The length of a text is the number of characters without tags. Offsets of entities are in UTF-16
code units, as everywhere in the Bot API. This parser is stricter in two cases: it refuses an
unknown attribute of a tag and a link without an address, which Telegram ignores silently.
"""

import html
import re
from dataclasses import dataclass, field
from typing import Any

from reminder_bot.simulator.refusal import Refusal, bad_request

__all__ = ["CAPTION_LIMIT", "TEXT_LIMIT", "Text", "read_text"]

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024

_ENTITY = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
}
_ATTRIBUTES = {
    "span": {"class"},
    "a": {"href"},
    "code": {"class"},
    "blockquote": {"expandable"},
    "tg-emoji": {"emoji-id"},
    "tg-time": {"unix", "format"},
}
_PIECE = re.compile(
    r"[^<&]+|&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);|<(/?)([a-zA-Z-]*)([^<>]*)(>?)|.", re.DOTALL
)
_ATTRIBUTE = re.compile(r"""\s+([a-zA-Z-]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")


@dataclass(frozen=True, slots=True)
class Text:
    """A parsed text.

    plain: the text that a person reads. html: the text as it was sent.
    entities: the formatting of `plain`, as Bot API objects.
    """

    plain: str
    html: str
    entities: list[dict[str, Any]]


@dataclass(slots=True)
class _Open:
    """A start tag without its end tag so far. start: the offset of its text in UTF-16 units."""

    tag: str
    attributes: dict[str, str]
    start: int


@dataclass(slots=True)
class _Reading:
    """What has been read of `source`. units: the length of `plain` so far in UTF-16 units."""

    source: str
    plain: list[str] = field(default_factory=list)
    units: int = 0
    open_tags: list[_Open] = field(default_factory=list)
    entities: list[dict[str, Any]] = field(default_factory=list)

    def refusal(self, text: str, at: int) -> Refusal:
        return _cannot_parse(f"{text} at byte offset {len(self.source[:at].encode())}")


def read_text(text: str, parse_mode: str | None, entities: list[dict[str, Any]] | None) -> Text:
    """Parse a text as Telegram stores it: without markup and without white space at its ends."""
    if not parse_mode:
        return _stripped(text, html.escape(text, quote=False), list(entities or []))
    if parse_mode.lower() != "html":
        raise bad_request(
            f'unsupported parse_mode (the simulator reads HTML only, got "{parse_mode}")'
        )
    plain, parsed_entities = _read_html(text)
    return _stripped(plain, text, parsed_entities)


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _stripped(plain: str, source: str, entities: list[dict[str, Any]]) -> Text:
    """The text without white space at its ends; entities are moved and cut accordingly."""
    kept = plain.strip()
    white_space = plain[: len(plain) - len(plain.lstrip())]
    before, length = utf16_length(white_space), utf16_length(kept)
    moved = []
    for entity in entities:
        start = max(entity["offset"] - before, 0)
        end = min(entity["offset"] - before + entity["length"], length)
        if start < end:
            moved.append({**entity, "offset": start, "length": end - start})
    return Text(
        kept,
        source.strip(),
        sorted(moved, key=lambda entity: (entity["offset"], -entity["length"])),
    )


def _read_html(source: str) -> tuple[str, list[dict[str, Any]]]:
    reading = _Reading(source)
    for piece in _PIECE.finditer(source):
        if piece[2] is None:  # text, or a character reference such as &lt;
            _add(reading, html.unescape(piece[0]) if piece[0].startswith("&") else piece[0])
        elif piece[1]:  # the slash of an end tag
            _end(reading, piece)
        else:
            _start(reading, piece)
    if reading.open_tags:
        tag = reading.open_tags[-1].tag
        raise _cannot_parse(f'Can\'t find end tag corresponding to start tag "{tag}"')
    return "".join(reading.plain), reading.entities


def _add(reading: _Reading, plain: str) -> None:
    reading.plain.append(plain)
    reading.units += utf16_length(plain)


def _start(reading: _Reading, piece: re.Match[str]) -> None:
    tag, at = piece[2].lower(), piece.start()
    if tag not in _ENTITY:
        raise reading.refusal(f'Unsupported start tag "{tag}"', at)
    if not piece[4]:
        raise reading.refusal("Unclosed start tag", at)
    attributes = _attributes(reading, piece, tag)
    if tag == "span" and attributes.get("class") != "tg-spoiler":
        raise reading.refusal('Tag "span" must have class "tg-spoiler"', at)
    if tag == "a" and not attributes.get("href"):
        raise reading.refusal('Tag "a" must have a non-empty attribute "href"', at)
    if tag == "tg-emoji" and not attributes.get("emoji-id", "").isdecimal():
        raise _cannot_parse("Invalid custom emoji identifier specified")
    if tag == "tg-time" and not attributes.get("unix", "").isdecimal():
        raise reading.refusal('Tag "tg-time" must have a valid attribute "unix"', at)
    reading.open_tags.append(_Open(tag, attributes, reading.units))


def _attributes(reading: _Reading, piece: re.Match[str], tag: str) -> dict[str, str]:
    attributes: dict[str, str] = {}
    rest, place = piece[3].rstrip(), 0
    while place < len(rest):
        match = _ATTRIBUTE.match(rest, place)
        if match is None:
            raise reading.refusal(
                f'Empty attribute name in the tag "{tag}"', piece.start(3) + place
            )
        name = match[1].lower()
        if name not in _ATTRIBUTES.get(tag, ()):
            raise reading.refusal(
                f'Unsupported attribute "{name}" in the tag "{tag}"', piece.start(3) + place
            )
        if match[2] is None and name != "expandable":
            raise reading.refusal(
                f'Expected equal sign in declaration of an attribute of the tag "{tag}"',
                piece.start(3) + match.end(),
            )
        attributes[name] = html.unescape((match[2] or "").strip("\"'"))
        place = match.end()
    return attributes


def _end(reading: _Reading, piece: re.Match[str]) -> None:
    tag, at = piece[2].lower(), piece.start()
    if not reading.open_tags:
        raise reading.refusal("Unexpected end tag", at)
    if not piece[4] or piece[3].strip():
        raise reading.refusal("Unclosed end tag", at)
    opened = reading.open_tags.pop()
    if tag not in ("", opened.tag):
        offset = len(reading.source[:at].encode())
        raise _cannot_parse(
            f"Unmatched end tag at byte offset {offset}, "
            f'expected "</{opened.tag}>", found "</{tag}>"'
        )
    if reading.units > opened.start:  # Telegram drops entities without a text
        reading.entities.append(_entity(opened, reading.units))


def _entity(opened: _Open, end: int) -> dict[str, Any]:
    entity: dict[str, Any] = {
        "type": _ENTITY[opened.tag],
        "offset": opened.start,
        "length": end - opened.start,
    }
    if opened.tag == "a":
        entity["url"] = opened.attributes["href"]
    elif opened.tag == "tg-emoji":
        entity["custom_emoji_id"] = opened.attributes["emoji-id"]
    elif opened.tag == "tg-time":
        entity["unix_time"] = int(opened.attributes["unix"])
        if "format" in opened.attributes:
            entity["date_time_format"] = opened.attributes["format"]
    elif opened.tag == "blockquote" and "expandable" in opened.attributes:
        entity["type"] = "expandable_blockquote"
    return entity


def _cannot_parse(text: str) -> Refusal:
    return bad_request(f"can't parse entities: {text}")
