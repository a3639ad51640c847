"""What can go wrong between us and a source, as exceptions. No HTTP and no source's own wording here.

`error_class` is what the ledger records. A subclass exists where the caller must do something of its own;
whoever does not care catches `SourceError` and goes by the class.
"""

from datetime import timedelta

from scrape_assets.ledger.errors import ErrorClass


class SourceError(Exception):
    """A call to a source did not give what was asked.

    Attributes:
        error_class: why, in the ledger's words.
        message: one line for a person; holds no secret and at most a few hundred foreign characters.
        status_code: the HTTP status that said so; None when there was no usable answer.
        retry_after: how long the source asks us to wait; None when it does not say.
    """

    def __init__(
        self,
        error_class: ErrorClass,
        message: str,
        *,
        status_code: int | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.error_class = error_class
        self.message = message
        self.status_code = status_code
        self.retry_after = retry_after


class NotConfigured(SourceError):
    """A key or an address is missing or cannot be right. Raised before anything is sent."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorClass.NOT_CONFIGURED, message)


class Unreachable(SourceError):
    """The request never left: no connection came about. The source has accepted nothing."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorClass.NETWORK, message)


class AnswerLost(SourceError):
    """A paid request was sent and nobody knows if it was accepted. Settle it; never just send it again."""


class KeyRefused(SourceError):
    """The source does not accept our credentials. Nothing will work until a person acts."""

    def __init__(self, message: str, *, status_code: int | None = None) -> None:
        super().__init__(ErrorClass.REFUSED, message, status_code=status_code)


class Throttled(SourceError):
    """Too many requests or jobs; nothing was accepted, so the same may be sent later."""

    def __init__(self, message: str, *, status_code: int | None = None, retry_after: timedelta | None = None) -> None:
        super().__init__(ErrorClass.THROTTLED, message, status_code=status_code, retry_after=retry_after)


class Shut(Throttled):
    """Not sent: the source is left alone for now, or our own pace is spent. Nobody was asked, and it costs nothing.

    Attributes:
        retry_after: when to come back.
        passing: only our own pace, or others at it just now: nothing is wrong with the source.
    """

    def __init__(self, message: str, *, retry_after: timedelta, passing: bool) -> None:
        super().__init__(message, retry_after=retry_after)
        self.passing = passing


class InputRefused(SourceError):
    """One input is wrong, and the whole job was refused for it. Without it the rest may be sent again.

    Attributes:
        index: the bad input's place in what was sent, from 1.
        line: the bad input as the source repeats it, JSON text; "" when it does not.
        reasons: what is wrong with it, e.g. ("url: Required field",).
    """

    def __init__(
        self,
        message: str,
        *,
        index: int,
        line: str,
        reasons: tuple[str, ...],
        status_code: int | None = None,
    ) -> None:
        super().__init__(ErrorClass.BAD_REQUEST, message, status_code=status_code)
        self.index = index
        self.line = line
        self.reasons = reasons


class NotReady(SourceError):
    """The snapshot is still being made. Not a fault: ask again after `retry_after`, or when it suits.

    Its class (server) matters only to callers who do not look at the type: worth another try later.
    """

    def __init__(self, message: str, *, status_code: int | None = None, retry_after: timedelta | None = None) -> None:
        super().__init__(ErrorClass.SERVER, message, status_code=status_code, retry_after=retry_after)


class NotRunning(SourceError):
    """A snapshot cannot be stopped, because it no longer runs."""

    def __init__(self, message: str, *, status_code: int | None = None) -> None:
        super().__init__(ErrorClass.BAD_REQUEST, message, status_code=status_code)


class EmptySnapshot(SourceError):
    """The source says that the snapshot holds nothing. Final, and a result: zero rows."""

    def __init__(self, message: str, *, status_code: int | None = None) -> None:
        super().__init__(ErrorClass.NOT_FOUND, message, status_code=status_code)


class Expired(SourceError):
    """The source has thrown away what it once had. Asking again is useless."""

    def __init__(self, message: str, *, status_code: int | None = None) -> None:
        super().__init__(ErrorClass.NOT_FOUND, message, status_code=status_code)


class UnknownSnapshot(SourceError):
    """The source knows no snapshot of this id."""

    def __init__(self, message: str, *, status_code: int | None = None) -> None:
        super().__init__(ErrorClass.NOT_FOUND, message, status_code=status_code)
