"""What a scope costs, both locks in force: beside no scope and guardian's own two ways.

The product's pages are found as its lists find them, for a person whose ZIP codes the request has
resolved; what that takes is a row of its own. No scope is the plain slice, read as the owner of
the tables, whom row-level security does not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.contrib import admin
from django.db import connection
from django.db.models import QuerySet
from django.test import RequestFactory
from guardian.shortcuts import get_objects_for_user

from bench.company import PLANS, PROPERTIES, fill
from bench.runner import Row
from bench.timing import side_by_side
from bookings.models import AwayPlan, Property
from opsconsole.access.lock import held_to
from staffing.models import User, ZipCode
from tests.factories import make_staff

PAGE = 100
RUNS, RUNS_OF_SLOW_PEERS = 31, 5
PAGE_GOALS = {5: 2.5, 50: 2.5, 500: 4.0}  # times the page without a scope, at most
PLAN_GOAL = 4.0
# Times as fast as guardian per property and as guardian on ZIP codes, at least. The page's goals
# are about a third of what prototypes did. A count of 500 ZIP codes comes out at about 20 times
# guardian's on ZIP codes, too near to be a goal: noise alone would fail it.
FASTER_GOALS = {5: (100.0, 100.0), 50: (10.0, 10.0), 500: (1.5, 1.5)}
COUNT_GOALS = {5: (20.0, 20.0), 50: (20.0, 20.0), 500: (20.0, 15.0)}
GUARDIANS_WAYS = ("guardian per property", "guardian on ZIP codes")


def rows() -> Iterator[Row]:
    """Pages, counts and plans for people with 5, 50 and 500 ZIP codes."""
    fill()
    for zips in PAGE_GOALS:
        ana = _staff_with(zips)
        yield _entering(ana, zips)
        yield from _page_rows(ana, zips)
        yield from _count_rows(ana, zips)
        yield _plan_row(ana, zips)


def _entering(ana: User, zips: int) -> Row:
    def enter() -> None:
        with held_to(User.objects.get(pk=ana.pk)):
            pass

    ours, theirs = side_by_side(enter, lambda: list(_zip_codes(ana).values_list("pk")), runs=RUNS)
    return Row(
        f"both locks set, once a request, {zips} ZIPs", ours, "ids by guardian", theirs, 1.0, False
    )


def _page_rows(ana: User, zips: int) -> Iterator[Row]:
    page, held = _list_page(ana, Property), partial(held_to, ana)
    ours, unscoped = side_by_side(page, _plain_page(Property.objects.all()), runs=RUNS, within=held)
    work = f"page of {PAGE} of {PROPERTIES:,}, {zips} ZIPs"
    yield Row(work, ours, "unscoped", unscoped, PAGE_GOALS[zips], True)

    peers = [_plain_page(_by_property(ana)), _plain_page(_by_zip_code(ana))]
    ours, *theirs = side_by_side(page, *peers, runs=RUNS_OF_SLOW_PEERS, within=held)
    yield from _beside_guardian(f"  the same page, {zips} ZIPs", ours, theirs, FASTER_GOALS[zips])


def _count_rows(ana: User, zips: int) -> Iterator[Row]:
    ours, *theirs = side_by_side(
        lambda: Property.objects.visible_to(ana).count(),
        lambda: _by_property(ana).count(),
        lambda: _by_zip_code(ana).count(),
        runs=RUNS_OF_SLOW_PEERS,
        within=partial(held_to, ana),
    )
    yield from _beside_guardian(f"  count in scope, {zips} ZIPs", ours, theirs, COUNT_GOALS[zips])


def _plan_row(ana: User, zips: int) -> Row:
    ours, unscoped = side_by_side(
        _list_page(ana, AwayPlan),
        _plain_page(AwayPlan.objects.all()),
        runs=RUNS,
        within=partial(held_to, ana),
    )
    return Row(
        f"{PAGE} of {PLANS:,} plans by start, {zips} ZIPs",
        ours,
        "unscoped",
        unscoped,
        PLAN_GOAL,
        True,
    )


def _beside_guardian(
    work: str, ours: float, theirs: list[float], goals: tuple[float, ...]
) -> Iterator[Row]:
    for peer, seconds, goal in zip(GUARDIANS_WAYS, theirs, goals, strict=True):
        yield Row(work, ours, peer, seconds, goal, False)


# Pages


def _list_page(ana: User, model: Any) -> Callable[[], object]:
    """The first page as the list of the admin finds it, once it has counted its rows."""
    request = RequestFactory().get("/")
    request.user = ana
    count = model.objects.visible_to(ana).count()

    def page() -> list[Any]:
        shown = model.objects.visible_to(ana).order_by(*model._meta.ordering)
        pages = admin.site.get_model_admin(model).get_paginator(request, shown, PAGE)
        pages.count = count
        return list(pages.page(1).object_list)

    return page


def _plain_page(queryset: QuerySet[Any]) -> Callable[[], object]:
    return lambda: list(queryset.order_by(*queryset.model._meta.ordering)[:PAGE])


# Guardian's own two ways


def _by_property(ana: User) -> QuerySet[Any]:
    """A permission on each property."""
    return get_objects_for_user(ana, "bookings.view_property", Property, accept_global_perms=False)


def _by_zip_code(ana: User) -> QuerySet[Any]:
    """A permission on each ZIP code."""
    return Property.objects.filter(zip_code__in=_zip_codes(ana))


def _zip_codes(ana: User) -> QuerySet[Any]:
    return get_objects_for_user(ana, "staffing.operate_zipcode", ZipCode, accept_global_perms=False)


# People

ASSIGN = """
    INSERT INTO staffing_zipassignment
        (user_id, zip_code_id, permission_id, duty, starts_on, note)
    SELECT %s, z.id, p.id, 'primary', current_date - 1, ''
    FROM staffing_zipcode z, auth_permission p
    WHERE p.codename = 'operate_zipcode' ORDER BY md5(z.code) LIMIT %s
"""
PERMIT = """
    INSERT INTO guardian_userobjectpermission (user_id, permission_id, content_type_id, object_pk)
    SELECT a.user_id, p.id, p.content_type_id, h.id::text
    FROM staffing_zipassignment a JOIN bookings_property h USING (zip_code_id), auth_permission p
    WHERE a.user_id = %s AND p.codename = 'view_property'
"""


def _staff_with(zips: int) -> User:
    """Somebody with so many ZIP codes, and guardian's rows for each property in them."""
    ana = make_staff(f"Ana {zips}")
    with connection.cursor() as cursor:
        cursor.execute(ASSIGN, [ana.pk, zips])
        cursor.execute(PERMIT, [ana.pk])
        cursor.execute("VACUUM ANALYZE staffing_zipassignment, guardian_userobjectpermission")
    return ana
