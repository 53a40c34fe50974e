"""What the bot's own messages look like, and what becomes of them."""

import asyncio
from datetime import date

from reminder_bot.chat.messages import Messages
from reminder_bot.content import facts
from reminder_bot.domain.adherence import Adherence, Cell, Mark
from reminder_bot.domain.check_in import Status
from reminder_bot.domain.digest import Digest, Figures, HabitWeek
from reminder_bot.domain.habit import HabitKind
from reminder_bot.engine.messenger import OutcomeKind
from reminder_bot.pictures.renderer import Renderer
from reminder_bot.simulator import BotApiServer
from tests.chat.cards import ANA
from tests.support.telegram import MONDAY_TEN


async def test_a_digest_whose_lease_ends_while_others_are_rendered_is_not_rendered(
    server: BotApiServer, messages: Messages, renderer: Renderer
) -> None:
    """At a high rate many are claimed at once and rendered one after the other: what is given
    back is rendered later.
    """
    leased, asked = True, []
    day = (Cell(Mark.KEPT, 1.0),) * 7
    hours = HabitWeek(HabitKind.MEDITATION, Adherence(7, 7), Adherence(3, 7), day)
    due = (date(2026, 3, 1), MONDAY_TEN, MONDAY_TEN, MONDAY_TEN)
    digest = Digest(
        1, 7, *due, Status.CLAIMED, 0, facts()[0].id, Figures((hours,), 7, date(2026, 2, 26))
    )

    def is_wanted() -> bool:
        asked.append(leased)
        return leased

    async with messages._rendering:  # another's picture
        telling = asyncio.create_task(messages.send_digest(ANA, digest, is_wanted))
        await asyncio.sleep(0)
        leased = False

    assert (await telling).kind is OutcomeKind.NOT_WANTED
    assert asked[0] is False, "it is asked when it is its turn"
    assert renderer._child is None
    assert server.accepted("sendPhoto") == server.accepted("sendMessage") == []
