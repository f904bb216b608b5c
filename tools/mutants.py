"""Find small changes to the checks of policies that none of their examples notices.

    python tools/mutants.py [--policies DIR] FAMILY_OR_ID...

Each line names a place, the change and the source line: a bound that no example stands on, a
condition that nothing needs, a word of a message that no mark holds. Either an example is missing
(near misses belong into `<name>.cases.md`), or the code is superfluous; some changes make no
difference and stay. A family takes seconds, because examples run in this process.
"""

from __future__ import annotations

import argparse
import ast
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from kguard.policy.examples import Example, examples
from kguard.policy.page import Check, Policy
from kguard.policy.registry import read_folder
from kguard.verify import verify

BUILT_IN = Path(__file__).resolve().parent.parent / "policies"

_SECONDS = 20
"""After that a check that was changed is taken to run for ever, which is noticed."""

_OTHER: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt,),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt,),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_SEVERITIES = {"ERROR": "WARNING", "WARNING": "NOTE", "NOTE": "WARNING"}

Change = tuple[str, Callable[[Any], None]]
"""What a change does, in words, and what makes it in a node of a tree."""


class TooLong(BaseException):
    """An example takes longer than any does. No Exception, so that no check can catch it."""


def changes(node: ast.AST) -> Iterator[Change]:
    """The changes that can be made to one node."""
    match node:
        case ast.Compare(ops=operators):
            for at, operator in enumerate(operators):
                for other in _OTHER[type(operator)]:
                    yield (
                        f"{type(operator).__name__} -> {other.__name__}",
                        _set_in("ops", at, other()),
                    )
        case ast.BoolOp(op=joined, values=values):
            other_join = ast.Or() if isinstance(joined, ast.And) else ast.And()
            yield "`and` for `or` or the reverse", _set("op", other_join)
            for at, value in enumerate(values):
                yield f"without `{ast.unparse(value)}`", _drop_from("values", at)
        case ast.If(test=test) | ast.IfExp(test=test):
            for always in (True, False):
                yield (
                    f"`if {ast.unparse(test)}` always {always}",
                    _set("test", ast.Constant(always)),
                )
        case ast.comprehension(ifs=conditions):
            for at, condition in enumerate(conditions):
                yield f"without `if {ast.unparse(condition)}`", _drop_from("ifs", at)
        case ast.Tuple(elts=items) | ast.Set(elts=items) | ast.List(elts=items):
            if len(items) > 1 and all(isinstance(item, ast.Constant) for item in items):
                for at, item in enumerate(items):
                    yield f"without {ast.unparse(item)}", _drop_from("elts", at)
        case ast.Constant(value=bool(value)):
            yield f"{value} -> {not value}", _set("value", not value)
        case ast.Constant(value=int(value)):
            yield f"{value} -> {value + 1}", _set("value", value + 1)
        case ast.Constant(value=str(value)) if value[:1].isalnum() and " " not in value:
            yield f"{value!r} -> {'zz' + value!r}", _set("value", "zz" + value)
        case ast.Name(id=name) if name in _SEVERITIES:
            yield f"{name} -> {_SEVERITIES[name]}", _set("id", _SEVERITIES[name])


def _set(name: str, value: Any) -> Callable[[Any], None]:
    return lambda node: setattr(node, name, value)


def _set_in(name: str, at: int, value: Any) -> Callable[[Any], None]:
    return lambda node: getattr(node, name).__setitem__(at, value)


def _drop_from(name: str, at: int) -> Callable[[Any], None]:
    return lambda node: getattr(node, name).__delitem__(at)


class _Mended(ast.NodeTransformer):
    """Leaves no `and` or `or` with a single operand, which Python cannot compile."""

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        return node.values[0] if len(node.values) == 1 else node


def mutants(source: str) -> Iterator[tuple[int, str, ast.Module]]:
    """Line, change in words and changed tree of every change to a module."""
    tree = ast.parse(source)
    alone = set(_left_alone(tree))
    for at, node in enumerate(ast.walk(tree)):
        if id(node) not in alone:
            for said, change in changes(node):
                changed = ast.parse(source)
                change(list(ast.walk(changed))[at])
                mended = ast.fix_missing_locations(_Mended().visit(changed))
                yield getattr(node, "lineno", 0), said, mended


def _left_alone(tree: ast.Module) -> Iterator[int]:
    """The id() of what no run depends on: annotations, and texts that stand by themselves."""
    for node in ast.walk(tree):
        kept = [getattr(node, name, None) for name in ("annotation", "returns")]
        kept += [node.value] if isinstance(node, ast.Expr) else []
        for each in kept:
            if each is not None and not isinstance(each, ast.Yield | ast.YieldFrom | ast.Call):
                yield from map(id, ast.walk(each))


def notices(policy: Policy, check: Check, cases: list[Example]) -> bool:
    """Whether an example disagrees with a check that takes the place of the policy's own."""
    with_check = type("Changed", (Policy,), {"load_check": lambda self: check})
    fields = {name: getattr(policy, name) for name in Policy.__match_args__}
    signal.setitimer(signal.ITIMER_REAL, _SECONDS)
    try:
        changed = with_check(**fields)
        return any(True for example in cases for _ in verify(changed, example))
    except (Exception, TooLong):
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def unnoticed(policy: Policy) -> Iterator[str]:
    """A line for each change to the check of a policy that its examples agree with."""
    path, cases = Path(policy.module), examples(policy)
    source = path.read_text(encoding="utf-8")
    lines = ["", *source.splitlines()]
    for line, said, tree in mutants(source):
        module = ModuleType(policy.id)
        try:
            exec(compile(tree, str(path), "exec"), module.__dict__)
        except Exception:  # Nobody can overlook a check that cannot be imported.
            continue
        if not notices(policy, module.check, cases):
            yield f"{path}:{line}: {said}   | {lines[line].strip()}"


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TooLong


def main() -> int:
    """Print what goes unnoticed; 2 where there is no such policy."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--policies", type=Path, default=BUILT_IN, metavar="DIR")
    parser.add_argument("name", nargs="+", help="a family, or the id of a policy")
    args = parser.parse_args()
    signal.signal(signal.SIGALRM, _too_long)
    policies = [policy for policy in read_folder(args.policies, validate=True) if policy.has_check]
    chosen = [each for each in policies if {each.id, each.family} & set(args.name)]
    if not chosen:
        print(f"no policy in {args.policies} is called that", file=sys.stderr)
        return 2
    for policy in chosen:
        for line in unnoticed(policy):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
