"""A company at full size: a million properties, three plans each, in 30,000 ZIP codes.

Written by set-based SQL past triggers and foreign keys, the same on every run. Some ZIP codes have
a thousand properties and most a few dozen; five properties or so share each name.
"""

from __future__ import annotations

import os

from django.db import connection, transaction

# Of the sizes that the goals are for. A smaller one only shows that everything can be measured.
SHARE = float(os.environ.get("BENCH_SHARE", "1"))


def share_of(rows: int) -> int:
    """So many rows, or the share of them that was asked for."""
    return round(rows * SHARE)


PROPERTIES, ZIPS, OWNERS, PLANS_EACH = share_of(1_000_000), 30_000, 100_000, 3
PLANS = PROPERTIES * PLANS_EACH

ZIP_CODES = """
    INSERT INTO staffing_zipcode (code, city, state, county, timezone, kind, is_served)
    SELECT (10000 + n)::text, 'Town ' || n / 40, 'CT', '', 'America/New_York', 'standard', true
    FROM generate_series(1, %(zips)s) n
"""
PEOPLE = """
    INSERT INTO staffing_user
        (email, full_name, user_type, password, phone, is_staff, is_active, is_superuser,
        date_joined)
    SELECT 'owner.' || n || '@example.com', 'Owner ' || n, 'rerenter', '!', '', false, true, false,
        now()
    FROM generate_series(1, %(owners)s) n
"""
HOMES = """
    INSERT INTO bookings_property
        (external_ref, name, owner_id, is_default, street, unit, city, state, zip_code_id, timezone,
        property_type, bedrooms, bathrooms, max_guests, check_in_from, check_out_until, amenities,
        lifecycle)
    SELECT 'B-' || n,
        (ARRAY['Amber', 'Birch', 'Cedar', 'Dune', 'Elm', 'Fern', 'Grove', 'Harbor', 'Ivy', 'Lake',
            'Maple', 'North', 'Orchard', 'Pine', 'Quarry', 'River', 'Stone', 'Tide', 'Vale',
            'Willow'])[1 + floor(random() * 20)::int]
        || (ARRAY[' Barn', ' Cabin', ' Cottage', ' House', ' Lodge', ' Loft', ' Rooms', ' Suite',
            ' Villa', ' Yard'])[1 + floor(random() * 10)::int] || ' ' || floor(random() * 1000),
        people.first + (random() * (%(owners)s - 1))::int, false, n || ' Main Street', '', 'Town',
        'CT', zips.first + floor(%(zips)s * power(random(), 1.5))::int, 'America/New_York', 'house',
        2, 1, 4, '15:00', '11:00', '', 'active'
    FROM generate_series(1, %(properties)s) n,
        (SELECT min(id) AS first FROM staffing_zipcode WHERE code > '10000') zips,
        (SELECT min(id) AS first FROM staffing_user WHERE email LIKE 'owner.%%') people
"""
AWAY_PLANS = """
    INSERT INTO bookings_awayplan
        (property_id, zip_code_id, starts_on, ends_on, hosting_allowed, status, decision_reason,
        notes)
    SELECT id, zip_code_id, first, first + 3 + (random() * 25)::int, n %% 2 = 0,
        CASE WHEN n < %(plans)s THEN 'completed' ELSE 'approved' END, '', ''
    FROM bookings_property, generate_series(1, %(plans)s) n,
        LATERAL (SELECT date '2024-01-01' + 300 * n + (random() * 270)::int AS first) dates
"""


def fill(properties: int = PROPERTIES, zips: int = ZIPS, owners: int = OWNERS) -> None:
    """Make the company; whoever plans a query afterwards knows its size."""
    sizes = {"zips": zips, "owners": owners, "properties": properties, "plans": PLANS_EACH}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no history, no key checks
        cursor.execute("TRUNCATE bookings_property CASCADE")  # what other measurements left
        cursor.execute("SELECT setseed(0.5)")
        for rows in (ZIP_CODES, PEOPLE, HOMES, AWAY_PLANS):
            cursor.execute(rows, sizes)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # as the autovacuum of a real server leaves it
