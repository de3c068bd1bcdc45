"""Paths of many records at once: imports, their undo, commands, jobs in the background."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from django.core.management import call_command
from django_tasks_db.models import DBTaskResult

from bookings.models import AwayPlan, Property
from bookings.plan_resources import AwayPlanResource
from bookings.resources import PropertyResource
from opsconsole.imports import jobs, undoing
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.resource import ImportResource
from staffing.models import User, ZipAssignment, ZipCode
from staffing.people_resources import PeopleResource
from staffing.resources import AssignmentResource
from staffing.zip_resources import ZipCodeResource
from tests.access.bodies import NEW_PASSWORD
from tests.factories import (
    days,
    make_booking,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_zip,
    today,
)
from tests.history.paths import Cell, Row, Trace, Watch, changed, deleted, made
from tests.imports.files import as_csv, home, imported, previewed

FIRST, LAST = today() + days(30), today() + days(40)


def prepared() -> None:
    """What the rows below refer to."""
    make_zip("02116")
    make_property(external_ref="H-0", owner=make_rerenter(email="rosa@example.com"))
    make_staff(email="ana@example.com")
    make_zip("06510")


def home_row(**more: str) -> dict[str, str]:
    return home("H-1", **more)


def plan_row(**more: str) -> dict[str, str]:
    dates = {"Away from": FIRST.isoformat(), "Back on": LAST.isoformat()}
    return {"Property reference": "H-0", **dates, "Notes": "", **more}


def duty_row(**more: str) -> dict[str, str]:
    dates = {"From": FIRST.isoformat(), "Until": LAST.isoformat()}
    return {"Email": "ana@example.com", "ZIP code": "06511", **dates, "Note": "", **more}


def person_row(**more: str) -> dict[str, str]:
    return {"Email": "zoe@example.com", "Name": "Zoe Smith", "Role": "Staff", **more}


KINDS: dict[
    Any, tuple[type[ImportResource], Callable[..., dict[str, str]], dict[str, str], str]
] = {
    Property: (PropertyResource, home_row, {"Name": "Elm House"}, "name"),
    AwayPlan: (AwayPlanResource, plan_row, {"Notes": "Two cats"}, "notes"),
    ZipAssignment: (AssignmentResource, duty_row, {"Note": "Two cats"}, "note"),
    User: (PeopleResource, person_row, {"Name": "Zoe Jones"}, "full_name"),
}


def zip_row(**more: str) -> dict[str, str]:
    return {"ZIP code": "06510", "Served": "yes", **more}


# What a file changes and never makes.
CHANGED = {**KINDS, ZipCode: (ZipCodeResource, zip_row, {"Served": "no"}, "is_served")}


def first_import(model: Any, mona: User) -> Any:
    """A record that an import made."""
    resource, row, _, _ = CHANGED[model]
    imported(mona, row(), resource=resource())
    return model.objects.latest("pk")


def creating(model: Any) -> Cell:
    def act(watch: Watch) -> Trace:
        prepared()
        resource, row, _, _ = KINDS[model]
        watch.begin()
        batch = imported(watch.mona, row(), resource=resource())
        return from_import([made(model.objects.latest("pk"))], watch, batch)

    return act


def changing(model: Any) -> Cell:
    def act(watch: Watch) -> Trace:
        prepared()
        resource, row, change, field = CHANGED[model]
        record = first_import(model, watch.mona)
        watch.begin()
        batch = imported(watch.mona, row(**change), resource=resource())
        return from_import([changed(record, field)], watch, batch)

    return act


def again(model: Any) -> Cell:
    """The same file a second time."""

    def act(watch: Watch) -> Trace:
        prepared()
        resource, row, _, _ = CHANGED[model]
        first_import(model, watch.mona)
        watch.begin()
        return from_import([], watch, imported(watch.mona, row(), resource=resource()))

    return act


def undoing_what_was_made(model: Any, undo: Callable[[ImportBatch, Any, Any], None]) -> Cell:
    def act(watch: Watch) -> Trace:
        prepared()
        resource, row, _, _ = KINDS[model]
        batch = imported(watch.mona, row(), resource=resource())
        record = model.objects.latest("pk")
        watch.begin()
        undo(batch, resource(), watch.mona)
        return from_undo([deleted(model, record.pk)], watch, batch)

    return act


def undoing_what_was_changed(model: Any, undo: Callable[[ImportBatch, Any, Any], None]) -> Cell:
    def act(watch: Watch) -> Trace:
        prepared()
        resource, row, change, field = CHANGED[model]
        record = first_import(model, watch.mona)
        batch = imported(watch.mona, row(**change), resource=resource())
        watch.begin()
        undo(batch, resource(), watch.mona)
        return from_undo([changed(record, field)], watch, batch)

    return act


def from_import(versions: list[Any], watch: Watch, batch: ImportBatch) -> Trace:
    reason = f"Import of {batch.file_name}"
    return Trace(versions, "import", watch.mona, reason, batch.pk)


def from_undo(versions: list[Any], watch: Watch, batch: ImportBatch) -> Trace:
    reason = f"Undo of the import of {batch.file_name}"
    return Trace(versions, "import", watch.mona, reason, batch.pk)


def by_command(batch: ImportBatch, resource: Any, mona: Any) -> None:
    call_command("undo_import", str(batch.pk), "--as", mona.email, "--json")


def by_job(batch: ImportBatch, resource: Any, mona: Any) -> None:
    jobs.ask(batch, ImportBatch.Step.UNDO, mona)
    work()


def work() -> None:
    """What a worker does with the tasks that are ready."""
    for result in list(DBTaskResult.objects.ready()):
        result.task.call(*result.args_kwargs["args"])
        result.set_successful(None)


def made_by_job(model: Any) -> Cell:
    def act(watch: Watch) -> Trace:
        prepared()
        resource, row, _, _ = KINDS[model]
        batch = previewed(watch.mona, row(), resource=resource())
        watch.begin()
        jobs.ask(batch, ImportBatch.Step.COMMIT, watch.mona)
        work()
        return from_import([made(model.objects.latest("pk"))], watch, batch)

    return act


# What follows a home that an import moves


def moving(commit: Callable[[dict[str, str], Any], ImportBatch]) -> Cell:
    """A home with a plan and a booking, moved by the row of a file."""

    def act(watch: Watch) -> Trace:
        prepared()
        first_import(Property, watch.mona)
        place = Property.objects.latest("pk")
        plan = make_plan(place, status="approved", hosting_allowed=True)
        stay = make_booking(plan)
        watch.begin()
        batch = commit(home_row(**{"ZIP code": "02116"}), watch.mona)
        versions = [changed(record, "zip_code") for record in (place, plan, stay)]
        return from_import(versions, watch, batch)

    return act


def at_once(row: dict[str, str], mona: User) -> ImportBatch:
    return imported(mona, row)


def by_a_worker(row: dict[str, str], mona: User) -> ImportBatch:
    batch = previewed(mona, row)
    jobs.ask(batch, ImportBatch.Step.COMMIT, mona)
    work()
    return batch


def by_the_command(
    row: dict[str, str], mona: User, resource: type[ImportResource] = PropertyResource
) -> ImportBatch:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "records.csv"
        file.write_bytes(as_csv(row))
        options = ["--as", mona.email, "--commit", "--json"]
        call_command("import_records", resource.slug, str(file), *options)
    return ImportBatch.objects.latest("pk")


def new_by_the_command(model: Any) -> Cell:
    def act(watch: Watch) -> Trace:
        prepared()
        resource, row, _, _ = KINDS[model]
        watch.begin()
        batch = by_the_command(row(), watch.mona, resource)
        return from_import([made(model.objects.latest("pk"))], watch, batch)

    return act


def engineer(watch: Watch) -> Trace:
    """A command of Django's."""
    watch.begin()
    call_command(
        "createsuperuser", "--noinput", email="eve@example.com", full_name="Eve", verbosity=0
    )
    return Trace([made(User.objects.get(email="eve@example.com"))], "command")


def password_from_the_server(watch: Watch) -> Trace:
    ana = make_staff()
    watch.begin()
    with mock.patch("getpass.getpass", return_value=NEW_PASSWORD):
        call_command("changepassword", ana.email, stdout=io.StringIO())
    return Trace([changed(ana, "password_set_at")], "command")


NO_BOOKINGS = "Bookings are not imported."
NO_TASKS = {
    **dict.fromkeys(("Task", "ChecklistItem"), "Tasks are not imported."),
    "AccessSecret": "Codes never stand in a file.",
}
NO_NEW_ZIPS = "ZIP codes come from the reference: a file changes them and makes none."
NO_HOME = "It belongs to no home."
FOLLOWS = "Told with the home that takes it along."


def of_each(cell: Callable[..., Cell], *more: Any) -> Row:
    kinds = {model.__name__: cell(model, *more) for model in KINDS}
    return {"ZipCode": NO_NEW_ZIPS, **kinds, "Booking": NO_BOOKINGS, **NO_TASKS}


def of_each_changed(cell: Callable[..., Cell], *more: Any) -> Row:
    return {**of_each(cell, *more), ZipCode.__name__: cell(ZipCode, *more)}


def of_a_home(cell: Cell) -> Row:
    followers = dict.fromkeys(
        ("AccessSecret", "AwayPlan", "Booking", "Task", "ChecklistItem"), FOLLOWS
    )
    return {
        "Property": cell,
        **followers,
        **dict.fromkeys(("ZipAssignment", "User", "ZipCode"), NO_HOME),
    }


def of_people(cell: Cell) -> Row:
    others = (
        "AccessSecret", "AwayPlan", "Booking", "Property", "ZipAssignment", "Task", "ChecklistItem",
        "ZipCode",
    )  # fmt: skip
    return {**dict.fromkeys(others, "Only people have passwords."), "User": cell}


def undo(batch: ImportBatch, resource: Any, mona: Any) -> None:
    undoing.undo(batch, resource, mona)


ROWS: dict[str, Row] = {
    "import: a new record": of_each(creating),
    "import": of_each_changed(changing),
    "import that changes nothing": of_each_changed(again),
    "import: a home moves": of_a_home(moving(at_once)),
    "undo of what was made": of_each(undoing_what_was_made, undo),
    "undo of what was changed": of_each_changed(undoing_what_was_changed, undo),
    "command: a new record": of_each(new_by_the_command),
    "command: a new engineer": of_people(engineer),
    "command: a password is set": of_people(password_from_the_server),
    "command: a home moves": of_a_home(moving(by_the_command)),
    "command: undo of what was made": of_each(undoing_what_was_made, by_command),
    "command: undo of what was changed": of_each_changed(undoing_what_was_changed, by_command),
    "job: import of a new record": of_each(made_by_job),
    "job: a home moves": of_a_home(moving(by_a_worker)),
    "job: undo of what was made": of_each(undoing_what_was_made, by_job),
    "job: undo of what was changed": of_each_changed(undoing_what_was_changed, by_job),
}
