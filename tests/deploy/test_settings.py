"""Every setting in a deployment file exists, and the systemd unit and the contact flow are good."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from agent.aws.contact_flow import FlowWishes
from agent.aws.contact_flow import contact_flow as made
from agent.config import Configuration, load
from agent.daemon.doctor.findings import Severity
from agent.daemon.doctor.wiring import PLACEHOLDER, diagnose
from agent.emulator import load_flow
from tests.deploy.places import DEPLOY, compose, contact_flow, manifests, template, variables

UNIT = (DEPLOY / "chat-agent.service").read_text(encoding="utf-8")
SETTING = re.compile(r"CHAT_AGENT_([A-Z]+)__([A-Z_]+)")


def test_every_variable_names_a_setting() -> None:
    """In the image, in Compose, on Fargate."""
    found = {name for tree in (compose(), template("ecs.yaml")) for name, _ in variables(tree)}
    found |= {match[0] for match in SETTING.finditer((DEPLOY / "Dockerfile").read_text(encoding="utf-8"))}
    assert len(found) > 5
    for name in found:
        matched = SETTING.fullmatch(name)
        assert matched, name
        section = Configuration.model_fields[matched[1].lower()].annotation
        assert matched[2].lower() in section.model_fields, name  # type: ignore[union-attr]


def test_the_workers_of_the_laptop_cluster_can_be_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Their environment is read as the daemon reads it."""
    monkeypatch.chdir(tmp_path)
    for name, value in variables(compose()):
        monkeypatch.setenv(name, value)
    settings = load().settings
    assert (settings.source.kind, settings.store.kind) == ("sqs", "dynamodb")


def test_the_settings_file_of_kubernetes_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Once its placeholders are filled."""
    text = manifests()["ConfigMap"]["data"]["chat-agent.toml"]
    assert tomllib.loads(text)
    file = tmp_path / "chat-agent.toml"
    file.write_text(text.replace("REPLACE-INSTANCE", "11111111-2222-4333-8444-555555555555"), encoding="utf-8")
    settings = load(file=file).settings
    assert (settings.source.kind, settings.store.kind, settings.health.port) == ("sqs", "dynamodb", 8080)
    assert (settings.store.table, settings.streaming.prefix) == ("REPLACE-TABLE", "REPLACE-PREFIX")


def test_a_command_in_a_container_has_the_worker_s_settings() -> None:
    """The file is named by a variable, not by an argument that whoever runs `journals` beside it must know."""
    (worker,) = manifests()["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert worker["args"] == ["run"]
    assert {"name": "CHAT_AGENT_CONFIG", "value": "/etc/chat-agent/chat-agent.toml"} in worker["env"]


def test_the_contact_flow_is_what_the_command_prints() -> None:
    """With its placeholders, which are all that is wrong with it; the local Amazon Connect can run it."""
    assert json.loads(contact_flow()) == made(FlowWishes())
    (finding,) = diagnose("contact-flow", contact_flow())
    assert "placeholders" in finding.what
    (finding,) = diagnose("contact-flow", contact_flow().replace(PLACEHOLDER, ""))
    assert finding.severity is Severity.OK
    assert load_flow(DEPLOY / "contact-flow.json").start == "log"


@pytest.mark.processes
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """`systemd-analyze verify`, with a program that exists in the daemon's place."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is missing; not tried.")
    unit = tmp_path / "chat-agent.service"
    unit.write_text(UNIT.replace("/opt/chat-agent/bin/chat-agent", "/bin/true"), encoding="utf-8")
    done = subprocess.run([program, "verify", str(unit)], capture_output=True, text=True, timeout=60, check=False)
    assert "chat-agent.service" not in done.stderr, done.stderr
    assert done.returncode == 0


def test_the_operator_s_commands_look_where_the_unit_s_worker_looks(tmp_path: Path) -> None:
    """The same places, the same settings, the same variables, whatever the operator's shell has; words stay words."""
    (variables,) = re.findall("^Environment=(.*)$", UNIT, re.MULTILINE)
    (file,) = re.findall(r"^ExecStart=\S+ run --config (\S+)$", UNIT, re.MULTILINE)
    (secrets,) = re.findall("^EnvironmentFile=-(.*)$", UNIT, re.MULTILINE)
    (tmp_path / "environment").write_text("# keys\nA_KEY=a $(b) c=d\nQUOTED=\"x y\"\n\nLAST='z'", encoding="utf-8")
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$#" "$2"\nexec env\n', encoding="utf-8")
    program.chmod(0o755)
    text = (DEPLOY / "chat-agent.sh").read_text(encoding="utf-8")
    assert secrets in text
    script = text.replace(secrets, str(tmp_path / "environment")).replace(
        "/opt/chat-agent/bin/chat-agent", str(program)
    )
    done = subprocess.run(
        ["sh", "-c", script, "chat-agent", "say", "two words"],
        env={"XDG_RUNTIME_DIR": "/run/user/1", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    count, word, *lines = done.stdout.splitlines()
    assert (count, word) == ("2", "two words")
    places = {one for one in variables.split() if one.startswith("XDG_")}
    wanted = {*places, f"CHAT_AGENT_CONFIG={file}", "A_KEY=a $(b) c=d", "QUOTED=x y", "LAST=z"}
    assert len(places) == 2
    assert wanted <= {*lines}


def test_the_unit_drains_notifies_and_has_no_rights() -> None:
    """Time to stop, a word when ready, nothing to gain."""
    settings = dict(line.split("=", 1) for line in UNIT.splitlines() if "=" in line and not line.startswith("#"))
    assert settings["Type"] == "notify"
    assert int(settings["TimeoutStopSec"]) > Configuration().worker.drain_deadline
    assert settings["CapabilityBoundingSet"] == ""
    assert (settings["DynamicUser"], settings["ProtectSystem"], settings["NoNewPrivileges"]) == ("yes", "strict", "yes")
