# Written by hand: kept by resetmigrations.
"""Composite foreign keys: tasks are of their plan's property and their booking's plan, and lie in
the property's ZIP code with their checklists, whoever writes.
"""

from django.db import migrations

KEYS = {
    "tasks_lie_in_their_propertys_zip_code": (
        "bookings_task (property_id, zip_code_id)",
        "bookings_property (id, zip_code_id)",
    ),
    "tasks_are_of_their_plans_property": (
        "bookings_task (away_plan_id, property_id)",
        "bookings_awayplan (id, property_id)",
    ),
    "tasks_are_of_their_bookings_plan": (
        "bookings_task (booking_id, away_plan_id)",
        "bookings_booking (id, away_plan_id)",
    ),
    "checklists_lie_in_their_tasks_zip_code": (
        "bookings_checklistitem (task_id, zip_code_id)",
        "bookings_task (id, zip_code_id)",
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
    dependencies = [("bookings", "0014_tasks")]
    operations = [_add(name, child, parent) for name, (child, parent) in KEYS.items()]
