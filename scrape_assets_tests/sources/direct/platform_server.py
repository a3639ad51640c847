"""A platform on loopback: answers real HTTP by a function, and keeps what it was asked. Knows no platform."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias
from urllib.parse import parse_qs, urlsplit

Reply: TypeAlias = tuple[int, Mapping[str, str], bytes]
Handler: TypeAlias = Callable[[str, str, dict[str, list[str]], Mapping[str, str], bytes], Reply]
"""(method, path, query, headers by lower-case name, body) -> (status, headers, body).

A handler that states a longer Content-Length than its body has cuts the answer off.
"""


@contextmanager
def platform_server(handler: Handler) -> Iterator[str]:
    """A server whose answers the handler gives; its address, without a final slash."""

    class Requests(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else every answer waits for the client to acknowledge its head

        def _answer(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            asked = {name.lower(): value for name, value in self.headers.items()}
            query = parse_qs(url.query, keep_blank_values=True)
            status, headers, content = handler(self.command, url.path, query, asked, body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            stated = next((value for name, value in headers.items() if name.lower() == "content-length"), None)
            if stated is None:
                self.send_header("Content-Length", str(len(content)))
            else:
                self.close_connection = int(stated) != len(content)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet: a test tells what it saw."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
