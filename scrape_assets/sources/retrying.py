"""Short tries of one safe call, for what passes in seconds. Longer waits are rows in the ledger, never here."""

from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random_exponential

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.errors import Shut, SourceError

T = TypeVar("T")


def retried(
    one_try: Callable[[], T],
    *,
    tries: int,
    seconds: float,
    sleep: Callable[[float], None],
    monotonic: Callable[[], float],
) -> T:
    """Try until it succeeds, fails in a way that does not pass, or has been tried enough.

    Args:
        one_try: passes the gate, and calls.
        tries: at most.
        seconds: after which no further try is begun.
        sleep, monotonic: the clocks.

    Raises:
        SourceError: the last try's. Where the gate shut meanwhile, that of the try before: what went wrong, which is
            why it shut.
    """
    begun = monotonic()
    told: list[SourceError] = []
    shut = False

    def once() -> T:
        nonlocal shut
        try:
            return one_try()
        except Shut:
            shut = True
            if told:
                raise told[-1] from told[-1].__cause__
            raise
        except SourceError as error:
            told.append(error)
            raise

    def enough(state: RetryCallState) -> bool:
        return shut or state.attempt_number >= tries or monotonic() - begun >= seconds

    return Retrying(
        retry=retry_if_exception(_may_pass_quickly),
        stop=enough,
        wait=wait_random_exponential(multiplier=0.5, max=4),  # full jitter
        sleep=sleep,
        reraise=True,
    )(once)


def _may_pass_quickly(error: BaseException) -> bool:
    """A fault of the network or the server, unless the source says itself how long to wait."""
    return (
        isinstance(error, SourceError)
        and error.retry_after is None
        and (error.error_class is ErrorClass.NETWORK or (error.status_code or 0) >= 500)
    )
