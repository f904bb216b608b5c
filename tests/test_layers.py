"""A module imports only from the layers above its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Top to bottom. What shares a line shares a layer, and may not import each other.
LAYERS = """
__init__
atomic cache digest record words
gitignore
model quantity shell
source
kube
relations
index
overlay
facts
policy
rules
plan
engine
verify
report
fingerprint
ignore
baseline fix
inputs config
term
render
webhook
cli
__main__
"""

RANK = {name: rank for rank, line in enumerate(LAYERS.split("\n")) for name in line.split()}

# A check sees the facts of a run and nothing of files, positions, other policies or the engine.
CHECKS_MAY_IMPORT = (
    "kguard.facts",
    "kguard.index",
    "kguard.model",
    "kguard.quantity",
    "kguard.words",
    "kguard.shell",
    "kguard.policy.context",
)


def modules() -> list[tuple[str, Path]]:
    """(dotted name, file) of every module; the linked folders by where they really are."""
    folders = (("kguard", "kguard"), ("kguard.policies", "policies"), ("kguard.webhook", "webhook"))
    found = []
    for package, folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            relative = path.relative_to(ROOT / folder)
            if package == "kguard" and relative.parts[0] in ("policies", "webhook"):
                continue
            parts = [p for p in relative.with_suffix("").parts if p != "__init__"]
            found.append((".".join([package, *parts]), path))
    return found


def imports(text: str) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import in a module's text, late and type-only ones too."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield node.lineno, "." * node.level + (node.module or "")
                continue
            module = node.module or ""
            yield node.lineno, module
            if module == "kguard":
                yield from ((node.lineno, f"kguard.{alias.name}") for alias in node.names)


def layer(module: str) -> str:
    """The layer a kguard module belongs to, empty for what is none."""
    top, _, rest = module.partition(".")
    if top != "kguard":
        return ""
    name = rest.partition(".")[0]
    return name if name in RANK or name == "policies" else "__init__"


def faults(module: str, text: str) -> list[str]:
    """What is wrong with a module's imports, one sentence each."""
    own = layer(module)
    found = []
    for line, name in imports(text):
        if name.startswith("."):
            found.append(f"{line}: relative import of {name}")
        elif name.split(".")[0] in ("policies", "webhook"):
            found.append(f"{line}: {name} is a second copy of kguard.{name}")
        elif own == "policies":
            own_family = name.startswith(module.rpartition(".")[0])
            if name.startswith("kguard") and not (
                own_family or name == "kguard.policies" or name.startswith(CHECKS_MAY_IMPORT)
            ):
                found.append(f"{line}: a check imports {name}")
        else:
            other = layer(name)
            if other and other != own and other != "policies" and RANK[other] >= RANK[own]:
                found.append(f"{line}: {own} imports {name}, which lies below it")
    return found


@pytest.mark.parametrize(("module", "path"), modules(), ids=[name for name, _ in modules()])
def test_imports_point_upwards(module: str, path: Path) -> None:
    assert faults(module, path.read_text(encoding="utf-8")) == []


def test_every_module_has_a_layer() -> None:
    known = RANK.keys() | {"policies"}
    names = {module.split(".")[1] for module, _ in modules() if "." in module}
    assert names - known == set()


@pytest.mark.parametrize(
    ("module", "text", "expected"),
    [
        ("kguard.engine", "import kguard.render.full", "1: engine imports kguard.render.full"),
        ("kguard.engine", "def f():\n    from kguard import cli", "2: engine imports kguard.cli"),
        ("kguard.baseline", "import kguard.fix", "1: baseline imports kguard.fix"),
        ("kguard.model", "from . import engine", "1: relative import"),
        ("kguard.cli.test", "import policies.argo", "1: policies.argo is a second copy"),
        ("kguard.policies.argo.x", "import kguard.source", "1: a check imports kguard.source"),
        ("kguard.policies.argo.x", "import kguard.policies.jobs.y", "1: a check imports"),
    ],
)
def test_a_wrong_import_is_seen(module: str, text: str, expected: str) -> None:
    (fault,) = faults(module, text)
    assert fault.startswith(expected)
