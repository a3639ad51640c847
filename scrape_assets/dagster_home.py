"""What DAGSTER_HOME holds: our dagster.yaml, and where runs are executed by workers on other hosts, their launcher."""

from __future__ import annotations

import os
from importlib import resources
from typing import Any

import yaml

from scrape_assets.settings import Settings

QUEUE = "dagster"
FILE = "dagster.yaml"
GENERATED = (
    "# Written by scrape-assets: its own dagster.yaml, and the launcher that SCRAPE_ASSETS_CELERY_BROKER asks for.\n"
)


def celery_options() -> dict[str, Any]:
    """What launcher and workers must agree upon."""
    return {
        # A worker that dies takes its runs along: the ledger's leases bring back what they held, and new runs are
        # requested. A task that the broker gave to another worker would find its run begun, and fail it.
        "task_acks_late": False,
        "task_reject_on_worker_lost": False,
        "worker_prefetch_multiplier": 1,  # a run waits where somebody is free
        "task_track_started": True,
        "worker_redirect_stdouts": False,  # Dagster's lines have their own time and level
        # Asked to stop, a worker lets its runs end for so long; then they put back what they hold.
        "worker_soft_shutdown_timeout": 15,
        "result_expires": 7 * 24 * 3600,
        "broker_connection_retry_on_startup": True,
        # A host that is cut off comes back by itself, however long it took.
        "broker_connection_max_retries": None,
        # Redis gives a task that nobody took for so long to another worker; runs are taken at once or wait in the
        # queue, which this does not concern.
        "broker_transport_options": {"visibility_timeout": 24 * 3600, "max_retries": 3},
    }


def instance_yaml(settings: Settings) -> bytes:
    """The instance's configuration."""
    ours: bytes = (resources.files("scrape_assets") / FILE).read_bytes()
    if settings.celery_broker is None and settings.max_runs is None:
        return ours
    config: dict[str, Any] = yaml.safe_load(ours)
    if settings.max_runs is not None:
        config["concurrency"]["runs"]["max_concurrent_runs"] = settings.max_runs
    if settings.celery_broker is not None:
        config["run_launcher"] = {
            "module": "dagster_celery.launcher",
            "class": "CeleryRunLauncher",
            "config": {
                # By name: the file is no place for a password.
                "broker": {"env": "SCRAPE_ASSETS_CELERY_BROKER"},
                "backend": {"env": "SCRAPE_ASSETS_CELERY_BACKEND"},
                "default_queue": QUEUE,
                "config_source": celery_options(),
            },
        }
    return f"{GENERATED}{yaml.safe_dump(config, sort_keys=False)}".encode()


def lay_dagster_home(settings: Settings) -> None:
    """Put the configuration where Dagster looks for it."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    wanted = instance_yaml(settings)
    laid = settings.dagster_home / FILE
    if not laid.exists() or laid.read_bytes() != wanted:
        # In one move: another command may be reading it at this moment.
        new = laid.with_name(f"{FILE}.{os.getpid()}")
        new.write_bytes(wanted)
        new.replace(laid)
