from datetime import timedelta
from tests.support.people import *
from tests.support.messenger import *
from tests.engine.conftest import *
from tests.support.world import local
from reminder_bot.domain.habit import HabitKind
from reminder_bot.domain.check_in import Reply, Status
from reminder_bot.storage.tables import *
from reminder_bot.engine.replying import reply
async def test_wind_down(both):
    b=both
    u=await settle(b.database, MONDAY, habits=[HabitKind.BEDTIME])
    await b.run_until(local("2026-03-02 07:15", BERLIN))
    c,=await check_ins_of(b.database)
    async with b.database.write() as w: print((await reply(w,u,c,Reply.YES,b.now)).told)
    await b.run_until(local("2026-03-02 23:30", BERLIN))
    for c in await check_ins_of(b.database): print(c.role,c.status,c.due_at,c.sent_at)
    print(b.messenger.asked_at())
async def test_poison(both):
    b=both
    await settle(b.database, MONDAY, habits=[HabitKind.MEDITATION])
    await settle(b.database, MONDAY, user_id=8, habits=[HabitKind.MEDITATION])
    await b.plan(local("2026-03-02 08:00", BERLIN))
    await change(b.database, 8, zone="Mars/Base")
    for _ in range(4):
        try: await b.dispatch(b.now+timedelta(seconds=1))
        except Exception as e: print("raised",repr(e))
    await b.dispatcher.drain()
    print([(s.user_id,s.at) for s in b.messenger.sent])
async def test_late_wind(both):
    b=both
    u=await settle(b.database, MONDAY, habits=[HabitKind.BEDTIME])
    await b.run_until(local("2026-03-02 22:10", BERLIN))
    await b.tick(local("2026-03-02 22:40", BERLIN))
    await b.run_until(local("2026-03-02 23:30", BERLIN), timedelta(minutes=1))
    print([t.time() for t in b.messenger.asked_at()])
