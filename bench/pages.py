"""The list of a million properties as whole pages, beside Django's plain admin.

The plain admin has the same columns, filters and search, and Django's own templates. It is asked
for its view alone; the console for the whole request, with session, locks and middleware.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.db import connection
from django.test import RequestFactory

from bench.company import PROPERTIES, fill
from bench.runner import Row
from bench.timing import side_by_side
from bench.workbench import signed_in
from bookings.models import Property
from staffing.models import User
from tests.factories import assign, make_manager, make_staff

GOAL = 2.0  # times as fast as the plain admin, at least
RUNS = 7
ASKED = {
    "first page": "",
    "page 50": "p=50",
    "search": "q=Willow+Yard+7",
    "one filter": "lifecycle__exact=active",
}
ZIP_CODES_OF_STAFF = ("10101", "10102", "10103", "10104", "10105")


class PlainPropertyAdmin(ModelAdmin[Property]):
    """Properties as anybody would register them."""

    list_display = ("name", "owner", "zip_code", "property_type", "max_guests", "lifecycle")
    list_per_page = 50  # as many as the console
    list_select_related = ("owner", "zip_code")
    list_filter = ("lifecycle", "property_type")
    search_fields = ("name", "street", "external_ref", "owner__full_name", "owner__email")


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
    yield _row("  the first, in five ZIP codes", ana, mona, "")


def _row(work: str, person: User, boss: User, query: str) -> Row:
    ours, theirs = _console(person, query), _plain(boss, query)
    ours(), theirs()
    product, peer = side_by_side(ours, theirs, runs=RUNS)
    return Row(work, product, "plain Django admin", peer, GOAL, False)


def _console(person: User, query: str) -> Callable[[], None]:
    client = signed_in(person)

    def ask() -> None:
        if client.get(f"/bookings/property/?{query}").status_code != 200:
            raise RuntimeError(f"The console's list refuses {query!r}.")

    return ask


def _plain(person: User, query: str) -> Callable[[], None]:
    page = PlainPropertyAdmin(Property, AdminSite())

    def ask() -> None:
        request = RequestFactory().get(f"/?{query}")
        request.user = person
        response: Any = page.changelist_view(request)
        if response.status_code != 200:
            raise RuntimeError(f"The plain list refuses {query!r}.")
        response.using = "plain"
        response.render()

    return ask
