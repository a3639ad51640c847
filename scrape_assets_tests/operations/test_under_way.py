"""Long work that the API starts: one at a time, and none that nobody noted keeps the next away."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from scrape_assets.api.under_way import UnderWay
from scrape_assets_tests.flow.world import World


def test_what_could_not_be_noted_has_not_begun_and_the_next_may(world: World) -> None:
    work = UnderWay("recovery", lambda _: {"found": 1})
    nowhere = replace(world.ctx, engine=sa.create_engine("postgresql+psycopg://127.0.0.1:1/nowhere"))
    with pytest.raises(sa.exc.OperationalError):
        work.begin(nowhere, "somebody")
    assert work.begin(world.ctx, "somebody")
    assert not work.begin(world.ctx, "another"), "one at a time"
    work.run(world.ctx)
    assert work.last is not None
    assert work.last["found"] == 1
    assert work.begin(world.ctx, "another")
    assert world.column("SELECT caller FROM api_writes ORDER BY caller") == ["another", "somebody"]
