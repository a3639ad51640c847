"""Spending an attempt by its class of error, as SQL; jobs and snapshots share it. No statement is made here."""

from sqlalchemy import ColumnElement, Integer, Table, false, func, or_

from scrape_assets.ledger.error_class import ErrorClass
from scrape_assets.ledger.retries import BUDGETS


class Spending:
    """One more failure of a class: what a row's counts become, and whether that was its last attempt.

    Args:
        table: scrape_jobs or snapshots.
        error_class: of the failure; None counts against the limit over all classes alone.
        patient: even a class that ends at once has the limit over all classes. For what was paid for: a gateway's 404
            is not the last word on a snapshot that was called ready.
    """

    def __init__(self, table: Table, error_class: ErrorClass | None, *, patient: bool = False) -> None:
        columns = table.c
        budget = BUDGETS[error_class] if error_class else None
        self.counts: bool = budget is None or budget.counts
        """Whether an attempt is spent at all."""
        self.values: dict[str, object] = {}
        """The columns as they become when it is."""
        self.is_last: ColumnElement[bool] = false()
        """Whether it is the last, as a condition on the row before."""
        if not self.counts:
            return
        self.values["attempts"] = columns.attempts + 1
        self.is_last = columns.attempts + 1 >= columns.max_attempts
        if error_class is None or budget is None:
            return
        of_class = func.coalesce(columns.failures[error_class.value].astext.cast(Integer), 0) + 1
        self.values["failures"] = columns.failures.concat(func.jsonb_build_object(error_class.value, of_class))
        if budget.tries is not None and not (patient and budget.ends_at_once):
            self.is_last = or_(self.is_last, of_class >= budget.tries)


ANEW: dict[str, object] = {"attempts": 0, "failures": {}}
"""The columns of a row that has every attempt before it again. What was spent before stays in `state_changes`."""
