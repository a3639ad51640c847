"""The Celery application whose workers execute runs of Dagster, on as many hosts as it takes.

Started by `scrape-assets worker`; no room of the house knows of it. A worker process keeps the code imported and
executes one run after the other, as Dagster's own launcher would in a process each. What a run does to be asked to
stop, to crash or to be cut off from the database is the ledger's business here as anywhere: leases bring it back.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from celery import Celery
from celery.signals import task_postrun, worker_process_init
from dagster_celery.make_app import make_app
from dagster_celery.tasks import create_execute_job_task, create_resume_job_task

from scrape_assets.dagster_home import QUEUE, celery_options
from scrape_assets.flow.stopping import PROCESS, WORK_THREAD
from scrape_assets.settings import Settings


def celery_app(settings: Settings) -> Celery:
    """The application as the launcher in the daemon has it: the same broker, backend, queue and options."""
    broker, backend = settings.celery_urls
    made: Celery = make_app(  # type: ignore[no-untyped-call]
        {
            "broker": broker,
            "backend": backend,
            "include": [],
            "config_source": celery_options(),
            "task_default_queue": QUEUE,
        }
    )
    create_execute_job_task(made)
    create_resume_job_task(made)
    return made


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _import_the_code(**_: Any) -> None:
    # Before the first run asks for it, beside the daemon's other work.
    import scrape_assets.definitions  # noqa: F401


@task_postrun.connect  # type: ignore[untyped-decorator]
def _ready_for_the_next(**_: Any) -> None:
    """Leave nothing of one run to the next: neither the wish to stop, nor how signals were handled."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if not PROCESS.asked:
        return
    if any(thread.name == WORK_THREAD for thread in threading.enumerate()):
        # Work that did not heed the wish in time would take it for withdrawn. Celery puts a new process in our place;
        # what this one holds comes back with its lease.
        os._exit(1)
    PROCESS.withdraw()


def __getattr__(name: str) -> Celery:
    """`app`, as Celery looks it up: made when it is asked for, not when somebody imports this."""
    if name == "app":
        return celery_app(Settings.from_environment())
    raise AttributeError(name)
