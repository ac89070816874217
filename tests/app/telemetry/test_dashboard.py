"""Grafana's dashboard asks for what the service exports, and for all of its own."""

from __future__ import annotations

import json
import re

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from prometheus_client.parser import text_string_to_metric_families

from plumbing.files import ROOT
from tests.app.served import served

DASHBOARD = ROOT / "deploy" / "grafana" / "maden.json"
SCRAPED = {"job", "instance"}
"""Labels that Prometheus itself puts on whatever it reads."""
WORDS = {"by", "without", "on", "ignoring"}
_SELECTOR = re.compile(r"(\w+)\s*\{([^}]*)\}")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
_GROUPING = re.compile(r"\b(?:by|without)\s*\(([^)]*)\)")
_NAME = re.compile(r"[A-Za-z_]\w*")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
FUNCTIONS = {"sum", "max", "rate", "time", "topk", "histogram_quantile"}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Every label with its values, by sample, after a negotiation with a refusal in it."""
    with served(tmp_path_factory.mktemp("desk")) as house:
        house.log_in()
        _, token = house.begin()
        house.settled(token)
        house.debtor(token, "POST", "/messages", json={"text": "20 monthly instalments?"})
        house.settled(token)
        assert house.debtor("nobody", "GET", "/negotiation").status_code == 401
        text = house.client.get("/metrics").text
    found: dict[str, dict[str, set[str]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = found.setdefault(sample.name, {})
            for name, value in sample.labels.items():
                labels.setdefault(name, set()).add(value)
    families = {family.name for family in text_string_to_metric_families(text)}
    own = {name for name in families if name.startswith("maden_") and not name.endswith("_created")}
    return found, own


def panels():
    return json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]


def expressions():
    return [(panel["title"], target) for panel in panels() for target in panel["targets"]]


@pytest.mark.parametrize(("title", "target"), expressions(), ids=lambda one: one if isinstance(one, str) else "")
def test_an_expression_asks_for_what_is_exported(title, target, exported):
    samples, _ = exported
    expression = target["expr"]
    assert expression.count("(") == expression.count(")")
    selected = _SELECTOR.findall(expression)
    assert selected
    for name, matchers in selected:
        assert name in samples, f"{title}: nothing exports {name}"
        for label, operator, value in _MATCHER.findall(matchers):
            assert label in SCRAPED | samples[name].keys(), f"{title}: {name} has no label {label}"
            if operator in ("=", "!=") and label not in SCRAPED:
                assert value in samples[name][label], f"{title}: {label} is never {value}"
        assert _MATCHER.sub("", matchers).strip(" ,") == ""
    labels = {label for name, _ in selected for label in samples[name]} | SCRAPED
    grouped = {one.strip() for names in _GROUPING.findall(expression) for one in names.split(",")}
    assert grouped <= labels
    told = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
    by_itself = _GROUPING.search(expression) is None and "sum" not in expression
    assert told <= (SCRAPED if by_itself else grouped)


@pytest.mark.parametrize(("title", "target"), expressions(), ids=lambda one: one if isinstance(one, str) else "")
def test_an_expression_is_made_of_known_functions_and_variables(title, target):
    expression = target["expr"]
    variables = {one or other for one, other in _VARIABLE.findall(expression)}
    assert variables <= {"job", "__rate_interval"}
    assert set(re.findall(r"(\w+)\s*\(", expression)) <= FUNCTIONS | WORDS
    outside = _GROUPING.sub("", _SELECTOR.sub("", expression))
    names = set(_NAME.findall(_VARIABLE.sub("", outside)))
    assert names <= FUNCTIONS, f"{title}: a metric without the choice of a job"


def test_every_metric_of_the_service_has_a_panel(exported):
    _, families = exported
    shown = " ".join(target["expr"] for _, target in expressions())
    assert [name for name in families if name not in shown] == []


def test_panels_have_numbers_of_their_own_and_do_not_overlap():
    assert len({panel["id"] for panel in panels()}) == len(panels())
    taken = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels())
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < 24
