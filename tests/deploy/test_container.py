"""The image, the Compose file and the Kubernetes manifests: linted, and built where an engine is."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.config import Configuration
from tests.deploy.places import DEPLOY, ROOT, compose, manifests, template

DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
BASE = "docker.io/library/python:3.11-slim-bookworm"
HADOLINT = Path(sys.executable).with_name("hadolint")


def _engine() -> str | None:
    for name in ("docker", "podman"):
        program = shutil.which(name)
        if program and subprocess.run([program, "info"], capture_output=True, timeout=60, check=False).returncode == 0:
            return program
    return None


@pytest.mark.processes
@pytest.mark.timeout(900)
def test_the_image_is_built_and_answers() -> None:
    """Where Docker or Podman runs; elsewhere it is only linted."""
    engine = _engine()
    if engine is None:
        pytest.skip("The image was not built: no Docker or Podman runs here; not tried.")
    pulled = subprocess.run([engine, "pull", BASE], capture_output=True, timeout=300, check=False)
    if pulled.returncode:
        pytest.skip("The image was not built: its base cannot be fetched here; not tried.")
    build = [engine, "build", "--file", str(DEPLOY / "Dockerfile"), "--tag", "chat-agent:test", str(ROOT)]
    subprocess.run(build, check=True, timeout=800)
    shown = subprocess.run(
        [engine, "run", "--rm", "--read-only", "chat-agent:test", "--version"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert shown.stdout.startswith("chat-agent ")


@pytest.mark.processes
def test_the_dockerfile_is_clean() -> None:
    """hadolint finds nothing."""
    if not HADOLINT.exists():
        pytest.skip("hadolint is not installed for this platform; not tried.")
    done = subprocess.run(
        [HADOLINT, str(DEPLOY / "Dockerfile")], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_is_pinned_and_runs_without_rights() -> None:
    """Exact versions, no root, a health check, no secret."""
    assert "--constraint constraints.txt" in DOCKERFILE
    assert "USER 10001:10001" in DOCKERFILE
    assert "HEALTHCHECK" in DOCKERFILE
    assert ":latest" not in DOCKERFILE
    assert not any(word in DOCKERFILE.lower() for word in ("password", "secret_access", "token"))


def test_what_fargate_mounts_is_a_volume_of_the_worker_s() -> None:
    """Else the folders are root's there, and the worker can make neither its socket nor its audit log."""
    task = template("ecs.yaml")["Resources"]["Task"]["Properties"]
    (worker,) = task["ContainerDefinitions"]
    mounted = {mount["ContainerPath"] for mount in worker["MountPoints"]}
    before, _, after = DOCKERFILE.partition("\nVOLUME ")
    assert {*json.loads(after.splitlines()[0])} == mounted
    made = re.findall(r"(?:install --directory --owner chat-agent .*|chown chat-agent:chat-agent) (/\S+)", before)
    assert {*made} == mounted


def test_only_what_is_needed_goes_to_the_engine() -> None:
    """No checkout history, no local settings, no store."""
    first, *rest = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert first == "*"
    named = [line.removeprefix("!") for line in rest if line.startswith("!")]
    copied = DOCKERFILE.partition("\nFROM python:3.11-slim-bookworm\n")[0]
    assert all(name in copied and (ROOT / name).exists() for name in named)


def test_the_compose_cluster_shares_one_loopback_and_its_chats() -> None:
    """Three workers; nothing is published but the page, and that on this machine alone."""
    services: dict[str, Any] = compose()["services"]
    assert services["worker"]["deploy"]["replicas"] == 3
    assert {name for name, one in services.items() if one.get("network_mode") != "service:emulator"} == {"emulator"}
    ports = [port for one in services.values() for port in one.get("ports", ())]
    assert ports == ["127.0.0.1:4510:4510"]
    for name in ("emulator", "worker"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("version", ["1.28", "1.30", "1.34"])
def test_the_manifests_fit_the_schemas(version: str) -> None:
    """Kubernetes' own schemas, strictly: no unknown field."""
    validator = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is missing; not tried.")
    for manifest in manifests().values():
        validator.validate(manifest, version, strict=True)


def test_a_pod_has_no_rights_and_time_to_drain() -> None:
    """No root, no writable root, no capability, no token of the cluster."""
    pod = manifests()["Deployment"]["spec"]["template"]["spec"]
    (worker,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert worker["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["terminationGracePeriodSeconds"] > Configuration().worker.drain_deadline
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(worker)


def test_every_part_is_about_the_same_pods() -> None:
    """Selectors and names agree."""
    found = manifests()
    label = {"app.kubernetes.io/name": "chat-agent"}
    assert found["Deployment"]["spec"]["selector"]["matchLabels"] == label
    assert found["Deployment"]["spec"]["template"]["metadata"]["labels"] == label
    assert found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == label
    assert found["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == label
