"""The colours: enough contrast for what carries meaning, and a table that holds every shade."""

import re
from dataclasses import astuple

import pytest

from reminder_bot.pictures.colours import DARK, LIGHT, Palette, colour_table

both = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", [*astuple(LIGHT), *astuple(DARK)])
def test_a_colour_is_one_that_svg_knows(colour: str) -> None:
    assert re.fullmatch(r"#[0-9A-F]{6}", colour)


@both
def test_whatever_carries_meaning_has_enough_contrast(palette: Palette) -> None:
    p = palette
    words_on = [(p.ink, p.background), (p.quiet, p.background)]
    shapes_on = [
        (p.kept, p.background),
        (p.on_kept, p.kept),
        (p.no, p.no_tile),
        (p.no, p.background),
        (p.aside, p.aside_tile),
        (p.aside, p.background),
        (p.frame, p.background),
        (p.sign, p.tile),
    ]

    assert min(contrast(*each) for each in words_on) >= 4.5
    assert min(contrast(*each) for each in shapes_on) >= 3


def test_neither_palette_is_close_to_white_or_black() -> None:
    assert luminance(LIGHT.background) < 0.92
    assert (
        max(luminance(each) for each in (DARK.background, DARK.tile, DARK.no_tile, DARK.aside_tile))
        < 0.05
    )
    assert luminance(DARK.kept) < 0.3
    assert luminance(DARK.ink) < 0.75


# The table of a file


@both
def test_a_table_begins_with_the_background_and_holds_every_colour(palette: Palette) -> None:
    table = ["#" + bytes(colour).hex().upper() for colour in colour_table(palette)]

    assert table[0] == palette.background
    assert set(astuple(palette)) <= set(table)
    assert len(set(table)) == len(table) <= 256


@both
def test_the_shades_between_words_and_the_background_are_close_together(palette: Palette) -> None:
    """So that a letter in the table's colours looks like one in all colours."""
    ink, background = (bytes.fromhex(each[1:]) for each in (palette.ink, palette.background))
    for share in (0.1, 0.33, 0.5, 0.72, 0.95):
        pixel = [low + (high - low) * share for low, high in zip(background, ink, strict=True)]

        off = min(
            max(abs(one - other) for one, other in zip(colour, pixel, strict=True))
            for colour in colour_table(palette)
        )

        assert off <= 6
