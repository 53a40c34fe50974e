"""The child process that paints: reads SVG text from its input, writes PNG to its output, until the
input ends.

It is run as a program and imports nothing but the renderer and the fonts' places, so that it starts
in a moment and stays small. `painting` starts it, speaks with it and ends it.
"""

import os
import struct
import sys

from reminder_bot.pictures.text_fitting import FAMILY, FONTS

__all__ = ["ANSWERED", "ASKED"]

ASKED = struct.Struct(">Id")  # how many bytes of text follow, and its scale
ANSWERED = struct.Struct(
    ">I?"
)  # how many bytes follow, and whether they are a picture or why there is none


def _paint_until_the_end() -> None:
    from resvg_py import svg_to_bytes  # here, not above: the parent must not load it

    os.nice(5)  # whoever taps a button comes first
    asks, answers = sys.stdin.buffer, sys.stdout.buffer
    fonts = [str(file) for file in FONTS.values()]
    while len(head := asks.read(ASKED.size)) == ASKED.size:
        length, scale = ASKED.unpack(head)
        svg = asks.read(length).decode()
        try:
            answer = svg_to_bytes(
                svg_string=svg,
                zoom=scale,
                skip_system_fonts=True,
                font_files=fonts,
                font_family=FAMILY,
            )
            is_picture = True
        except ValueError:  # its words may quote what was to be drawn
            answer, is_picture = b"the text is no SVG that can be drawn", False
        answers.write(ANSWERED.pack(len(answer), is_picture) + answer)
        answers.flush()


if __name__ == "__main__":
    _paint_until_the_end()
