"""Records behave as the dataclasses they stand in for."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from kguard.record import _compile_init, _fill, field, record, replace

# Module level, because pickle looks classes up by name.


@record(order=True)
class Point:
    x: int
    y: int = 0


@record(eq=False)
class Base:
    name: str
    data: dict[str, Any] = field(repr=False)

    def greet(self) -> str:
        return f"hello {self.name}"


@record(eq=False)
class Derived(Base):
    size: int = 1
    tags: tuple[str, ...] = ()


@record(frozen=False)
class Counter:
    LIMIT: ClassVar[int] = 3
    items: list[int] = field(default_factory=list)
    total: int = field(init=False)
    note: str = field(default="none", repr=False)

    def __post_init__(self) -> None:
        self.total = sum(self.items)


@record
class Empty:
    pass


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class DPoint:
    x: int
    y: int = 0


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class DBase:
    name: str
    data: dict[str, Any] = dataclasses.field(repr=False)

    def greet(self) -> str:
        return f"hello {self.name}"


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class DDerived(DBase):
    size: int = 1
    tags: tuple[str, ...] = ()


@dataclasses.dataclass(slots=True)
class DCounter:
    LIMIT: ClassVar[int] = 3
    items: list[int] = dataclasses.field(default_factory=list)
    total: int = dataclasses.field(init=False)
    note: str = dataclasses.field(default="none", repr=False)

    def __post_init__(self) -> None:
        self.total = sum(self.items)


@dataclasses.dataclass(frozen=True, slots=True)
class DEmpty:
    pass


PAIRS = {
    "Point": (Point, DPoint),
    "Base": (Base, DBase),
    "Derived": (Derived, DDerived),
    "Counter": (Counter, DCounter),
    "Empty": (Empty, DEmpty),
}


def assign(instance: Any, name: str) -> None:
    setattr(instance, name, 7)


def remove(instance: Any, name: str) -> None:
    delattr(instance, name)


def read(instance: Any) -> list[Any]:
    return [getattr(instance, name) for name in type(instance).__match_args__]


CASES: list[tuple[str, Callable[[Any], Any]]] = [
    ("Point", lambda p: read(p(1))),
    ("Point", lambda p: read(p(1, 2))),
    ("Point", lambda p: read(p(y=1, x=2))),
    ("Point", lambda p: p()),
    ("Point", lambda p: p(1, 2, 3)),
    ("Point", lambda p: p(1, z=3)),
    ("Point", lambda p: p(1, x=3)),
    ("Point", lambda p: repr(p(1))),
    ("Point", lambda p: p(1) == p(1, 0)),
    ("Point", lambda p: p(1) == p(2)),
    ("Point", lambda p: p(1) == (1, 0)),
    ("Point", lambda p: p(1) != p(1)),
    ("Point", lambda p: len({p(1), p(1), p(2)})),
    ("Point", lambda p: [p(1, 9) < p(2), p(1) <= p(1), p(3) > p(2, 9), p(1) >= p(1, 1)]),
    ("Point", lambda p: p(1) < (2, 0)),
    ("Point", lambda p: read(max(p(1, 2), p(1, 3)))),
    ("Point", lambda p: assign(p(1), "x")),
    ("Point", lambda p: remove(p(1), "x")),
    ("Point", lambda p: p(1).__dict__),
    ("Point", lambda p: read(pickle.loads(pickle.dumps(p(1, 2))))),
    ("Point", lambda p: copy.copy(p(1)) == p(1)),
    ("Point", lambda p: copy.deepcopy(p(1)) == p(1)),
    ("Point", lambda p: p.__match_args__),
    ("Point", lambda p: p.__slots__),
    ("Base", lambda b: repr(b("a", {"k": 1}))),
    ("Base", lambda b: b("a", {}) == b("a", {})),
    ("Base", lambda b: hash(b("a", {})) != 0),
    ("Derived", lambda d: read(d("a", {}))),
    ("Derived", lambda d: read(d("a", {}, 2, tags=("t",)))),
    ("Derived", lambda d: d("a", {}).greet()),
    ("Derived", lambda d: repr(d("a", {}))),
    ("Derived", lambda d: d.__slots__),
    ("Derived", lambda d: d.__match_args__),
    ("Derived", lambda d: assign(d("a", {}), "name")),
    ("Derived", lambda d: read(pickle.loads(pickle.dumps(d("a", {"k": 1}))))),
    ("Derived", lambda d: read(copy.deepcopy(d("a", {"k": [1]})))),
    ("Counter", lambda c: [read(c()), c().total]),
    ("Counter", lambda c: [c([1, 2]).total, c(items=[3]).total]),
    ("Counter", lambda c: c().items is c().items),
    ("Counter", lambda c: c([1], 5).note),
    ("Counter", lambda c: repr(c([1]))),
    ("Counter", lambda c: [c([1]) == c([1]), c([1]) == c([2])]),
    ("Counter", lambda c: hash(c())),
    ("Counter", lambda c: [c.LIMIT, c.__slots__]),
    ("Counter", lambda c: assign(c(), "unknown")),
    ("Empty", lambda e: [repr(e()), e() == e(), len({e(), e()})]),
    ("Empty", lambda e: e(1)),
]


def outcome(kind: Any, action: Callable[[Any], Any]) -> Any:
    """What an action returns, or the kind of error it raises and its text."""
    try:
        result = action(kind)
    except (AttributeError, TypeError) as error:
        result = [error.__class__.__mro__[-4], str(error)]
    return result


def compiled(kind: Any) -> Any:
    """The `__init__` that a record has after its first instances."""
    return _compile_init(kind, kind.__record_fields__, kind is not Counter)


def filled(kind: Any) -> Any:
    """The `__init__` that a record has before."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        if not _fill(self, kind.__record_fields__, args, kwargs):
            compiled(kind)(self, *args, **kwargs)

    return __init__


@pytest.mark.parametrize("way", [filled, compiled])
@pytest.mark.parametrize(
    ("name", "action"), CASES, ids=[f"{name}-{i}" for i, (name, _) in enumerate(CASES)]
)
def test_a_record_does_what_a_dataclass_does(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    action: Callable[[Any], Any],
    way: Callable[[Any], Any],
) -> None:
    ours, theirs = PAIRS[name]
    monkeypatch.setattr(ours, "__init__", way(ours))
    assert strip(outcome(ours, action)) == strip(outcome(theirs, action))


def test_the_fourth_instance_compiles_the_init() -> None:
    @record
    class Pair:
        a: int
        b: int = 2

    first = Pair.__init__
    inits = []
    for _ in range(4):
        assert read(Pair(1)) == [1, 2]
        inits.append(Pair.__init__ is first)
    assert inits == [True, True, True, False]


def test_a_record_as_it_is_outside_of_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kguard.record.guarded", False)

    @record(order=True)
    class Whole:
        a: int
        b: tuple[int, ...] = field(default_factory=tuple)
        c: int = field(init=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "c", self.a + 1)

    @record(order=True)
    class More(Whole):
        d: int = 4

    for _ in range(5):  # Before the init is compiled and after.
        one, other = More(1, (2,)), More(a=1, b=(2,), d=4)
        assert (one, hash(one), one.c) == (other, hash(other), 2)
        assert one < replace(one, a=2) == More(2, (2,))
        assert [copy.copy(one), copy.deepcopy(one)] == [one, one]
        with pytest.raises(AttributeError):
            assign(one, "unknown")
    assign(one, "a")  # Refused where guarded alone: see the module.
    assert one.a == 7


def test_records_are_not_guarded_outside_of_tests() -> None:
    program = "import kguard.engine, kguard.record; print(kguard.record.guarded)"
    words = [sys.executable, "-c", program]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_wrong_arguments_are_told_at_the_first_instance() -> None:
    @record
    class Pair:
        a: int
        b: int = 2

    with pytest.raises(TypeError, match=r"missing 1 required positional argument: 'a'"):
        Pair()  # type: ignore[call-arg]


def strip(result: Any) -> Any:
    """A result without the letter that tells the dataclasses of this module apart."""
    text = repr(result)
    for name in PAIRS:
        text = text.replace(f"D{name}", name)
    return text


def test_the_first_instance_of_a_subclass_leaves_the_base_alone() -> None:
    assert (read(Derived("d", {})), read(Base("b", {}))) == (["d", {}, 1, ()], ["b", {}])


def test_assignment_to_a_mutable_record() -> None:
    counter = Counter()
    counter.total = 9
    assert counter.total == 9


def test_replace_gives_a_copy_with_other_values() -> None:
    point = Point(1, 2)
    assert (replace(point, y=3), point) == (Point(1, 3), Point(1, 2))


def test_replace_computes_what_post_init_does() -> None:
    assert replace(Counter([1]), items=[1, 1]).total == 2


def test_replace_refuses_an_unknown_field() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        replace(Point(1), z=1)


@pytest.mark.skipif(sys.version_info < (3, 13), reason="copy.replace came with Python 3.13")
def test_copy_replace_works() -> None:
    assert copy.replace(Point(1, 2), x=3) == Point(3, 2)  # type: ignore[attr-defined,unused-ignore]


def test_a_default_that_can_change_is_refused() -> None:
    with pytest.raises(ValueError, match="the default of `items` can change"):

        @record
        class Wrong:
            items: list[int] = []  # noqa: RUF012


def test_a_repr_that_contains_itself_ends() -> None:
    counter = Counter()
    counter.items.append(counter)  # type: ignore[arg-type]
    assert repr(counter) == "Counter(items=[...], total=0)"


def test_records_need_no_dataclasses() -> None:
    program = "import sys, kguard.record; print({'dataclasses', 'inspect'} & set(sys.modules))"
    words = [sys.executable, "-S", "-c", program]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
