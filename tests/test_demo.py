"""The demo: its process, its page over HTTP, moving its clock, and its terminal."""

import asyncio
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from reminder_bot.clock import Clock, machine_time
from reminder_bot.demo import IN_MEMORY, NAME, Demo, _parent_folders
from reminder_bot.simulator import Person
from reminder_bot.simulator.clock_mover import Destination, MoveResult, NoSuchDestination
from reminder_bot.simulator.demo_month import month_start
from reminder_bot.simulator.page import CONTENT_SECURITY_POLICY, Page, PortTaken
from tests.support.databases import quick_folder
from tests.support.demos import MORNING, running_demo
from tests.support.waiting import PATIENCE, until
from tests.support.world import ROOT

ADDRESS = re.compile(rb"http://127\.0\.0\.1:\d+/[\w-]{20,}/")


# The process


def children_of(pid: int) -> set[int]:
    return {int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


class Started:
    """`reminder-bot demo` as a process in a session of its own.

    place: where its temporary files are. A demo removes the folders that others left behind, and
    other tests run demos, too.
    """

    def __init__(self, home: Path, place: Path, *words: str) -> None:
        self.place = place
        command = [sys.executable, "-m", "reminder_bot", "demo", "--no-browser", *words]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TMPDIR": str(place),
            "PYTHONPATH": str(ROOT),
        }
        self.process = subprocess.Popen(
            command,
            cwd=home,
            env=environment | {"REMINDER_BOT_TOKEN": "of the host, and wrong"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def address(self) -> str:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline() if ready else b""
        found = ADDRESS.search(line)
        assert found, (line, self.process.poll())
        return found[0].decode()

    @property
    def folders(self) -> set[Path]:
        """Those of all demos that were started in this place."""
        return set(self.place.glob(f"{NAME}*"))

    def end(self) -> tuple[int, bytes]:
        _, log = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, log


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def place() -> Iterator[Path]:
    with quick_folder() as place:
        yield place


@pytest.fixture
def started(home: Path, place: Path) -> Iterator[Started]:
    started = Started(home, place)
    yield started
    if started.process.poll() is None:
        started.process.kill()
        started.end()


@pytest.mark.processes
@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name
)
def test_each_signal_ends_the_demo_without_a_process_or_file_left(
    started: Started, home: Path, number: int
) -> None:
    started.address()
    assert len(started.folders) == 1
    children = children_of(started.process.pid)

    started.process.send_signal(number)
    code, log = started.end()

    assert (code, log) == (0, b"")
    assert started.folders == set()
    assert [child for child in children if Path(f"/proc/{child}").exists()] == []
    assert list(home.iterdir()) == []


@pytest.mark.processes
def test_a_demo_removes_the_files_of_one_that_was_killed(
    started: Started, home: Path, place: Path
) -> None:
    started.address()
    [dead] = started.folders
    started.process.kill()
    started.end()
    assert dead.exists()

    following = Started(home, place)
    following.address()
    [alive] = following.folders
    third = Started(home, place)
    third.address()

    assert not dead.exists()
    assert alive.exists()
    for each in (following, third):
        each.process.terminate()
        assert each.end()[0] == 0


@pytest.mark.skipif(not IN_MEMORY.is_dir(), reason="this machine has no such place")
def test_a_demo_keeps_its_files_in_memory_unless_the_host_says_where(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", None)  # else what was looked up once stays
    monkeypatch.delenv("TMPDIR", raising=False)
    usual = _parent_folders()
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("TMPDIR", str(place))

    assert usual[0] == IN_MEMORY
    assert _parent_folders() == [place]


@pytest.mark.processes
def test_a_port_in_use_is_reported_in_one_line(started: Started, home: Path, place: Path) -> None:
    port = started.address().split(":")[2].partition("/")[0]

    second = Started(home, place, "--port", port)
    code, log = second.end()

    assert code == 1
    assert log.decode().startswith(
        f"port {port} can't be used (Address already in use): choose another with --port"
    )
    assert len(log.splitlines()) == 1


# The page over HTTP


class Browser:
    """A client of the page, for one person."""

    def __init__(self, demo: Demo, session: aiohttp.ClientSession, person: int) -> None:
        self.demo = demo
        self.session = session
        self.query = {"person": str(person)}
        self.person: Person = demo.page.person(person)

    async def post(self, path: str, **given: Any) -> tuple[int, Any]:
        async with self.session.post(
            self.demo.page.address + path, params=self.query, json=given
        ) as answer:
            told = (
                await answer.json()
                if answer.content_type == "application/json"
                else await answer.text()
            )
            return answer.status, told

    async def act(self, act: str, **given: Any) -> Any:
        status, told = await self.post("act", act=act, **given)
        assert status == 200, told
        return told

    async def first_event(self) -> dict[str, Any]:
        async with self.session.get(self.demo.page.address + "events", params=self.query) as events:
            async for line in events.content:
                if line.startswith(b"data: "):
                    found: dict[str, Any] = json.loads(line[6:])
                    return found
        raise AssertionError("the page ended without an event")

    async def text(self, path: str) -> str:
        async with self.session.get(self.demo.page.address + path, params=self.query) as answer:
            assert answer.status == 200
            return await answer.text()

    async def set_up(self) -> None:
        """Complete the set-up, with the actions of the page."""
        person = self.person
        await self.act("send", text="/start")
        await person.expect("Small daily habits")
        await self.tap("Start")
        asked = await person.expect("What time is it")
        await self.act("send", text="Berlin")
        await person.expect(lambda message: message is not asked and ": is it" in message.text)
        await self.tap("Yes")
        await person.expect("When do you get up")
        await self.tap("7 – 23")
        await person.expect("Which should I help with?")
        await self.tap("Ready")
        await person.expect("All set.")
        assert await self.demo.mover.wait_until_idle()

    async def tap(self, label: str) -> Any:
        for message in reversed(self.person.messages):
            for button in (each for row in message.buttons for each in row if each.text == label):
                return await self.act("tap", message=message.message_id, data=button.data)
        raise AssertionError(f"no button {label}\n{self.person.transcript()}")


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with running_demo() as demo:
        yield demo


@pytest.fixture
async def browsers(demo: Demo) -> AsyncIterator[tuple[Browser, Browser]]:
    async with aiohttp.ClientSession() as session:
        yield Browser(demo, session, 1), Browser(demo, session, 2)


@pytest.fixture
def ana(browsers: tuple[Browser, Browser]) -> Browser:
    return browsers[0]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:{port}"}, 200),
        ({"Host": "evil.example:{port}"}, 403),
        ({"Host": "127.0.0.1"}, 403),
        ({"Origin": "http://127.0.0.1:{port}"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
async def test_requests_of_other_sites_are_refused(
    ana: Browser, headers: dict[str, str], status: int
) -> None:
    headers = {name: value.format(port=ana.demo.page.port) for name, value in headers.items()}

    async with ana.session.get(ana.demo.page.address + "chat.js", headers=headers) as answer:
        assert answer.status == status
        assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    async with ana.session.post(
        ana.demo.page.address + "act", json={"act": "send", "text": "/start"}, headers=headers
    ) as answer:
        assert answer.status == status
    assert [each.text for each in ana.person.messages if not each.from_bot] == (
        ["/start"] if status == 200 else []
    )


@pytest.mark.parametrize("secret", ["", "/", "/wrong/", "/%ff/", "/index.html", "/chat.js", "//"])
@pytest.mark.parametrize("path", ["", "chat.js", "events", "act", "transcript.json"])
async def test_a_program_that_does_not_know_the_address_is_refused(
    ana: Browser, secret: str, path: str
) -> None:
    """It runs on this machine, perhaps as another user, and sends no headers of a browser."""
    own = ana.demo.page.address
    url = f"http://127.0.0.1:{ana.demo.page.port}{secret}{path if secret.endswith('/') else ''}"
    word = own.split("/")[3]

    for address in (url, own.replace(word, word[:-1]), own.replace(word, word.swapcase())):
        async with (
            ana.session.get(address, params=ana.query) as read,
            ana.session.post(address, json={"act": "send", "text": "/start"}) as acted,
        ):
            assert (read.status, acted.status) == (403, 403)
            assert word not in await read.text()
    assert ana.person.messages == []


async def test_a_program_with_another_host_does_not_learn_the_address(ana: Browser) -> None:
    headers = {"Host": "evil.example"}
    async with ana.session.get(ana.demo.page.address, headers=headers) as answer:
        assert answer.status == 403
        assert ana.demo.page.address.split("/")[3] not in await answer.text()


async def test_each_demo_has_another_secret(demo: Demo) -> None:
    secret = Page(demo.server, demo.mover).address.split("/")[3]

    assert len(secret) >= 20
    assert secret not in demo.page.address


@pytest.mark.parametrize("verb", ["act", "clock"])
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"act": "send", "text": "\\ud800"}', "application/json"),
        (b'{"act": "send", "\\udfff": "text"}', "application/json"),
        (b'{"act": "send", "text": "\xed\xa0\x80"}', "application/json"),
        (b"[" * 60_000, "application/json"),
        (b"[" * 30_000 + b"]" * 30_000, "application/json"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "application/json"),
        (b"{", "application/json"),
        (b"", "application/json"),
        (b"{}", "application/json; charset=unheard-of"),
        (b"9" * 60_000, "application/json"),
    ],
    ids=range(10),
)
async def test_a_body_that_is_no_json_of_whole_characters_is_refused(
    ana: Browser, verb: str, body: bytes, content_type: str
) -> None:
    async with ana.session.post(
        ana.demo.page.address + verb, data=body, headers={"Content-Type": content_type}
    ) as answer:
        assert (answer.status, await answer.text()) == (400, "a JSON object is expected\n")

    assert ana.person.messages == []


async def test_a_form_of_another_site_is_refused(ana: Browser) -> None:
    body = '{"act": "send", "text": "/start"}'
    async with ana.session.post(
        ana.demo.page.address + "act", data=body, headers={"Content-Type": "text/plain"}
    ) as answer:
        assert answer.status == 400

    assert ana.person.messages == []


@pytest.mark.parametrize(
    "given",
    [
        {"act": "send"},
        {"act": "send", "text": "  "},
        {"act": "send", "text": "x" * 4097},
        {"act": "fly"},
        {},
        {"act": "location", "latitude": 91, "longitude": 0},
        {"act": "location", "latitude": "1", "longitude": 0},
    ],
)
async def test_a_malformed_action_is_refused(ana: Browser, given: dict[str, Any]) -> None:
    status, _ = await ana.post("act", **given)

    assert status == 400
    assert ana.person.messages == []


async def test_a_page_gets_the_whole_chat_and_then_its_changes(ana: Browser) -> None:
    first = await ana.first_event()

    assert first["reach"] == "not started"
    assert first["messages"] == []
    assert "Small daily habits" in first["description"]
    assert {"today", "water", "help"} <= {each["command"] for each in first["commands"]}
    assert first["clock"]["now"] == pytest.approx(MORNING.timestamp(), abs=30)

    async with ana.session.get(ana.demo.page.address + "events", params=ana.query) as events:
        await ana.act("send", text="/start")
        async for line in events.content:
            if line.startswith(b"data: ") and "Small daily habits" in str(
                json.loads(line[6:])["messages"]
            ):
                break
    [mine, card] = (await ana.first_event())["messages"]
    assert (mine["bot"], card["bot"]) == (False, True)
    assert card["rows"] == [
        [{"text": "Start", "data": card["rows"][0][0]["data"], "style": "success"}]
    ]


async def test_two_people_see_nothing_of_each_other(browsers: tuple[Browser, Browser]) -> None:
    ana, kenji = browsers
    await ana.set_up()

    await kenji.act("send", text="/start")
    await kenji.person.expect("Small daily habits")

    assert (await kenji.first_event())["messages"][0]["text"] == "/start"
    assert len((await kenji.first_event())["messages"]) == 2
    status, told = await kenji.post(
        "act", act="tap", message=ana.person.newest.message_id, data="v1:undo:1"
    )
    assert (status, told) == (409, {"error": "This message is gone."})
    assert (await kenji.first_event())["name"] == "Kenji"


async def test_a_person_who_blocked_the_bot_gets_nothing_until_they_unblock_it(
    ana: Browser,
) -> None:
    await ana.set_up()
    await ana.act("block")
    assert (await ana.first_event())["reach"] == "blocked"
    assert (await ana.post("act", act="send", text="hello"))[0] == 409
    before = len(ana.person.messages)
    await ana.demo.mover.move(ana.person, Destination.HOUR)

    await ana.act("unblock")
    assert await ana.demo.mover.wait_until_idle()
    await ana.demo.mover.move(ana.person, Destination.NEXT)

    assert len(ana.person.messages) == before + 1


async def test_a_file_is_offered_for_saving_and_only_to_its_owner(ana: Browser) -> None:
    await ana.set_up()
    await ana.act("send", text="/export")
    await ana.person.expect(lambda message: message.file is not None)
    file = ana.person.newest.file
    assert file is not None

    async with ana.session.get(
        f"{ana.demo.page.address}sent/{file.file_id}", params=ana.query
    ) as answer:
        assert await answer.read() == file.content
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
        assert answer.content_type == "application/octet-stream"
    async with ana.session.get(
        f"{ana.demo.page.address}sent/{file.file_id}", params={"person": "2"}
    ) as answer:
        assert answer.status == 404


async def test_the_transcript_has_every_version_with_local_time(ana: Browser) -> None:
    await ana.set_up()

    text, whole = await ana.text("transcript.txt"), json.loads(await ana.text("transcript.json"))

    assert text.startswith("Local time of Europe/Berlin\n")
    assert "10:00:" in text
    assert "Ana taps" in text
    kinds = [each["what"] for each in whole["events"]]
    assert {"message", "edit", "tap", "answer"} <= set(kinds)
    assert all(each["local"].endswith("+01:00") for each in whole["events"])
    cards = [each["message"]["text"] for each in whole["events"] if each["what"] == "edit"]
    assert any(each.startswith("What time is it") for each in cards)
    assert any(each.startswith("All set.") for each in cards)


# Moving the clock


async def test_a_move_goes_through_everything_due_in_order(
    ana: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    await ana.set_up()
    await ana.tap("Yes")
    before = ana.person.newest.message_id

    status, told = await ana.post("clock", to="next")
    assert (status, told) == (200, {"result": "met"})
    assert [each.message_id > before for each in ana.person.messages if each.from_bot].count(
        True
    ) == 1
    while ana.demo.clock.now().astimezone(ZoneInfo("Europe/Berlin")).isoweekday() < 7:
        assert await ana.demo.mover.move(ana.person, Destination.MORNING) is MoveResult.REACHED
    status, told = await ana.post("clock", to="digest")

    assert (status, told) == (200, {"result": "reached"})
    digest = [each for each in ana.person.messages if each.file is not None]
    assert [each.text.startswith("Your week") for each in digest] == [True]
    assert f"{digest[0].date.astimezone(ZoneInfo('Europe/Berlin')):%a %H:%M}" == "Sun 18:00"
    sent = [event.at for event in ana.demo.server.chats.by_id[ana.person.id].events]
    assert sent == sorted(sent)
    questions = [each for each in ana.person.messages if each.text.startswith("💧 A glass")]
    assert len(questions) >= 4 * 5  # no glass was skipped
    assert "misfired" not in caplog.text
    assert "Traceback" not in caplog.text


async def test_a_move_can_be_stopped_and_a_second_one_is_refused(ana: Browser) -> None:
    await ana.set_up()
    moving = asyncio.create_task(ana.post("clock", to="digest"))
    await until(lambda: ana.demo.mover.is_moving)

    second = await ana.post("clock", to="hour")
    await ana.post("clock", stop=True)

    assert second == (409, {"error": "The clock is moving already."})
    assert await moving == (200, {"result": "stopped"})


async def test_before_the_set_up_there_is_no_digest_to_move_to(ana: Browser) -> None:
    with pytest.raises(NoSuchDestination, match="press Start"):
        await ana.demo.mover.move(ana.person, Destination.DIGEST)

    assert await ana.post("clock", to="moon") == (400, "to is one of next, hour, morning, digest\n")


async def test_fast_time_goes_through_everything_due_too(
    ana: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    await ana.set_up()

    assert await ana.post("clock", speed=36_000) == (200, {})
    await ana.person.until(lambda: len(ana.person.messages) > 4)

    assert await ana.post("clock", speed=0.5) == (400, "speed is a number from 1 to 86400\n")
    assert "misfired" not in caplog.text


@pytest.mark.soak
async def test_a_simulated_month_has_answers_and_digests(
    caplog: pytest.LogCaptureFixture,
) -> None:
    days = 9  # enough to contain a Sunday with its digest
    with quick_folder() as folder:
        Clock.move(folder / "clock", month_start(machine_time()) - machine_time())
        async with Demo(folder).running() as demo:
            told: list[int] = []
            begin = demo.clock.now()
            month = await demo.start_month(3)
            await month.run(begin + (machine_time() - begin) * days / 30, told.append)
            ana = demo.page.person(1)

            assert [each for each in ana.messages if each.text.startswith("Your week")]
            assert told == sorted(set(told))
            answered = [
                each for each in ana.messages if each.from_bot and each.edited_at is not None
            ]
            assert len(answered) > 4 * days
    assert "misfired" not in caplog.text
    assert "Traceback" not in caplog.text


# The terminal


@pytest.mark.processes
def test_the_demo_works_in_a_terminal(home: Path) -> None:
    lines = [
        "/start",
        "1",
        "Berlin",
        "1",
        "2",
        "10",
        "1",
        ":next",
        ":digest",
        ":at 1",
        ":fly",
        ":quit",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "reminder_bot", "demo", "--terminal"],
        cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(ROOT)},
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,  # a month of events: only the limit of pytest bounds it
    )

    assert done.stderr == ""
    for words in (
        "Small daily habits",
        "[1] Start",
        "What time is it",
        "All set.",
        "Your week",
        "[photo ",
        "Write it",
    ):
        assert words in done.stdout
    assert done.stdout.index("All set.") < done.stdout.index("Your week")
    assert not {each for each in done.stdout if not each.isprintable()} - {"\n"}


@pytest.mark.processes
def test_ctrl_c_in_a_terminal_ends_the_demo(home: Path, place: Path) -> None:
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "reminder_bot", "demo", "--terminal"],
        cwd=home,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TMPDIR": str(place),
            "PYTHONPATH": str(ROOT),
        },
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    )
    os.close(follower)
    said = b""
    while b":quit" not in said:
        assert select.select([leader], [], [], PATIENCE)[0], said
        said += os.read(leader, 1024)

    process.send_signal(signal.SIGINT)

    assert process.wait(timeout=PATIENCE) == 0
    assert list(place.iterdir()) == []
    os.close(leader)


async def test_a_requested_port_is_never_replaced_by_another(demo: Demo) -> None:
    with pytest.raises(PortTaken, match=str(demo.page.port)):
        await Page(demo.server, demo.mover).start(demo.page.port)
