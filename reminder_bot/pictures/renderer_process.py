"""The child process that renders: SVG text from standard input, PNG to standard output.

It runs until its input ends. It imports only the libraries for pictures and the paths of the fonts,
so it starts quickly and stays small. `renderer` starts it, sends it requests and ends it.

    request   length of the SVG text, scale; then the text
    answer    length of the answer, whether it is a picture; then the PNG, or why there is none
"""

import os
import struct
import sys
from functools import partial

from reminder_bot.pictures.text_fitting import FAMILY, FONTS

__all__ = ["ANSWER", "REQUEST"]

REQUEST = struct.Struct(">Id")
ANSWER = struct.Struct(">I?")


def _render_until_the_end_of_input() -> None:
    # Here, not above: the parent must not load these libraries.
    from resvg_py import svg_to_bytes

    from reminder_bot.pictures.tiles import TiledPictures

    os.nice(5)  # the bot's own process comes first
    render = partial(
        svg_to_bytes,
        skip_system_fonts=True,
        font_files=[str(file) for file in FONTS.values()],
        font_family=FAMILY,
    )
    tiled = TiledPictures(lambda svg: render(svg_string=svg))
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while len(head := requests.read(REQUEST.size)) == REQUEST.size:
        length, scale = REQUEST.unpack(head)
        svg = requests.read(length).decode()
        try:
            png = tiled.picture(svg) if scale == 1 else render(svg_string=svg, zoom=scale)
            answer, is_picture = png, True
        except ValueError:  # its message may quote the SVG text
            answer, is_picture = b"the text is no SVG that can be rendered", False
        answers.write(ANSWER.pack(len(answer), is_picture) + answer)
        answers.flush()


if __name__ == "__main__":
    _render_until_the_end_of_input()
