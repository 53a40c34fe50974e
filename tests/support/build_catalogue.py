"""Writes the template of all sentences, for translators: `python -m tests.support.build_catalogue`.

The sentences are those that the program gives to gettext, and those of the content that are shown:
facts with their takeaways, foods with how to serve them and what to mind, and the safety texts.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

import reminder_bot
from reminder_bot.content import FOOTER, SAFETY_FIRST, SAFETY_MORE, facts, foods

PACKAGE = Path(reminder_bot.__file__).parent
TEMPLATE = PACKAGE / "locales" / "reminder_bot.pot"


def template() -> str:
    """The text of the template. It is the same for the same sentences."""
    catalogue = Catalog(project="gut-skin-reminder-bot", charset="utf-8")
    for name, _, message, _, context in extract_from_dir(PACKAGE, [("**.py", "python")]):
        catalogue.add(message, locations=[(Path(name).name, 0)], context=context)
    for text in _content():
        catalogue.add(text, locations=[("content", 0)])
    written = BytesIO()
    write_po(written, catalogue, no_location=True, omit_header=True, sort_output=True, width=0)
    header = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    return header + written.getvalue().decode()


def _content() -> Iterator[str]:
    yield from (FOOTER, *SAFETY_FIRST, *SAFETY_MORE)
    for fact in facts():
        yield from (fact.text, fact.takeaway)
    for food in foods():
        texts = (food.name, food.serving, food.caution, food.caveat)
        yield from (each for each in texts if each)


if __name__ == "__main__":
    TEMPLATE.parent.mkdir(exist_ok=True)
    TEMPLATE.write_text(template(), encoding="utf-8")
