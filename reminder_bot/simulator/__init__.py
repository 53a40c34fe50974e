"""Telegram on this machine: a strict Bot API server, and the people who talk to the bot.

server      starts and stops, and leads each call from the request to its answer
  requests    HTTP ─▶ method and raw parameters        parameters  raw ─▶ typed, against `tables`
  faults      what goes wrong on the way, on order     calls       the log
  bot_api     the methods                              sending, files, profile   what they do
updates     what waits for the bot
chats       what people see: `messages`, with their `markup` and `keyboards`
person      what people do
thread      all of it on a thread of its own, for tests that block
"""

from reminder_bot.simulator.calls import Call
from reminder_bot.simulator.faults import Fault
from reminder_bot.simulator.keyboards import Button
from reminder_bot.simulator.messages import Message
from reminder_bot.simulator.person import Group, Person, Tap
from reminder_bot.simulator.server import BotApiServer
from reminder_bot.simulator.server_thread import ServerThread

__all__ = [
    "BotApiServer",
    "Button",
    "Call",
    "Fault",
    "Group",
    "Message",
    "Person",
    "ServerThread",
    "Tap",
]
