"""The list of a million properties as whole pages, beside Django's plain admin.

Both are whole requests of a page of a hundred, with the owner and ZIP code beside each home, the
same search and two filters. The console has its locks, sidebar, views, two more columns and two
more filters besides; one of those, by ZIP code, would give the plain admin a list of 30,000.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db import connection
from django.test import Client

from bench.company import PROPERTIES, fill
from bench.plain import plain_client
from bench.runner import Row
from bench.timing import side_by_side
from bench.workbench import signed_in
from staffing.models import User
from tests.factories import assign, make_manager, make_staff

GOAL = 2.0  # times as fast as the plain admin, at least
WARM, RUNS = 5, 21
ASKED = {
    "first page": "p=1",
    "page 50": "p=50",
    "search": "q=Willow+Yard+7",
    "one filter": "lifecycle__exact=active",
}
ZIP_CODES_OF_STAFF = ("10101", "10102", "10103", "10104", "10105")


def rows() -> Iterator[Row]:
    """Pages of the list, as a manager; then as staff, who see a few ZIP codes of it."""
    fill()
    mona, ana = make_manager(is_superuser=True), make_staff()
    for code in ZIP_CODES_OF_STAFF:
        assign(ana, code)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    for work, query in ASKED.items():
        yield _row(f"{work} of {PROPERTIES:,} properties", mona, mona, query)
    yield _row("  the first, in five ZIP codes", ana, mona, "p=1")


def _row(work: str, person: User, boss: User, query: str) -> Row:
    ours, theirs = _asking(signed_in(person), query), _asking(plain_client(boss), query)
    for _ in range(WARM):
        ours(), theirs()
    product, peer = side_by_side(ours, theirs, runs=RUNS)
    return Row(work, product, "plain Django admin", peer, GOAL, False)


def _asking(client: Client, query: str) -> Callable[[], None]:
    def ask() -> None:
        response = client.get(f"/bookings/property/?{query}")
        if response.status_code != 200:
            raise RuntimeError(f"The list answers {query!r} with {response.status_code}.")

    return ask
