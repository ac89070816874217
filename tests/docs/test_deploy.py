"""The files of deploy/: what they say is what the programs, Kubernetes and Ray take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from plumbing.files import ROOT
from tests.programs.command_line import command_of

DEPLOY = ROOT / "deploy"
FILES = sorted(DEPLOY.glob("*/*.yaml"))


def documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text()))


def containers() -> list[dict[str, Any]]:
    """Those that run a command of ours."""
    specs = [
        d["spec"]["template"]["spec"]
        for path in FILES
        for d in documents(path)
        if d.get("kind") in ("Job", "Deployment")
    ]
    return [one for spec in specs for one in spec["containers"] if "command" in one]


@pytest.mark.parametrize("container", containers(), ids=lambda one: one["command"][-1])
def test_every_flag_of_a_command_is_one(container, monkeypatch):
    command = command_of(container["command"][1:], monkeypatch)
    known = {name for parameter in command.params for name in parameter.opts}
    given = {argument.partition("=")[0] for argument in container["args"] if argument.startswith("--")}
    assert given
    assert given <= known


def test_the_ray_cluster_runs_the_version_of_ray_that_is_asked_for():
    [cluster] = documents(DEPLOY / "ray" / "raycluster.yaml")
    machines = (DEPLOY / "ray" / "machines.yaml").read_text()
    assert f"ray[default]=={cluster['spec']['rayVersion']}" in machines
    assert "ray[client]>=2.60" in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.parent.name == "kubernetes"], ids=lambda path: path.stem
)
def test_kubernetes_takes_the_file(path):
    validate = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed").validate
    for document in documents(path):
        validate(document, "1.34", strict=True)


@pytest.mark.cluster
def test_rays_launcher_takes_the_file_of_machines():
    ray = pytest.importorskip("ray", reason="Ray is not installed")
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((Path(ray.__file__).parent / "autoscaler" / "ray-schema.json").read_text())
    [machines] = documents(DEPLOY / "ray" / "machines.yaml")
    jsonschema.validate(machines, schema)
