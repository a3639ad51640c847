"""The table of sources in the documentation is what the code declares, and the declarations hold together."""

from pathlib import Path

import pytest

from scrape_assets.settings import Settings
from scrape_assets.sources.abilities import How
from scrape_assets.sources.registry import DATASETS, DIRECT, OFF_BY_DEFAULT, ORDER, direct_source, mapping_of
from scrape_assets.sources.table import WORDS, markdown, source_rows

DOCS = Path(__file__).parents[2] / "docs" / "sources.md"


def test_the_table_in_the_documentation_is_the_code_s_own() -> None:
    written = DOCS.read_text(encoding="utf-8").partition("<!-- sources -->\n")[2].partition("<!-- /sources -->")[0]
    assert written == markdown(), "write it anew: scrape-assets sources --markdown"


def test_every_source_and_every_dataset_is_in_it() -> None:
    named = {(row.platform, row.source.split(" ")[0]) for row in source_rows()}
    both = [*ORDER.items(), *OFF_BY_DEFAULT.items()]
    assert named == {(platform, name) for platform, names in both for name in names}
    reachable = {name for names in (*ORDER.values(), *OFF_BY_DEFAULT.values()) for name in names}
    assert set(DIRECT) <= reachable
    assert set(WORDS) == set(How)


@pytest.mark.parametrize("name", sorted(DIRECT))
def test_a_direct_source_says_what_the_settings_know(name: str) -> None:
    source = direct_source(name)
    fields = Settings.model_fields
    assert f"{name}_api_url" in fields
    for key in (*source.keys, *source.optional_keys, *source.abilities.event_keys):
        assert fields[key.lower()].alias == key
    assert set(source.abilities.event_keys) <= {*source.keys, *source.optional_keys}
    assert source.mapping.platform is source.platform
    assert source.base_url is None or not source.base_url.endswith("/")
    assert source.platform in ORDER
    if not source.abilities.events:
        assert source.abilities.keywords is source.abilities.place is How.NOT


def test_every_dataset_is_found_again_by_its_id() -> None:
    ids = [dataset.dataset_id for datasets in DATASETS.values() for dataset in datasets]
    assert len(ids) == len(set(ids))
    for platform, datasets in DATASETS.items():
        assert len({dataset.name for dataset in datasets}) == len(datasets)
        for dataset in datasets:
            assert dataset.platform is platform
            assert mapping_of("brightdata", platform, dataset.dataset_id) == dataset.mapping
