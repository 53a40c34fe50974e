"""A Telegram bot that looks after gut and skin with small daily habits.

The map of the house. One line says what happens, and each step has one owner:

    a reminder becomes due   domain.schedule says when, in the user's wall-clock time
    → a check-in is planned  engine.planning, into the table that is the truth (storage.check_ins)
    → claimed → sent         engine.dispatching, through bot_api.sender, the one gate to Telegram
    → replied to             chat.reply_buttons, engine.replying
    → counted                domain.adherence, from storage.entries; engine.entries notes what nobody asked
    → digested               engine.digesting, once a week, with one fact of content

    domain/     pure: values in, values out; `now` is an argument; the words are explained in its __init__
    storage/    every SQL statement        engine/     one step each, told the time
    chat/       what the user sees         content/    facts, foods, safety texts
    simulator/  a local Bot API server     app         puts it all together
    demo        the bot against that server, in a chat page
    cli, check, settings, logs, heartbeat  clock       the only reader of the wall clock

Imports go one way: cli → app → chat → engine → storage → domain (tests/rules keeps it so).
"""

import zoneinfo

__version__ = "0.1.0"

# The zone data of the tzdata wheel, never the system's, which zoneinfo would prefer: an older
# system is an hour off in a dozen zones. It counts only before the first ZoneInfo is made, hence
# here.
zoneinfo.reset_tzpath(to=())
