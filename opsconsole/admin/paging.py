"""Pages of long lists."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import connection

LONG = 10_000  # rows that are sorted before anybody notices


class KeysFirst(Paginator):
    """Finds the keys of a page first, then reads those rows with all that the list shows of them.

    An index that holds the ZIP code, the order and the key answers the first question alone. Read
    at once, every row in scope would be fetched and joined to sort it, for the hundred shown.
    """

    whole_scope = False  # whether a scope and nothing else limits the list

    def page(self, number: Any) -> Page[Any]:
        """The page, its rows in the order of the list."""
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        rows: Any = self.object_list
        keys = rows.values_list("pk", flat=True)[start : start + self.per_page]
        if self._is_found_sooner_in_order(start + self.per_page):
            with _reading_in_order():
                keys = list(keys)
        return Page(rows.filter(pk__in=list(keys)), number, self)

    def _is_found_sooner_in_order(self, end: int) -> bool:
        """Whether the order's index gives so many rows in scope before all of them are sorted.

        One in `total / count` rows is in scope, were the scope spread evenly. A filter seldom is:
        submitted plans all start late.
        """
        if not self.whole_scope or self.count < LONG:
            return False
        rows: Any = self.object_list
        return end * _rows_in(rows.model._meta.db_table) < self.count**2


@contextmanager
def _reading_in_order() -> Iterator[None]:
    """Have PostgreSQL read the index that gives the order instead of sorting.

    It can't choose: under row-level security it takes any scope for a handful of rows.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL max_parallel_workers_per_gather = 0")
        yield
        cursor.execute(
            "SET LOCAL enable_sort TO DEFAULT; SET LOCAL max_parallel_workers_per_gather TO DEFAULT"
        )


def _rows_in(table: str) -> int:
    """About how many rows a table has, as PostgreSQL last counted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [table])
        return int(cursor.fetchone()[0])
