"""`scrape-assets simulate`: the stand-in for the vendor, alone."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from scrape_assets.commands.terminal import CommandFailed, one_clear_line, out
from scrape_assets.runtime import simulator_file
from scrape_assets.settings import Settings


def simulate(
    port: Annotated[int | None, typer.Option(min=1, help="Port to listen on. Default: 8700.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    seed: Annotated[int, typer.Option(help="The same seed invents the same people and posts.")] = 1,
    latency: Annotated[float, typer.Option(min=0, help="Seconds until a snapshot is ready, at least.")] = 8.0,
    jitter: Annotated[float, typer.Option(min=0, help="Up to so many seconds more, by snapshot.")] = 7.0,
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
        url = f"http://{host}:{port}"
        address = simulator_file(settings)
        address.write_text(json.dumps({"url": url, "pid": os.getpid()}))
        signal.signal(signal.SIGTERM, _interrupt)
        out.print(f"simulator at {url}", highlight=False)
        try:
            server.run(
                host,
                port,
                seed=seed,
                settings=Switches(latency=latency, jitter=jitter, rows_per_input=rows),
                data_dir=settings.home_folder / "simulator",
                replay_dir=replay,
            )
        except (OSError, ValueError) as error:
            raise CommandFailed(f"the simulator cannot start at {url}: {error}") from None
        except KeyboardInterrupt:
            return
        finally:
            address.unlink(missing_ok=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
