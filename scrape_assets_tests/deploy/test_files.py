"""The files of deploy/: what tools without a cluster or a container engine can tell about them.

Nothing is built or started here; deploy/README.md says what was never run.
"""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from scrape_assets.cli import app
from scrape_assets.dagster_home import celery_options
from scrape_assets.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
MANIFESTS = sorted(path for path in (DEPLOY / "kubernetes").glob("*.yaml") if path.name != "kustomization.yaml")
# What a setting may be called that others read: Dagster, the object store's library.
OTHERS = {"SCRAPE_ASSETS_DAGSTER_DATABASE_URL", "DAGSTER_HOME", "SCRAPE_ASSETS_TAG"}


@cache
def documents() -> list[dict[str, Any]]:
    return [document for path in MANIFESTS for document in yaml.safe_load_all(path.read_text())]


@cache
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "docker-compose.yaml").read_text())
    return loaded


def containers() -> list[dict[str, Any]]:
    return [
        container
        for document in documents()
        if document["kind"] in ("Deployment", "Job")
        for container in document["spec"]["template"]["spec"]["containers"]
    ]


def ran(*command: str) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return "" if ended.returncode == 0 else ended.stdout + ended.stderr


def test_compose_is_what_its_specification_allows() -> None:
    assert not ran(
        str(Path(sys.executable).with_name("check-jsonschema")),
        *("--builtin-schema", "vendor.compose-spec", str(DEPLOY / "docker-compose.yaml")),
    )


def test_the_dockerfile_has_no_fault_that_its_linter_knows() -> None:
    assert not ran(str(Path(sys.executable).with_name("hadolint")), str(DEPLOY / "Dockerfile"))


@pytest.mark.parametrize("document", documents(), ids=lambda one: f"{one['kind']} {one['metadata']['name']}")
def test_manifests_are_what_kubernetes_allows(document: dict[str, Any]) -> None:
    import kubernetes_validate

    kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


def test_kustomize_takes_every_manifest() -> None:
    taken = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text())["resources"]
    assert sorted(taken) == [path.name for path in MANIFESTS]


def test_every_part_is_a_command_with_options_that_it_has() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    started = [
        part["command"] for part in compose()["services"].values() if str(part.get("image", "")).startswith("scrape")
    ]
    started += [container["args"] for container in containers()]
    assert {words[0] for words in started} >= {"migrate", "api", "code-server", "daemon", "ui", "worker"}
    for name, *words in started:
        options = {option for parameter in commands[name].params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, name


def test_every_setting_is_one_that_is_read() -> None:
    known = {field.alias for field in Settings.model_fields.values()} | OTHERS
    named = set()
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            named |= set(re.findall(r"\b(?:SCRAPE_ASSETS|BRIGHTDATA)_[A-Z_]+\b", path.read_text()))
    assert len(named) > 8
    assert named <= known


def test_containers_are_not_root_and_cannot_become_it() -> None:
    for document in documents():
        if document["kind"] in ("Deployment", "Job"):
            assert document["spec"]["template"]["spec"]["securityContext"]["runAsNonRoot"] is True
    for container in containers():
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"]
        assert not context["allowPrivilegeEscalation"]
        assert context["capabilities"] == {"drop": ["ALL"]}
    assert re.search(r"^USER 10001", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)


def test_the_chart_s_launcher_is_the_one_that_the_workers_expect() -> None:
    values = yaml.safe_load((DEPLOY / "helm" / "dagster-values.yaml").read_text())
    launcher = values["runLauncher"]["config"]["customRunLauncher"]
    assert launcher["class"] == "CeleryRunLauncher"
    ours = celery_options()
    for name, value in launcher["config"]["config_source"].items():
        assert ours[name] == value, name
    assert values["postgresql"]["postgresqlDatabase"] == "scrape_assets_dagster"


def test_no_secret_has_a_value() -> None:
    for name in ("example.env", "kubernetes/secret.example.env"):
        for line in (DEPLOY / name).read_text().splitlines():
            variable, _, value = line.partition("=")
            if re.search(r"PASSWORD|SECRET|TOKEN|KEY", variable):
                assert not value, line
    assert json.dumps(compose()).count(":?}") >= 7, "what must be set is asked for at the start"
