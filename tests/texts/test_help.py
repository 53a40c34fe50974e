"""What /help answers. Its health notes are in test_safety."""

from reminder_bot.texts import help
from tests.texts.reading import ENGLISH, assert_html


def test_help_says_how_to_answer_and_names_the_commands() -> None:
    text = help.how_it_works(ENGLISH)

    assert_html(text)
    assert text.splitlines()[:5] == [
        "I ask about water, fermented food, quiet minutes and bedtime. Tap a button, or type yes, "
        "no, 2 glasses or 500 ml.",
        "/today shows the day and corrects it. /water notes a glass, /undo takes back the last "
        "answer. /habits changes what I ask and when.",
        "/stats shows how it went, /digest your last week. /pause keeps me silent until /resume. "
        "/timezone is for travel, /settings has the rest.",
        "/privacy says what is kept, /export hands it over, /delete removes it all. /start shows "
        "today, /help this.",
        "",
    ]
