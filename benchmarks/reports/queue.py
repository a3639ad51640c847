"""Reports on jobs and on those who ask for them. Each a function of `quick`."""

from dataclasses import asdict

from benchmarks import api_load, bull_board, queue_peers, transitions
from benchmarks.harness import Ratio, Report, by_round


def measure_transitions(quick: bool) -> Report:
    """Jobs claimed and finished in batches, beside one by one."""
    result = transitions.measure(20_000, 2) if quick else transitions.measure(100_000, 3)
    rounds = {"in batches": result.ours, "one by one": result.one_by_one}
    return Report(
        asdict(result),
        [
            Ratio("transitions a second to 10,000", result.ours_a_second / transitions.AT_LEAST, at_least=1.0),
            Ratio("transitions, speed in batches to one by one", result.to_baseline),
        ],
        result.complaints,
        [by_round("Transitions", "a second", rounds, transitions.AT_LEAST)],
    )


def measure_api_load(quick: bool) -> Report:
    """The API's answers to many callers while posts are loaded."""
    result = api_load.measure(50_000, 8, 50, 0.5) if quick else api_load.measure(1_000_000, 30, 50, 0.5)
    return Report(
        asdict(result),
        [
            *(
                Ratio(f"API, p99 of {kind} to 100 ms", p99 / api_load.P99_SECONDS, at_most=1.0)
                for kind, p99 in result.p99.items()
            ),
            Ratio("API, requests a second", result.requests_a_second),
        ],
        result.complaints,
    )


def measure_queue_peers(quick: bool) -> Report:
    """Jobs through our ledger beside other queues in PostgreSQL."""
    result = queue_peers.measure(500, 1) if quick else queue_peers.measure(10_000, 3)
    ratios = []
    for peer in queue_peers.PEERS:
        put, finished = result.ours_to(peer)
        ratios += [
            Ratio(f"jobs put in, speed to {peer}", put),
            Ratio(f"jobs finished, speed to {peer}", finished),
        ]
    return Report(
        asdict(result),
        ratios,
        result.complaints,
        [by_round("Jobs put in", "a second", result.put), by_round("Jobs finished", "a second", result.finished)],
    )


def measure_bull_board(quick: bool) -> Report:
    """Our API beside bull-board's over a BullMQ queue."""
    result = bull_board.measure(2_000, 1, 1) if quick else bull_board.measure(100_000, 4, 3)
    return Report(
        result.told(),
        [
            Ratio("API, pages of jobs a second to bull-board's", result.ours_to_theirs(bull_board.PAGES)),
            Ratio("API, jobs put in a second to BullMQ's", result.ours_to_theirs(bull_board.PUTS)),
        ],
        result.complaints,
        [by_round("Requests to both", "a second", result.a_second)],
    )
