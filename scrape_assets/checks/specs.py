"""The asset checks by name, with what each means and what to do when it fails. No queries, no thresholds."""

import dagster as dg

COLLECTION_CHECK_SPECS = [
    dg.AssetCheckSpec(
        "dead_letters",
        asset="collections",
        description="No job of the days and platforms of the run is a dead letter: failed, or out of attempts. When "
        "it fails, the metadata groups them by cause; mend the cause, then `scrape-assets dead-letters replay`, which "
        "pays for nothing that can still be had.",
    ),
]

CHECK_SPECS = [
    dg.AssetCheckSpec(
        "read_in_time",
        asset="snapshots",
        description="No snapshot that is paid for is about to be thrown away by the vendor unread, and none was within "
        "the last 14 days. When it fails look at why those named are stuck, mend it, and run the job recover; what is "
        "called expired is lost, and is only there again when it is collected, and paid for, again.",
    ),
    dg.AssetCheckSpec(
        "required_fields",
        asset="raw_posts",
        description="Posts have a time, an author, a URL and some content. When it fails the platform or the vendor "
        "has probably changed a field: look at the rejected rows and at a payload, then at the mapping.",
    ),
    dg.AssetCheckSpec(
        "no_duplicates",
        asset="raw_posts",
        description="No two posts of a platform share a URL. When it fails one post has come under two ids.",
    ),
    dg.AssetCheckSpec(
        "plausible_times",
        asset="raw_posts",
        description="No post is dated after it was collected or before 1990. When it fails the source has changed how "
        "it writes times: compare the posts named with their raw records, then look at the mapping.",
    ),
    dg.AssetCheckSpec(
        "rejected_share",
        asset="raw_posts",
        description="Few rows of a payload are rejected. When it fails, the metadata of the partition groups the "
        "rejected rows by reason, and rejected_rows holds each one.",
    ),
    dg.AssetCheckSpec(
        "vendor_count",
        asset="raw_posts",
        description="As many records came as the vendor announced. When it fails records were lost on the way: "
        "materialize `snapshots` of this partition with redownload: true.",
    ),
    dg.AssetCheckSpec(
        "field_coverage",
        asset="raw_posts",
        description="Each field is filled about as often as in the source's snapshots of the last 28 days. When it "
        "fails the platform or the vendor has renamed, moved or dropped a field: the metadata names the keys that are "
        "new and those that have vanished; mend the mapping, raise its version, and materialize raw_posts again.",
    ),
    dg.AssetCheckSpec(
        "required_fields",
        asset="creator_content",
        description="Each match has its post. When it fails materialize creator_content of the partition again.",
    ),
    dg.AssetCheckSpec(
        "no_duplicates",
        asset="creator_content",
        description="No post has two authors. When it fails two creators hold the same profile, or one is a copy of "
        "the other.",
    ),
    dg.AssetCheckSpec(
        "match_rate",
        asset="creator_content",
        description="The share of posts that belong to a creator is near its median of the last 28 days. When it "
        "falls, profiles have been renamed or the vendor has stopped naming authors.",
    ),
]
