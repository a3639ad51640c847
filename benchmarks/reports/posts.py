"""Reports on what is done with rows: matching, activity, checks. Each a function of `quick`."""

from dataclasses import asdict

from benchmarks import activity, checks, matching_growth, matching_quality, rematch, suggestions
from benchmarks.harness import Ratio, Report, by_round
from benchmarks.plot import Series, exponent

DEFAULT_SCORE = "0.6"  # of the setting `suggest_from`


def measure_matching_quality(quick: bool) -> Report:
    """Matches against the truth, on a labelled corpus."""
    result = matching_quality.measure(6_000 if quick else 60_000)
    verdict = result.verdict
    return Report(
        asdict(result),
        [
            Ratio("matching, authors that are right", verdict.writers.precision, matching_quality.PRECISE),
            Ratio("matching, authors that are found", verdict.writers.recall, matching_quality.COMPLETE),
            Ratio("matching, owners taken for authors of foreign posts", verdict.owners_taken_for_authors, at_most=0.0),
        ],
    )


def measure_rematch(quick: bool) -> Report:
    """One creator matched again over very many posts."""
    result = rematch.measure(200_000 if quick else 10_000_000)
    return Report(
        asdict(result),
        [Ratio("rematch of one creator to 10 s", result.worst_seconds / rematch.AT_MOST_SECONDS, at_most=1.0)],
        [f"the rematch has read {table} as a whole" for table in result.other_plans_scan],
    )


def measure_activity(quick: bool) -> Report:
    """A day of `creator_activity` with very many posts."""
    result = activity.measure(50_000, 1) if quick else activity.measure(1_000_000, 3)
    days = {name: world.day for name, world in result.worlds.items()}
    return Report(
        asdict(result),
        [
            Ratio("activity, a day of 1,000,000 posts to 5 s", result.slowest / activity.AT_MOST, at_most=1.0),
            *(
                Ratio(f"activity, 28 days in one run to one day, {name}", world.month / max(world.day))
                for name, world in result.worlds.items()
            ),
        ],
        series=[by_round("A day of creator_activity", "seconds", days, activity.AT_MOST)],
    )


def measure_checks(quick: bool) -> Report:
    """All checks of the tables as a whole."""
    posts, rounds = (20_000, 1) if quick else (1_000_000, 3)
    found = checks.measure(posts, rounds)
    totals = [sum(one.values()) for one in found]
    return Report(
        {"posts": posts, "rounds": found},
        [Ratio("checks, all of them with 1,000,000 posts to 10 s", max(totals) / checks.AT_MOST, at_most=1.0)],
        series=[by_round(f"All checks with {posts:,} posts", "seconds", {"all checks": totals}, checks.AT_MOST)],
    )


def measure_suggestions(quick: bool) -> Report:
    """How often a suggestion is right, how much is suggested, and what a refresh takes."""
    result = suggestions.measure(300, 3_000) if quick else suggestions.measure(2_000, 20_000)
    scores = {"right": result.precision, "found": result.recall}
    lines = {name: [(float(score), share) for score, share in one.items()] for name, one in scores.items()}
    return Report(
        asdict(result),
        [
            Ratio("suggestions, right at the default score", result.precision[DEFAULT_SCORE]),
            Ratio("suggestions, found at the default score", result.recall[DEFAULT_SCORE]),
            Ratio("suggestions, a second refresh to the first", result.again_seconds / result.seconds),
        ],
        series=[Series("Suggestions by their score", "score", "share", lines)],
    )


def measure_matching_growth(quick: bool) -> Report:
    """Matching a snapshot against ever more profiles."""
    sizes, posts, rounds = ([500, 1_000], 100, 1) if quick else (list(matching_growth.PROFILES), 1_000, 5)
    result = matching_growth.measure(sizes, posts, rounds)
    ratio = Ratio(
        f"matching, a snapshot with {sizes[-1]:,} profiles to one with {sizes[0]:,}",
        result.most_to_fewest,
        at_most=matching_growth.AT_MOST,
    )
    lines = {f"{posts:,} posts": result.medians}
    marked = {"most to fewest": result.most_to_fewest, "power": exponent(result.medians)}
    return Report(
        asdict(result),
        [ratio],
        result.complaints,
        [Series("Matching a snapshot", "profiles", "seconds", lines, logarithmic=True, marked=marked)],
    )
