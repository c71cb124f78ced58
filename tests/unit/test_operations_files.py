"""Alerts, dashboard and runbook: they name figures that exist, and each alert leads to what to do."""

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest
from prometheus_client.metrics import MetricWrapperBase

from nexus.runtime import metrics

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "nexus.json"
_OTHERS = {"up", "ALERTS"}  # Prometheus's own
_PARTS = re.compile(r'"[^"]*"|\{[^{}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring)\s*\([^)]*\)')
_FUNCTION_OR_WORD = re.compile(r"(?<!\w)[a-zA-Z_:][\w:]*(?!\w)(?!\s*\()")
_WORDS = {"and", "or", "unless", "by", "offset", "bool"}


def _alerts() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"] for rule in group["rules"]]


def _expressions() -> list[str]:
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    shown = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    return [*(rule["expr"] for rule in _alerts()), *shown]


@cache
def _figures() -> dict[str, set[str]]:
    """Every sample name that our metrics may expose, with its labels."""
    found: dict[str, set[str]] = {}
    for made in vars(metrics).values():
        if not isinstance(made, MetricWrapperBase):
            continue
        labels = set(made._labelnames)
        described = made.describe()[0]
        endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(described.type, ("",))
        found |= {described.name + ending: labels | ({"le"} if ending == "_bucket" else set()) for ending in endings}
    return found


def names_in(expression: str) -> set[str]:
    """The metrics that a PromQL expression names."""
    bare = expression
    while (fewer := _PARTS.sub(" ", bare)) != bare:
        bare = fewer
    return {word for word in _FUNCTION_OR_WORD.findall(bare) if word not in _WORDS}


def labels_in(expression: str) -> set[tuple[str, str]]:
    """(metric, label) of every selector."""
    return {
        (name, label)
        for name, inside in re.findall(r"([a-zA-Z_:][\w:]*)\{([^{}]*)\}", expression)
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", inside)
    }


def test_names_and_labels_are_found_in_an_expression() -> None:
    asked = (
        'sum by (queue) (rate(made_up_total{outcome="o k",tool=~"a|b"}[5m] offset 1d)) * 60 > bool other and up == 1'
    )
    assert names_in(asked) == {"made_up_total", "other", "up"}
    assert labels_in(asked) == {("made_up_total", "outcome"), ("made_up_total", "tool")}


def test_every_metric_that_alerts_and_dashboard_name_is_ours() -> None:
    unknown = {name for expression in _expressions() for name in names_in(expression)} - set(_figures()) - _OTHERS
    assert not unknown


def test_every_label_that_they_select_by_is_one_of_its_metric() -> None:
    selected = {pair for expression in _expressions() for pair in labels_in(expression) if pair[0] not in _OTHERS}
    assert not {(name, label) for name, label in selected if label not in _figures()[name]}


def test_a_counter_that_an_alert_waits_for_is_there_before_its_first_failure() -> None:
    exposed = generate_latest().decode()
    for wanted in (
        'bursts_total{outcome="error"} ',
        'bursts_total{outcome="parked"} ',
        'sends_total{state="failed"} ',
        'webhook_signatures_refused_total{reason="wrong"} ',
    ):
        assert wanted in exposed


def test_every_alert_says_what_happens_and_leads_to_a_section_of_the_runbook() -> None:
    headings = re.findall(r"^#+ (.+)$", (ROOT / "docs" / "runbook.md").read_text("utf-8"), flags=re.MULTILINE)
    anchors = {"docs/runbook.md#" + heading.lower().replace(" ", "-") for heading in headings}
    for rule in _alerts():
        notes = rule["annotations"]
        assert notes["runbook"] in anchors, rule["alert"]
        assert notes["summary"], rule["alert"]
        assert rule["labels"]["severity"] in ("page", "look"), rule["alert"]


def test_panels_have_their_own_place_and_number() -> None:
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian: prometheus) runs the rules' own tests")
def test_the_alerts_fire_when_they_should() -> None:
    said = subprocess.run(
        ["promtool", "test", "rules", "alerts_test.yml"], cwd=ALERTS.parent, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout + said.stderr
