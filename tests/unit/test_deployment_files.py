"""compose.yaml, the Dockerfile and the manifests, as far as they can be judged without a container engine."""

import json
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator

from nexus.cli import SERVICES, build_parser
from nexus.embedded.compose_env import SECRET_FILES
from nexus.runtime.serve import STOP_SECONDS
from nexus.runtime.settings import Settings

ROOT = Path(__file__).parents[2]
MANIFESTS = sorted((ROOT / "deploy" / "kubernetes").rglob("*.yaml"))
OVERLAYS = ("single-host", "three-names")


@cache
def _compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return read


def _ours() -> dict[str, dict[str, Any]]:
    return {name: made for name, made in _compose()["services"].items() if "NEXUS_IMAGE" in made["image"]}


@cache
def _objects() -> list[dict[str, Any]]:
    return [o for path in MANIFESTS for o in yaml.safe_load_all(path.read_text("utf-8")) if o["kind"] != "Component"]


def _pods() -> dict[str, dict[str, Any]]:
    return {o["metadata"]["name"]: o["spec"]["template"]["spec"] for o in _objects() if "template" in o.get("spec", {})}


def _unknown_settings(names: set[str]) -> set[str]:
    known = {name.upper() for name in Settings.model_fields}
    return {name for name in names if name.removesuffix("_FILE") not in known}


def test_every_yaml_file_is_well_written() -> None:
    files = ["compose.yaml", "deploy"]
    said = subprocess.run(
        [sys.executable, "-m", "yamllint", "--strict", *files], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout


def test_the_dockerfile_passes_hadolint() -> None:
    program = Path(sys.executable).parent / "hadolint"
    said = subprocess.run([program, "--no-color", ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout


def test_compose_is_what_the_specification_allows() -> None:
    schema = json.loads((ROOT / "tests" / "schemas" / "compose.json").read_text(encoding="utf-8"))
    assert not [error.message for error in Draft7Validator(schema).iter_errors(_compose())]


def test_every_container_is_read_only_without_privileges_and_with_limits() -> None:
    for name, service in _compose()["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}, name
        # The one that makes a volume Caddy's own ends before anything listens.
        assert service["user"].split(":")[0] != "0" or name == "caddy-folders", name
        assert "healthcheck" in service or service["restart"] == "no", name


def test_the_seeds_services_stand_there_by_their_names_and_are_commands_of_ours() -> None:
    run = {name: made["command"][2] for name, made in _ours().items() if made["command"][1] == "run"}
    assert all(name == service for name, service in run.items())
    needed = {"whatsapp-service", "orchestrator-service", "platform-ui", "frontend-react"}
    assert needed <= set(run)
    assert all("profiles" in _ours()[name] for name in set(run) - needed)
    assert set(run) - set(SERVICES) == set()
    assert "healthcheck" in _compose()["services"]["postgres"]


def test_a_secret_is_a_file_that_compose_env_writes_and_each_service_has_those_it_is_told_of() -> None:
    compose = _compose()
    assert set(compose["secrets"]) <= set(SECRET_FILES)
    assert all(made == {"file": f"./secrets/{name}"} for name, made in compose["secrets"].items())
    for name, service in compose["services"].items():
        told = {
            str(value).rpartition("/")[2]
            for variable, value in service.get("environment", {}).items()
            if variable.endswith("_FILE")
        }
        # These read theirs by a path in their own configuration.
        assert name in ("valkey", "alertmanager") or told == set(service.get("secrets", [])), name


def test_no_container_of_ours_has_a_setting_that_nobody_reads_or_a_secret_in_its_environment() -> None:
    for name, service in _ours().items():
        given = set(service.get("environment", {}))
        assert not _unknown_settings(given), name
        open_secrets = [v for v in given if re.search(r"(TOKEN|SECRET|KEY|PASS|DSN|REDIS_URL)$", v)]
        assert not open_secrets, name
    owners = [name for name, made in _compose()["services"].items() if "postgres_owner_dsn" in made.get("secrets", [])]
    assert owners == ["migrate"]


def test_the_image_is_built_of_hashed_locks_and_runs_without_privileges() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    bases = re.findall(r"^FROM (\S+)", lines, flags=re.MULTILINE)
    assert all(re.fullmatch(r"[a-z]+:[\w.-]+", base) for base in bases), bases
    assert "--require-hashes" in lines
    assert "npm ci" in lines
    assert re.search(r"^USER 10001:10001$", lines, flags=re.MULTILINE)
    copied = [word for line in re.findall(r"^COPY (?!--from)(.+)$", lines, re.MULTILINE) for word in line.split()[:-1]]
    assert copied
    assert all((ROOT / name).exists() for name in copied)


def test_every_manifest_is_what_kubernetes_allows() -> None:
    schema = json.loads((ROOT / "tests" / "schemas" / "kubernetes.json").read_text(encoding="utf-8"))
    wrong = []
    for made in _objects():
        if made["apiVersion"].startswith("kustomize"):
            continue
        kind = schema["kinds"][f"{made['apiVersion']} {made['kind']}"]
        checks = Draft202012Validator({**kind, "$defs": schema["$defs"]})
        wrong += [f"{made['kind']} {made['metadata']['name']}: {error.message}" for error in checks.iter_errors(made)]
    assert not wrong


def test_every_pod_is_read_only_without_privileges_and_with_limits() -> None:
    assert {"postgres", "valkey", "migrate", "orchestrator-service", "whatsapp-service"} <= set(_pods())
    for name, pod in _pods().items():
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["automountServiceAccountToken"] is False, name
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True, name
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, name
            assert set(container["resources"]["limits"]) == {"cpu", "memory"}, name


def test_a_pod_runs_what_its_container_runs_in_compose() -> None:
    for name in set(_ours()) & set(_pods()):
        assert _pods()[name]["containers"][0]["args"] == _ours()[name]["command"], name


def test_a_pod_gets_the_secrets_that_its_container_gets_in_compose() -> None:
    for name, pod in _pods().items():
        volumes = [v["secret"] for v in pod["volumes"] if "secret" in v]
        keys = {item["key"] for secret in volumes for item in secret["items"]}
        assert keys == set(_compose()["services"][name].get("secrets", [])), name


def test_a_pod_finds_every_file_that_its_settings_name() -> None:
    text = (ROOT / "deploy" / "kubernetes" / "base" / "settings.env").read_text(encoding="utf-8")
    shared = dict(line.split("=", 1) for line in text.splitlines())
    for name, pod in _pods().items():
        container = pod["containers"][0]
        given = {made["name"]: made["value"] for made in container.get("env", [])}
        given |= shared if "envFrom" in container else {}
        told = {value.rpartition("/")[2] for variable, value in given.items() if variable.endswith("_FILE")}
        assert name == "valkey" or told == set(_compose()["services"][name].get("secrets", [])), name


def test_the_manifests_settings_are_read_and_point_at_the_secrets() -> None:
    text = (ROOT / "deploy" / "kubernetes" / "base" / "settings.env").read_text(encoding="utf-8")
    given = dict(line.split("=", 1) for line in text.splitlines())
    assert not _unknown_settings(set(given))
    files = [value for name, value in given.items() if name.endswith("_FILE")]
    assert {Path(value).parent.as_posix() for value in files} == {"/run/secrets/nexus"}
    assert {Path(value).name for value in files} <= set(SECRET_FILES)


def test_the_roles_of_the_manifests_are_those_of_compose() -> None:
    copy, original = ROOT / "deploy/kubernetes/base/roles.sh", ROOT / "deploy/postgres/roles.sh"
    assert copy.read_bytes() == original.read_bytes()


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl renders the overlays where it is installed")
def test_an_overlay_renders(overlay: str) -> None:
    folder = ROOT / "deploy" / "kubernetes" / "overlays" / overlay
    said = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    names = {(o["kind"], o["metadata"]["name"]) for o in yaml.safe_load_all(said.stdout)}
    assert {("Ingress", "nexus"), ("Job", "migrate"), ("Deployment", "platform-ui")} <= names


@pytest.mark.parametrize("name", ["nexus.service", "nexus@.service", "nexus-migrate.service"])
def test_a_unit_runs_a_command_of_ours_as_its_own_user(name: str) -> None:
    unit = (ROOT / "deploy" / "systemd" / name).read_text(encoding="utf-8")
    command = re.search(r"^ExecStart=/opt/nexus/nexus (.+)$", unit, flags=re.MULTILINE)
    assert command
    assert command[1] in ("up", "migrate", "run %i")
    assert "User=nexus" in unit
    assert "NoNewPrivileges=yes" in unit


def test_whoever_stops_a_service_waits_for_its_notice_and_for_what_it_has_in_hand() -> None:
    """Seconds: the notice before the port closes, and STOP_SECONDS after it."""
    for name, service in _ours().items():
        if service["command"][1] == "run":
            [told] = re.findall(r":-(\d+)\}", service["environment"]["DRAIN_NOTICE_SECONDS"])
            assert int(service["stop_grace_period"].removesuffix("s")) >= int(told) + STOP_SECONDS, name
    shared = (ROOT / "deploy" / "kubernetes" / "base" / "settings.env").read_text(encoding="utf-8")
    for name in set(_ours()) & set(_pods()) - {"migrate"}:
        [container] = _pods()[name]["containers"]
        given = {made["name"]: made["value"] for made in container.get("env", [])}
        notice = (
            given.get("DRAIN_NOTICE_SECONDS") or re.findall(r"^DRAIN_NOTICE_SECONDS=(\d+)$", shared, re.MULTILINE)[0]
        )
        assert _pods()[name]["terminationGracePeriodSeconds"] >= int(notice) + STOP_SECONDS, name
        assert "lifecycle" not in container, name  # a preStop would be a second notice
    unit = (ROOT / "deploy" / "systemd" / "nexus@.service").read_text(encoding="utf-8")
    notice, wait = (int(re.findall(rf"{name}=(\d+)", unit)[0]) for name in ("DRAIN_NOTICE_SECONDS", "TimeoutStopSec"))
    assert wait >= notice + STOP_SECONDS


@pytest.mark.parametrize("kind", ["systemd", "no-systemd"])
def test_the_commands_of_the_guide_are_a_script_whose_commands_exist(kind: str) -> None:
    program = ROOT / "tests" / "deploy_doc.sh"
    made = subprocess.run([program, "--script", kind], capture_output=True, text=True, check=True).stdout
    said = subprocess.run(["bash", "-n"], input=made, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    called = re.findall(r"\./nexus ([a-z-]+)", made)
    assert {"compose-env", "migrate", "doctor", "user", "run"} <= set(called)
    helped = build_parser().format_help()
    assert all(re.search(rf"^\s+{command}\b", helped, flags=re.MULTILINE) for command in called)
    named = re.findall(r"\bdeploy/[\w./@-]+", made)
    assert named
    assert all((ROOT / path).exists() for path in named)
