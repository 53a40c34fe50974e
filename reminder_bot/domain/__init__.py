"""Pure values and rules: values in, values out; standard library only; the time is an argument.

The glossary. Each concept has one word, the same in code, comments, logs and documents.

What a person has
    user          the person who is reminded
    habit         what a user wants to do regularly; its kind (water, bedtime …) decides its rules
    goal          how much water a day should reach, in millilitres
    hours         a user's wake and sleep times, on working days and at the weekend
    quiet hours   from sleep time to wake time; the bot starts nothing then
    day           a user's day; it ends at 04:00 or during their sleep, not at midnight
    configure     to change habits, hours, zone or other settings
    erase         to delete everything that is known about a user

When something is asked
    reminder      what asks about a habit: a schedule, a number of repeats, and whether with a sound
    schedule      wall times for each weekday, and a zone; it says when a reminder is due
    slot          one wall time of a schedule
    check-in      one due instance of a reminder: one row, usually one message, at most one reply
    ask           one send of a check-in: the first, one after a snooze, or a repeat
    due_at        the instant for which a check-in was planned; it never changes
    send_after    nothing is sent before this instant; a snooze or a failed send moves it
    grace         how long after due_at an ask is still worth sending
    snooze        to ask again later, because the user tapped a Later button; it is not a reply
    repeat        a further ask when nobody has answered
    pause         a time without check-ins that the user chose; its days are neutral
    uncertain     perhaps sent: Telegram's answer was lost, and no further copy will be sent
    misfired      not sent, because the bot was too late: the grace was over
    unanswered    sent, and the user did not answer before it expired

What comes back
    reply         the answer to a check-in: yes, no or skipped
    entry         what was done: habit, day, amount; from a reply or recorded without being asked
    verdict       what a day of a habit was: kept, missed, neutral or not due
    neutral       neither kept nor missed: skipped, paused, or less was asked than on other days
    adherence     days kept of days due, for one habit; due is what was kept or missed
    streak        days kept in a row
    digest        the summary of one user's week, sent once
    fact          a statement about gut or skin with its source; each digest has one
    notice        a message that the bot sends by itself and that asks nothing

How work is shared between processes, in the words of queues
    plan          to create the row of a check-in or digest that is due
    claim         to reserve planned rows for one process, so that no other one sends them
    lease         how long a claim or leading is valid, measured by the database's clock
    release       to return a claimed row to planned
    expire        to end because its time is over: a lease, or a check-in that was not answered
    retry         to try a failed send again, after a wait
    settle        to record that a pending edit was made, or is no longer needed
    leading       to be the one replica that polls Telegram; a lease decides which one

How a message reaches a person
    rate limiter  what every call that Telegram counts passes through; it keeps Telegram's limits
    permit        the rate limiter's permission to send one message
    priority      the order in which permits are given: replies, reminders, digests, tidying
    halt          a time in which nothing is sent, because Telegram asked the bot to wait (429)
    outcome       what became of a send: sent, not_sent, ambiguous, unreachable or refused
    sent          Telegram accepted the message
    not_sent      Telegram certainly did not accept it; retry
    ambiguous     Telegram may have accepted it; nobody knows
    unreachable   the user blocked the bot or is gone
    refused       Telegram will never accept this message; retrying is useless

What a person sees
    card          a message that shows one or several check-ins with their buttons
    screen        what a command shows and its buttons change, such as /habits or /settings
    screen module the module in chat.screens that builds a screen and handles its buttons
    edit          to make a sent message show what is recorded now
    pending edit  a sent message that still has to be edited; it is stored, so a restart continues
    handler       the function that handles one kind of update: a command, a button, a text
    effects       what follows the commit of a handler's transaction: answers and edits, as data
    render        to make a picture (PNG) from figures

Names: `_at` is an aware UTC instant, `_on` and `day` are local dates, `_after` and `_until` are
bounds (until is exclusive), durations are `timedelta`, and a bare number has its unit in its name.
"""
