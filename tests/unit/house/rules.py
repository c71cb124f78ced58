"""The house's rules as functions over source text: each returns what breaks it, one line an offence."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
_NOT_OURS = {".venv", "node_modules", ".git", ".nexus", "__pycache__", "dist", ".mypy_cache"}
_REASON = re.compile(r"#\s*noqa:\s*BLE001\s*-\s*\S+")
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgba?|hsla?|oklch|oklab|lab|lch|hwb)\(")
_DECLARATION = re.compile(r"([\w-]+)\s*:\s*([^;{}]+)[;}]")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def _parsed(source: str) -> ast.Module:
    return ast.parse(source)


def files(pattern: str, *folders: str) -> Iterator[Path]:
    """Our own files below the folders (of the whole repository without any), vendored and built ones left out."""
    for folder in folders or (".",):
        for path in sorted((ROOT / folder).rglob(pattern)):
            if not _NOT_OURS.intersection(path.relative_to(ROOT).parts):
                yield path


def name_of(path: Path) -> str:
    """The path as people write it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def too_long(source: str, limit: int) -> str | None:
    """Why the file is too long, if it is."""
    lines = len(source.splitlines())
    return f"{lines} lines, at most {limit}" if lines > limit else None


def long_functions(source: str, limit: int) -> list[str]:
    """Functions of more than `limit` lines, decorators apart."""
    return [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines, at most {limit}"
        for node in ast.walk(_parsed(source))
        if isinstance(node, Function) and node.end_lineno and node.end_lineno - node.lineno + 1 > limit
    ]


def raw_colours(css: str) -> list[str]:
    """Declarations that spell a colour out."""
    bare = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return [f"{name}: {value.strip()}" for name, value in _DECLARATION.findall(bare) if _COLOUR.search(value)]


def tenantless_functions(module: str, source: str) -> set[str]:
    """`module.function` of every public function whose first parameter is not `tenant_id`."""
    found = set()
    for node in _parsed(source).body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            parameters = [*node.args.posonlyargs, *node.args.args]
            if not parameters or parameters[0].arg != "tenant_id":
                found.add(f"{module}.{node.name}")
    return found


def patches_of_ours(source: str) -> list[str]:
    """Calls that put something else in the place of our own code: monkeypatch.setattr, mock.patch and their kin."""
    tree = _parsed(source)
    ours = _names_from_nexus(tree)
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not _is_patching(node.func):
            continue
        target = node.args[0] if node.args else None
        text = ast.unparse(target) if target is not None else ""
        named = isinstance(target, ast.Constant) and str(target.value).startswith("nexus")
        if named or text.split(".")[0] in ours:
            found.append(f"line {node.lineno}: {ast.unparse(node.func)}({text}, …)")
    return found


def _names_from_nexus(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "nexus":
            names |= {alias.asname or alias.name for alias in node.names}
        if isinstance(node, ast.Import):
            names |= {alias.asname or "nexus" for alias in node.names if alias.name.split(".")[0] == "nexus"}
    return names


def _is_patching(function: ast.expr) -> bool:
    parts = ast.unparse(function).split(".")
    return "patch" in parts or (len(parts) > 1 and parts[-1] in ("setattr", "delattr", "setitem", "delitem"))


def vague_names(paths: Iterable[Path]) -> list[str]:
    """Folders and modules whose name says nothing about what is inside."""
    vague = {"utils", "util", "common", "helpers", "services", "models"}
    return [name_of(path) for path in paths if path.stem in vague]


def unhashed_or_located(lock: str) -> list[str]:
    """Requirements without a hash, and anything that says where packages come from."""
    statements = re.sub(r"\\\n", " ", lock).splitlines()
    found = []
    for statement in statements:
        line = statement.split(" #")[0].strip()
        if not line or line.startswith("#"):
            continue
        if "://" in line or re.match(r"(-i|-f|--\S+)\b", line):
            found.append(f"says where from: {line[:80]}")
        elif "==" not in line or "--hash=sha256:" not in line:
            found.append(f"no pin or no hash: {line[:80]}")
    return found


def unexplained_broad_excepts(source: str) -> list[str]:
    """Broad handlers that neither raise again nor say why (`# noqa: BLE001 - reason`)."""
    lines = source.splitlines()
    found = []
    for node in ast.walk(_parsed(source)):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = ast.unparse(node.type) if node.type else "BaseException"
        again = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
        explained = _REASON.search(lines[node.lineno - 1])
        if re.search(r"\b(Base)?Exception\b", caught) and not again and not explained:
            found.append(f"line {node.lineno}: except {caught}")
    return found
