"""What the agenda is built from: exact, hashed, from no named place, and nothing of FullCalendar's premium half."""

import json
import re
from typing import Any

import pytest

from tests.unit.house.rules import ROOT

PAGES = ROOT / "frontend_react"
PREMIUM = re.compile(r"@fullcalendar/(resource|scheduler|timeline|adaptive|premium|scrollgrid)|fullcalendar-scheduler")
FREE = {"core", "react", "daygrid", "timegrid", "list", "interaction"}
_VERSION = re.compile(r"\d+\.\d+\.\d+")


def _packages() -> dict[str, dict[str, Any]]:
    lock = json.loads((PAGES / "package-lock.json").read_text(encoding="utf-8"))
    return {path.rpartition("node_modules/")[2]: entry for path, entry in lock["packages"].items() if path}


def premium(packages: dict[str, dict[str, Any]]) -> list[str]:
    """The packages that want a commercial licence."""
    return [
        name
        for name, entry in packages.items()
        if PREMIUM.match(name) or (name.startswith("@fullcalendar/") and entry.get("license") != "MIT")
    ]


def loose(packages: dict[str, dict[str, Any]]) -> list[str]:
    """Packages without a strong hash, or with the address they came from."""
    return [
        name
        for name, entry in packages.items()
        if "resolved" in entry or not str(entry.get("integrity", "")).startswith("sha512-")
    ]


def test_only_the_mit_packages_of_fullcalendar_are_there() -> None:
    packages = _packages()
    assert not premium(packages)
    assert {name.partition("/")[2] for name in packages if name.startswith("@fullcalendar/")} == FREE


def test_every_package_has_its_hash_and_no_place() -> None:
    assert not loose(_packages())


def test_what_is_asked_for_is_one_exact_version() -> None:
    asked = json.loads((PAGES / "package.json").read_text(encoding="utf-8"))
    versions = {**asked["dependencies"], **asked["devDependencies"]}
    assert not {name: version for name, version in versions.items() if not _VERSION.fullmatch(version)}


@pytest.mark.parametrize(
    "name",
    [
        "@fullcalendar/resource-timegrid",
        "@fullcalendar/resource",
        "@fullcalendar/timeline",
        "@fullcalendar/premium-common",
        "@fullcalendar/adaptive",
        "fullcalendar-scheduler",
    ],
)
def test_a_premium_package_is_seen(name: str) -> None:
    assert premium({name: {"license": "MIT"}})


def test_a_loose_package_and_another_licence_are_seen() -> None:
    good = {"integrity": "sha512-x", "license": "MIT"}
    assert not loose({"vite": good})
    assert loose({"vite": {**good, "resolved": "https://registry.example/vite.tgz"}})
    assert loose({"vite": {"integrity": "sha1-x"}})
    assert premium({"@fullcalendar/core": {"license": "SEE LICENSE IN LICENSE.md"}})
