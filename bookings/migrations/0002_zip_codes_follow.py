# Written by hand: kept by resetmigrations.
"""Composite foreign keys: plans and bookings lie in their property's ZIP code, whoever writes.

Django has no composite foreign key; the rows carry the ZIP code so that scope is one column.
"""

from django.db import migrations

KEYS = {
    "plans_lie_in_their_propertys_zip_code": (
        "bookings_awayplan (property_id, zip_code_id)",
        "bookings_property (id, zip_code_id)",
    ),
    "bookings_lie_in_their_propertys_zip_code": (
        "bookings_booking (property_id, zip_code_id)",
        "bookings_property (id, zip_code_id)",
    ),
    "bookings_are_of_their_plans_property": (
        "bookings_booking (away_plan_id, property_id)",
        "bookings_awayplan (id, property_id)",
    ),
}


def _add(name: str, child: str, parent: str) -> migrations.RunSQL:
    table, columns = child.split(" ", 1)
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} "
        f"FOREIGN KEY {columns} REFERENCES {parent} ON UPDATE CASCADE",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("bookings", "0001_initial")]
    operations = [_add(name, child, parent) for name, (child, parent) in KEYS.items()]
