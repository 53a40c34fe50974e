"""The parameters of Telegram's methods and the fields of its objects, with their types.

The tables have only the methods that this bot may call, but each with all of its parameters, and
all objects that occur in these. So what Telegram knows and this server does not support (business
connections, topics, rich messages) is refused on purpose, by its name in `UNSUPPORTED`. Names and
types are those of Bot API 10.1; `name?: type` is optional. A test compares the tables with that
specification.
"""

import re
from dataclasses import dataclass

__all__ = [
    "KINDS",
    "METHODS",
    "OBJECTS",
    "UNSUPPORTED",
    "UPDATE_KINDS",
    "Field",
    "Table",
    "read_tables",
]


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter of a method or field of an object.

    Each of `types` is `int`, `str`, `bool` or the name of an object; brackets mean a list of it.
    """

    types: tuple[str, ...]
    is_required: bool


Table = dict[str, Field]

_ROW = re.compile(r"(\w+)\(([^)]*)\)")
_FIELD = re.compile(r"(\w+)(\??):\s*([\w|\[\]]+)")


def read_tables(text: str) -> dict[str, Table]:
    """Parse lines such as `name(field: type, other?: [type])` into a table for each name.

    >>> read_tables("getChat(chat_id: int|str)")
    {'getChat': {'chat_id': Field(types=('int', 'str'), is_required=True)}}
    """
    return {
        name: {
            field: Field(tuple(types.split("|")), not optional)
            for field, optional, types in _FIELD.findall(inner)
        }
        for name, inner in _ROW.findall(text)
    }


METHODS = read_tables("""
getMe()
getUpdates(offset?: int, limit?: int, timeout?: int, allowed_updates?: [str])
setWebhook(
    url: str, certificate?: InputFile, ip_address?: str, max_connections?: int,
    allowed_updates?: [str], drop_pending_updates?: bool, secret_token?: str)
deleteWebhook(drop_pending_updates?: bool)
getWebhookInfo()
sendMessage(
    business_connection_id?: str, chat_id: int|str, message_thread_id?: int,
    direct_messages_topic_id?: int, text: str, parse_mode?: str,
    entities?: [MessageEntity], link_preview_options?: LinkPreviewOptions,
    disable_notification?: bool, protect_content?: bool, allow_paid_broadcast?: bool,
    message_effect_id?: str, suggested_post_parameters?: SuggestedPostParameters,
    reply_parameters?: ReplyParameters,
    reply_markup?: InlineKeyboardMarkup|ReplyKeyboardMarkup|ReplyKeyboardRemove|ForceReply)
editMessageText(
    business_connection_id?: str, chat_id?: int|str, message_id?: int,
    inline_message_id?: str, text?: str, parse_mode?: str, entities?: [MessageEntity],
    link_preview_options?: LinkPreviewOptions, rich_message?: InputRichMessage,
    reply_markup?: InlineKeyboardMarkup)
editMessageCaption(
    business_connection_id?: str, chat_id?: int|str, message_id?: int,
    inline_message_id?: str, caption?: str, parse_mode?: str,
    caption_entities?: [MessageEntity], show_caption_above_media?: bool,
    reply_markup?: InlineKeyboardMarkup)
editMessageMedia(
    business_connection_id?: str, chat_id?: int|str, message_id?: int,
    inline_message_id?: str, media: InputMedia, reply_markup?: InlineKeyboardMarkup)
editMessageReplyMarkup(
    business_connection_id?: str, chat_id?: int|str, message_id?: int,
    inline_message_id?: str, reply_markup?: InlineKeyboardMarkup)
deleteMessage(chat_id: int|str, message_id: int)
sendPhoto(
    business_connection_id?: str, chat_id: int|str, message_thread_id?: int,
    direct_messages_topic_id?: int, photo: InputFile|str, caption?: str,
    parse_mode?: str, caption_entities?: [MessageEntity],
    show_caption_above_media?: bool, has_spoiler?: bool, disable_notification?: bool,
    protect_content?: bool, allow_paid_broadcast?: bool, message_effect_id?: str,
    suggested_post_parameters?: SuggestedPostParameters,
    reply_parameters?: ReplyParameters,
    reply_markup?: InlineKeyboardMarkup|ReplyKeyboardMarkup|ReplyKeyboardRemove|ForceReply)
sendDocument(
    business_connection_id?: str, chat_id: int|str, message_thread_id?: int,
    direct_messages_topic_id?: int, document: InputFile|str, thumbnail?: InputFile|str,
    caption?: str, parse_mode?: str, caption_entities?: [MessageEntity],
    disable_content_type_detection?: bool, disable_notification?: bool,
    protect_content?: bool, allow_paid_broadcast?: bool, message_effect_id?: str,
    suggested_post_parameters?: SuggestedPostParameters,
    reply_parameters?: ReplyParameters,
    reply_markup?: InlineKeyboardMarkup|ReplyKeyboardMarkup|ReplyKeyboardRemove|ForceReply)
sendChatAction(
    business_connection_id?: str, chat_id: int|str, message_thread_id?: int,
    action: str)
setMessageReaction(
    chat_id: int|str, message_id: int, reaction?: [ReactionType], is_big?: bool)
answerCallbackQuery(
    callback_query_id: str, text?: str, show_alert?: bool, url?: str, cache_time?: int)
getChat(chat_id: int|str)
setMyCommands(commands: [BotCommand], scope?: BotCommandScope, language_code?: str)
getMyCommands(scope?: BotCommandScope, language_code?: str)
deleteMyCommands(scope?: BotCommandScope, language_code?: str)
setMyDescription(description?: str, language_code?: str)
getMyDescription(language_code?: str)
setMyShortDescription(short_description?: str, language_code?: str)
getMyShortDescription(language_code?: str)
""")

OBJECTS = read_tables("""
MessageEntity(
    type: str, offset: int, length: int, url?: str, user?: User, language?: str,
    custom_emoji_id?: str, unix_time?: int, date_time_format?: str)
User(
    id: int, is_bot: bool, first_name: str, last_name?: str, username?: str,
    language_code?: str, is_premium?: bool, added_to_attachment_menu?: bool,
    can_join_groups?: bool, can_read_all_group_messages?: bool,
    supports_guest_queries?: bool, supports_inline_queries?: bool,
    can_connect_to_business?: bool, has_main_web_app?: bool, has_topics_enabled?: bool,
    allows_users_to_create_topics?: bool, can_manage_bots?: bool,
    supports_join_request_queries?: bool)
LinkPreviewOptions(
    is_disabled?: bool, url?: str, prefer_small_media?: bool, prefer_large_media?: bool,
    show_above_text?: bool)
SuggestedPostParameters(price?: SuggestedPostPrice, send_date?: int)
SuggestedPostPrice(currency: str, amount: int)
ReplyParameters(
    message_id: int, chat_id?: int|str, allow_sending_without_reply?: bool, quote?: str,
    quote_parse_mode?: str, quote_entities?: [MessageEntity], quote_position?: int,
    checklist_task_id?: int, poll_option_id?: str)
InlineKeyboardMarkup(inline_keyboard: [[InlineKeyboardButton]])
InlineKeyboardButton(
    text: str, icon_custom_emoji_id?: str, style?: str, url?: str, callback_data?: str,
    web_app?: WebAppInfo, login_url?: LoginUrl, switch_inline_query?: str,
    switch_inline_query_current_chat?: str,
    switch_inline_query_chosen_chat?: SwitchInlineQueryChosenChat,
    copy_text?: CopyTextButton, callback_game?: CallbackGame, pay?: bool)
WebAppInfo(url: str)
LoginUrl(url: str, forward_text?: str, bot_username?: str, request_write_access?: bool)
SwitchInlineQueryChosenChat(
    query?: str, allow_user_chats?: bool, allow_bot_chats?: bool,
    allow_group_chats?: bool, allow_channel_chats?: bool)
CopyTextButton(text: str)
CallbackGame()
ReplyKeyboardMarkup(
    keyboard: [[KeyboardButton]], is_persistent?: bool, resize_keyboard?: bool,
    one_time_keyboard?: bool, input_field_placeholder?: str, selective?: bool)
KeyboardButton(
    text: str, icon_custom_emoji_id?: str, style?: str,
    request_users?: KeyboardButtonRequestUsers,
    request_chat?: KeyboardButtonRequestChat,
    request_managed_bot?: KeyboardButtonRequestManagedBot, request_contact?: bool,
    request_location?: bool, request_poll?: KeyboardButtonPollType,
    web_app?: WebAppInfo)
KeyboardButtonRequestUsers(
    request_id: int, user_is_bot?: bool, user_is_premium?: bool, max_quantity?: int,
    request_name?: bool, request_username?: bool, request_photo?: bool)
KeyboardButtonRequestChat(
    request_id: int, chat_is_channel: bool, chat_is_forum?: bool,
    chat_has_username?: bool, chat_is_created?: bool,
    user_administrator_rights?: ChatAdministratorRights,
    bot_administrator_rights?: ChatAdministratorRights, bot_is_member?: bool,
    request_title?: bool, request_username?: bool, request_photo?: bool)
ChatAdministratorRights(
    is_anonymous: bool, can_manage_chat: bool, can_delete_messages: bool,
    can_manage_video_chats: bool, can_restrict_members: bool, can_promote_members: bool,
    can_change_info: bool, can_invite_users: bool, can_post_stories: bool,
    can_edit_stories: bool, can_delete_stories: bool, can_post_messages?: bool,
    can_edit_messages?: bool, can_pin_messages?: bool, can_manage_topics?: bool,
    can_manage_direct_messages?: bool, can_manage_tags?: bool)
KeyboardButtonRequestManagedBot(
    request_id: int, suggested_name?: str, suggested_username?: str)
KeyboardButtonPollType(type?: str)
ReplyKeyboardRemove(remove_keyboard: bool, selective?: bool)
ForceReply(force_reply: bool, input_field_placeholder?: str, selective?: bool)
InputRichMessage(
    html?: str, markdown?: str, is_rtl?: bool, skip_entity_detection?: bool)
InputMediaAnimation(
    type: str, media: str, thumbnail?: str, caption?: str, parse_mode?: str,
    caption_entities?: [MessageEntity], show_caption_above_media?: bool, width?: int,
    height?: int, duration?: int, has_spoiler?: bool)
InputMediaAudio(
    type: str, media: str, thumbnail?: str, caption?: str, parse_mode?: str,
    caption_entities?: [MessageEntity], duration?: int, performer?: str, title?: str)
InputMediaDocument(
    type: str, media: str, thumbnail?: str, caption?: str, parse_mode?: str,
    caption_entities?: [MessageEntity], disable_content_type_detection?: bool)
InputMediaLivePhoto(
    type: str, media: str, photo: str, caption?: str, parse_mode?: str,
    caption_entities?: [MessageEntity], show_caption_above_media?: bool,
    has_spoiler?: bool)
InputMediaPhoto(
    type: str, media: str, caption?: str, parse_mode?: str,
    caption_entities?: [MessageEntity], show_caption_above_media?: bool,
    has_spoiler?: bool)
InputMediaVideo(
    type: str, media: str, thumbnail?: str, cover?: str, start_timestamp?: int,
    caption?: str, parse_mode?: str, caption_entities?: [MessageEntity],
    show_caption_above_media?: bool, width?: int, height?: int, duration?: int,
    supports_streaming?: bool, has_spoiler?: bool)
ReactionTypeEmoji(type: str, emoji: str)
ReactionTypeCustomEmoji(type: str, custom_emoji_id: str)
ReactionTypePaid(type: str)
BotCommand(command: str, description: str)
BotCommandScopeDefault(type: str)
BotCommandScopeAllPrivateChats(type: str)
BotCommandScopeAllGroupChats(type: str)
BotCommandScopeAllChatAdministrators(type: str)
BotCommandScopeChat(type: str, chat_id: int|str)
BotCommandScopeChatAdministrators(type: str, chat_id: int|str)
BotCommandScopeChatMember(type: str, chat_id: int|str, user_id: int)
""")

# For each union of objects, the object that a value of the field `type` stands for.
KINDS: dict[str, dict[str, str]] = {
    "InputMedia": {
        "animation": "InputMediaAnimation",
        "audio": "InputMediaAudio",
        "document": "InputMediaDocument",
        "live_photo": "InputMediaLivePhoto",
        "photo": "InputMediaPhoto",
        "video": "InputMediaVideo",
    },
    "ReactionType": {
        "emoji": "ReactionTypeEmoji",
        "custom_emoji": "ReactionTypeCustomEmoji",
        "paid": "ReactionTypePaid",
    },
    "BotCommandScope": {
        "default": "BotCommandScopeDefault",
        "all_private_chats": "BotCommandScopeAllPrivateChats",
        "all_group_chats": "BotCommandScopeAllGroupChats",
        "all_chat_administrators": "BotCommandScopeAllChatAdministrators",
        "chat": "BotCommandScopeChat",
        "chat_administrators": "BotCommandScopeChatAdministrators",
        "chat_member": "BotCommandScopeChatMember",
    },
}

# Parameters that Telegram accepts and this server refuses, even when they are well-formed.
UNSUPPORTED = frozenset(
    {
        "business_connection_id",
        "certificate",
        "direct_messages_topic_id",
        "inline_message_id",
        "message_thread_id",
        "rich_message",
        "suggested_post_parameters",
    }
)

UPDATE_KINDS = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "guest_message",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    "managed_bot",
)
