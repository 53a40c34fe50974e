"""The server in a thread of its own."""

import json
import urllib.request

from reminder_bot.clock import Clock
from reminder_bot.simulator import BotApiServer, ServerThread
from tests.simulator.conftest import TOKEN


def test_the_server_answers_while_the_main_thread_blocks() -> None:
    with ServerThread(BotApiServer(token=TOKEN, clock=Clock())) as aside:
        ana = aside.server.person(7)
        aside.run(ana.send("/start"))
        body = json.dumps({"chat_id": 7, "text": "Welcome"}).encode()
        request = urllib.request.Request(
            f"{aside.server.base_url}/bot{TOKEN}/sendMessage",
            body,
            {"Content-Type": "application/json"},
        )

        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200

        assert aside.run(ana.expect("Welcome")) is ana.newest
