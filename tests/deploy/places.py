"""Where the deployment files are, read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


class _Template(yaml.SafeLoader):
    """YAML with CloudFormation's short functions, each as its long form."""


def _function(loader: yaml.Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix: value}


_Template.add_multi_constructor("!", _function)


def template(name: str) -> dict[str, Any]:
    """A CloudFormation template."""
    found: dict[str, Any] = yaml.load((DEPLOY / name).read_text(encoding="utf-8"), Loader=_Template)
    return found


def manifests() -> dict[str, dict[str, Any]]:
    """The Kubernetes manifests by kind."""
    text = (DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")
    return {one["kind"]: one for one in yaml.safe_load_all(text)}


def compose() -> dict[str, Any]:
    """The Compose file."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found


def variables(tree: Any) -> Iterator[tuple[str, Any]]:
    """Every CHAT_AGENT_ variable in a tree, as a mapping's key or as an ECS pair of Name and Value."""
    if isinstance(tree, dict):
        if str(tree.get("Name", "")).startswith("CHAT_AGENT_"):
            yield tree["Name"], tree["Value"]
        for name, value in tree.items():
            if str(name).startswith("CHAT_AGENT_"):
                yield name, value
            yield from variables(value)
    elif isinstance(tree, list):
        for one in tree:
            yield from variables(one)


def contact_flow() -> str:
    """The contact flow."""
    return json.dumps(json.loads((DEPLOY / "contact-flow.json").read_text(encoding="utf-8")))
