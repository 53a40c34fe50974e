"""Pictures made of SVG text, by one child process that ends when it is idle.

    no child ── a picture is asked for ──► child ── idle, closed, too slow, given up ──► no child

The renderer holds the interpreter's lock: in a thread it would stop the loop for as long as it
draws. So a child draws (`brush`), one picture after the other. It is told through a pipe, the
length before the text, and answers in the same way. It holds no state: it is ended by a signal at
any time. When this process is gone, whatever became of it, the pipe ends and the child with it.

At the hour of the digests many people have the same empty week: finished pictures are kept, a few,
and not longer than the child, because a picture says how somebody lives.
"""

import asyncio
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import OrderedDict
from contextlib import suppress
from hashlib import blake2b

from reminder_bot.pictures import renderer_process
from reminder_bot.pictures.renderer_process import ANSWERED, ASKED

__all__ = ["NotRendered", "Renderer"]

IDLE, LONGEST_WAIT = 60.0, 20.0
LARGEST_TEXT, LARGEST_SIDE, LARGEST_PICTURE = 1 << 20, 4096, 1 << 24  # characters, pixels, bytes
KEPT = 32
SIZE = re.compile(r'<svg\b[^>]*\swidth="(\d{1,5})"[^>]*\sheight="(\d{1,5})"')


class NotRendered(Exception):
    """No picture came of it; the reason is for the log, and holds nothing of what was to be
    drawn.
    """


class Renderer:
    """Paints through a child that is started when needed and ended after `idle` seconds without
    work.

    A picture that takes longer than `wait` seconds, the child's start included, is given up.
    """

    def __init__(self, idle: float = IDLE, wait: float = LONGEST_WAIT) -> None:
        self._idle = idle
        self._wait = wait
        self._turn = asyncio.Lock()
        self._child: Process | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._finished: OrderedDict[bytes, bytes] = OrderedDict()

    async def render(self, svg: str, scale: float = 1.0) -> bytes:
        """The picture as PNG, `scale` times the size that its root element gives. Raises
        NotRendered.
        """
        _check(svg, scale)
        text = svg.encode(errors="replace")
        name = blake2b(text + ASKED.pack(0, scale), digest_size=16).digest()
        async with self._turn:
            if (known := self._finished.get(name)) is not None:
                self._finished.move_to_end(name)
                return known
            self._stop_timer()
            try:
                is_picture, answer = await self._ask_twice(ASKED.pack(len(text), scale) + text)
            finally:
                if self._child is not None:
                    self._timer = asyncio.get_running_loop().call_later(self._idle, self._retire)
        if not is_picture:
            raise NotRendered(answer.decode(errors="replace"))
        self._finished[name] = answer
        if len(self._finished) > KEPT:
            self._finished.popitem(last=False)
        return answer

    async def close(self) -> None:
        """Returns when no child is left; pictures that were asked for before are finished."""
        async with self._turn:
            self._stop_timer()
            self._retire()
            while self._ending:
                await asyncio.wait(self._ending)

    async def _ask_twice(self, frame: bytes) -> tuple[bool, bytes]:
        """A child that waited may be gone without our knowledge: a new one is asked, once."""
        had_waited = self._child is not None
        try:
            async with asyncio.timeout(self._wait):
                try:
                    return await self._ask(frame)
                except (ConnectionError, asyncio.IncompleteReadError):
                    if not had_waited:
                        raise
                return await self._ask(frame)
        except TimeoutError:
            raise NotRendered(f"the painter took longer than {self._wait:g} s") from None
        except (ConnectionError, asyncio.IncompleteReadError):
            raise NotRendered("the painter ended before the picture was done") from None
        except OSError as error:  # no process or memory to be had
            raise NotRendered(f"no painter could be started: {error.strerror}") from None

    async def _ask(self, frame: bytes) -> tuple[bool, bytes]:
        """One question and its answer. Whatever comes between ends the child: half an answer is
        none.
        """
        if self._child is None:
            # Room for a whole picture: a stream that is paused would not notice that the child
            # ended.
            self._child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                renderer_process.__name__,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                limit=LARGEST_PICTURE,
            )
        asks, answers = self._child.stdin, self._child.stdout
        assert asks is not None
        assert answers is not None
        is_answered = False
        try:
            asks.write(frame)
            await asks.drain()
            length, is_picture = ANSWERED.unpack(await answers.readexactly(ANSWERED.size))
            answer = await answers.readexactly(length)
            is_answered = True
            return is_picture, answer
        finally:
            if not is_answered:
                self._retire()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _retire(self) -> None:
        """End the child; a task waits until it is gone, so that it leaves nothing behind."""
        self._finished.clear()
        child, self._child = self._child, None
        if child is not None:
            task = asyncio.get_running_loop().create_task(_end(child))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)


async def _end(child: Process) -> None:
    with suppress(ProcessLookupError):
        child.kill()
    await child.wait()


def _check(svg: str, scale: float) -> None:
    """Refuses what would cost too much memory; a size must be named, in whole pixels."""
    if len(svg) > LARGEST_TEXT:
        raise NotRendered(f"the text is too long: {len(svg)} characters, at most {LARGEST_TEXT}")
    size = SIZE.search(svg)
    if size is None:
        raise NotRendered("the picture has no width and height in whole pixels")
    sides = [int(side) * scale for side in size.groups()]
    if not all(1 <= side <= LARGEST_SIDE for side in sides):
        raise NotRendered(
            f"the picture would be {sides[0]:.0f} × {sides[1]:.0f} pixels, at most {LARGEST_SIDE} "
            f"a side"
        )
