"""What a scope costs: a page of properties, beside no scope and guardian's own two ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection
from guardian.shortcuts import get_objects_for_user

from bench.runner import Row
from bench.timing import side_by_side
from bookings.models import Property
from staffing.models import User, ZipCode
from tests.factories import make_rerenter, make_staff

PROPERTIES, ZIPS = 200_000, 6_000
PAGE = 100
GOALS = {5: 2.5, 50: 2.5, 500: 4.0}


def rows() -> Iterator[Row]:
    """A page of 100 of many properties for a person with 5, 50 and 500 ZIP codes, and its count."""
    _fill()
    for zips, goal in GOALS.items():
        yield from _rows_for(_staff_with(zips), f"{zips} ZIPs", goal)


def _rows_for(ana: User, who: str, goal: float) -> Iterator[Row]:
    ours, unscoped, theirs = side_by_side(
        lambda: _page(Property.objects.visible_to(_again(ana))),
        lambda: _page(Property.objects.all()),
        lambda: _page(_by_guardian(ana)),
    )
    yield Row(f"page of {PAGE} of {PROPERTIES:,}, {who}", ours, "unscoped", unscoped, goal, True)
    yield Row(f"  the same page, {who}", ours, "guardian on ZIP codes", theirs, 2.0, False)
    counted, theirs = side_by_side(
        lambda: Property.objects.visible_to(_again(ana)).count(),
        lambda: _by_guardian(ana).count(),
    )
    yield Row(f"  count in scope, {who}", counted, "guardian on ZIP codes", theirs, 2.0, False)


def _page(queryset: Any) -> list[Any]:
    return list(queryset.order_by("name", "pk")[:PAGE])


def _again(ana: User) -> User:
    """The person as a request loads them: with no ZIP codes resolved yet."""
    return User.objects.get(pk=ana.pk)


def _by_guardian(ana: User) -> Any:
    zip_codes = get_objects_for_user(
        ana, "staffing.operate_zipcode", ZipCode, accept_global_perms=False
    )
    return Property.objects.filter(zip_code__in=zip_codes)


def _staff_with(zips: int) -> User:
    ana = make_staff(f"Ana {zips}")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO staffing_zipassignment"
            " (user_id, zip_code_id, permission_id, duty, starts_on, note)"
            " SELECT %s, z.id, p.id, 'primary', current_date - 1, ''"
            " FROM staffing_zipcode z, auth_permission p"
            " WHERE p.codename = 'operate_zipcode' ORDER BY md5(z.id::text) LIMIT %s",
            [ana.pk, zips],
        )
        cursor.execute("ANALYZE staffing_zipassignment")
    return ana


def _fill() -> None:
    owner = make_rerenter()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO staffing_zipcode"
            " (code, city, state, county, timezone, kind, is_served)"
            " SELECT lpad((10000 + n)::text, 5, '0'), 'Town', 'CT', '', 'America/New_York',"
            " 'standard', true FROM generate_series(1, %s) n ON CONFLICT DO NOTHING",
            [ZIPS],
        )
        cursor.execute(
            "INSERT INTO bookings_property"
            " (external_ref, name, owner_id, is_default, street, unit, city, state, zip_code_id,"
            " timezone, property_type, bedrooms, bathrooms, max_guests, check_in_from,"
            " check_out_until, amenities, lifecycle)"
            " SELECT 'B-' || n, 'Home ' || md5(n::text), %s, false, n || ' Main St', '', 'Town',"
            " 'CT', z.ids[1 + n %% cardinality(z.ids)], 'America/New_York', 'house', 1, 1, 2,"
            " '15:00', '11:00', '', 'active' FROM generate_series(1, %s) n,"
            " (SELECT array_agg(id) AS ids FROM staffing_zipcode) z",
            [owner.pk, PROPERTIES],
        )
        cursor.execute("ANALYZE")
