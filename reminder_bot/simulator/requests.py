"""Reads the token, the method and the raw parameters of an HTTP request."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from reminder_bot.simulator.parameters import Upload
from reminder_bot.simulator.refusal import Refusal, bad_request
from reminder_bot.simulator.tables import METHODS

__all__ = ["read_path", "read_raw"]

_PATH = re.compile(r"/bot(\d+:[\w-]+)/(\w+)")
_BY_LOWER_NAME = {name.lower(): name for name in METHODS}


def read_path(path: str, token: str) -> str:
    """The method that a URL names, in its canonical spelling; the case of letters is ignored.

    As with Telegram, a malformed token gives 404 and a wrong one 401.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        raise Refusal(404, "Not Found")
    if match[1] != token:
        raise Refusal(401, "Unauthorized")
    method = _BY_LOWER_NAME.get(match[2].lower())
    if method is None:
        raise Refusal(404, "Not Found")
    return method


async def read_raw(request: web.BaseRequest) -> dict[str, Any]:
    """The parameters of the body and the query; the query has precedence, as with Telegram."""
    raw: dict[str, Any] = {}
    if request.can_read_body:
        raw = await _read_body(request)
    if request.query_string:
        raw.update(request.query)
    return raw


async def _read_body(request: web.BaseRequest) -> dict[str, Any]:
    if request.content_type == "application/x-www-form-urlencoded":
        return _read_form(await request.read())
    if request.content_type == "application/json":
        return _read_json(await request.read())
    if request.content_type == "multipart/form-data":
        return {
            name: Upload(value.filename, value.file.read())
            if isinstance(value, web.FileField)
            else value
            for name, value in (await request.post()).items()
        }
    if await request.read():
        raise bad_request(
            f'a body of type "{request.content_type}" is not supported (Telegram ignores it)'
        )
    return {}


def _read_form(body: bytes) -> dict[str, Any]:
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError:
        raise bad_request("strings must be encoded in UTF-8") from None


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body or b"{}")
        json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half of a character, like "\ud800"
        raise bad_request("strings must be encoded in UTF-8") from None
    except (ValueError, RecursionError):
        raise bad_request("can't parse JSON object") from None
    if not isinstance(parsed, dict):
        raise bad_request("can't parse JSON object: an object is expected")
    return parsed
