"""The classes of error that the ledger knows, what follows from each, and how a message is kept. No HTTP."""

from enum import StrEnum


class ErrorClass(StrEnum):
    """Why something did not work, in the words that jobs and snapshots record."""

    THROTTLED = "throttled"  # too many requests; wait
    NETWORK = "network"  # no or half an answer
    SERVER = "server"  # the source broke
    NOT_FOUND = "not_found"
    REFUSED = "refused"  # credentials missing or not accepted
    PAYMENT = "payment"  # account suspended, no funds
    BAD_REQUEST = "bad_request"  # the source will not take this input
    BAD_DATA = "bad_data"  # what came cannot be trusted or read
    NOT_CONFIGURED = "not_configured"  # no key, no such source
    VENDOR_FAILED = "vendor_failed"  # the source accepted the job and then failed it
    LEASE_LOST = "lease_lost"  # the process that held it died
    BUDGET = "budget"  # it would cost more than the budget has left


RETRYABLE: frozenset[ErrorClass] = frozenset(
    {
        ErrorClass.THROTTLED,
        ErrorClass.NETWORK,
        ErrorClass.SERVER,
        ErrorClass.BAD_DATA,
        ErrorClass.VENDOR_FAILED,
        ErrorClass.LEASE_LOST,
    }
)
"""Classes worth another attempt without a person's help. The others end at once."""

OURS: frozenset[ErrorClass] = frozenset(
    {
        ErrorClass.THROTTLED,
        ErrorClass.REFUSED,
        ErrorClass.PAYMENT,
        ErrorClass.NOT_CONFIGURED,
        ErrorClass.BUDGET,
    }
)
"""Classes that are nobody's fault but ours, whatever was asked for: waiting for them costs no attempt."""

MAX_MESSAGE_LENGTH = 2000
"""Longer messages are somebody's whole page of HTML; the start says enough."""


def recordable(message: str) -> str:
    """Make a message fit for a text column: no NUL, no lone surrogate, not endless.

    Messages quote what sources answer, and the row that reports a bad answer must not fail for the same
    bad character.
    """
    storable = message.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    return storable if len(storable) <= MAX_MESSAGE_LENGTH else storable[: MAX_MESSAGE_LENGTH - 1] + "…"
