"""A local Bot API server that is as strict as Telegram, and simulated people who use the bot.

server          starts and stops; handles a call from its request to its answer
  requests      reads the method and the raw parameters of an HTTP request
  parameters    checks and converts raw parameters, according to `tables`
  faults        injects failures before or after a call takes effect
  calls         the log of calls
  bot_api       the methods; `sending`, `files` and `profile` implement them
updates         the queue of updates that getUpdates returns
chats           what people see: `messages`, with their `markup` and `keyboards`
person          what people do: send, tap, block
server_thread   runs the server on a thread of its own, for tests that block
clock_mover     moves the demo's clock; `demo_month` simulates a month with it
page, terminal  the two user interfaces of the demo
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
