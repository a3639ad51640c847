"""Requests of every operation, invented by schemathesis. Apart: it takes a second to load, and one test needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

EXAMPLES = 6  # of each operation
NOT_HERE = positive_data_acceptance  # JSON Schema cannot say that one time lies after another


def ask_all(document: str, secrets: Mapping[str, str]) -> set[str]:
    """Ask every operation of the document at this address, and give their names. The first broken promise is raised."""
    checked: set[str] = set()
    for result in schemathesis.openapi.from_url(document).get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def check(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(headers=_shown(case, secrets), excluded_checks=[NOT_HERE])

        check()
        checked.add(operation.label)
    return checked


def _shown(case: schemathesis.Case[Any], secrets: Mapping[str, str]) -> dict[str, str]:
    wanted = [name for one in case.operation.definition.raw.get("security", []) for name in one]
    # In capitals, or schemathesis would not take it away when it asks again without.
    return {"Authorization": f"Bearer {secrets[wanted[0]]}"} if wanted else {}
