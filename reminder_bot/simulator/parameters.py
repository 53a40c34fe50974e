"""Checks the parameters of a call against the tables of Bot API names and types.

The check is stricter than Telegram on purpose. Telegram ignores an unknown parameter or field and
reads a malformed number as zero, so that a mistake of the bot would go unnoticed. Here each of
these is refused with status 400. If Telegram has a message of its own for a missing parameter, that
message is used.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from reminder_bot.simulator.refusal import Refusal, bad_request
from reminder_bot.simulator.tables import KINDS, METHODS, OBJECTS, UNSUPPORTED, Field, Table

__all__ = ["Upload", "read_parameters"]

_MISSING = {
    "chat_id": "chat_id is empty",
    "text": "message text is empty",
    "message_id": "message identifier is not specified",
    "photo": "there is no photo in the request",
    "document": "there is no document in the request",
    "callback_query_id": "query is too old and response timeout expired or query ID is invalid",
}
# The fields of an InputMedia object that can hold a file.
_FILES_OF_MEDIA = {"media", "thumbnail", "cover", "photo"}
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_INTEGER = re.compile(r"-?\d{1,19}")
# The types that are not objects, with their names in Telegram's messages.
_SIMPLE = {"int": "Integer", "str": "String", "bool": "Boolean"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was uploaded with the call."""

    filename: str
    content: bytes


def read_parameters(method: str, raw: dict[str, Any]) -> dict[str, Any]:
    """Convert the parameters of a call to their types; `attach://name` becomes the Upload.

    raw: strings and Uploads from a form or a query, or the values of a JSON body.
    """
    table = METHODS[method]
    attached = {
        name: value
        for name, value in raw.items()
        if isinstance(value, Upload) and name not in table
    }
    # In a JSON body, null means that the parameter is not given.
    given = {
        name: value for name, value in raw.items() if name not in attached and value is not None
    }
    _refuse_unknown(given, table, f"parameter of {method}", "parameter")
    read = {
        name: _read_parameter(name, value, table[name], attached) for name, value in given.items()
    }
    if attached:  # `_attached` has removed the files to which an attach:// refers
        raise bad_request(
            f'file "{next(iter(attached))}" is not named by any parameter (attach://)'
        )
    for name, field in table.items():
        if field.is_required and name not in read:
            raise bad_request(_MISSING.get(name, f'parameter "{name}" is required'))
    for name in UNSUPPORTED.intersection(read):
        raise bad_request(f'the simulator does not support "{name}"')
    return read


def _refuse_unknown(given: dict[str, Any], table: Table, owner: str, what: str) -> None:
    for name in given:
        if name not in table:
            raise bad_request(f'unknown {what} "{name}": not a {owner}')


def _read_parameter(name: str, value: Any, field: Field, attached: dict[str, Any]) -> Any:
    """Convert one parameter: a string in a form or a query, a typed value in a JSON body."""
    if isinstance(value, Upload):
        if "InputFile" not in field.types:
            raise _mistyped(name, field.types, "a file")
        return value
    if isinstance(value, str):
        if "int" in field.types and _INTEGER.fullmatch(value):
            return int(value)
        if "InputFile" in field.types and value.startswith("attach://"):
            return _attached(value, attached)
        if "str" in field.types:
            return _read_simple(name, value, ("str",))
        if "bool" in field.types and value.lower() in _BOOLEANS:
            return _BOOLEANS[value.lower()]
        is_object_or_list = not set(field.types) & set(_SIMPLE)
        if is_object_or_list:
            return _read_value(name, _parsed(name, value, field), field.types, attached)
    return _read_value(name, value, field.types, attached)


def _parsed(name: str, value: str, field: Field) -> Any:
    try:
        parsed = json.loads(value)
        json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half of a character, like "\ud800"
        raise bad_request("strings must be encoded in UTF-8") from None
    except (ValueError, RecursionError):
        if name == "reply_markup":
            raise bad_request("can't parse reply keyboard markup JSON object") from None
        raise _mistyped(name, field.types, "a text that is not JSON") from None
    return parsed


def _read_value(where: str, value: Any, types: tuple[str, ...], attached: dict[str, Any]) -> Any:
    """Check and convert a value. where: its path, such as `reply_markup.keyboard[0]`."""
    kind = types[0]
    if kind.startswith("["):
        if not isinstance(value, list):
            raise _mistyped(where, types, value)
        return [
            _read_value(f"{where}[{place}]", item, (kind[1:-1],), attached)
            for place, item in enumerate(value)
        ]
    if kind in _SIMPLE or kind == "InputFile":
        return _read_simple(where, value, types)
    if not isinstance(value, dict):
        if where == "reply_markup":
            raise bad_request("object expected as reply markup")
        raise _mistyped(where, types, value)
    return _read_object(where, value, _kind_of(where, value, types), attached)


def _read_simple(where: str, value: Any, types: tuple[str, ...]) -> Any:
    if isinstance(value, bool):  # checked first, since a bool is an int in Python
        found = "bool"
    elif isinstance(value, int):
        found = "int"
    else:
        found = "str" if isinstance(value, str) else "?"
    if found == "str" and not _is_utf8(value):
        raise bad_request("strings must be encoded in UTF-8")
    if found not in types:
        raise _mistyped(where, types, value)
    return value


def _is_utf8(value: str) -> bool:
    """Whether the text has no lone surrogate, which JSON can contain and UTF-8 cannot."""
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


def _read_object(
    where: str, value: dict[str, Any], name: str, attached: dict[str, Any]
) -> dict[str, Any]:
    table = OBJECTS[name]
    value = {key: inner for key, inner in value.items() if inner is not None}
    _refuse_unknown(value, table, f"field of {name} ({where})", "field")
    for key, field in table.items():
        if field.is_required and key not in value:
            raise bad_request(_missing_field(name, key, where))
    read = {
        key: _read_value(f"{where}.{key}", inner, table[key].types, attached)
        for key, inner in value.items()
    }
    if name.startswith("InputMedia"):
        for key in _FILES_OF_MEDIA & read.keys():
            if read[key].startswith("attach://"):
                read[key] = _attached(read[key], attached)
    return read


def _missing_field(name: str, key: str, where: str) -> str:
    if name == "InlineKeyboardButton":
        return f"can't parse inline keyboard button: Can't find field \"{key}\""
    return f'can\'t find field "{key}" of {name} ({where})'


def _kind_of(where: str, value: dict[str, Any], types: tuple[str, ...]) -> str:
    """The name of an object of a union, by its `type` or by a field that only one type requires."""
    if types[0] in KINDS:
        kind = KINDS[types[0]].get(str(value.get("type")))
        if kind is None:
            raise bad_request(f'{where}: {types[0]} has no type "{value.get("type")}"')
        return kind
    if len(types) == 1:
        return types[0]
    for name in types:
        required = [key for key, field in OBJECTS[name].items() if field.is_required]
        if any(key in value for key in required):
            return name
    raise bad_request(f"{where} is none of {', '.join(types)}")


def _attached(value: str, attached: dict[str, Any]) -> Upload:
    name = value.removeprefix("attach://")
    if name not in attached:
        raise bad_request(f'file "{name}" is named by attach:// and did not come with the call')
    upload: Upload = attached.pop(name)
    return upload


def _mistyped(where: str, types: tuple[str, ...], value: Any) -> Refusal:
    wanted = " or ".join(_SIMPLE.get(name, name) for name in types)
    return bad_request(f'parameter "{where}" must be of type {wanted}, got {str(value)[:60]!r}')
