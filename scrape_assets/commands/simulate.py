"""`scrape-assets simulate`: the stand-in for the vendor, alone."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from scrape_assets.commands.ports import require_free
from scrape_assets.commands.terminal import CommandFailed, one_clear_line, out
from scrape_assets.flow.stopping import Interrupted
from scrape_assets.runtime import simulator_file
from scrape_assets.settings import Settings


def simulate(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on. Default: 8700.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    seed: Annotated[int, typer.Option(help="The same seed invents the same people and posts.")] = 1,
    latency: Annotated[
        float | None, typer.Option(min=0, help="Seconds until a snapshot is ready, at least. Default: 8.")
    ] = None,
    jitter: Annotated[
        float | None, typer.Option(min=0, help="Up to so many seconds more, by snapshot. Default: 7.")
    ] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="Rows an input. Default: as the posts fall.")] = None,
    replay: Annotated[
        Path | None, typer.Option(help="Serve the NDJSON files of this folder instead of inventing rows.")
    ] = None,
) -> None:
    """Run the vendor's HTTP API with invented people. Point BRIGHTDATA_API_URL at it; any key is accepted.

    Faults and latency can be switched while it runs: see docs/simulator.md.
    """
    with one_clear_line():
        settings = Settings.from_environment()
        settings.home_folder.mkdir(parents=True, exist_ok=True)
        from scrape_assets.simulator import server
        from scrape_assets.simulator.settings import Settings as Switches

        port = port or settings.simulator_port
        require_free(host, port, "choose one with --port")
        url = f"http://{host}:{port}"
        with _address_left(simulator_file(settings), url):
            out.print(f"simulator at {url}", highlight=False)
            try:
                server.run(
                    host,
                    port,
                    seed=seed,
                    settings=Switches(
                        latency=settings.simulator_latency_seconds if latency is None else latency,
                        jitter=settings.simulator_jitter_seconds if jitter is None else jitter,
                        rows_per_input=rows,
                    ),
                    data_dir=settings.home_folder / "simulator",
                    replay_dir=replay,
                )
            except Interrupted as asked:
                if asked.number != signal.SIGINT:  # Ctrl-C is how a person ends it: no error
                    raise
            except (OSError, ValueError) as error:
                raise CommandFailed(f"the simulator cannot start at {url}: {error}") from None


@contextmanager
def _address_left(file: Path, url: str) -> Iterator[None]:
    """Leave the address where the other commands look for it, and take it away afterwards if it is still ours."""
    ours = json.dumps({"url": url, "pid": os.getpid()})
    file.write_text(ours)
    try:
        yield
    finally:
        if file.exists() and file.read_text() == ours:
            file.unlink()
