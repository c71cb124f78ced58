"""Sizes, names, handlers, locks and patches: every rule is held by the tree and seen to fail on a bad sample."""

from pathlib import Path

import pytest

from tests.unit.house import rules

PYTHON = ("src", "tests", "bench")
PAGES = ("src", "platform_ui", "frontend_react")


def _offences(pattern: str, folders: tuple[str, ...], find: object) -> list[str]:
    assert callable(find)
    found = []
    for path in rules.files(pattern, *folders):
        said = find(path.read_text(encoding="utf-8"))
        lines = [said] if isinstance(said, str) else said or []
        found += [f"{rules.name_of(path)}: {line}" for line in lines]
    return found


@pytest.mark.parametrize(
    ("pattern", "folders", "limit"),
    [("*.py", PYTHON, 400), ("*.js", PAGES, 250), ("*.ts", PAGES, 250), ("*.tsx", PAGES, 250)],
)
def test_modules_stay_short(pattern: str, folders: tuple[str, ...], limit: int) -> None:
    assert not _offences(pattern, folders, lambda source: rules.too_long(source, limit))


def test_style_sheets_stay_short() -> None:
    assert not _offences("*.css", PAGES, lambda source: rules.too_long(source, 300))


def test_functions_stay_short() -> None:
    assert not _offences("*.py", PYTHON, lambda source: rules.long_functions(source, 50))


def test_the_readme_fits_its_120_lines() -> None:
    assert rules.too_long((rules.ROOT / "README.md").read_text(encoding="utf-8"), 120) is None


def test_a_long_file_and_a_long_function_are_seen() -> None:
    body = "def long():\n" + "    x = 1\n" * 50
    assert rules.too_long(body, 50)
    assert rules.long_functions(body, 50) == ["long: 51 lines, at most 50"]
    assert not rules.long_functions(body, 51)


def test_colours_are_spelled_out_only_in_tokens() -> None:
    sheets = [path for path in rules.files("*.css", *PAGES) if path.name != "tokens.css"]
    assert sheets
    found = {rules.name_of(path): rules.raw_colours(path.read_text(encoding="utf-8")) for path in sheets}
    assert not {name: colours for name, colours in found.items() if colours}


@pytest.mark.parametrize(
    "colour", ["#fff", "#12ab34", "#12ab34cc", "rgb(1 2 3)", "rgba(1,2,3,.4)", "hsl(1 2% 3%)", "oklch(0.5 0.1 30)"]
)
def test_a_colour_in_a_style_sheet_is_seen(colour: str) -> None:
    assert rules.raw_colours(f"a {{ border: 1px solid {colour}; }}")


def test_selectors_comments_and_tokens_are_no_colours() -> None:
    assert not rules.raw_colours("#add:hover { color: var(--ink); /* was #fff; */ }")


def test_every_broad_except_says_why() -> None:
    assert not _offences("*.py", PYTHON, rules.unexplained_broad_excepts)


@pytest.mark.parametrize("caught", [" Exception", " BaseException as e", " (OSError, Exception)", ""])
def test_a_broad_except_without_reason_is_seen(caught: str) -> None:
    assert rules.unexplained_broad_excepts(f"try:\n    f()\nexcept{caught}:\n    g()\n")
    assert rules.unexplained_broad_excepts(f"try:\n    f()\nexcept{caught}:  # noqa: BLE001\n    g()\n")
    assert not rules.unexplained_broad_excepts(f"try:\n    f()\nexcept{caught}:  # noqa: BLE001 - edge\n    g()\n")
    assert not rules.unexplained_broad_excepts(f"try:\n    f()\nexcept{caught}:\n    g()\n    raise\n")


def test_nothing_is_named_after_nothing() -> None:
    paths = [path for folder in (*PYTHON, *PAGES[1:]) for path in rules.files("*", folder)]
    assert not rules.vague_names(paths)
    assert rules.vague_names([Path("src/nexus/utils"), Path("src/nexus/helpers.py"), Path("src/models")])


def test_tests_put_nothing_in_the_place_of_our_code() -> None:
    assert not _offences("*.py", ("tests", "bench"), rules.patches_of_ours)


@pytest.mark.parametrize(
    "call",
    [
        "monkeypatch.setattr(queue, 'LEASE', 1)",
        "monkeypatch.setattr(queue.park, 'x', 1)",
        "monkeypatch.setattr('nexus.store.queue.LEASE', 1)",
        "mock.patch('nexus.store.queue.LEASE')",
        "patch.object(queue, 'LEASE')",
        "mocker.patch.dict(queue.BACKOFF)",
    ],
)
def test_a_patch_of_our_code_is_seen(call: str) -> None:
    source = f"from nexus.store import queue\n\ndef test(monkeypatch):\n    {call}\n"
    assert rules.patches_of_ours(source)
    assert not rules.patches_of_ours(source.replace("nexus", "asyncpg"))


@pytest.mark.parametrize("lock", sorted(rules.ROOT.glob("requirements*.lock")), ids=lambda path: path.name)
def test_locks_carry_hashes_and_no_place(lock: Path) -> None:
    assert not rules.unhashed_or_located(lock.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "line",
    [
        "httpx==1.0",
        "httpx --hash=sha256:00",
        "--index-url somewhere",
        "-i somewhere",
        "--find-links wheels",
        "httpx @ https://example.test/httpx.whl --hash=sha256:00",
    ],
)
def test_a_loose_lock_is_seen(line: str) -> None:
    good = "asyncpg==1.0 \\\n    --hash=sha256:00\n    # via -r requirements.in\n"
    assert not rules.unhashed_or_located(good)
    assert rules.unhashed_or_located(good + line + "\n")
