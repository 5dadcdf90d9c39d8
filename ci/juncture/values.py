"""Frozen values, written as a dataclass is and made a hundred times as fast.

``@dataclass(frozen=True, slots=True)`` compiles the methods of each class when it is imported, which takes 0.4 to
0.9 ms; every pytest process of every run would pay for some thirty of them. The methods here are the same for all.
"""

from __future__ import annotations

from dataclasses import fields, make_dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, dataclass_transform

if TYPE_CHECKING:
    from dataclasses import Field

__all__ = ["Value"]


class _Fields:
    """What ``replace``, ``fields`` and ``asdict`` of the module `dataclasses` ask for, made at the first question."""

    def __get__(self, _: object, owner: type[Value]) -> dict[str, Field[Any]]:
        made = make_dataclass(owner.__name__, owner._fields, init=False, repr=False, eq=False)
        owner.__dataclass_fields__ = {field.name: field for field in fields(made)}
        return owner.__dataclass_fields__


@dataclass_transform(frozen_default=True)
class Value:
    """A frozen value; its annotations are its fields, in the order of ``__init__``, and may have defaults.

    ``kw_only`` fields are given by name. Two values are equal where class and fields are; without ``eq``, where they
    are one. What is ``hidden`` is left out of ``repr``. A default is shared by all values: it must not be changed.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]] = _Fields()  # type: ignore[assignment] # it gives one
    _fields: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[dict[str, Any]] = {}
    _kw_only: ClassVar[bool] = False
    _hidden: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, *, kw_only: bool = False, eq: bool = True, hidden: frozenset[str] = frozenset()) -> None:
        """Learn the fields of a class, which has no other base."""
        cls._fields = tuple(cls.__annotations__)
        cls._defaults = {name: cls.__dict__[name] for name in cls._fields if name in cls.__dict__}
        cls._kw_only = kw_only
        cls._hidden = hidden
        if not eq:
            cls.__eq__ = object.__eq__  # type: ignore[method-assign] # identity
            cls.__hash__ = object.__hash__  # type: ignore[method-assign] # the same

    def __init__(self, *args: Any, **given: Any) -> None:
        """Take the fields; ``TypeError`` where they are not those of the class."""
        if args:
            names = self._fields[: len(args)]
            if self._kw_only or len(names) < len(args) or not given.keys().isdisjoint(names):
                self._refuse(f"{len(args)} positional arguments")
            given = dict(zip(names, args, strict=True)) | given
        values = self.__dict__
        values.update(self._defaults)
        values.update(given)
        if values.keys() != set(self._fields):
            self._refuse(", ".join(sorted(values.keys() ^ set(self._fields))))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse: what is frozen can be shared."""
        raise AttributeError(f"{type(self).__name__} is frozen: {name} can't be set")

    def __delattr__(self, name: str) -> NoReturn:
        """Refuse: what is frozen can be shared."""
        raise AttributeError(f"{type(self).__name__} is frozen: {name} can't be deleted")

    def __eq__(self, other: object) -> bool:
        """Compare class and fields."""
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        """Hash the fields; ``TypeError`` where one of them can't be."""
        return hash((type(self), *(self.__dict__[name] for name in self._fields)))

    def __repr__(self) -> str:
        """Return what would make it again, but for what is hidden."""
        shown = (f"{name}={self.__dict__[name]!r}" for name in self._fields if name not in self._hidden)
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def _refuse(self, what: str) -> NoReturn:
        raise TypeError(f"{type(self).__name__} takes {', '.join(self._fields)}; wrong here: {what}")
