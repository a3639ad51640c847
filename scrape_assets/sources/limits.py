"""How much each source is asked at most, unless the settings say otherwise: one table, with what each platform says.

`docs/operations.md` shows the same table. What a platform allows a day (TikTok's calls, YouTube's units) is not spread
over the day: the platform says itself when it is spent, and its word shuts the lane until then.
"""

from scrape_assets.ledger.pace import Limit

FIVE_MINUTES, QUARTER, HOUR = 300.0, 900.0, 3600.0

VENDOR_RULE = 25
"""Answers of 429 within five minutes at which Bright Data blocks the address on every call, until its support acts."""
VENDOR_GUARD = 18

BRIGHTDATA_LIMIT = Limit(1_200, 60, burst=60, guard=VENDOR_GUARD)
"""The vendor's account: it states no calls a second, only jobs at once (100, 1,500 or 5,000, by document) and the rule
of the blocked address. Nineteen calls a second in the long run."""

TRIGGER_LIMIT = Limit()
"""Starting jobs for one platform: the vendor counts those that run, and says with a 429 that there are too many."""

POLITE = Limit(60, 60, burst=20)
"""For a source that is not in the table."""

LIMITS: dict[str, Limit] = {
    # 3,000 in five minutes from one address (docs, headers); the part that needs no login is "generous", unnumbered.
    "bluesky": Limit(3_000, FIVE_MINUTES, burst=300),
    # 300 in five minutes from one address (docs), but 300 in a quarter of an hour of pages (source code).
    "mastodon": Limit(300, QUARTER, burst=100),
    # 10,000 an hour from one address (docs).
    "hackernews": Limit(10_000, HOUR, burst=500),
    # Set by each server: 180 a minute, of searches 60 (the defaults of old).
    "lemmy": Limit(60, 60, burst=20),
    # By endpoint: 300 (looking up an account), 450 (searching a week), 10,000 (a timeline) in a quarter of an hour.
    "x": Limit(300, QUARTER, burst=50),
    # 200 an hour for each user of our application: for one.
    "instagram": Limit(200, HOUR, burst=60),
    # 1,000 a day, until midnight UTC; nothing is said of a minute.
    "tiktok": Limit(60, 60, burst=10),
    # 10,000 units and 100 searches a day, until midnight in California; nothing is said of a minute.
    "youtube": Limit(600, 60, burst=50),
    # 100 a minute for a client, averaged over ten.
    "reddit": Limit(1_000, 600, burst=100),
    # About one a minute from one address, since June 2026 (readers' reports); its headers say more exactly when.
    "reddit_feed": Limit(10, 600, burst=5),
    # Nothing is said; what a channel's page asks for when a person reads is more.
    "youtube_feed": Limit(120, 60, burst=30),
    # Of one server: politely.
    "feed": Limit(60, 60, burst=20, in_flight=2),
    "web": Limit(30, 60, burst=10, in_flight=2),
}
"""The direct sources. Those whose profiles name their own server (mastodon, lemmy, feed, web) are limited by server."""
