"""The flow as a Dagster resource: opened for one run or one tick, closed after it."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from scrape_assets.flow.context import FlowContext, open_context
from scrape_assets.settings import Settings


class FlowResource(dg.ConfigurableResource[None]):
    """Opens what the flow needs from the environment's settings. Nothing is read or opened while definitions load."""

    @contextmanager
    def open(self, run_id: str | None = None) -> Iterator[FlowContext]:
        """A flow whose leases belong to this run (or to this process).

        Raises:
            SettingsError, DatabaseUnavailable: said plainly, before anything is done.
        """
        with open_context(Settings.from_environment(), run_id=run_id) as ctx:
            yield ctx
