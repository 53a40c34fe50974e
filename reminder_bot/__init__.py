"""A Telegram bot that looks after gut and skin with small daily habits.

This is the map of the package. One line says what the bot does; each step has an owner:

    a reminder becomes due
        domain.schedule computes when, in the user's wall-clock time
        engine.ticking runs the steps below; storage.due_work says which have something to do
    → a check-in is planned
        engine.planning inserts its row into storage.check_ins, the only record of what is due
    → claimed
        engine.dispatching claims rows under a lease, with storage.claims
    → sent
        chat.messages builds the message from texts and chat.keyboards
        bot_api.sender sends it when bot_api.rate_limiter permits
        engine.outcomes records what became of it
    → answered
        bot_api.poller receives the updates of a poll, chat.updates reads them
        chat.batches has them handled in one transaction
        chat.reply_buttons and engine.replying record the replies
        chat.message_edits shows them in the messages
    → counted
        domain.adherence counts, from storage.entries
        engine.entries records what was done without being asked
    → digested
        engine.digesting plans one digest a week: domain.digest, domain.suggestion, domain.fact
        pictures.week_pictures makes its picture

The packages:

    domain/     values and rules, no input or output; its __init__ is the glossary
    storage/    every SQL statement and every table
    engine/     the steps; the time is an argument
    bot_api/    how a call reaches Telegram, and what its errors mean
    texts/      every sentence, and the understanding of what people type
    pictures/   figures → SVG → PNG
    chat/       the conversation: handlers, messages, keyboards, and screens/ for the commands
    content/    facts, foods, safety texts, cities
    locales/    the catalogues of translations
    simulator/  a local Bot API server and people to use it; for the demo and the tests

The modules beside them:

    cli         the command line             app        the composition root
    settings    what a host can configure    clock      the only reader of the wall clock
    check       `reminder-bot check`         logs       the format of the logs
    demo        `reminder-bot demo`          heartbeat  whether the bot is alive, in a file
    activity    what it did, a line an hour  progress   how far a long command has come
    memory      gives back what a rush used  files      files for the bot's user alone
    tracebacks  logs each kind of traceback once an hour

Imports go one way: cli → app → chat → (texts, pictures, bot_api) → engine → storage → domain.
"""

import zoneinfo

__version__ = "0.1.0"

# Use the zone data of the tzdata wheel. zoneinfo prefers the system's, which may be old and then is
# an hour off in a dozen zones. This has an effect only before the first ZoneInfo is constructed.
zoneinfo.reset_tzpath(to=())
