"""Hosts of media on loopback: real pictures, and every way in which strangers' servers behave. And who may go there."""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image

from scrape_assets.sources.media.guard import Address, Policy, is_public


def picture(width: int = 64, height: int = 48, kind: str = "PNG", colour: str = "teal", **how: object) -> bytes:
    """A real picture."""
    made = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(made, kind, **how)
    return made.getvalue()


PNG = picture()
NOISE = b"\x00\x00\x00\x18ftypisom" + bytes(range(256)) * 1000  # begins like an MP4; 256 KB

Answer = Callable[["Asked"], None]


@dataclass
class Host:
    """What lies at each path, and what was asked for."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    port: int = 0

    def url(self, path: str, name: str = "cdn.example.com") -> str:
        return f"http://{name}:{self.port}{path}"

    def calls(self) -> Counter[str]:
        """How often each path was asked for, without its query."""
        return Counter(path.split("?")[0] for path, _ in self.asked)

    def policy(self, *names: str, **leads_to: list[str]) -> Policy:
        """Loopback is allowed for this host's port, and for names that lead there; all else is as in production."""
        known = {name: ["127.0.0.1"] for name in names or ("cdn.example.com", "other.example.com")}
        known |= {name.replace("_", "."): addresses for name, addresses in leads_to.items()}

        def allowed(address: Address) -> bool:
            return str(address) == "127.0.0.1" or is_public(address)

        return Policy(frozenset({80, 443, self.port}), allowed, lambda host, _port: known[host])


class Asked(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    host: Host

    def do_GET(self) -> None:
        self.host.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        self.host.answers.get(self.path.split("?")[0], status(404))(self)

    def give(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Whoever asked has gone: that is what many of these tests are about."""


@contextmanager
def running() -> Iterator[Host]:
    """A host, on a port of its own."""
    host = Host()
    server = _Server(("127.0.0.1", 0), type("Bound", (Asked,), {"host": host}))
    host.port = server.server_address[1]
    thread = threading.Thread(target=lambda: server.serve_forever(0.01), daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()


def gives(body: bytes, declared: str | None = "image/png", **headers: str) -> Answer:
    """A file, whole."""
    kind = {"content-type": declared} if declared is not None else {}
    return lambda asked: asked.give(200, {**kind, **headers}, body)


def status(code: int, **headers: str) -> Answer:
    return lambda asked: asked.give(code, headers)


def redirects(to: str, code: int = 302) -> Answer:
    return lambda asked: asked.give(code, {"location": to})


def resumable(body: bytes, *, etag: str = '"v1"', cut_after: int | None = None, declared: str = "video/mp4") -> Answer:
    """A file by ranges, as CDNs give them; the first answer breaks off after so many bytes."""
    cuts = [cut_after] if cut_after is not None else []

    def answer(asked: Asked) -> None:
        wanted = asked.headers.get("range")
        same = asked.headers.get("if-range") in (None, etag)
        begin = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted and same else 0
        headers = {"etag": etag, "content-type": declared, "content-length": str(len(body) - begin)}
        if begin:
            headers["content-range"] = f"bytes {begin}-{len(body) - 1}/{len(body)}"
        piece = body[begin:]
        asked.close_connection = bool(cuts)
        asked.give(206 if begin else 200, headers, piece[: cuts.pop()] if cuts else piece)

    return answer
