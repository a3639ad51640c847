"""The API keeps what its OpenAPI document promises, whatever it is asked."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from scrape_assets_tests.api.served import CRON, TOKEN, Api

EXAMPLES = 6  # of each operation
NOT_HERE = positive_data_acceptance  # JSON Schema cannot say that one time lies after another
SECRETS = {"admin": TOKEN, "cron": CRON}  # by the names of the document's security schemes
OPEN = {"/healthz", "/readyz", "/metrics", "/api/webhooks/brightdata/{token}"}  # the last has its token in the path


def test_every_operation_says_which_token_it_wants(api: Api) -> None:
    document = api.http.get("/api/openapi.json").json()
    schemes = document["components"]["securitySchemes"]
    assert {name: (one["type"], one["scheme"]) for name, one in schemes.items()} == dict.fromkeys(
        SECRETS, ("http", "bearer")
    )
    for path, operations in document["paths"].items():
        for operation in operations.values():
            wanted = [name for one in operation.get("security", []) for name in one]
            assert wanted == ([] if path in OPEN else ["cron" if "/cron/" in path else "admin"]), path


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
            case.call_and_validate(headers=_shown(case), excluded_checks=[NOT_HERE])

        check()
        checked.add(operation.label)
    assert len(checked) > 10


def _shown(case: schemathesis.Case[Any]) -> dict[str, str]:
    wanted = [name for one in case.operation.definition.raw.get("security", []) for name in one]
    # In capitals, or schemathesis would not take it away when it asks again without.
    return {"Authorization": f"Bearer {SECRETS[wanted[0]]}"} if wanted else {}
