"""What a rule that can be taken out is, and ways to take it out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from opsconsole.access import registry

type TakeOut = Callable[[], object]


@dataclass(frozen=True)
class Removal:
    """A rule, how to take it out of this process, and the tests that should miss it.

    `statement` takes it out of the database, where it stands there.
    """

    name: str
    take_out: TakeOut
    tests: tuple[str, ...]
    statement: str = ""


def each(kind: str, tests: tuple[str, ...], *rules: tuple[Any, str, Any]) -> Iterator[Removal]:
    """Rules that each stand under a name somewhere, and what is there without them."""
    for where, name, instead in rules:
        called = getattr(where, "__name__", type(where).__name__).rpartition(".")[2]
        yield Removal(f"{kind} {called}.{name}", replaced(where, name, instead), tests)


def replaced(where: Any, name: str, instead: Any) -> TakeOut:
    """Another thing under this name of a module, class or object, which has to be there."""

    def take_out() -> None:
        if not hasattr(where, name):
            raise LookupError(f"There is no {name} to take out.")
        setattr(where, name, instead)

    return take_out


def registered_as(model: Any, entry: registry.Registered) -> TakeOut:
    """Another entry of a model in the registry of scopes."""
    return lambda: registry._scopes.update({model: entry})


def nothing(*args: Any, **kwargs: Any) -> None:
    """In place of what refuses or writes something."""


def yes(*args: Any, **kwargs: Any) -> bool:
    """In place of a question."""
    return True


def no(*args: Any, **kwargs: Any) -> bool:
    """In place of a question."""
    return False
