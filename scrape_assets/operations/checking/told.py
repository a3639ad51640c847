"""Every check by asset and name: what it holds, and what a person reads when it fails. No queries, no thresholds.

The specs of Dagster, the failure messages, the command and a test of docs/checks.md all read this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scrape_assets.operations.checking.verdict import Verdict


@dataclass(frozen=True)
class Told:
    """The words of one check; whole sentences."""

    holds: str  # what is so when it passes
    means: str  # what may be behind it when it fails
    by_itself: str  # what happens without anybody
    todo: str  # what a person does
    severity: str  # WARN, ERROR, or both and when
    thresholds: tuple[str, ...] = ()  # names of `Thresholds`, or of the settings

    def message(self, verdict: Verdict) -> str:
        """What was found; and when that is bad, what it may mean, what happens by itself, and what to do."""
        if verdict.passed:
            return verdict.says
        return f"{verdict.says}. {self.means} {self.by_itself} {self.todo}"

    @property
    def description(self) -> str:
        """The check as it is told before anything was found."""
        return f"{self.holds} When it fails: {self.means} {self.by_itself} {self.todo}"


_KEPT = "Nothing is lost: the payload is kept, and nothing is mended by itself."
_MAPPING = "mend the mapping, raise its version, and materialize raw_posts of the partitions again: nothing is paid."
_EARLIER = ("earlier_at_least", "earlier_posts_at_least", "trailing_snapshots", "trailing_days")

TOLD: Mapping[tuple[str, str], Told] = {
    ("collections", "dead_letters"): Told(
        "No job of the days and platforms of the run is a dead letter: failed, or out of attempts.",
        "Something that trying again does not mend: the causes are in the metadata.",
        "Nobody tries these again by itself.",
        "Mend the cause, then `scrape-assets dead-letters replay`, which pays for nothing that can still be had.",
        "WARN: the other jobs go on",
    ),
    ("snapshots", "read_in_time"): Told(
        "No snapshot that is paid for is about to be thrown away by the vendor unread, and none was within 14 days.",
        "The snapshots named are stuck, or nothing processes them.",
        "What is ready is processed as soon as the daemon runs; what is called expired is lost.",
        "Look at why those named are stuck, mend it, and run `scrape-assets recover`; what expired is only there again "
        "when it is collected, and paid for, again.",
        "WARN; ERROR once something was thrown away: money is lost",
        ("SCRAPE_ASSETS_EXPIRY_ALARM_DAYS",),
    ),
    ("snapshots", "payloads_kept"): Told(
        "The payloads of processed snapshots, the newest and some older ones, lie in the archive.",
        "Somebody or something removed files, or SCRAPE_ASSETS_PAYLOAD_URL points elsewhere than it did.",
        "Posts, counts and matches stay; only a mapping cannot be run again over what is gone.",
        "Look whether the setting is right, and bring the files back from the backup; while the vendor keeps it, "
        "materialize snapshots of the partition with redownload: true, which is free.",
        "ERROR: what was paid for is gone",
        ("sampled_payloads",),
    ),
    ("creators", "one_owner"): Told(
        "No profile, and no account of a platform, belongs to two creators at the same time.",
        "The same person was imported under two ids, or a name that changed hands was not ended at the first.",
        "Their posts are counted for both until somebody decides.",
        "End the wrong one (`UPDATE creator_profiles SET valid_to = ...`, or the creators' list); all history is "
        "matched again by itself within a minute.",
        "ERROR: figures of both creators are wrong",
    ),
    ("raw_posts", "required_fields"): Told(
        "Posts have a time, an author, a URL and some content.",
        "The platform or the vendor has probably changed a field.",
        _KEPT,
        f"Look at the rejected rows and at a payload, {_MAPPING}",
        "WARN; ERROR when most posts lack one: they can neither be matched nor counted by day",
        ("missing_at_most", "missing_is_grave"),
    ),
    ("raw_posts", "no_duplicates"): Told(
        "No two posts of a platform that came together share a URL.",
        "One post has come under two ids.",
        "Both stay, and are counted twice.",
        "The platform's identity rule (posts/identity) needs the other form; then materialize raw_posts again.",
        "WARN: a few counts are too high",
    ),
    ("raw_posts", "one_post_one_id"): Told(
        "No address stands under two ids among the posts written of late, whichever snapshots brought them.",
        "Two sources name a post differently, or the platform changed how it writes ids.",
        "Both stay, and are counted twice; no collection mends it.",
        "Compare the two ids with posts/identity of the platform, whose rule needs the other form; then materialize "
        "raw_posts of both snapshots again.",
        "WARN: a few counts are too high",
        ("duplicates_days",),
    ),
    ("raw_posts", "plausible_times"): Told(
        "No post is dated after it was collected or before 1990.",
        "The source has changed how it writes times.",
        _KEPT,
        f"Compare the posts named with their raw records, {_MAPPING}",
        "ERROR: activity is counted on wrong days",
    ),
    ("raw_posts", "plausible_counts"): Told(
        "No count is below zero or beyond all reason, and those of posts seen before have not fallen together.",
        "The source counts something else under the same name, or writes numbers in another way (1.2M, 1,200).",
        f"{_KEPT} Later observations do not correct earlier ones in post_metrics.",
        f"Compare the posts named with their raw records, {_MAPPING}",
        "WARN; ERROR when a count is impossible: sums are wrong",
        ("counts_fallen_at_most", "posts_at_least", "count_at_most"),
    ),
    ("raw_posts", "rejected_share"): Told(
        "Few rows of a payload are rejected.",
        "The vendor's own error rows (a page that is private, gone, or was not reached), or a shape that the mapping "
        "does not know.",
        "Each row is kept in rejected_rows with its reason; inputs that brought only error rows are told of in jobs.",
        "Look at the reasons: the vendor's errors are asked for again later, ours need the mapping.",
        "WARN; ERROR when most rows are: it was paid for and is not had",
        ("rejected_at_most", "rejected_is_grave"),
    ),
    ("raw_posts", "vendor_count"): Told(
        "As many records came as the vendor announced.",
        "Records were lost on the way, or the vendor removed some after it counted.",
        "What came is loaded; the rest is not asked for again by itself.",
        "Materialize snapshots of the partition with redownload: true, which is free while the vendor keeps it.",
        "ERROR: something that was paid for is missing",
    ),
    ("raw_posts", "field_coverage"): Told(
        "Each field is filled about as often as in the source's snapshots before.",
        "The platform or the vendor has renamed, moved or dropped a field; the check schema_drift names the keys.",
        _KEPT,
        f"Compare a payload with the mapping, {_MAPPING}",
        "WARN: posts come, poorer than before",
        ("fallen_to", "usually_at_least", "posts_at_least", *_EARLIER),
    ),
    ("raw_posts", "schema_drift"): Told(
        "The records have the keys that nearly all records of the source had before. New keys are named and let pass.",
        "The platform or the vendor has renamed, moved or dropped a key, or sends it without a value.",
        f"{_KEPT} Once all snapshots of the window look so, it passes again.",
        f"Look whether one of the new keys holds what the old one did, {_MAPPING}",
        "WARN: what was read from those keys is missing",
        ("key_usual_at", "keys_looked_at_least", *_EARLIER),
    ),
    ("raw_posts", "fresh"): Told(
        "Each platform that is followed was collected within one and a half times its usual distance.",
        "Runs fail, the daemon or the schedule is off, nobody can be asked, or the source is left alone.",
        "Jobs that wait go on by themselves when the source can be asked again; what is off stays off.",
        "`scrape-assets status` and `sources` say what is shut; the page shows the jobs; look at the last runs of "
        "`collect`.",
        "WARN; ERROR after three times the distance",
        ("late_after", "late_is_grave", "trailing_days"),
    ),
    ("raw_posts", "not_empty"): Told(
        "No source brings nothing, again and again, where it used to bring posts.",
        "A page changed its shape, a dataset broke, or an account is shown an empty world; no call fails.",
        "The source's breaker is open: others of the platform are asked, and it is tried again from time to time; it "
        "closes with the first posts.",
        "Look at what the source shows for one profile; if another source is configured for the platform, put it first "
        "(SCRAPE_ASSETS_SOURCES) until this one is well.",
        "ERROR: days go by that cannot be collected later",
    ),
    ("creator_content", "required_fields"): Told(
        "Each match has its post.",
        "Rows were removed by hand.",
        "Views leave such matches out; nothing mends them by itself.",
        "Materialize creator_content of the partition again.",
        "ERROR: counts of matches and of posts differ",
    ),
    ("creator_content", "no_duplicates"): Told(
        "No post has two authors.",
        "Two creators hold the same profile, or one is a copy of the other.",
        "The post is counted for both.",
        "End one of the profiles (`valid_to`); all history is matched again by itself within a minute.",
        "WARN: the check one_owner of creators tells whose",
    ),
    ("creator_content", "match_rate"): Told(
        "By platform, the share of posts that belong to a creator is near its median.",
        "Profiles have been renamed, the vendor has stopped naming authors, or feeds hold more of others.",
        "Renamed profiles are found by themselves where the account's id is known, and history is matched again.",
        "Compare the authors of the posts named with the profiles; mend the profiles, or the mapping of the author.",
        "WARN: posts are there, and are counted for nobody",
        ("match_rate_of_usual", "earlier_at_least", "posts_at_least", "trailing_snapshots", "trailing_days"),
    ),
    ("creator_content", "match_rate_lately"): Told(
        "By platform, the newest snapshots together match about as many posts as the weeks before.",
        "A slow change that no single run shows: profiles renamed one by one, or authors named less often.",
        "Renamed profiles are found by themselves where the account's id is known, and history is matched again.",
        "Compare the authors of the posts named with the profiles; mend the profiles, or the mapping of the author.",
        "WARN: posts are there, and are counted for nobody",
        ("match_rate_of_usual", "match_snapshots", "earlier_at_least", "posts_at_least", "trailing_days"),
    ),
    ("creator_content", "no_orphans"): Told(
        "In samples of all tables, no match, count, sighting or event's post lacks its post, and no post its snapshot.",
        "Rows were removed by hand, or a restore brought back one table and not the other.",
        "Views leave such rows out; nothing mends them by itself.",
        "Materialize raw_posts and creator_content of the snapshots named again; what belongs to no snapshot any more "
        "can be deleted.",
        "WARN; ERROR when matches or events lose posts: sums differ between tables",
        ("sampled_rows",),
    ),
    ("media_files", "taken"): Told(
        "Most attachments of the run's posts are here, or wait for their turn.",
        "Addresses ended before their files were fetched, a platform gives them to nobody but browsers, or they are "
        "larger than is taken: the reasons are in the metadata.",
        "What waits is tried again by itself; a new observation of a post brings new addresses.",
        "Expired: look why the sensor media_due or its runs are late, or collect again. Refused for a limit: raise the "
        "setting named, then materialize the partition with retry: true.",
        "WARN: posts are complete without",
        ("media_lost_at_most", "media_files_at_least"),
    ),
    ("media_files", "in_store"): Told(
        "The files of the run, in a sample, lie in the store and are as long as when they came.",
        "Somebody or something removed files, or the folder of SCRAPE_ASSETS_MEDIA_URL is another than it was.",
        "The rows stay; nothing fetches such a file again.",
        "Look whether the setting is right, and bring the files back from the backup.",
        "ERROR: what was kept is gone, and its address has mostly ended",
        ("sampled_media",),
    ),
}
