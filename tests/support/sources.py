"""The project's own source files, parsed once, for the tests of its architecture."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_NOT_OURS = {".git", ".venv", "build", "dist", "__pycache__", "node_modules"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One Python file."""

    path: str
    module: str
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        """The layer it belongs to: `ui` for app.ui.compose.window, `ports` for app.ports."""
        parts = self.module.split(".")
        return parts[1] if len(parts) > 1 else ""


def _parse(path: Path) -> Source:
    relative = path.relative_to(ROOT)
    text = path.read_text(encoding="utf-8")
    parts = relative.with_suffix("").parts
    module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    tree = ast.parse(text, filename=str(relative))
    return Source(path=relative.as_posix(), module=module, text=text, tree=tree)


@cache
def app_sources() -> tuple[Source, ...]:
    """Every Python file of the product."""
    return tuple(_parse(path) for path in sorted((ROOT / "app").rglob("*.py")))


@cache
def sources_of_tests() -> tuple[Source, ...]:
    """Every Python file of the tests."""
    return tuple(_parse(path) for path in sorted((ROOT / "tests").rglob("*.py")))


def project_files() -> Iterator[Path]:
    """Every file that is kept: no environment, no build results, no caches."""
    waiting = [ROOT]
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            if path.name in _NOT_OURS or path.name.endswith(("_cache", ".egg-info")):
                continue
            if path.is_dir():
                if path.name != ".hypothesis":
                    waiting.append(path)
            elif not path.name.startswith(".coverage"):
                yield path


def dotted(node: ast.expr) -> str:
    """Give `a.b.c` for a chain of names, and an empty text for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def imported_names(source: Source) -> Iterator[tuple[int, str]]:
    """Give line and full name of everything imported, wherever in the file: `time.sleep`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"
