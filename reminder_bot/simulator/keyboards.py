"""Which keyboards Telegram accepts, and the buttons that a person sees.

The limits are Telegram's: callback data of 1 to 64 bytes (not characters), a text on every button,
and at most 100 buttons and eight in a row for an inline keyboard.
"""

from dataclasses import dataclass
from typing import Any

from reminder_bot.simulator.refusal import bad_request

__all__ = ["Button", "check_markup", "rows_of"]

_STYLES = ("danger", "success", "primary")
_ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
_REQUESTS = (
    "request_users",
    "request_chat",
    "request_managed_bot",
    "request_contact",
    "request_location",
    "request_poll",
)
_URLS = ("http://", "https://", "tg://")


@dataclass(frozen=True, slots=True)
class Button:
    """A button as a person sees it; `data` is None on a reply keyboard and on a link."""

    text: str
    data: str | None = None
    style: str | None = None
    url: str | None = None
    asks_location: bool = False


def check_markup(markup: dict[str, Any] | None, *, is_private: bool) -> None:
    """Raise Refusal for a keyboard that Telegram refuses; its field types are already checked."""
    if markup is None:
        return
    for button in _flat(markup.get("inline_keyboard", [])):
        _check_inline_button(button)
    if "inline_keyboard" in markup:
        _check_size(markup["inline_keyboard"])
    for button in _flat(markup.get("keyboard", [])):
        _check_key(button, is_private)
    if "keyboard" in markup and not _flat(markup["keyboard"]):
        raise bad_request("reply keyboard must be non-empty")
    for name in ("remove_keyboard", "force_reply"):
        if markup.get(name) is False:
            raise bad_request(f'field "{name}" must be true')
    if len(markup.get("input_field_placeholder", "")) > 64:
        raise bad_request("input field placeholder is too long")


def rows_of(markup: dict[str, Any] | None) -> list[list[Button]]:
    """The rows of an inline or a reply keyboard; an empty list if there is none."""
    if markup is None:
        return []
    rows = markup.get("inline_keyboard") or markup.get("keyboard") or []
    return [[_button(raw) for raw in row] for row in rows if row]


def _button(raw: dict[str, Any]) -> Button:
    return Button(
        raw["text"],
        raw.get("callback_data"),
        raw.get("style"),
        raw.get("url"),
        bool(raw.get("request_location")),
    )


def _flat(rows: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [button for row in rows for button in row]


def _check_size(rows: list[list[dict[str, Any]]]) -> None:
    if len(_flat(rows)) > 100 or any(len(row) > 8 for row in rows):
        raise bad_request("reply markup is too long")


def _check_inline_button(button: dict[str, Any]) -> None:
    if not button["text"]:
        raise bad_request("inline keyboard button text must be non-empty")
    actions = [name for name in _ACTIONS if name in button]
    if not actions or button.get("callback_data") == "":
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if len(actions) > 1:
        raise bad_request(
            f"an inline keyboard button can have one action, this one has {len(actions)}: "
            f"{', '.join(actions)}"
        )
    if len(button.get("callback_data", "").encode()) > 64:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button and not button["url"].startswith(_URLS):
        raise bad_request(
            f"inline keyboard button URL '{button['url']}' is invalid: Unsupported URL protocol"
        )
    _check_style(button)


def _check_key(button: dict[str, Any], is_private: bool) -> None:
    if not button["text"]:
        raise bad_request("keyboard button text must be non-empty")
    requests = [name for name in _REQUESTS if button.get(name)]
    if len(requests) > 1:
        raise bad_request(f"a keyboard button can make one request, this one makes {len(requests)}")
    if "request_location" in requests and not is_private:
        raise bad_request("location can be requested in private chats only")
    if "request_contact" in requests and not is_private:
        raise bad_request("phone number can be requested in private chats only")
    _check_style(button)


def _check_style(button: dict[str, Any]) -> None:
    if button.get("style", _STYLES[0]) not in _STYLES:
        raise bad_request("BUTTON_STYLE_INVALID")
