"""Requests that come at once: one answer for who asks the same, one batch for what is to be done, and no mix-up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from scrape_assets.api.together import SharedAnswers, Together
from scrape_assets_tests.api.own_loop import in_a_loop
from scrape_assets_tests.api.served import Api


class Gate:
    """Work that waits to be let through, and tells that it has begun."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.open = threading.Semaphore(0)

    def pass_through(self) -> None:
        self.begun.release()
        assert self.open.acquire(timeout=10)

    async def has_begun(self) -> None:
        assert await asyncio.to_thread(self.begun.acquire, True, 10)


def test_who_asks_while_an_answer_is_made_shares_the_next_one() -> None:
    async def work() -> None:
        gate, numbers = Gate(), count(1)
        answers: SharedAnswers[int] = SharedAnswers()

        def make() -> int:
            gate.pass_through()
            return next(numbers)

        first = [asyncio.create_task(answers.to("a", make)) for _ in range(3)]
        await gate.has_begun()
        later = [asyncio.create_task(answers.to("a", make)) for _ in range(3)]
        other = asyncio.create_task(answers.to("b", lambda: -1))
        assert await other == -1  # nobody waits for another's question
        gate.open.release(2)
        assert await asyncio.gather(*first, *later) == [1, 1, 1, 2, 2, 2]
        gate.open.release()
        assert await answers.to("a", make) == 3

    in_a_loop(work)


def test_an_answer_that_fails_fails_for_all_who_wait_and_for_nobody_after() -> None:
    async def work() -> None:
        answers: SharedAnswers[int] = SharedAnswers()
        fails = asyncio.gather(*(answers.to("a", _fail) for _ in range(3)), return_exceptions=True)
        assert [str(error) for error in await fails] == ["no"] * 3
        assert await answers.to("a", lambda: 1) == 1

    in_a_loop(work)


def test_one_who_leaves_takes_the_answer_from_nobody() -> None:
    async def work() -> None:
        gate = Gate()
        answers: SharedAnswers[int] = SharedAnswers()

        def make() -> int:
            gate.pass_through()
            return 1

        leaving, staying = (asyncio.create_task(answers.to("a", make)) for _ in range(2))
        await gate.has_begun()
        leaving.cancel()
        gate.open.release()
        assert await staying == 1

    in_a_loop(work)


def test_what_comes_while_a_batch_is_done_is_the_next_one_in_its_order() -> None:
    async def work() -> None:
        gate = Gate()
        batches: list[list[int]] = []

        def do(wishes: Sequence[int]) -> list[int]:
            gate.pass_through()
            batches.append(list(wishes))
            return [10 * wish for wish in wishes]

        together = Together(do, most=3)
        first = asyncio.create_task(together.do(0))
        await gate.has_begun()
        later = [asyncio.create_task(together.do(number)) for number in range(1, 6)]
        gate.open.release(3)
        assert await asyncio.gather(first, *later) == [0, 10, 20, 30, 40, 50]
        assert batches == [[0], [1, 2, 3], [4, 5]]

    in_a_loop(work)


@pytest.mark.parametrize("kind", [ValueError, BaseException])
def test_a_batch_that_fails_fails_for_its_own_and_the_next_is_done(kind: type[BaseException]) -> None:
    async def work() -> None:
        def do(wishes: Sequence[int]) -> Sequence[int]:
            if -1 in wishes:
                raise kind("no")
            return wishes

        together = Together(do, most=2)
        done = await asyncio.gather(*(together.do(n) for n in (1, -1, 2, 3)), return_exceptions=True)
        assert [str(one) for one in done] == ["no", "no", "2", "3"]

    in_a_loop(work)


def _fail() -> int:
    raise ValueError("no")


def test_in_a_crowd_each_request_has_its_own_answer(api: Api) -> None:
    api.creator("anna", "https://www.linkedin.com/in/anna-vesterholt")
    bodies = [
        {"creatorId": "mira", "platform": "linkedin", "priority": "low"},
        {"creatorId": "nobody", "platform": "linkedin"},
        {"creatorId": "anna", "platform": ["linkedin"], "force": True},
        {"creatorId": "anna", "platform": "tiktok"},
        {"creatorId": "mira", "platform": "linkedin", "searchParams": {"profileUrl": "https://www.tiktok.com/@m"}},
    ] * 8
    with ThreadPoolExecutor(len(bodies)) as pool:
        answers = list(pool.map(lambda body: api.ask(body), bodies))
    assert [answer.status_code for answer in answers] == [202, 404, 202, 404, 422] * 8
    assert {answer.json()["job"]["targetId"] for answer in answers[::5]} == {"mira"}
    many = [answer.json()["jobs"] for answer in answers[2::5]]
    assert {(len(jobs), jobs[0]["targetId"], jobs[0]["searchParams"]["force"]) for jobs in many} == {(1, "anna", True)}
    written = api.rows("SELECT target_id, priority, count(*) FROM scrape_jobs GROUP BY 1, 2 ORDER BY 1")
    assert written == [("anna", "normal", 8), ("mira", "low", 8)]
    assert api.rows("SELECT cardinality(subjects) FROM api_writes") == [1] * 16


def test_in_a_crowd_a_key_for_two_requests_is_taken_by_one_of_them(api: Api) -> None:
    priorities = ["low", "normal", "high", "low"] * 6
    with ThreadPoolExecutor(len(priorities)) as pool:
        answers = list(
            pool.map(
                lambda one: api.ask(
                    {"creatorId": "mira", "platform": "linkedin", "priority": one}, **{"idempotency-key": "order-1"}
                ),
                priorities,
            )
        )
    [(job_id, won)] = api.rows("SELECT job_id, priority FROM scrape_jobs")
    assert [answer.status_code for answer in answers] == [202 if one == won else 409 for one in priorities]
    assert {answer.json()["job"]["jobId"] for answer in answers if answer.status_code == 202} == {job_id}
    assert api.rows("SELECT subjects FROM api_writes") == [[job_id]]


def test_what_was_written_before_is_on_the_page_that_is_asked_for_after(api: Api) -> None:
    def ask_and_look(number: int) -> bool:
        job = api.job(priority=["low", "normal", "high"][number % 3])
        return job["jobId"] in {one["jobId"] for one in api.jobs(limit=200)["jobs"]}

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask_and_look, range(96)))
