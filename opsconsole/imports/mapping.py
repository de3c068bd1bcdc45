"""Which column of the file is which field, and what fills the fields without a column."""

from __future__ import annotations

from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass, field
from functools import cached_property

from opsconsole.imports.cells import plain
from opsconsole.imports.dates import Order
from opsconsole.imports.problems import quoted, shortened
from opsconsole.imports.resource import ImportResource

LONGEST_VALUE = 500  # characters of a value that every row gets


class MappingProblem(ValueError):
    """The mapping can't be used; its text says what to change."""


@dataclass(frozen=True)
class Mapping:
    """Columns of the file with their fields, and one value for every row of some fields.

    Among those values is the order of the dates of a column, where a person had to say it.
    """

    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)

    @cached_property
    def fields(self) -> set[str]:
        """The fields that the import speaks of."""
        return {*self.columns.values(), *self.constants}

    def column_of(self, name: str) -> str:
        """The column that a field is read from, or nothing."""
        return next((column for column, to in self.columns.items() if to == name), "")


def guess(resource: ImportResource, header: list[str]) -> dict[str, str]:
    """The columns whose names are those of a field, or usual names for it."""
    found: dict[str, str] = {}
    names = {plain(column): column for column in reversed(header)}
    for name in resource.fields:
        for alias in resource.aliases_of(name):
            if alias in names and names[alias] not in found:
                found[names[alias]] = name
                break
    return {column: found[column] for column in header if column in found}


def decide(
    resource: ImportResource,
    header: list[str],
    columns: AbstractMapping[str, str],
    constants: AbstractMapping[str, str],
    known: Mapping | None = None,
) -> Mapping:
    """What is known of the columns, else the guess, overruled by what a person said.

    An empty field leaves a column out.
    """
    known = known or Mapping(guess(resource, header))
    said = {_column_named(header, column): to for column, to in columns.items()}
    taken = {*said.values(), *constants}
    kept = {c: to for c, to in known.columns.items() if c not in said and to not in taken}
    same_for_all = {to: text for to, text in known.constants.items() if to not in taken}
    mapping = Mapping(
        {**kept, **{c: to for c, to in said.items() if to}}, {**same_for_all, **constants}
    )
    check(resource, header, mapping)
    return mapping


def check(resource: ImportResource, header: list[str], mapping: Mapping) -> None:
    """Refuse a mapping that names what is not there, or leaves out what is needed."""
    orders = {column.order: column.title for column in resource.date_columns.values()}
    for name in [*mapping.columns.values(), *(mapping.constants.keys() - orders)]:
        if name not in resource.fields:
            known = ", ".join(resource.fields)
            raise MappingProblem(f"There is no field {shortened(name)}. The fields are: {known}.")
    _refuse_orders(mapping, orders)
    for column in mapping.columns:
        _column_named(header, column)
    _refuse_twice(resource, mapping)
    _refuse_long(resource, mapping)
    if resource.key_is_unique and resource.key_field in mapping.constants:
        title = resource.fields[resource.key_field].title
        raise MappingProblem(f"{title} can't be the same in every row: map a column to it.")
    missing = [name for name in resource.required(mapping.fields) if name not in mapping.fields]
    if missing:
        raise MappingProblem(
            f"Nothing gives {_listed(resource, missing)}: map a column to each, "
            "or set one value for every row."
        )


def _refuse_twice(resource: ImportResource, mapping: Mapping) -> None:
    seen: dict[str, str] = {}
    for column, name in mapping.columns.items():
        title = resource.fields[name].title
        if name in seen:
            raise MappingProblem(
                f"{quoted(seen[name])} and {quoted(column)} are both mapped to {title}."
            )
        if name in mapping.constants:
            raise MappingProblem(f"{title} has a column, {quoted(column)}, and one value: choose.")
        seen[name] = column


def _refuse_orders(mapping: Mapping, orders: dict[str, str]) -> None:
    for name, title in orders.items():
        if (order := mapping.constants.get(name)) and order not in set(Order):
            known = " or ".join(Order)
            raise MappingProblem(f"The dates of {title} have the {known}, not {quoted(order)}.")


def _refuse_long(resource: ImportResource, mapping: Mapping) -> None:
    for name, value in mapping.constants.items():
        if name in resource.fields and len(value) > LONGEST_VALUE:
            title = resource.fields[name].title
            raise MappingProblem(
                f"The value of {title} for every row has {len(value):,} characters: "
                f"at most {LONGEST_VALUE} fit."
            )


def _column_named(header: list[str], column: str) -> str:
    wanted = " ".join(column.split())
    for name in header:
        if name == wanted:
            return name
    for name in header:
        if name.casefold() == wanted.casefold():
            return name
    known = ", ".join(map(shortened, header))
    raise MappingProblem(f"The file has no column {quoted(column)}. It has: {known}.")


def _listed(resource: ImportResource, names: list[str]) -> str:
    titles = [f"{resource.fields[name].title} ({name})" for name in names]
    return " and ".join([", ".join(titles[:-1]), titles[-1]] if len(titles) > 1 else titles)
