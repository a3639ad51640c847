"""The API keeps what its OpenAPI document promises, whatever it is asked."""

from __future__ import annotations

import pytest

from scrape_assets_tests.api.served import CRON, TOKEN, Api

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
    from scrape_assets_tests.api.invented_requests import ask_all

    assert len(ask_all(f"{api.url}/api/openapi.json", SECRETS)) > 10
