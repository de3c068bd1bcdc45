"""Pages of long lists."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import connection
from django.utils.functional import cached_property

LONG = 10_000  # rows that are sorted before anybody notices
MOST = 10_000  # rows that are counted: nobody turns a hundred pages

# One in `reltuples / count` rows is in scope, so these are the rows read before the page is full;
# to sort the scope takes `count`.
READ_IN_ORDER_IF_SOONER = """
    SELECT set_config('enable_sort', 'off', true),
        set_config('max_parallel_workers_per_gather', '0', true)
    FROM pg_class WHERE oid = %(table)s::regclass
        AND %(end)s * (reltuples / %(count)s) < %(count)s
"""
SORT_AGAIN = """
    SET LOCAL enable_sort TO DEFAULT;
    SET LOCAL max_parallel_workers_per_gather TO DEFAULT
"""


class MoreThan(int):
    """A number of rows at which the counting ended, and said so."""

    def __str__(self) -> str:
        return f"more than {int(self):,}"


class KeysFirst(Paginator):
    """Finds the keys of a page first, then reads those rows with all that the list shows of them.

    An index that holds the ZIP code, the order and the key answers the first question alone. Read
    at once, every row in scope would be fetched and joined to sort it, for the hundred shown.
    """

    # Whether a scope and nothing else limits the list. Filters are bound up with the order: plans
    # completed all start early, and a list from the latest on would be read to its end for them.
    whole_scope = False

    @cached_property
    def count(self) -> int:
        """The number of rows, without all that the list shows of them; the first so many alone."""
        rows: Any = self.object_list
        found = rows.order_by().values("pk")[: MOST + 1].count()
        return MoreThan(MOST) if found > MOST else found

    def page(self, number: Any) -> Page[Any]:
        """The page, its rows in the order of the list."""
        number = self.validate_number(number)
        end = number * self.per_page
        rows: Any = self.object_list
        keys = rows.values_list("pk", flat=True)[end - self.per_page : end]
        if self.whole_scope and self.count >= LONG:
            with _read_in_order(rows.model._meta.db_table, end, self.count):
                found = rows.filter(pk__any=list(keys))
        else:
            found = rows.filter(pk__in=keys)  # one query, the first inside the second
        return Page(found, number, self)


@contextmanager
def _read_in_order(table: str, end: int, count: int) -> Iterator[None]:
    """Have PostgreSQL read an index that gives the order instead of sorting, where that is sooner.

    It can't choose: under row-level security it takes any scope for a handful of rows.
    """
    # On an error the savepoint or transaction rolls back, and these settings with it.
    with connection.cursor() as cursor:
        cursor.execute(READ_IN_ORDER_IF_SOONER, {"table": table, "end": end, "count": count})
        yield
        cursor.execute(SORT_AGAIN)
