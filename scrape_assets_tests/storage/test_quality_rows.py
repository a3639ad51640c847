"""The statement that a person pastes finds what the check found, whatever its values hold."""

from datetime import UTC, datetime

from sqlalchemy import Engine

from scrape_assets.storage.quality.rows import Rows

AT = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


def test_values_of_every_kind_stand_in_the_pasted_statement_as_they_are(db: Engine) -> None:
    rows = Rows(
        "SELECT name, :number AS number, CAST(:share AS float8) AS share, :at AS at\n"
        "    FROM unnest(CAST(:names AS text[])) AS name WHERE name <> :name",
        {"names": ["it's", "a :number", "\\", "left out"], "name": "left out", "number": 3, "share": 0.5, "at": AT},
    )
    with db.connect() as conn:
        found = rows.look(conn, limit=2)
        pasted = [tuple(row) for row in conn.exec_driver_sql(rows.pasted)]
    assert (found.count, found.headers) == (3, ("name", "number", "share", "at"))
    assert [row[0] for row in pasted] == ["it's", "a :number", "\\"]
    assert [row[1:4] for row in pasted] == [(3, 0.5, AT)] * 3
    assert tuple(pasted[:2]) == found.rows
    assert "\n    " not in rows.pasted


def test_nothing_found_is_nothing(db: Engine) -> None:
    with db.connect() as conn:
        found = Rows(
            "SELECT 1 AS one WHERE CAST(:no AS text) = ANY(CAST(:names AS text[]))", {"no": "a", "names": []}
        ).look(conn)
    assert (found.count, found.headers, found.rows) == (0, ("one",), ())
