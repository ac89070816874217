"""No module imports itself by way of others, the imports that only a type checker reads included."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import pytest

from plumbing.closure import FLOORS, imported
from plumbing.files import ROOT


def our_modules() -> list[str]:
    files = (file.relative_to(ROOT) for floor in FLOORS for file in (ROOT / floor).rglob("*.py"))
    return [".".join(file.with_suffix("").parts).removesuffix(".__init__") for file in files]


def circle(graph: dict[str, list[str]]) -> list[str]:
    """One circle, from a module round to itself; empty if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_there_is_no_circle_of_modules():
    graph = {module: imported(module, types_too=True) for module in our_modules()}
    assert len(graph) > 200
    assert circle(graph) == []


@pytest.mark.parametrize(("graph", "found"), [({"a": ["b"], "b": ["a"]}, 3), ({"a": ["b", "c"], "b": ["c"]}, 0)])
def test_a_circle_is_found(graph, found):
    assert len(circle(graph)) == found
