"""Posts are matched to creators by the strongest evidence, and to nobody on a guess."""

import datetime as dt
import threading

from scrape_assets.storage.matching.holding_sql import CONFIDENCE
from scrape_assets_tests.storage.invented import COLLECTED, LATER, POSTED, row
from scrape_assets_tests.storage.matching_world import NOW, World

MONTH = dt.timedelta(days=30)


def test_an_author_is_matched_by_the_strongest_method(world: World) -> None:
    world.creator("jane", "in/jane-doe", handle="jane-doe", platform_user_id="42")
    world.loading.load(
        "s",
        row("1", author_key="in/jane-doe", author_handle="jane-doe", author_id="42"),
        row("2", author_key="in/jane-doe", author_handle="jane-doe"),
        row("3", author_key="in/jane-doe"),
        row("4", author_key="in/somebody", author_id="43"),
        row("5", author_key=None),
    )
    report = world.match()
    assert world.matches() == [
        ("jane", "1", "author", "platform_user_id", CONFIDENCE["platform_user_id"]),
        ("jane", "2", "author", "handle", CONFIDENCE["handle"]),
        ("jane", "3", "author", "profile_url", CONFIDENCE["profile_url"]),
    ]
    assert (report.posts, report.matched_posts) == (5, 3)
    assert report.by_role == {"author": 3}
    assert report.by_method == {"platform_user_id": 1, "handle": 1, "profile_url": 1}


def test_who_reposts_is_the_reposter_and_not_the_author(world: World) -> None:
    world.creator("jane", "in/jane-doe")
    world.loading.load("s", row("1", kind="repost", reposted_from="0"), row("2", kind="quote"))
    world.match()
    assert [match[1:3] for match in world.matches()] == [("1", "reposter"), ("2", "author")]


def test_the_owner_of_a_feed_is_not_the_author_of_what_was_found_in_it(world: World) -> None:
    world.creator("jane", "in/jane-doe")
    world.creator("bob", "in/bob")
    world.loading.load(
        "s",
        row("1", author_key="in/stranger", feed_key="in/jane-doe"),
        row("2", author_key="in/bob", feed_key="in/jane-doe"),
        row("3", author_key="in/jane-doe", feed_key="in/jane-doe"),
        row("4", author_key="in/jane-doe", kind="repost", feed_key="in/jane-doe"),
    )
    report = world.match()
    assert world.matches() == [
        ("bob", "2", "author", "profile_url", CONFIDENCE["profile_url"]),
        ("jane", "1", "found_in_feed", "feed_input", CONFIDENCE["feed_input"]),
        ("jane", "2", "found_in_feed", "feed_input", CONFIDENCE["feed_input"]),
        ("jane", "3", "author", "profile_url", CONFIDENCE["profile_url"]),
        ("jane", "4", "reposter", "profile_url", CONFIDENCE["profile_url"]),
    ]
    assert report.by_role == {"author": 2, "reposter": 1, "found_in_feed": 2}


def test_a_post_seen_in_several_feeds_is_found_in_each(world: World) -> None:
    world.creator("jane", "in/jane-doe")
    world.creator("bob", "in/bob")
    world.loading.load("s1", row("1", author_key="in/stranger", feed_key="in/jane-doe"))
    world.loading.load("s2", row("1", author_key="in/stranger", feed_key="in/bob", collected_at=LATER))
    world.match("s1")
    world.match("s2")
    world.match("s1")
    assert [match[:3] for match in world.matches()] == [
        ("bob", "1", "found_in_feed"),
        ("jane", "1", "found_in_feed"),
    ]


def test_mentioned_creators_are_matched_as_mentioned(world: World) -> None:
    world.creator("jane", "in/jane-doe")
    world.creator("bob", "in/bob")
    world.loading.load("s", row("1", mentions=["in/bob", "in/bob", "in/nobody"]), row("2", mentions=["in/jane-doe"]))
    world.match()
    assert world.matches() == [
        ("bob", "1", "mentioned", "mention", CONFIDENCE["mention"]),
        ("jane", "1", "author", "profile_url", CONFIDENCE["profile_url"]),
        ("jane", "2", "author", "profile_url", CONFIDENCE["profile_url"]),
        ("jane", "2", "mentioned", "mention", CONFIDENCE["mention"]),
    ]


def test_whom_the_record_tags_is_tagged_and_whom_only_the_text_names_is_mentioned(world: World) -> None:
    world.creator("ada", "in/ada")
    world.creator("bob", "in/bob")
    world.creator("bob", "in/bobs-other-profile")
    both = ["in/ada", "in/bob"]
    world.loading.load(
        "s",
        row("1", mentions=both, tagged=["in/ada"]),
        row("2", mentions=["in/bobs-other-profile", "in/bob"], tagged=["in/bob"]),  # once, the stronger
        row("3", mentions=["in/bob"]),
    )
    assert world.match().by_role == {"tagged": 2, "mentioned": 2}
    found = [
        ("ada", "1", "tagged", "mention", CONFIDENCE["mention"]),
        ("bob", "1", "mentioned", "mention", CONFIDENCE["mention"]),
        ("bob", "2", "tagged", "mention", CONFIDENCE["mention"]),
        ("bob", "3", "mentioned", "mention", CONFIDENCE["mention"]),
    ]
    assert world.matches() == found
    world.do("DELETE FROM creator_content")
    world.rematch("ada", "bob")
    assert world.matches() == found


def test_a_payload_that_is_read_again_turns_mentioned_into_tagged(world: World) -> None:
    world.creator("ada", "in/ada")
    world.loading.load("s", row("1", mentions=["in/ada"]), row("2", mentions=["in/ada"]))
    world.match()
    assert world.roles() == [("ada", "1", "mentioned"), ("ada", "2", "mentioned")]
    tagged = row("1", mentions=["in/ada"], tagged=["in/ada"])
    world.loading.load("s", tagged, row("2", mentions=["in/ada"]), version=2)
    report = world.match()
    assert (report.written, report.removed) == (1, 1)
    assert world.roles() == [("ada", "1", "tagged"), ("ada", "2", "mentioned")]


def test_a_handle_and_a_key_count_only_in_their_time(world: World) -> None:
    world.creator("former", "in/star", handle="star", valid_to=POSTED)
    world.creator("present", "in/star", handle="star", valid_from=POSTED)
    world.loading.load(
        "s",
        row("1", author_key="in/star", author_handle="star", posted_at=POSTED - MONTH),
        row("2", author_key="in/star", author_handle="star", posted_at=POSTED),
        row("3", author_key="in/star", posted_at=POSTED - MONTH),
        row("4", author_key="in/other", mentions=["in/star"], posted_at=POSTED - MONTH),
        row("5", author_key="in/star", posted_at=None),
    )
    world.match()
    assert [match[:3] for match in world.matches()] == [
        ("former", "1", "author"),
        ("former", "3", "author"),
        ("former", "4", "mentioned"),
        ("present", "2", "author"),
        ("present", "5", "author"),  # no posting time: judged by the time of collection
    ]


def test_a_user_id_outlives_a_change_of_handle_and_outweighs_who_has_the_handle_now(world: World) -> None:
    world.creator("jane", "in/jane-new", handle="jane-new", platform_user_id="42")
    world.creator("thief", "in/jane-old", handle="jane-old", platform_user_id="43")
    world.loading.load("s", row("1", author_key="in/jane-old", author_handle="jane-old", author_id="42"))
    world.match()
    assert world.matches() == [("jane", "1", "author", "platform_user_id", CONFIDENCE["platform_user_id"])]


def test_a_person_and_a_company_of_the_same_handle_are_not_mixed_up(world: World) -> None:
    world.creator("person", "in/acme", handle="acme")
    world.creator("company", "company/acme", handle="acme")
    world.loading.load("s", row("1", author_key="company/acme", author_handle="acme"))
    world.match()
    assert world.matches() == [("company", "1", "author", "handle", CONFIDENCE["handle"])]


def test_platforms_are_not_mixed_up(world: World) -> None:
    world.creator("jane", "in/jane-doe", platform="x", handle="jane", platform_user_id="42")
    world.loading.load("s", row("1", author_handle="jane", author_id="42", feed_key="in/jane-doe"))
    assert world.match().matched_posts == 0


def test_matching_again_changes_nothing(world: World) -> None:
    world.creator("jane", "in/jane-doe")
    world.loading.load("s", row("1", mentions=["in/jane-doe"]), row("2", author_key="in/x", feed_key="in/jane-doe"))
    first = world.match()
    everything = "SELECT xmin::text, * FROM creator_content ORDER BY 2, 3, 4, 5"
    before = world.loading.rows(everything)
    again = world.match(now=NOW + MONTH)
    assert world.loading.rows(everything) == before
    assert (first.written, again.written, again.removed) == (3, 0, 0)
    assert (again.by_role, again.matched_posts) == (first.by_role, first.matched_posts)


def test_a_match_follows_a_corrected_author(world: World) -> None:
    world.creator("jane", "in/jane-doe")
    world.creator("bob", "in/bob")
    world.loading.load("s1", row("1", author_key="in/jane-doe", feed_key="in/jane-doe"), row("9"))
    world.match("s1")
    world.loading.load("s2", row("1", author_key="in/bob", collected_at=LATER))
    report = world.match("s2")
    assert [match[:3] for match in world.matches()] == [
        ("bob", "1", "author"),
        ("jane", "1", "found_in_feed"),
        ("jane", "9", "author"),
    ]
    assert (report.posts, report.written, report.removed) == (1, 2, 1)


def test_a_better_method_takes_over(world: World) -> None:
    world.creator("jane", "in/jane-doe", handle="jane-doe")
    world.loading.load("s1", row("1"))
    world.match("s1")
    world.loading.load("s2", row("1", author_handle="jane-doe", collected_at=LATER))
    world.match("s2", NOW + MONTH)
    found = world.loading.rows("SELECT method, confidence, snapshot_id, matched_at FROM creator_content")
    assert found == [("handle", CONFIDENCE["handle"], "s2", NOW + MONTH)]


def test_the_report_names_the_authors_nobody_knows(world: World) -> None:
    world.creator("jane", "in/jane-doe")
    world.loading.load(
        "s",
        row("1", author_key="in/often", author_name="Often Seen", feed_key="in/jane-doe"),
        row("2", author_key="in/often", author_name="Often Seen"),
        row("3", author_key=None),
        row("4"),
    )
    named = [(author.author_key, author.author_name, author.posts) for author in world.match().unmatched_authors]
    assert named == [("in/often", "Often Seen", 2), (None, None, 1)]


def test_an_unknown_or_empty_snapshot_matches_nothing(world: World) -> None:
    report = world.match("never loaded")
    assert (report.posts, report.matched_posts, report.by_role, report.unmatched_authors) == (0, 0, {}, ())


def test_snapshots_with_the_same_posts_are_matched_side_by_side(world: World) -> None:
    for number in range(20):
        world.creator(f"c{number:02d}", f"in/c{number:02d}")
    for name, shift in (("s1", 0), ("s2", 7), ("s3", 13)):
        collected = COLLECTED + dt.timedelta(hours=shift)
        posts = [
            row(str(post), author_key=f"in/c{(post + shift) % 20:02d}", collected_at=collected) for post in range(200)
        ]
        world.loading.load(name, *(reversed(posts) if shift == 7 else posts))
    barrier = threading.Barrier(3)
    finished: list[str] = []

    def match(name: str) -> None:
        barrier.wait(timeout=30)
        for _ in range(3):
            world.match(name)
        finished.append(name)

    threads = [threading.Thread(target=match, args=(name,)) for name in ("s1", "s2", "s3")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(finished) == ["s1", "s2", "s3"]
    assert world.loading.rows("SELECT count(*), count(DISTINCT post_id) FROM creator_content") == [(200, 200)]
