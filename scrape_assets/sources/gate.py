"""What every try of a call passes on its way out and back. How a gate decides is not known here."""

from datetime import timedelta
from typing import Any, Protocol

from scrape_assets.sources.errors import SourceError

PATIENCE = timedelta(seconds=20)
"""A shorter wait is waited; for a longer one the job is put aside and taken up again where it stopped."""


class Gate(Protocol):
    """Says when a call may be made, and is told what came of it. May be shared by threads."""

    def enter(self, operation: str, url: str, platform: str, hold: timedelta) -> Any:
        """Wait for seconds until the call may be made.

        Args:
            operation: what it is for.
            url: whole; the gate keeps none of it but the server.
            platform: that it serves, where a source limits platforms apart; else "".
            hold: how long it may be under way.

        Returns:
            The pass, to be handed to `answered` and `leave`.

        Raises:
            Shut: it would take longer than it is worth waiting. Nothing is to be sent.
        """

    def answered(self, given: Any) -> None:
        """Be told that a good answer has begun, whose body is read by and by. Never raises."""

    def leave(self, given: Any, error: SourceError | None) -> None:
        """Be told what came of it. Never raises. A call that was cut off in the middle is not told of."""

    def pause(self, url: str, platform: str, pause: timedelta, why: str) -> None:
        """Be told that a source asks for a pause, although it answered. Never raises."""


class OpenGate:
    """Lets everything through: for where there is nobody to be fair to, such as tests of what is said."""

    def enter(self, operation: str, url: str, platform: str, hold: timedelta) -> None:
        """Go on."""

    def answered(self, given: None) -> None:
        """Nothing to note."""

    def leave(self, given: None, error: SourceError | None) -> None:
        """Nothing to note."""

    def pause(self, url: str, platform: str, pause: timedelta, why: str) -> None:
        """Nothing to note."""


OPEN = OpenGate()
"""The one there is."""
