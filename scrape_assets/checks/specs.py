"""The asset checks as Dagster is told of them. What each means stands in operations/checking/told.py."""

from collections.abc import Iterable

import dagster as dg

from scrape_assets.operations.checking.judging import OF_THE_TABLES
from scrape_assets.operations.checking.told import TOLD


def _specs(checks: Iterable[tuple[str, str]]) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            name,
            asset=asset,
            description=TOLD[asset, name].description,
            metadata={"severity": TOLD[asset, name].severity},
        )
        for asset, name in checks
    ]


COLLECTION_CHECK_SPECS = _specs([("collections", "dead_letters")])
TABLE_CHECK_SPECS = _specs(OF_THE_TABLES)
MEDIA_CHECK_SPECS = _specs(check for check in TOLD if check[0] == "media_files")
CHECK_SPECS = _specs(
    check for check in TOLD if check not in OF_THE_TABLES and check[0] not in ("collections", "media_files")
)
