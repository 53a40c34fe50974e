"""Render SVG text as PNG in one child process, which ends when it is idle.

    no child ── render() ──► child ── idle, closed, timeout, cancelled ──► no child

The renderer library holds the interpreter's lock while it works, so in a thread it would block the
event loop. A child process (`renderer_process`) renders one picture after the other. Requests and
answers go through pipes, each with its length in front. The child has no state and can be killed at
any time. If this process ends in any way, the child reads the end of its input and ends too.

A few finished pictures are cached, because many people who get their digests at the same time have
the same figures. The cache is emptied when the child ends, because pictures are personal data.
"""

import asyncio
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import OrderedDict
from contextlib import suppress
from hashlib import blake2b

from reminder_bot.pictures import renderer_process
from reminder_bot.pictures.renderer_process import ANSWER, REQUEST

__all__ = ["NotRendered", "Renderer"]

IDLE_SECONDS, TIMEOUT_SECONDS = 60.0, 20.0
MAX_CHARACTERS, MAX_PIXELS_A_SIDE, MAX_PNG_BYTES = 1 << 20, 4096, 1 << 24
CACHED_PICTURES = 32
SIZE = re.compile(r'<svg\b[^>]*\swidth="(\d{1,5})"[^>]*\sheight="(\d{1,5})"')


class NotRendered(Exception):
    """There is no picture. The message is for the log and quotes nothing of the SVG text."""


class Renderer:
    """Renders in a child process that is started when needed.

    The child ends after `idle` seconds without a request. If a picture takes longer than `timeout`
    seconds, including the start of the child, `render` raises NotRendered.
    """

    def __init__(self, idle: float = IDLE_SECONDS, timeout: float = TIMEOUT_SECONDS) -> None:
        self._idle = idle
        self._timeout = timeout
        self._lock = asyncio.Lock()
        self._child: Process | None = None
        self._idle_timer: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._cache: OrderedDict[bytes, bytes] = OrderedDict()

    async def render(self, svg: str, scale: float = 1.0) -> bytes:
        """The picture as PNG, `scale` times as large as its root element says.

        Raises NotRendered.
        """
        _check_size(svg, scale)
        text = svg.encode(errors="replace")
        key = blake2b(text + REQUEST.pack(0, scale), digest_size=16).digest()
        async with self._lock:
            cached = self._cache.get(key)
            if cached is not None:
                self._cache.move_to_end(key)
                return cached
            self._stop_idle_timer()
            try:
                png = await self._request_or_raise(REQUEST.pack(len(text), scale) + text)
            finally:
                if self._child is not None:
                    self._start_idle_timer()
            self._cache[key] = png
            if len(self._cache) > CACHED_PICTURES:
                self._cache.popitem(last=False)
        return png

    async def close(self) -> None:
        """End the child and wait until it has ended. Pictures requested before are finished."""
        async with self._lock:
            self._stop_idle_timer()
            self._end_child()
            while self._ending:
                await asyncio.wait(self._ending)

    async def _request_or_raise(self, frame: bytes) -> bytes:
        """The PNG for a request; every failure becomes NotRendered."""
        try:
            async with asyncio.timeout(self._timeout):
                is_picture, answer = await self._request_with_retry(frame)
        except TimeoutError:
            raise NotRendered(f"the renderer took longer than {self._timeout:g} s") from None
        except (ConnectionError, asyncio.IncompleteReadError):
            raise NotRendered("the renderer ended before the picture was done") from None
        except OSError as error:  # not enough processes or memory
            raise NotRendered(f"no renderer could be started: {error.strerror}") from None
        if not is_picture:
            raise NotRendered(answer.decode(errors="replace"))
        return answer

    async def _request_with_retry(self, frame: bytes) -> tuple[bool, bytes]:
        """Retry once if the child was idle: it may have been killed unnoticed."""
        was_idle = self._child is not None
        try:
            return await self._request(frame)
        except (ConnectionError, asyncio.IncompleteReadError):
            if not was_idle:
                raise
        return await self._request(frame)

    async def _request(self, frame: bytes) -> tuple[bool, bytes]:
        """Send one request and read its answer.

        Any interruption ends the child, so that the rest of an answer is not read as the next one.
        """
        child = self._child = self._child or await _start_child()
        assert child.stdin is not None
        assert child.stdout is not None
        is_answered = False
        try:
            child.stdin.write(frame)
            await child.stdin.drain()
            length, is_picture = ANSWER.unpack(await child.stdout.readexactly(ANSWER.size))
            answer = await child.stdout.readexactly(length)
            is_answered = True
            return is_picture, answer
        finally:
            if not is_answered:
                self._end_child()

    def _start_idle_timer(self) -> None:
        loop = asyncio.get_running_loop()
        self._idle_timer = loop.call_later(self._idle, self._end_child)

    def _stop_idle_timer(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None

    def _end_child(self) -> None:
        """Kill the child and empty the cache. A task waits for its exit, so no zombie is left."""
        self._cache.clear()
        child, self._child = self._child, None
        if child is not None:
            task = asyncio.get_running_loop().create_task(_kill(child))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)


async def _start_child() -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        renderer_process.__name__,
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        # A buffer for a whole picture: asyncio stops reading when the buffer is full, and would
        # then not notice that the child has ended.
        limit=MAX_PNG_BYTES,
    )


async def _kill(child: Process) -> None:
    with suppress(ProcessLookupError):
        child.kill()
    await child.wait()


def _check_size(svg: str, scale: float) -> None:
    """Refuse a picture that would need too much memory, or whose size is not in whole pixels."""
    if len(svg) > MAX_CHARACTERS:
        raise NotRendered(f"the text is too long: {len(svg)} characters, at most {MAX_CHARACTERS}")
    size = SIZE.search(svg)
    if size is None:
        raise NotRendered("the picture has no width and height in whole pixels")
    width, height = (int(side) * scale for side in size.groups())
    if not (1 <= width <= MAX_PIXELS_A_SIDE and 1 <= height <= MAX_PIXELS_A_SIDE):
        raise NotRendered(
            f"the picture would be {width:.0f} × {height:.0f} pixels, "
            f"at most {MAX_PIXELS_A_SIDE} a side"
        )
