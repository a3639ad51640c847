"""The classes of error that the ledger knows. What follows from each stands in `retries.py`."""

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
