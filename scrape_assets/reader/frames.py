"""From a query to a DataFrame with the right types; which database it is. What is asked for is in reading.py."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from scrape_assets.operations.asked_rows import ReaderError
from scrape_assets.settings import Settings, SettingsError
from scrape_assets.storage.database import (
    DatabaseUnavailable,
    address_from_url,
    connect,
    start_embedded,
    unavailable,
)
from scrape_assets.storage.views import Filters, Holds, NoSuchFilter, NoSuchTarget, View, check_targets, select

CHUNK_ROWS = 20_000
UNDEFINED_TABLE = "42P01"

_engines: dict[str | None, Engine] = {}
_lock = threading.Lock()


def frame(view: View, wanted: Filters, database_url: str | None) -> pd.DataFrame:
    """The rows of a view.

    Raises:
        ReaderError: the database cannot be reached or is not ready, or there is no such creator or event.
    """
    with _connection(database_url) as conn:
        check_targets(conn, wanted)
        rows = conn.execution_options(stream_results=True, max_row_buffer=CHUNK_ROWS).execute(select(view, wanted))
        pieces = [_typed(view, chunk) for chunk in rows.partitions(CHUNK_ROWS)]
    return pd.concat(pieces, ignore_index=True) if pieces else _typed(view, [])


def _typed(view: View, rows: Sequence[sa.Row[Any]]) -> pd.DataFrame:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(view.columns)
    return pd.DataFrame(
        {name: _series(holds, values) for (name, holds), values in zip(view.columns.items(), columns, strict=True)}
    )


def _series(holds: Holds, values: tuple[object, ...]) -> pd.Series:
    match holds:
        case Holds.TEXT:
            return pd.Series(values, dtype=pd.StringDtype())
        case Holds.COUNT:
            return pd.Series(values, dtype="Int64")
        case Holds.NUMBER:
            return pd.Series(values, dtype="Float64")
        case Holds.MOMENT | Holds.DAY:
            return pd.Series(pd.to_datetime(pd.Series(values, dtype="object"), utc=True)).astype("datetime64[us, UTC]")
    return pd.Series(values, dtype="object")


@contextmanager
def _connection(database_url: str | None) -> Iterator[Connection]:
    try:
        with _engine(database_url).connect() as conn:
            yield conn
    except (DatabaseUnavailable, SettingsError, NoSuchFilter, NoSuchTarget) as error:
        raise ReaderError(str(error)) from error
    except sa.exc.DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == UNDEFINED_TABLE:
            raise ReaderError("the database has no such view yet: `scrape-assets migrate` makes it") from error
        if isinstance(error, sa.exc.OperationalError):
            raise ReaderError(str(unavailable(_engine(database_url).url, error))) from error
        raise


def _engine(database_url: str | None) -> Engine:
    """The engine on this database, kept for the next question."""
    with _lock:
        if database_url not in _engines:
            settings = Settings.from_environment()
            url = database_url or settings.database_url
            address = address_from_url(url) if url else start_embedded(settings.home_folder)
            _engines[database_url] = connect(address, 2)
        return _engines[database_url]
