"""Whether a port can be listened on, said before anything is started."""

import socket

from scrape_assets.commands.terminal import CommandFailed


def require_free(host: str, port: int, instead: str) -> None:
    """Make sure that nobody listens there.

    Raises:
        CommandFailed: somebody does, or the host is none of this machine; `instead` says what to do.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror:
        raise CommandFailed(f"{host!r} is no address of this machine") from None
    except OSError as error:
        raise CommandFailed(f"port {port} on {host} cannot be used ({error.strerror}); {instead}") from None
