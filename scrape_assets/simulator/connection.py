"""A server connection that an answer can drop: what a client sees when the vendor's machine goes away."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterable, Awaitable, Callable
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_RESET = "simulator.reset"
_HANG_UP = "simulator.hang_up"
_ON_ITS_WAY = 0.05  # seconds before a reset, which throws away what the client has not read yet


class DroppableConnection(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, which lets the application reset or close the connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        application: Callable[[Any, Any, Any], Awaitable[None]] = self.app

        async def droppable(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {}).update({_RESET: self._reset, _HANG_UP: self._hang_up})
            await application(scope, receive, send)

        self.app = droppable

    def _reset(self) -> None:
        connection = self.transport.get_extra_info("socket")
        # No lingering: the client gets a reset, not an orderly end.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _hang_up(self) -> None:
        self.transport.close()


class DroppedAnswer(Response):
    """No answer at all: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Reset the connection and wait until it is gone."""
        scope["extensions"][_RESET]()
        await _gone(receive)


class CutAnswer(Response):
    """A body that stops in its middle: the connection is closed, or reset, before the promised length has come."""

    def __init__(
        self, chunks: AsyncIterable[bytes], headers: dict[str, str], media_type: str, *, reset: bool = False
    ) -> None:
        super().__init__(headers=headers, media_type=media_type)
        self._reset = reset
        if "content-length" not in headers:
            del self.headers["content-length"]
        self._chunks = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what there is and hang up; an orderly end, after which what was sent does arrive, or none."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for chunk in self._chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        if self._reset:
            await asyncio.sleep(_ON_ITS_WAY)
        scope["extensions"][_RESET if self._reset else _HANG_UP]()
        await _gone(receive)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
