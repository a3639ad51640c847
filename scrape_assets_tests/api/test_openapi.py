"""The API keeps what its OpenAPI document promises, whatever it is asked."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from scrape_assets_tests.api.served import Api

EXAMPLES = 10  # of each operation
# JSON Schema cannot say that one time lies after another; and without the token it would ask in vain: see test_access.
NOT_HERE = [positive_data_acceptance, ignored_auth]


def test_every_operation_says_what_it_takes_and_how_it_refuses(api: Api) -> None:
    document = api.http.get("/api/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            refusals = {code for code in operation["responses"] if code >= "400"}
            assert refusals, f"{method} {path} names no refusal"
            for code in refusals:
                assert list(operation["responses"][code]["content"]) == ["application/problem+json"], f"{path} {code}"
    assert document["components"]["schemas"]["ScrapeRequest"]["examples"]


@pytest.mark.timeout(120)
def test_schemathesis_finds_nothing(api: Api) -> None:
    schema = schemathesis.openapi.from_url(f"{api.url}/api/openapi.json")
    checked: set[str] = set()
    for result in schema.get_all_operations():
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
            case.call_and_validate(headers=dict(api.http.headers), excluded_checks=NOT_HERE)

        check()
        checked.add(operation.label)
    assert len(checked) > 10
