"""Connections that the server has closed while they lay in the pool: noticed without asking the server anything.

SQLAlchemy's own check (`pool_pre_ping`) is a statement for each time a connection is taken, which is as dear as most of
what we ask. A server that ends, restarts or throws a session out closes its end, and that can be seen here for nothing.
"""

import select
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine


def replace_what_hung_up(engine: Engine) -> Engine:
    """Have dead connections of the engine's pool replaced before anybody is given one. Gives the engine back.

    What dies without a word (a cut cable) is noticed by the next statement, as it would be with a check by statement
    that nobody answers.
    """
    sa.event.listen(engine, "checkout", _still_there)
    return engine


def _still_there(connection: Any, _record: object, _fairy: object) -> None:
    """Raise what makes the pool connect anew, if the other end has something to say to a connection that is idle."""
    # Its farewell or the end of the stream. Seldom anything harmless, and then a new connection does no harm either.
    if connection.closed or _readable(connection.fileno()):
        raise sa.exc.DisconnectionError("the server has closed the connection")


def _readable(descriptor: int) -> bool:
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(0))
