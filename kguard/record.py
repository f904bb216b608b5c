"""Records: frozen, slotted dataclasses that cost a small run next to nothing.

`dataclasses` imports inspect, ast, dis and tokenize (8 ms) and compiles five to seven methods for
every class (0.5 ms each); a check of one file defines 120 classes and makes instances of some 40.
Here the classes share all methods, which takes 0.04 ms for a class. Only `__init__` is compiled,
0.1 ms, by the fourth instance: most classes of a small run have fewer. Type checkers take records
for dataclasses.

That nothing changes a frozen record is the type checker's to see to, and the tests': at run time
it took a twentieth of a review, because a class that refuses its own attributes sets them slowly.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from reprlib import recursive_repr
from typing import Any, TypeVar, dataclass_transform, overload

T = TypeVar("T")
_ABSENT: Any = object()

guarded = False
"""Whether classes made from now on refuse changes to frozen records at run time."""


class _Field:
    __slots__ = ("default", "factory", "init", "repr")

    def __init__(self, default: Any, factory: Any = _ABSENT, init: Any = True, repr: Any = True):
        self.default, self.factory, self.init, self.repr = default, factory, init, repr


def field(
    *,
    default: Any = _ABSENT,
    default_factory: Callable[[], Any] = _ABSENT,
    init: bool = True,
    repr: bool = True,
) -> Any:
    """What `dataclasses.field` says; one with `init=False` is left to `__post_init__`."""
    return _Field(default, default_factory, init, repr)


@overload
def record(cls: type[T], /) -> type[T]: ...
@overload
def record(
    *, frozen: bool = True, eq: bool = True, order: bool = False, repr: bool = True
) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(
    cls: Any = None,
    /,
    *,
    frozen: bool = True,
    eq: bool = True,
    order: bool = False,
    repr: bool = True,
) -> Any:
    """Make a slotted record of the annotated names of a class; options are those of dataclasses.

    Raises ValueError for a default that can change.
    """
    guard = frozen and guarded
    shared = _SHARED | (_REPR if repr else {}) | (_FROZEN if guard else {})
    shared |= (_ORDER if order else {}) | (_EQ if eq else {})
    if eq:
        shared["__hash__"] = _hash if frozen else None
    return _make(cls, shared, guard) if cls else lambda cls: _make(cls, shared, guard)


def replace(instance: T, /, **changes: Any) -> T:
    """A copy of a record with other values for some of its fields."""
    kind: Any = type(instance)
    same = {name: getattr(instance, name) for name in kind.__match_args__ if name not in changes}
    made: T = kind(**same, **changes)
    return made


def _make(cls: Any, shared: dict[str, Any], guard: bool) -> Any:
    namespace = {**shared, **cls.__dict__}
    fields: dict[str, _Field] = {}
    for base in reversed(cls.__mro__[1:]):
        fields |= base.__dict__.get("__record_fields__", {})
    inherited = set(fields)
    for name, annotation in cls.__annotations__.items():
        if "ClassVar" not in str(annotation):
            given = namespace.pop(name, _ABSENT)
            fields[name] = given if isinstance(given, _Field) else _Field(given)
            if type(fields[name].default).__hash__ is None:
                raise ValueError(f"the default of `{name}` can change: use default_factory")
    for name in ("__dict__", "__weakref__"):  # What only a class without slots has.
        namespace.pop(name, None)
    namespace["__slots__"] = tuple(name for name in fields if name not in inherited)
    namespace["__match_args__"] = tuple(name for name, each in fields.items() if each.init)
    namespace["__qualname__"] = cls.__qualname__
    namespace["__record_fields__"] = fields
    namespace["__record_values__"] = _values_of(fields)
    made = type(cls)(cls.__name__, cls.__bases__, namespace)

    slow = 3

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        nonlocal slow
        slow -= 1
        if slow < 0 or not _fill(self, fields, args, kwargs):
            made.__init__ = _compile_init(made, fields, guard)
            made.__init__(self, *args, **kwargs)

    made.__init__ = __init__
    return made


def _fill(self: Any, fields: dict[str, _Field], args: Any, kwargs: dict[str, Any]) -> bool:
    """Do what the compiled `__init__` does; False for wrong arguments, of which that one tells."""
    names = self.__match_args__
    given = dict(zip(names, args, strict=False)) | kwargs
    if len(given) < len(args) + len(kwargs):
        return False
    for name, each in fields.items():
        value = given.pop(name, _ABSENT) if each.init else _ABSENT
        if value is _ABSENT:
            value = each.default if each.factory is _ABSENT else each.factory()
        if value is not _ABSENT:
            object.__setattr__(self, name, value)
        elif each.init:
            return False
    if given:
        return False
    if hasattr(self, "__post_init__"):
        self.__post_init__()
    return True


def _compile_init(cls: Any, fields: dict[str, _Field], guard: bool) -> Any:
    scope: dict[str, Any] = {"_ABSENT": _ABSENT}
    parameters, body = ["self"], []
    for name, each in fields.items():
        value = name if each.init else f"_new_{name}()"
        if each.init and each.factory is not _ABSENT:
            value = f"_new_{name}() if {name} is _ABSENT else {name}"
        if each.init:
            required = each.default is _ABSENT and each.factory is _ABSENT
            parameters.append(name if required else f"{name}=_default_{name}")
        elif each.factory is _ABSENT:
            continue
        scope[f"_default_{name}"], scope[f"_new_{name}"] = each.default, each.factory
        scope[f"_set_{name}"] = getattr(cls, name).__set__
        body.append(f"_set_{name}(self, {value})" if guard else f"self.{name} = {value}")
    body.append("self.__post_init__()" if hasattr(cls, "__post_init__") else "pass")
    exec(f"def __init__({', '.join(parameters)}):\n " + "\n ".join(body), scope)
    scope["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
    return scope["__init__"]


def _values_of(fields: dict[str, _Field]) -> Any:
    return operator.attrgetter(*fields) if fields else staticmethod(lambda self: ())


def _comparison(compare: Callable[[Any, Any], bool]) -> Any:
    def method(self: Any, other: Any) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return compare(self.__record_values__(self), self.__record_values__(other))

    return method


def _hash(self: Any) -> int:
    return hash(self.__record_values__(self))


@recursive_repr()
def _repr(self: Any) -> str:
    shown = [f"{n}={getattr(self, n)!r}" for n, f in self.__record_fields__.items() if f.repr]
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__record_fields__]


def _setstate(self: Any, state: list[Any]) -> None:
    for name, value in zip(self.__record_fields__, state, strict=True):
        object.__setattr__(self, name, value)


def _setattr(self: Any, name: str, value: Any) -> None:
    raise AttributeError(f"cannot assign to field {name!r}")


def _delattr(self: Any, name: str) -> None:
    raise AttributeError(f"cannot delete field {name!r}")


_SHARED: dict[str, Any] = {
    "__getstate__": _getstate,
    "__setstate__": _setstate,
    "__replace__": replace,
}
_REPR: dict[str, Any] = {"__repr__": _repr}
_FROZEN: dict[str, Any] = {"__setattr__": _setattr, "__delattr__": _delattr}
_EQ: dict[str, Any] = {"__eq__": _comparison(operator.eq)}
_ORDER = {f"__{name}__": _comparison(getattr(operator, name)) for name in ("lt", "le", "gt", "ge")}
