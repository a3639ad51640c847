"""The asset `creators`."""

from pathlib import Path

from scrape_assets_tests.dagster.world import World, failure_of, materializations

CSV = """creator_id,name,platform,profile_url
ada-arendt,Ada Arendt,linkedin,https://www.linkedin.com/in/ada-arendt
bram-bakker,Bram Bakker,linkedin,https://example.com/bram
"""


def test_it_reports_the_profiles_that_the_tables_hold(world: World) -> None:
    world.add_creators("ada-arendt", "bram-bakker")

    result = world.materialize(["creators"])

    metadata = materializations(result)["creators", None].metadata
    assert metadata["dagster/row_count"].value == 2
    assert "| linkedin | 2 | 2 |" in str(metadata["by_platform"].value)


def test_a_csv_is_imported_and_its_bad_lines_are_named(world: World, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(CSV)

    result = world.materialize(["creators"], op="creators", config={"csv_path": str(file)})

    metadata = materializations(result)["creators", None].metadata
    assert metadata["imported"].value == 1
    assert "| 3 |" in str(metadata["refused_lines"].value)
    assert world.rows("SELECT creator_id FROM creators") == ["ada-arendt"]


def test_a_csv_that_is_not_there_fails_once_and_says_so(world: World, tmp_path: Path) -> None:
    result = world.materialize(["creators"], op="creators", config={"csv_path": str(tmp_path / "nowhere.csv")})

    assert not result.success
    assert "there is no such file" in failure_of(result)
    assert not [event for event in result.all_events if event.is_step_up_for_retry]
