"""Paths that need no page: the ORM's, and SQL past the console."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from opsconsole.access.acting import Source, acting
from tests.factories import make_booking, make_code, make_item, make_task, make_zip
from tests.history.paths import BECAUSE, TRACKED, Cell, Row, Trace, Watch, changed, deleted, made
from tests.history.paths.records import SAMPLES

type Write = Callable[[Any, str, str], list[Any]]  # a record, a field, its new value


def by_a_command(cell: Callable[[Watch], list[Any]]) -> Cell:
    """Written inside `acting`, as whatever is not a request writes."""

    def act(watch: Watch) -> Trace:
        with acting(watch.mona, source=Source.COMMAND, reason=BECAUSE):
            versions = cell(watch)
        return Trace(versions, "command", watch.mona, BECAUSE)

    return act


def past_the_console(cell: Callable[[Watch], list[Any]]) -> Cell:
    """Written outside of `acting`: it is the database user's."""

    def act(watch: Watch) -> Trace:
        with connection.cursor() as cursor:
            cursor.execute("SELECT session_user")
            [user] = cursor.fetchone()
        return Trace(cell(watch), f"database:{user}", is_tied=False)

    return act


def of_each(write: Write, within: Callable[..., Cell] = by_a_command) -> Row:
    """The same path for all tracked models."""
    return {model.__name__: within(_cell(model, write)) for model in TRACKED}


def _cell(model: Any, write: Write) -> Callable[[Watch], list[Any]]:
    sample = SAMPLES[model]

    def cell(watch: Watch) -> list[Any]:
        record = sample.make()
        watch.begin()
        return write(record, sample.field, sample.value)

    return cell


# The ORM


def save_new(record: Any, field: str, value: str) -> list[Any]:
    another = SAMPLES[type(record)].another(record)
    another.save()
    return [made(another)]


def save(record: Any, field: str, value: str) -> list[Any]:
    setattr(record, field, value)
    record.save()
    return [changed(record, field)]


def save_unchanged(record: Any, field: str, value: str) -> list[Any]:
    record.save()
    return []


def update(record: Any, field: str, value: str) -> list[Any]:
    type(record).objects.filter(pk=record.pk).update(**{field: value})
    return [changed(record, field)]


def update_unchanged(record: Any, field: str, value: str) -> list[Any]:
    update(record, field, getattr(record, field))
    return []


def update_to_and_fro(record: Any, field: str, value: str) -> list[Any]:
    before = getattr(record, field)
    return [*update(record, field, value), *update(record, field, before)]


def bulk_create(record: Any, field: str, value: str) -> list[Any]:
    another = SAMPLES[type(record)].another(record)
    type(record).objects.bulk_create([another])
    return [made(another)]


def bulk_update(record: Any, field: str, value: str) -> list[Any]:
    setattr(record, field, value)
    type(record).objects.bulk_update([record], [field])
    return [changed(record, field)]


def bulk_update_unchanged(record: Any, field: str, value: str) -> list[Any]:
    type(record).objects.bulk_update([record], [field])
    return []


def upsert(record: Any, field: str, value: str) -> list[Any]:
    """One record that is there, and one that is not, in one statement."""
    another = SAMPLES[type(record)].another(record)
    another.pk = record.pk + 100_000
    setattr(record, field, value)
    _upsert([record, another], field)
    return [changed(record, field), made(another)]


def upsert_unchanged(record: Any, field: str, value: str) -> list[Any]:
    _upsert([record], field)
    return []


def _upsert(records: list[Any], field: str) -> None:
    type(records[0]).objects.bulk_create(
        records, update_conflicts=True, unique_fields=["id"], update_fields=[field]
    )


def delete(record: Any, field: str, value: str) -> list[Any]:
    """By Django's collector."""
    pk = record.pk
    record.delete()
    return [deleted(type(record), pk)]


def delete_many(record: Any, field: str, value: str) -> list[Any]:
    another = SAMPLES[type(record)].another(record)
    another.save()
    type(record).objects.filter(pk__in=[record.pk, another.pk]).delete()
    return [made(another), *(deleted(type(record), pk) for pk in (record.pk, another.pk))]


# SQL


def sql_insert(record: Any, field: str, value: str) -> list[Any]:
    source, params, another = _another(record)
    _run(f"INSERT INTO {record._meta.db_table} {source}", params)
    return [made(another)]


def sql_update(record: Any, field: str, value: str) -> list[Any]:
    _run(
        f"UPDATE {record._meta.db_table} SET {field} = %s WHERE id = %s",
        [value, record.pk],
    )
    return [changed(record, field)]


def sql_update_unchanged(record: Any, field: str, value: str) -> list[Any]:
    _run(f"UPDATE {record._meta.db_table} SET {field} = {field}")
    return []


def sql_delete(record: Any, field: str, value: str) -> list[Any]:
    _run(f"DELETE FROM {record._meta.db_table} WHERE id = %s", [record.pk])
    return [deleted(type(record), record.pk)]


def sql_merge(record: Any, field: str, value: str) -> list[Any]:
    """A change and a new record in one MERGE."""
    source, params, another = _another(record)
    columns = ", ".join(f'"{field.column}"' for field in record._meta.concrete_fields)
    values = ", ".join(f's."{field.column}"' for field in record._meta.concrete_fields)
    table = record._meta.db_table
    _run(
        f"MERGE INTO {table} t USING (SELECT * FROM {table} WHERE id = %s UNION ALL {source}) s "
        f"ON t.id = s.id WHEN MATCHED THEN UPDATE SET {field} = %s "
        f"WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({values})",
        [record.pk, *params, value],
    )
    return [changed(record, field), made(another)]


def sql_copy(record: Any, field: str, value: str) -> list[Any]:
    source, params, another = _another(record)
    with connection.cursor() as cursor:
        rows = io.StringIO()
        asked = cursor.cursor.mogrify(source, params).decode()
        cursor.cursor.copy_expert(f"COPY ({asked}) TO STDOUT", rows)
        rows.seek(0)
        cursor.cursor.copy_expert(f"COPY {record._meta.db_table} FROM STDIN", rows)
    return [made(another)]


def _another(record: Any) -> tuple[str, list[Any], Any]:
    """SQL for the row of another record, and that record."""
    another = SAMPLES[type(record)].another(record)
    another.pk = record.pk + 100_000
    beside = SAMPLES[type(record)].beside(record) | {"id": another.pk}
    source = (
        f"SELECT (jsonb_populate_record(r, %s::jsonb)).* FROM {record._meta.db_table} r "
        "WHERE r.id = %s"
    )
    return source, [json.dumps(beside, cls=DjangoJSONEncoder), record.pk], another


def _run(sql: str, params: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


# A home that moves takes its plans, bookings and tasks with it


def home_moves(move: Callable[[Any, Any], None]) -> Row:
    """The ZIP code of a home changes, and with it that of all that hangs from it."""

    def cell(watch: Watch) -> list[Any]:
        booking, elsewhere = make_booking(), make_zip("60601")
        home = booking.property
        item, code = make_item(make_task(home)), make_code(home)
        watch.begin()
        move(home, elsewhere)
        fields = ["zip_code"] if home.timezone == "America/New_York" else ["zip_code", "timezone"]
        return [
            changed(home, *fields),
            changed(booking.away_plan, "zip_code"),
            changed(booking, "zip_code"),
            changed(item.task, "zip_code"),
            changed(item, "zip_code"),
            changed(code, "zip_code"),
        ]

    lies_nowhere = "It belongs to no home."
    moved = by_a_command(cell)
    return {
        "Property": moved,
        "AwayPlan": moved,
        "Booking": moved,
        "Task": moved,
        "ChecklistItem": moved,
        "AccessSecret": moved,
        "User": lies_nowhere,
        "ZipAssignment": lies_nowhere,
        "ZipCode": "It stays where it is.",
    }


def moves_by_save(home: Any, elsewhere: Any) -> None:
    home.zip_code = elsewhere
    home.save()


def moves_by_update(home: Any, elsewhere: Any) -> None:
    type(home).objects.filter(pk=home.pk).update(zip_code=elsewhere)


def moves_by_sql(home: Any, elsewhere: Any) -> None:
    _run("UPDATE bookings_property SET zip_code_id = %s WHERE id = %s", [elsewhere.pk, home.pk])


ROWS: dict[str, Row] = {
    "save() of a new record": of_each(save_new),
    "save()": of_each(save),
    "save() that changes nothing": of_each(save_unchanged),
    "save() past the console": of_each(save, past_the_console),
    "update()": of_each(update),
    "update() that changes nothing": of_each(update_unchanged),
    "update() to and fro in one transaction": of_each(update_to_and_fro),
    "bulk_create()": of_each(bulk_create),
    "bulk_update()": of_each(bulk_update),
    "bulk_update() that changes nothing": of_each(bulk_update_unchanged),
    "upsert": of_each(upsert),
    "upsert that changes nothing": of_each(upsert_unchanged),
    "delete()": of_each(delete),
    "delete() of a queryset": of_each(delete_many),
    "SQL: INSERT": of_each(sql_insert, past_the_console),
    "SQL: UPDATE": of_each(sql_update, past_the_console),
    "SQL: UPDATE that changes nothing": of_each(sql_update_unchanged, past_the_console),
    "SQL: UPDATE with the settings set": of_each(sql_update),
    "SQL: DELETE": of_each(sql_delete, past_the_console),
    "SQL: MERGE": of_each(sql_merge, past_the_console),
    "SQL: COPY": of_each(sql_copy, past_the_console),
    "a home moves by save()": home_moves(moves_by_save),
    "a home moves by update()": home_moves(moves_by_update),
    "a home moves by SQL": home_moves(moves_by_sql),
}
