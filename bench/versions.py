"""Ten million versions: five years of changes of the company of `bench/company.py`.

Written by set-based SQL, the same on every run, in the order in which they would have been written;
the indexes are put up afterwards, which takes a fraction of the time.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from bench.company import OWNERS, PLANS, PROPERTIES, ZIPS, share_of

VERSIONS = share_of(10_000_000)
SHARES = {"awayplan": 6, "booking": 2, "property": 2}  # of ten
YEARS, ACTORS, BOOKINGS = 5, 1000, share_of(1_000_000)

STAFF = """
    INSERT INTO staffing_user
        (email, full_name, user_type, password, phone, is_staff, is_active, is_superuser,
        date_joined)
    SELECT 'actor.' || n || '@example.com', 'Actor ' || n, 'staff', '!', '', true, true, false,
        now()
    FROM generate_series(1, %(actors)s) n
"""
# Of the moments the newest is now; one of two hundred versions is of a request of many.
COMMON = """
    now() - (%(count)s - n) * (interval '1 year' * %(years)s / %(count)s) AS at,
    md5(CASE WHEN n %% 200 < 198 THEN 'one' || n ELSE 'many' || n / 10000 END)::uuid AS request,
    actors.first + floor(%(actors)s * power(random(), 2))::int AS actor,
    CASE WHEN n %% 40 = 0 THEN 'Reason ' || n END AS reason,
    CASE WHEN n %% 50 = 0 THEN 'import' ELSE 'console' END AS source,
    CASE WHEN n %% 50 = 0 THEN n / 100000 END AS batch,
    CASE WHEN random() < .3 THEN '+' ELSE '~' END AS kind
"""
ACTORS_FIRST = "(SELECT min(id) AS first FROM staffing_user WHERE email LIKE 'actor.%%') actors"
BOOKINGS_MADE = """
    INSERT INTO bookings_booking (id, away_plan_id, property_id, zip_code_id, guest_name,
        guest_phone, guest_email, party_size, arrives_on, departs_on, channel, source_ref, status,
        cancel_reason)
    SELECT row_number() OVER (ORDER BY p.id), p.id, p.property_id, p.zip_code_id, 'Guest ' || p.id,
        '', '', 2, p.starts_on, p.starts_on + 2, 'direct', '', 'checked_out', ''
    FROM bookings_awayplan p ORDER BY p.id LIMIT %(bookings)s
"""
PLANS_OF_OLD = """
    INSERT INTO bookings_historicalawayplan (id, property_id, zip_code_id, starts_on, ends_on,
        hosting_allowed, status, decision_reason, notes, filed_by_id, decided_by_id, history_type,
        history_date, history_user_id, history_change_reason, changed_fields, source, request_id,
        batch_id)
    SELECT p.id, p.property_id, p.zip_code_id, at::date + 10, at::date + 20 + (n %% 7)::int,
        n %% 2 = 0, (ARRAY['submitted', 'approved', 'active', 'completed'])[1 + n %% 4], '', '',
        actor, actor + (n %% 3)::int, kind, at, actor, reason,
        CASE WHEN kind = '+' THEN '{{}}' ELSE (ARRAY['{{status,decided_by,decided_at}}',
            '{{ends_on}}', '{{status}}', '{{notes}}', '{{hosting_allowed}}'])[1 + n %% 5]
            END::varchar[], source, request, batch
    FROM (SELECT n, first.plan + (n * 2654435761 %% %(plans)s) AS plan, {common}
        FROM generate_series(1, %(count)s) n, {actors},
            (SELECT min(id) AS plan FROM bookings_awayplan) first) v
    JOIN bookings_awayplan p ON p.id = v.plan ORDER BY n
"""
BOOKINGS_OF_OLD = """
    INSERT INTO bookings_historicalbooking (id, away_plan_id, property_id, zip_code_id, guest_name,
        guest_phone, guest_email, party_size, arrives_on, departs_on, channel, source_ref, status,
        cancel_reason, history_type, history_date, history_user_id, history_change_reason,
        changed_fields, source, request_id, batch_id)
    SELECT b.id, b.away_plan_id, b.property_id, b.zip_code_id, b.guest_name, '', '', 2,
        at::date + 11, at::date + 13, 'direct', '', 'confirmed', '', kind, at, actor, reason,
        CASE WHEN kind = '+' THEN '{{}}' ELSE '{{status}}' END::varchar[], source, request, batch
    FROM (SELECT n, 1 + (n * 2654435761 %% %(bookings)s) AS booking, {common}
        FROM generate_series(1, %(count)s) n, {actors}) v
    JOIN bookings_booking b ON b.id = v.booking ORDER BY n
"""
PROPERTIES_OF_OLD = """
    INSERT INTO bookings_historicalproperty (id, external_ref, name, owner_id, is_default, street,
        unit, city, state, zip_code_id, timezone, property_type, bedrooms, bathrooms, max_guests,
        check_in_from, check_out_until, amenities, lifecycle, history_type, history_date,
        history_user_id, history_change_reason, changed_fields, source, request_id, batch_id)
    SELECT p.id, p.external_ref, p.name, p.owner_id, false, p.street, '', p.city, p.state,
        p.zip_code_id, p.timezone, p.property_type, 2, 1, 4, '15:00', '11:00', '', 'active', kind,
        at, actor, reason, CASE WHEN kind = '+' THEN '{{}}' WHEN n %% 1000 = 0 THEN '{{owner}}'
            ELSE '{{nightly_rate}}' END::varchar[], source, request, batch
    FROM (SELECT n, first.home + (n * 2654435761 %% %(properties)s) AS home, {common}
        FROM generate_series(1, %(count)s) n, {actors},
            (SELECT min(id) AS home FROM bookings_property) first) v
    JOIN bookings_property p ON p.id = v.home ORDER BY n
"""
REVIEWS = """
    INSERT INTO workbench_planreview (plan_id, plan_version, booking_version, outcome, note,
        reviewed_by_id, reviewed_at)
    SELECT id, max(history_id), 0, 'ok', '', (SELECT min(id) FROM staffing_user), now()
    FROM bookings_historicalawayplan WHERE history_date > now() - interval '60 days' AND id %% 3 = 0
    GROUP BY id
"""
HISTORIES = {
    "awayplan": PLANS_OF_OLD,
    "booking": BOOKINGS_OF_OLD,
    "property": PROPERTIES_OF_OLD,
}


def fill() -> None:
    """Write the versions of a company that is there."""
    sizes = {"actors": ACTORS, "years": YEARS, "bookings": BOOKINGS}
    sizes |= {"plans": PLANS, "properties": PROPERTIES, "owners": OWNERS, "zips": ZIPS}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no triggers, no key checks
        cursor.execute("SET LOCAL work_mem = '512MB'")
        cursor.execute("SET LOCAL maintenance_work_mem = '1GB'")
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(STAFF, sizes)
        cursor.execute(BOOKINGS_MADE, sizes)
        for name, statement in HISTORIES.items():
            table = f"bookings_historical{name}"
            cursor.execute(f"TRUNCATE {table}")  # what other measurements left, dated today
            indexes = _taken_off(cursor, table)
            filled = statement.format(common=COMMON, actors=ACTORS_FIRST)
            cursor.execute(filled, {**sizes, "count": VERSIONS * SHARES[name] // 10})
            for index in indexes:
                cursor.execute(index)
        cursor.execute(REVIEWS, sizes)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _taken_off(cursor: Any, table: str) -> list[str]:
    """Drop the indexes of a table but for its key; the statements that put them up again."""
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname !~ '_pkey$'",
        [table],
    )
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f'DROP INDEX "{name}"')
    return [statement for _, statement in found]
