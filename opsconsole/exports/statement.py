"""The one statement that writes records as the lines of a file.

PostgreSQL makes the texts, as the widgets of the columns would read them, and each line of them.
What a cell takes from another record (an owner's email) is joined as far as the person may see that
record: where they may not, the cell is empty and the row stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import F, OrderBy, QuerySet

from opsconsole.access.people import Person
from opsconsole.access.registry import visible_named_by
from opsconsole.imports.outgoing import line_sql
from opsconsole.imports.resource import ImportResource

type Sql = tuple[str, tuple[Any, ...]]


class Statement:
    """SQL that writes `rows`, in their order, as lines with a cell for each of these fields.

    `record` is a row, its columns and those it is sorted by; another record is named as its field.
    """

    def __init__(
        self, resource: ImportResource, fields: Sequence[str], rows: QuerySet[Any], person: Person
    ) -> None:
        self.model, self.rows, self.person = resource.model, rows, person
        self.own: set[str] = set()
        self.others: dict[str, set[str]] = {}
        self.sorted_by: dict[str, Any] = {}
        columns = [resource.fields[name] for name in fields]
        self.line = line_sql(
            [
                (column.widget.written(self._value(str(column.attribute))), column.widget.bare)
                for column in columns
            ]
        )
        self.order = [term for entry in rows.query.order_by for term in self._term(entry)]

    def sql(self) -> Sql:
        """The statement and its parameters."""
        unordered = self.rows.order_by().annotate(**self.sorted_by)
        inner, params = _sql_of(unordered.values(*sorted(self.own), *self.sorted_by))
        joined = [self._join(name, columns) for name, columns in self.others.items()]
        joins = " ".join(join for join, _ in joined)
        order = f"ORDER BY {', '.join(self.order)}" if self.order else ""
        statement = f"SELECT {self.line} FROM ({inner}) record {joins} {order}"  # noqa: S608
        return statement, sum((more for _, more in joined), params)

    def _value(self, path: str) -> str:
        """SQL of a stored value: of the record itself, or of the one that a field of it names."""
        name, _, of_other = path.partition("__")
        field: Any = self.model._meta.get_field(name)
        self.own.add(field.attname)
        if not of_other:
            return f'record."{field.attname}"'
        self.others.setdefault(name, set()).add(of_other)
        return f'"{name}"."{of_other}"'

    def _join(self, name: str, columns: set[str]) -> Sql:
        field: Any = self.model._meta.get_field(name)
        key = field.related_model._meta.pk
        seen = visible_named_by(field, self.person)
        sql, params = _sql_of(seen.values(*sorted({key.attname, *columns})))
        on = f'"{name}"."{key.attname}" = record."{field.attname}"'
        return f'LEFT JOIN ({sql}) "{name}" ON {on}', params

    def _term(self, entry: Any) -> Iterator[str]:
        """What the rows are sorted by, as Django would have it: a record by its own ordering."""
        if not isinstance(entry, str):
            yield self._sorted_by(entry if isinstance(entry, OrderBy) else OrderBy(entry))
            return
        path, descending = entry.lstrip("-+"), entry.startswith("-")
        if path in self.rows.query.annotations:
            yield self._sorted_by(OrderBy(F(path), descending=descending))
            return
        pk: Any = self.model._meta.pk
        path = pk.name if path == "pk" else path
        field: Any = self.model._meta.get_field(path.split("__")[0])
        terms = [(path, descending)]
        if field.is_relation and path == field.name:
            terms = [
                (f"{path}__{name.lstrip('-')}", descending != name.startswith("-"))
                for name in field.related_model._meta.ordering
            ]
        for each, is_down in terms:
            yield f"{self._value(each)}{' DESC' if is_down else ''}"

    def _sorted_by(self, entry: OrderBy) -> str:
        """An expression: the rows bring its value along."""
        name = f"sorted_by_{len(self.sorted_by)}"
        self.sorted_by[name] = entry.expression
        nulls = " NULLS FIRST" if entry.nulls_first else " NULLS LAST" if entry.nulls_last else ""
        return f'record."{name}"{" DESC" if entry.descending else ""}{nulls}'


def _sql_of(rows: QuerySet[Any]) -> Sql:
    """The SQL of a queryset, also of one that is known to have no row."""
    compiler = rows.query.get_compiler("default", elide_empty=False)
    sql, params = compiler.as_sql()
    return sql, tuple(params)
