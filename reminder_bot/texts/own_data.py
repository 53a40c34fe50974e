"""A person's own data: what is kept (/privacy), a copy of it (/export), deleting it (/delete)."""

from reminder_bot.texts.translation import Translation


def privacy(t: Translation) -> str:
    title = t.gettext("What is kept")
    return "\n".join(
        [
            f"<b>{title}</b>",
            t.gettext(
                "Your Telegram number, time zone, hours, diet, habits, the questions asked and "
                "your answers."
                " The words of a habit of your own. No name, no place, nothing else you write."
            ),
            t.gettext(
                "It stays in the database of whoever hosts this bot and goes to nobody else."
                " Telegram carries the messages."
            ),
            t.gettext("/delete removes all of it at once."),
            "",
            t.gettext(
                "Cities: data of GeoNames (geonames.org), CC BY 4.0. Font of the pictures: a "
                "subset of Inter, SIL Open Font License 1.1."
            ),
        ]
    )


def exported(t: Translation) -> str:
    return t.gettext("All that is known of you: a table for a spreadsheet, and the same as JSON.")


def ask_delete(t: Translation, rows: int) -> str:
    return t.ngettext(
        "This deletes all that is known of you: {rows} row. It can't be undone.",
        "This deletes all that is known of you: {rows} rows. It can't be undone.",
        rows,
    ).format(rows=rows)


def delete_button(t: Translation) -> str:
    return t.gettext("Delete all")


def keep_button(t: Translation) -> str:
    return t.gettext("Keep")


def deleted(t: Translation, rows: int) -> str:
    return t.ngettext(
        "Deleted: {rows} row. Nothing is known of you here any more. /start begins anew.",
        "Deleted: {rows} rows. Nothing is known of you here any more. /start begins anew.",
        rows,
    ).format(rows=rows)


def kept(t: Translation) -> str:
    return t.gettext("Nothing was deleted.")
