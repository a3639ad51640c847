"""How often matching is right and how much it finds, by role and by method, on a labelled corpus of invented people.

Run: `python -m benchmarks.matching_quality [--posts 60000] [--seed 1] [--json]`. Through the real import, mappings,
loader and matching, into an embedded database of its own.
"""

import argparse
import json
import math
from dataclasses import asdict, dataclass

from benchmarks.harness import temporary_home
from scrape_assets.storage.database import connect, ensure_databases, start_embedded
from scrape_assets.storage.migrate import migrate
from scrape_assets.storage.payloads import PayloadArchive
from scrape_assets_tests.storage.corpus_verdict import Score, Verdict, judged
from scrape_assets_tests.storage.labelled_corpus import corpus

PRECISE = 0.999
COMPLETE = 0.99


@dataclass(frozen=True)
class Result:
    """What was found, and what it is sure to be worth."""

    verdict: Verdict
    sure_of: dict[str, float]  # by method: the precision is at least that, with 95 % confidence


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=60_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.posts, arguments.seed)
    verdict = result.verdict
    if arguments.json:
        print(json.dumps(asdict(result)))
        return
    print(f"{verdict.posts:,} posts; {verdict.renames_recorded} changes of name recorded")
    print(f"{'role':20} {'right':>8} {'wrong':>6} {'missed':>7} {'precision':>10} {'recall':>8}")
    for role, score in verdict.by_role.items():
        print(f"{role:20} {_figures(score)} {score.recall:8.4f}")
    print(f"{'method':20} {'right':>8} {'wrong':>6} {'':>7} {'precision':>10} {'at least':>8}")
    for method, score in verdict.by_method.items():
        print(f"{method:20} {_figures(score)} {result.sure_of[method]:8.4f}")
    print(f"authors and reposters: precision {verdict.writers.precision:.5f} (at least {PRECISE}), ", end="")
    print(f"recall {verdict.writers.recall:.5f} (at least {COMPLETE})")
    print(f"owners of feeds taken for authors of foreign posts: {verdict.owners_taken_for_authors} (none)")
    for title, some in (("wrong", verdict.wrong), ("missed", verdict.missed)):
        print(f"{title}, for example: {'; '.join(' '.join(one) for one in some[:: max(1, len(some) // 5)][:5])}")


def measure(posts: int, seed: int = 1) -> Result:
    """The corpus of that seed through everything."""
    with temporary_home("matching_quality") as home:
        address = start_embedded(home)
        ensure_databases(address)
        engine = connect(address)
        migrate(engine)
        verdict = judged(engine, PayloadArchive(str(home / "payloads")), corpus(posts, seed))
        engine.dispose()
    return Result(verdict, {method: _at_least(score) for method, score in verdict.by_method.items()})


def _figures(score: Score) -> str:
    return f"{score.right:8,} {score.wrong:6,} {score.missed or '':>7} {score.precision:10.5f}"


def _at_least(score: Score, z: float = 1.96) -> float:
    """The lower end of Wilson's interval: what is seen right a hundred times in a hundred is not thereby certain."""
    n = score.right + score.wrong
    if not n:
        return 0.0
    p = score.precision
    return (p + z * z / (2 * n) - z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)


if __name__ == "__main__":
    main()
