"""The methods of the Bot API, for calls whose parameters have been checked.

A webhook is stored and reported, and getUpdates is refused while one is set, as with Telegram. No
update is delivered to it.
"""

import re
from collections.abc import Callable
from typing import Any

from reminder_bot.simulator import sending
from reminder_bot.simulator.chats import CALLBACK_LIFETIME, Chats, Toast
from reminder_bot.simulator.profile import Profile
from reminder_bot.simulator.refusal import bad_request, conflict
from reminder_bot.simulator.updates import Updates

__all__ = ["BotApi"]

Given = dict[str, Any]

_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


class BotApi:
    """Carries out calls. Only getUpdates waits; every other call takes effect in one step."""

    def __init__(self, chats: Chats, updates: Updates, me: Given) -> None:
        self._chats = chats
        self._updates = updates
        self.profile = Profile()
        self.webhook: Given = {}
        self._methods: dict[str, Callable[[Given], Any]] = {
            "getMe": lambda _: me,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": self._webhook_info,
            "answerCallbackQuery": self._answer,
            "getChat": self._get_chat,
            "setMyCommands": self.profile.set_commands,
            "getMyCommands": self.profile.get_commands,
            "deleteMyCommands": self.profile.delete_commands,
            "setMyDescription": self.profile.set_description,
            "getMyDescription": self.profile.get_description,
            "setMyShortDescription": self.profile.set_short_description,
            "getMyShortDescription": self.profile.get_short_description,
        }
        for name in sending.__all__:
            first, *others = name.split("_")
            method = first + "".join(map(str.title, others))  # send_message becomes sendMessage
            self._methods[method] = _in_chats(getattr(sending, name), chats)

    async def call(self, method: str, given: Given) -> Any:
        """Carry out a call and return its result, or raise Refusal."""
        if method == "getUpdates":
            return await self._get_updates(given)
        return self._methods[method](given)

    async def _get_updates(self, given: Given) -> list[Given]:
        if self.webhook:
            raise conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete "
                "the webhook first"
            )
        if "allowed_updates" in given:
            self._updates.allow(given["allowed_updates"])
        return await self._updates.fetch(
            offset=given.get("offset", 0),
            limit=given.get("limit", 100),
            timeout=given.get("timeout", 0),
        )

    def _set_webhook(self, given: Given) -> bool:
        if not given["url"]:  # an empty URL removes the webhook
            return self._delete_webhook(given)
        if not given["url"].startswith("https://"):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if "secret_token" in given and not _SECRET.fullmatch(given["secret_token"]):
            raise bad_request("secret token contains unallowed characters")
        if not 1 <= given.get("max_connections", 40) <= 100:
            raise bad_request("bad webhook: max_connections must be between 1 and 100")
        if "allowed_updates" in given:
            self._updates.allow(given["allowed_updates"])
        if given.get("drop_pending_updates"):
            self._updates.drop()
        self.webhook = given
        return True

    def _delete_webhook(self, given: Given) -> bool:
        if given.get("drop_pending_updates"):
            self._updates.drop()
        self.webhook = {}
        return True

    def _webhook_info(self, _: Given) -> Given:
        info = {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self._updates.pending),
        }
        if self.webhook:
            info["max_connections"] = self.webhook.get("max_connections", 40)
        return info

    def _answer(self, given: Given) -> bool:
        """Answer a tap. As with Telegram, a second answer is accepted and shows nothing."""
        tap = self._chats.taps.get(given["callback_query_id"])
        now = self._chats.clock.now()
        if tap is None or now - tap.at > CALLBACK_LIFETIME:
            raise bad_request(
                "query is too old and response timeout expired or query ID is invalid"
            )
        text = given.get("text", "")
        if len(text) > 200:
            raise bad_request("MESSAGE_TOO_LONG")
        if not tap.is_answered:
            tap.is_answered = True
            if text:
                tap.toast = Toast(text, given.get("show_alert", False), now, tap.query_id)
                tap.chat.toasts.append(tap.toast)
            tap.chat.record_event("answer", f"bot answers the tap: {text or '(nothing)'}")
        return True

    def _get_chat(self, given: Given) -> Given:
        chat = self._chats.known(given["chat_id"])
        # The fields that the Bot API requires of getChat, beside those of a chat.
        gifts = (
            "unlimited_gifts",
            "limited_gifts",
            "unique_gifts",
            "premium_subscription",
            "gifts_from_channels",
        )
        return {
            **chat.wire,
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": dict.fromkeys(gifts, True),
        }


def _in_chats(method: Callable[[Chats, Given], Any], chats: Chats) -> Callable[[Given], Any]:
    return lambda given: method(chats, given)
