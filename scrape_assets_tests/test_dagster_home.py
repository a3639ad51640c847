"""What is laid in DAGSTER_HOME, with and without a broker."""

from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster_celery.launcher import CeleryRunLauncher

from scrape_assets.celery_worker import celery_app
from scrape_assets.dagster_home import instance_yaml, lay_dagster_home
from scrape_assets.settings import Settings, SettingsError

BROKER = "redis://:a-password@broker.example:6379/3"
OURS = Path(__file__).parents[1] / "scrape_assets" / "dagster.yaml"


def test_without_a_broker_it_is_our_file_byte_for_byte(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    lay_dagster_home(settings)
    assert (settings.dagster_home / "dagster.yaml").read_bytes() == OURS.read_bytes()


def test_with_a_broker_dagster_hands_runs_to_its_workers_and_no_password_is_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path, celery_broker=BROKER, max_runs=9)
    lay_dagster_home(settings)
    written = (settings.dagster_home / "dagster.yaml").read_text()
    assert "a-password" not in written
    assert yaml.safe_load(written)["concurrency"]["runs"]["max_concurrent_runs"] == 9

    # Only the launcher: the storage of this test's instance is its own.
    only = {"run_launcher": yaml.safe_load(written)["run_launcher"]}
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(only))
    monkeypatch.setenv("SCRAPE_ASSETS_CELERY_BROKER", BROKER)
    monkeypatch.setenv("SCRAPE_ASSETS_CELERY_BACKEND", BROKER)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        launcher = instance.run_launcher
        assert isinstance(launcher, CeleryRunLauncher)
        workers = celery_app(settings)
        for name in ("broker_url", "result_backend", "task_default_queue", "task_acks_late", "result_expires"):
            assert launcher.celery.conf[name] == workers.conf[name], name
        assert launcher.celery.conf.result_backend == BROKER, "Celery's own default cannot tell how a run is"


def test_laying_it_again_follows_the_settings_both_ways(tmp_path: Path) -> None:
    plain, spread = Settings(home=tmp_path), Settings(home=tmp_path, celery_broker=BROKER)
    laid = plain.dagster_home / "dagster.yaml"
    for settings in (plain, spread, plain):
        lay_dagster_home(settings)
        assert laid.read_bytes() == instance_yaml(settings)
    assert b"run_launcher" not in laid.read_bytes()


def test_workers_need_to_be_told_of_the_broker() -> None:
    with pytest.raises(SettingsError, match="SCRAPE_ASSETS_CELERY_BROKER: is not set"):
        celery_app(Settings())
