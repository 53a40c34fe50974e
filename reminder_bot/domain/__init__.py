"""Pure values and rules: values in, values out, standard library only, the time is an argument.

The words of this project, one for each concept:

user        who is reminded
habit       what they want to do
reminder    a habit's standing question: its schedule, how late it may be asked, how often it is repeated
schedule    weekdays, wall times and a zone; a pure value. A slot is one of its wall times
check-in    one due instance of a reminder: one row, normally one message, at most one reply
ask         one send of a check-in: the first, a Later, or a repeat
due_at      the instant a check-in was planned for; never changes
send_after  not before this instant; Later and a wait that Telegram asks for move it
plan, claim, sent
            the flow: a row is made, taken by one process under a lease, accepted by Telegram
lease       what one process may hold for a while, by the database's clock: a claim; leading, which is to poll
turn, pace  leave to send one message, at the gate; how fast turns come
misfired    we were later than the grace; unanswered: the user stayed silent
uncertain   sent perhaps: Telegram's answer was lost and no further copy is due
notice      a line that the bot says by itself and that is no question: a nudge, the end of a pause
slot, goal, repeat
            a wall time of a schedule; a day's target; a further ask when nobody answered
pause       silence for a while, its days neutral
reply       yes, no or skipped, to a check-in; snooze: ask again later, which is no reply
entry       what was done: habit, day, amount
day         a person's day, which ends at night and not at midnight; quiet hours: from sleep to wake
adherence   days kept of days due; streak: days kept in a row
digest      one user's week, once; fact: a health statement with its source
erase       remove all that is known of a user

`_at` is an aware UTC instant, `day` a local date, `_after` and `_until` are bounds (until is
exclusive).
"""
