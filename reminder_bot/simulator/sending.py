"""The methods that change a chat: sending, editing and deleting messages, and reactions."""

from datetime import timedelta
from typing import Any

from reminder_bot.simulator.chats import Chat, Chats
from reminder_bot.simulator.files import read_file
from reminder_bot.simulator.keyboards import check_markup
from reminder_bot.simulator.markup import CAPTION_LIMIT, TEXT_LIMIT, Text, read_text
from reminder_bot.simulator.messages import File, Message, Version
from reminder_bot.simulator.refusal import bad_request

__all__ = [
    "delete_message",
    "edit_message_caption",
    "edit_message_media",
    "edit_message_reply_markup",
    "edit_message_text",
    "send_chat_action",
    "send_document",
    "send_message",
    "send_photo",
    "set_message_reaction",
]

Given = dict[str, Any]

_DELETABLE_FOR = timedelta(hours=48)  # after that, Telegram refuses to delete a message
_ACTIONS = frozenset(
    {
        "choose_sticker",
        "find_location",
        "record_video",
        "record_video_note",
        "record_voice",
        "typing",
        "upload_document",
        "upload_photo",
        "upload_video",
        "upload_video_note",
        "upload_voice",
    }
)
_REACTIONS = {
    *"❤👍👎🔥🥰👏😁🤔🤯😱🤬😢🎉🤩🤮💩🙏👌🕊🤡🥱🥴😍🐳🌚🌭💯🤣⚡🍌🏆💔🤨😐🍓🍾💋🖕😈😴",
    *"😭🤓👻👀🎃🙈😇😨🤝✍🤗🫡🎅🎄☃💅🤪🗿🆒💘🙉🦄😘💊🙊😎👾🤷😡",
    # Reactions that consist of several characters.
    "❤\u200d🔥",
    "👨\u200d💻",
    "🤷\u200d♂",
    "🤷\u200d♀",
}


def send_message(chats: Chats, given: Given) -> Given:
    text = _text(given)
    return _send(chats, given, text, None)


def send_photo(chats: Chats, given: Given) -> Given:
    return _send(chats, given, _caption(given), read_file(chats, "photo", given["photo"]))


def send_document(chats: Chats, given: Given) -> Given:
    return _send(chats, given, _caption(given), read_file(chats, "document", given["document"]))


def edit_message_text(chats: Chats, given: Given) -> Given:
    text = _text(given)
    message = _editable(chats, given)
    if message.file is not None:
        raise bad_request("there is no text in the message to edit")
    return _edit(
        chats,
        message,
        Version(text.plain, text.html, chats.clock.now(), text.entities, _inline(given)),
    )


def edit_message_caption(chats: Chats, given: Given) -> Given:
    text = _caption(given)
    message = _editable(chats, given)
    if message.file is None:
        raise bad_request("there is no caption in the message to edit")
    now = chats.clock.now()
    return _edit(
        chats,
        message,
        Version(text.plain, text.html, now, text.entities, _inline(given), message.file),
    )


def edit_message_media(chats: Chats, given: Given) -> Given:
    media = given["media"]
    if media["type"] not in ("photo", "document"):
        raise bad_request(f'the simulator does not support media of type "{media["type"]}"')
    text = _caption(media)
    message = _editable(chats, given)
    file = read_file(chats, media["type"], media["media"])
    return _edit(
        chats,
        message,
        Version(text.plain, text.html, chats.clock.now(), text.entities, _inline(given), file),
    )


def edit_message_reply_markup(chats: Chats, given: Given) -> Given:
    message = _editable(chats, given)
    old = message.version
    new = Version(old.text, old.html, chats.clock.now(), old.entities, _inline(given), old.file)
    return _edit(chats, message, new, is_silent=True)


def delete_message(chats: Chats, given: Given) -> bool:
    chat = chats.known(given["chat_id"])
    message = chat.messages.get(given["message_id"])
    if message is None:
        raise bad_request("message to delete not found")
    if chats.clock.now() - message.date > _DELETABLE_FOR:
        raise bad_request("message can't be deleted for everyone")
    if not message.from_bot and not chat.is_private:
        raise bad_request("message can't be deleted")
    chats.delete(chat, message.message_id, "bot")
    return True


def set_message_reaction(chats: Chats, given: Given) -> bool:
    chat = chats.writable(given["chat_id"])
    message = chat.messages.get(given["message_id"])
    if message is None:
        raise bad_request("message to react not found")
    reactions = given.get("reaction", [])
    if len(reactions) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    if any(reaction.get("emoji") not in _REACTIONS for reaction in reactions):
        raise bad_request("REACTION_INVALID")
    message.reaction = reactions[0]["emoji"] if reactions else None
    chat.record_event(
        "reaction", f"bot reacts to #{message.message_id}: {message.reaction or 'nothing'}", message
    )
    return True


def send_chat_action(chats: Chats, given: Given) -> bool:
    chat = chats.writable(given["chat_id"])
    if given["action"] not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat.last_action = given["action"]
    chat.actions += 1
    chat.changes.notify()
    return True


def _text(given: Given) -> Text:
    text = read_text(given.get("text", ""), given.get("parse_mode"), given.get("entities"))
    if not text.plain:
        raise bad_request("message text is empty")
    if len(text.plain) > TEXT_LIMIT:
        raise bad_request("message is too long")
    return text


def _caption(given: Given) -> Text:
    text = read_text(
        given.get("caption", ""), given.get("parse_mode"), given.get("caption_entities")
    )
    if len(text.plain) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    return text


def _send(chats: Chats, given: Given, text: Text, file: File | None) -> Given:
    chat = chats.writable(given["chat_id"])
    markup = _without_empty_keyboard(given.get("reply_markup"))
    check_markup(markup, is_private=chat.is_private)
    message = chats.post(
        chat,
        chats.bot,
        Version(text.plain, text.html, chats.clock.now(), text.entities, markup, file),
        is_silent=given.get("disable_notification", False),
        reply_to=_replied_to(chat, given.get("reply_parameters")),
        extra={"has_protected_content": True} if given.get("protect_content") else {},
    )
    return message.as_wire()


def _replied_to(chat: Chat, reply: Given | None) -> Message | None:
    if reply is None:
        return None
    if reply.get("chat_id", chat.wire["id"]) != chat.wire["id"]:
        raise bad_request("the simulator does not support replies to another chat")
    message = chat.messages.get(reply["message_id"])
    if message is None and not reply.get("allow_sending_without_reply"):
        raise bad_request("message to be replied not found")
    return message


def _editable(chats: Chats, given: Given) -> Message:
    if "chat_id" not in given:
        raise bad_request("chat_id is empty")
    if "message_id" not in given:
        raise bad_request("message identifier is not specified")
    message = chats.writable(given["chat_id"]).messages.get(given["message_id"])
    if message is None:
        raise bad_request("message to edit not found")
    markup = message.version.markup
    # Telegram refuses to edit a message with a reply keyboard.
    if not message.from_bot or (markup is not None and "inline_keyboard" not in markup):
        raise bad_request("message can't be edited")
    return message


def _edit(chats: Chats, message: Message, new: Version, *, is_silent: bool = False) -> Given:
    # The bot must not depend on edits without a change: Telegram refuses them.
    if new == message.version:
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly "
            "the same as a current content and reply markup of the message"
        )
    chats.edit(message, new, is_silent=is_silent)
    return message.as_wire()


def _inline(given: Given) -> Given | None:
    markup = _without_empty_keyboard(given.get("reply_markup"))
    check_markup(markup, is_private=True)
    return markup


def _without_empty_keyboard(markup: Given | None) -> Given | None:
    """The markup, or None for an inline keyboard without buttons, which removes the keyboard."""
    if markup is not None and "inline_keyboard" in markup and not any(markup["inline_keyboard"]):
        return None
    return markup
