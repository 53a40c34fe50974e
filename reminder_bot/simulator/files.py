"""The files that the bot sends: checks uploads and finds earlier files by their id."""

from typing import Any

from reminder_bot.simulator.chats import Chats
from reminder_bot.simulator.messages import File
from reminder_bot.simulator.parameters import Upload
from reminder_bot.simulator.refusal import Refusal, bad_request

__all__ = ["read_file"]

_PHOTO_LIMIT = 10 * 1024**2
_PNG, _JPEG, _WEBP = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF"


def read_file(chats: Chats, kind: str, given: Any) -> File:
    """The file of a sendPhoto or sendDocument call: an upload, or an earlier file by its id."""
    if isinstance(given, Upload):
        return chats.add_file(_checked(kind, given, f"file-{len(chats.files) + 1}"))
    if given.startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")
    file = chats.files.get(given)
    if file is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if file.kind != kind:
        raise bad_request(f"can't use file of type {file.kind.title()} as {kind.title()}")
    return file


def _checked(kind: str, upload: Upload, file_id: str) -> File:
    if not upload.content:
        raise bad_request("file must be non-empty")
    size = (0, 0)
    if kind == "photo":
        size = _dimensions(upload.content)
        if len(upload.content) > _PHOTO_LIMIT:
            raise Refusal(413, "Request Entity Too Large")
        if sum(size) > 10_000 or max(size) > 20 * min(size):
            raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return File(kind, file_id, upload.filename, upload.content, size)


def _dimensions(content: bytes) -> tuple[int, int]:
    """Width and height of a PNG; (1, 1) for JPEG and WebP, which the bot never sends."""
    if content.startswith(_PNG) and len(content) >= 24:
        return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    if content.startswith((_JPEG, _WEBP)):
        return 1, 1
    raise bad_request("IMAGE_PROCESS_FAILED")
