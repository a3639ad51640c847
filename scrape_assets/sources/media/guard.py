"""Which addresses may be contacted, and connections that are made to the very address that was looked at.

A post is written by a stranger, and so are the addresses in it: none may lead into our own network. A name is resolved
once, every address that it gives is judged, and the connection goes to one of them and not to the name, so that a
second answer of the name server changes nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote, urljoin, urlsplit

import httpcore

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve: TypeAlias = Callable[[str, int], Sequence[str]]

LONGEST_ADDRESS = 8_000  # letters; CDNs' signed ones have up to about 2,000
ADDRESSES_TRIED = 3  # of a name that has several
PORTS = (80, 443)

# Not the standard library's word alone: what counts as private there has changed from version to version.
_REFUSED_V4 = tuple(map(ipaddress.IPv4Network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4",
    "168.63.129.16/32",  # public by its number, and Azure's own service inside of its networks
)))  # fmt: skip
_GIVEN_OUT_V6 = ipaddress.IPv6Network("2000::/3")  # all else is local, reserved or holds an IPv4 address
_REFUSED_V6 = tuple(map(ipaddress.IPv6Network, (
    "2001::/23",  # Teredo (which holds IPv4 addresses), benchmarks, ORCHID and other protocols' own
    "2001:db8::/32", "3fff::/20",  # examples
    "2002::/16",  # 6to4 holds IPv4 addresses
)))  # fmt: skip
_AS_THEY_ARE = "".join(map(chr, range(0x21, 0x7F)))  # what is no ASCII is written as browsers do
_HOST = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
# The last part of a name is never a number: such hosts are addresses in another spelling (2130706433, 0177.1, 0x7f.1).
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)")


class Unsafe(Exception):
    """The address is not contacted; the message says why."""


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, and holds no other in itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not any(address in network for network in _REFUSED_V4)
    if address.scope_id is not None or address not in _GIVEN_OUT_V6:
        return False
    return address.is_global and not any(address in network for network in _REFUSED_V6)


def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, by the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


@dataclass(frozen=True)
class Policy:
    """What may be contacted. No setting makes one that allows more than ports; tests hand in their own."""

    ports: frozenset[int] = frozenset(PORTS)
    allowed: Callable[[Address], bool] = is_public
    resolve: Resolve = resolve

    def checked_url(self, url: str, base: str | None = None) -> str:
        """The address as it is asked for.

        Args:
            url: as given; relative where a base is.
            base: the address that redirected to it.

        Raises:
            Unsafe: it is none that may be contacted, whatever its name leads to.
        """
        if len(url) > LONGEST_ADDRESS or re.search(r"[\x00-\x1f\x7f\\]", url):
            raise Unsafe("it is no address: too long, or with signs that no address has")
        try:
            whole = urljoin(base, url) if base else url
            split = urlsplit(quote(whole, safe=_AS_THEY_ARE))
            port = split.port
        except ValueError:
            raise Unsafe("it is no address") from None
        if split.scheme not in ("http", "https"):
            raise Unsafe(f"{split.scheme[:20] or 'no scheme'} is neither http nor https")
        if "@" in split.netloc:
            raise Unsafe("it carries a user's name or password")
        if (port or (443 if split.scheme == "https" else 80)) not in self.ports:
            raise Unsafe(f"port {port} is not one that is contacted")
        self._check_host(split.hostname or "")
        return split._replace(fragment="").geturl()

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host, all of which may be contacted.

        Raises:
            Unsafe: one of them may not. Of a name that leads to both, nothing is contacted.
            OSError: the name leads nowhere.
        """
        found = self.resolve(host, port)
        if not found:
            raise OSError(f"{host} has no address")
        for text in found:
            try:
                address = ipaddress.ip_address(text)
            except ValueError:
                raise Unsafe(f"{host} leads to {text!r:.60}, which is no address") from None
            if not self.allowed(address):
                raise Unsafe(f"{host} leads to {address}, which is no public address")
        return list(found)

    def _check_host(self, host: str) -> None:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            host = host.removesuffix(".")
            if _NUMBER.fullmatch(host.rsplit(".", 1)[-1]):
                raise Unsafe(f"{host[:60]} is a number in a spelling that hides which address it is") from None
            if not _HOST.fullmatch(host.lower()):
                raise Unsafe(f"{host[:60] or 'nothing'!r} is no name of a public host") from None
        else:
            if not self.allowed(address):
                raise Unsafe(f"{address} is no public address")


PUBLIC = Policy()
"""Only public addresses, on the usual ports."""


class Deadlines:
    """Until when the call of this thread may last: no server that gives a byte a minute keeps us."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._of_thread = threading.local()

    def begin(self, seconds: float) -> None:
        """From now on, this thread has so many seconds."""
        self._of_thread.until = self._monotonic() + seconds

    def left(self, timeout: float | None) -> float:
        """How long to wait now, of at most so many seconds.

        Raises:
            ReadTimeout: the time is over.
        """
        left: float = getattr(self._of_thread, "until", float("inf")) - self._monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("it took too long in all")
        return min(left, timeout or 30.0)


class GuardedNetwork(httpcore.NetworkBackend):
    """Connects to checked addresses only. What runs over the connection (TLS, Host) goes by the name as ever."""

    def __init__(self, policy: Policy, deadlines: Deadlines) -> None:
        self._policy = policy
        self._deadlines = deadlines
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, judge, connect to what was judged.

        Raises:
            Unsafe: an address of the host may not be contacted.
        """
        try:
            addresses = self._policy.addresses(host, port)
        except OSError as error:
            raise httpcore.ConnectError(f"{host}: {error.strerror or error}") from error
        failed: Exception | None = None
        for address in addresses[:ADDRESSES_TRIED]:
            try:
                waiting = self._deadlines.left(timeout)
                stream = self._inner.connect_tcp(address, port, waiting, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
                continue
            return _Timed(stream, self._deadlines)
        raise failed or httpcore.ConnectError(f"{host} cannot be reached")

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Never."""
        raise Unsafe(f"{path} is a socket of this machine")


class _Timed(httpcore.NetworkStream):
    """A connection whose every wait ends with its thread's deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadlines: Deadlines) -> None:
        self._stream = stream
        self._deadlines = deadlines

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadlines.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadlines.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: object, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadlines.left(timeout))  # type: ignore[arg-type]
        return _Timed(secured, self._deadlines)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)
