"""A host's wires: what it reaches of the others, through a relay that can be cut and mended. TCP, on loopback."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from benchmarks.harness import LOCALHOST

READ_BYTES = 1 << 16
Target = tuple[str, int] | str  # host and port, or the path of a socket


@dataclass
class Wires:
    """Relays of one host, in one loop on a thread of its own.

    Cut, nothing passes and nothing is refused: packets vanish, as when a switch dies. Connections stay as they are,
    for what a host notices by itself is what is to be seen.
    """

    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _whole: asyncio.Event = field(default_factory=asyncio.Event)

    def to(self, target: Target) -> int:
        """A port of this host's own that leads there."""
        return self._do(self._listen(target))

    def cut(self) -> None:
        """Nothing passes any more."""
        self._loop.call_soon_threadsafe(self._whole.clear)

    def mend(self) -> None:
        """Everything passes again, also what was on its way."""
        self._loop.call_soon_threadsafe(self._whole.set)

    def _do(self, work: Coroutine[Any, Any, int]) -> int:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _listen(self, target: Target) -> int:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._whole.wait()
            opened = (
                asyncio.open_unix_connection(target) if isinstance(target, str) else asyncio.open_connection(*target)
            )
            try:
                there = await opened
            except OSError:
                writer.close()
                return
            await asyncio.gather(self._pass(reader, there[1]), self._pass(there[0], writer))

        server = await asyncio.start_server(connected, LOCALHOST, 0)
        return int(server.sockets[0].getsockname()[1])

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(READ_BYTES):
                await self._whole.wait()
                writer.write(piece)
                await writer.drain()
        with suppress(OSError):
            writer.close()

    def run(self) -> None:
        """The thread's work."""
        asyncio.set_event_loop(self._loop)
        self._whole.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(asyncio.sleep(0))

    def stop(self) -> None:
        """The end of all relays."""
        self._loop.call_soon_threadsafe(self._loop.stop)


async def _connect(target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if isinstance(target, str):
        return await asyncio.open_unix_connection(target)
    return await asyncio.open_connection(*target)


@contextmanager
def wires() -> Iterator[Wires]:
    """Wires that are gone with the block."""
    made = Wires()
    thread = threading.Thread(target=made.run, name="wires", daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.stop()
        thread.join(5)
