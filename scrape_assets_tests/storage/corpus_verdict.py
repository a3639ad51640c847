"""The labelled corpus through the real import, loader and matching, and what came of it against the truth. No tests."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Engine

from scrape_assets.posts.identity import profile_key
from scrape_assets.storage.creators import ProfileTaken, upsert_creator
from scrape_assets.storage.loader import load_payload
from scrape_assets.storage.matching import match_snapshot
from scrape_assets.storage.matching.creators import changed_creators, rematch_creators
from scrape_assets.storage.payloads import PayloadArchive
from scrape_assets.storage.schema import creator_profiles
from scrape_assets_tests.storage.labelled_corpus import START, Corpus, Delivery, Followed, Truth

NOW = START + dt.timedelta(days=500)
WRITERS = ("author", "reposter")


@dataclass(frozen=True)
class Score:
    """How well something was matched."""

    right: int
    wrong: int
    missed: int  # of a role; a method misses nothing by itself

    @property
    def precision(self) -> float:
        """The share of matches that are right."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """The share of what is true that was found."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


@dataclass(frozen=True)
class Verdict:
    """What the matching is worth on this corpus."""

    posts: int
    by_role: dict[str, Score]
    by_method: dict[str, Score]
    writers: Score  # authors and reposters together
    owners_taken_for_authors: int  # of foreign posts in their feeds
    refused: int  # second owners of a profile, as it must be
    renames_recorded: int
    wrong: list[tuple[str, ...]]
    missed: list[Truth]


def judged(engine: Engine, archive: PayloadArchive, corpus: Corpus) -> Verdict:
    """Take everything in, in its order, into an empty database; rematch; compare."""
    for profile in corpus.followed:
        _follow(engine, profile)
    refused = sum(not _follow(engine, profile) for profile in corpus.refused)
    for delivery in corpus.deliveries:
        _process(engine, archive, delivery)
    for profile in corpus.followed_later:
        _follow(engine, profile)
    while True:
        with engine.begin() as conn:
            waiting = changed_creators(conn, 50)
            if not waiting:
                break
            rematch_creators(conn, waiting, NOW)
    return _verdict(engine, corpus, refused)


def _follow(engine: Engine, followed: Followed) -> bool:
    profile = profile_key(followed.platform, followed.url)
    with engine.begin() as conn:
        try:
            upsert_creator(conn, followed.creator_id, followed.creator_id, profile)
        except ProfileTaken:
            return False
        if followed.valid_from or followed.valid_to or followed.without_handle:
            known = creator_profiles.c
            conn.execute(
                sa.update(creator_profiles)
                .where(
                    known.creator_id == followed.creator_id,
                    known.platform == followed.platform,
                    known.profile_key == profile.key,
                )
                .values(
                    valid_from=followed.valid_from,
                    valid_to=followed.valid_to,
                    handle=None if followed.without_handle else profile.handle,
                )
            )
    return True


def _process(engine: Engine, archive: PayloadArchive, delivery: Delivery) -> None:
    writer = archive.writer(delivery.platform, START.date(), delivery.snapshot_id, 1)
    writer.write_part(1, delivery.lines)
    payload = writer.commit()
    with engine.begin() as conn:
        report = load_payload(
            conn,
            snapshot_id=delivery.snapshot_id,
            payload=payload,
            map_line=delivery.map_line,
            mapping_version=1,
        )
        assert not report.rows_rejected, report
    with engine.begin() as conn:
        match_snapshot(conn, delivery.snapshot_id, NOW)


def _verdict(engine: Engine, corpus: Corpus, refused: int) -> Verdict:
    with engine.connect() as conn:
        query = "SELECT creator_id, platform, post_id, role, method FROM creator_content"
        found = [tuple(row) for row in conn.execute(sa.text(query))]
        posts = conn.execute(sa.text("SELECT count(*) FROM raw_posts")).scalar_one()
        renames = "SELECT count(*) FROM handle_changes WHERE outcome = 'recorded'"
        recorded = conn.execute(sa.text(renames)).scalar_one()
    matches = {match[:4] for match in found}
    missed = sorted(corpus.truth - matches)
    right, wrong, missing = Counter[str](), Counter[str](), Counter(truth[3] for truth in missed)
    for match in found:
        counted = right if match[:4] in corpus.truth else wrong
        counted[match[3]] += 1
        counted[match[4]] += 1
    roles = sorted({truth[3] for truth in corpus.truth} | {match[3] for match in found})
    return Verdict(
        posts=posts,
        by_role={role: Score(right[role], wrong[role], missing[role]) for role in roles},
        by_method={method: Score(right[method], wrong[method], 0) for method in sorted({match[4] for match in found})},
        writers=Score(*(sum(counts[role] for role in WRITERS) for counts in (right, wrong, missing))),
        owners_taken_for_authors=sum(
            (*feed, role) in matches and (*feed, role) not in corpus.truth
            for feed in corpus.foreign_in_feeds
            for role in WRITERS
        ),
        refused=refused,
        renames_recorded=recorded,
        wrong=sorted(match for match in found if match[:4] not in corpus.truth),
        missed=missed,
    )
