"""Records for tests: plain functions, every field with a default, and people with names."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

import zipcodes
from django.utils import timezone

from bookings.codes import cipher
from bookings.models import (
    AccessSecret,
    AwayPlan,
    Booking,
    ChecklistItem,
    Property,
    RecordNote,
    Task,
)
from bookings.notes.services import home_of, place_of
from opsconsole.history.versions import is_kept, newest_version
from opsconsole.saved_views.models import SavedView
from staffing.models import User, ZipAssignment, ZipCode

PASSWORD = "a-long-enough-password"
_numbers = itertools.count(1)


def today() -> datetime.date:
    return timezone.localdate()


def days(count: int) -> datetime.timedelta:
    return datetime.timedelta(days=count)


def loaded(record: Any) -> dict[str, int]:
    """Which version the form of a record says it was loaded from, opened now."""
    if not is_kept(type(record)):
        return {}
    return {"loaded_version": newest_version(type(record), record.pk)}


def make_zip(code: str = "06511", **overrides: Any) -> ZipCode:
    if known := ZipCode.objects.filter(code=code).first():
        return known
    fact = zipcodes.matching(code)[0]
    fields = {
        "city": fact["city"],
        "state": fact["state"],
        "county": fact["county"],
        "timezone": fact["timezone"],
        "latitude": fact["lat"],
        "longitude": fact["long"],
        "is_served": True,
        **overrides,
    }
    return ZipCode.objects.create(code=code, **fields)


def make_person(name: str = "", user_type: str = "staff", **overrides: Any) -> User:
    number = next(_numbers)
    name = name or f"Person {number}"
    fields = {
        "email": f"{name.lower().replace(' ', '.')}.{number}@example.com",
        "full_name": name,
        "user_type": user_type,
        **overrides,
    }
    password = None if user_type == "rerenter" else PASSWORD
    return User.objects.create_user(password=password, **fields)


def make_rerenter(name: str = "Rosa Rerenter", **overrides: Any) -> User:
    return make_person(name, "rerenter", **overrides)


def make_manager(name: str = "Mona Manager", **overrides: Any) -> User:
    return make_person(name, "manager", **overrides)


def make_auditor(name: str = "Otto Auditor", **overrides: Any) -> User:
    return make_person(name, "auditor", **overrides)


def make_staff(name: str = "Ana Staff", zips: tuple[str, ...] = (), **overrides: Any) -> User:
    """A member of staff who looks after these ZIP codes from yesterday on."""
    person = make_person(name, "staff", **overrides)
    for code in zips:
        assign(person, code)
    return person


def assign(person: User, code: str, **overrides: Any) -> ZipAssignment:
    fields = {"starts_on": today() - days(1), **overrides}
    return ZipAssignment.objects.create(user=person, content_object=make_zip(code), **fields)


def make_property(code: str = "06511", **overrides: Any) -> Property:
    number = next(_numbers)
    zip_code = make_zip(code)
    fields = {
        "external_ref": f"REF-{number}",
        "name": f"Home {number}",
        "owner": overrides.pop("owner", None) or make_rerenter(),
        "street": f"{number} Orange Street",
        "city": zip_code.city,
        "state": zip_code.state,
        "zip_code": zip_code,
        "property_type": "house",
        "max_guests": 4,
        "lifecycle": "active",
        **overrides,
    }
    return Property.objects.create(**fields)


def make_plan(home: Property | None = None, **overrides: Any) -> AwayPlan:
    """A plan that begins in ten days; its status is set directly, past the services."""
    fields = {
        "property": home or make_property(),
        "starts_on": today() + days(10),
        "ends_on": today() + days(20),
        "status": "submitted",
        **overrides,
    }
    return AwayPlan.objects.create(**fields)


def make_booking(plan: AwayPlan | None = None, **overrides: Any) -> Booking:
    """A confirmed booking of the first nights of an approved plan that allows hosting."""
    plan = plan or make_plan(status="approved", hosting_allowed=True)
    fields = {
        "away_plan": plan,
        "guest_name": f"Guest {next(_numbers)}",
        "party_size": 2,
        "arrives_on": plan.starts_on,
        "departs_on": plan.starts_on + days(2),
        "status": "confirmed",
        **overrides,
    }
    return Booking.objects.create(**fields)


def make_task(home: Property | None = None, **overrides: Any) -> Task:
    """An issue that is due today; its status is set directly, past the services."""
    fields = {
        "property": home or make_property(),
        "kind": "issue",
        "starts_on": today(),
        "due_on": today(),
        **overrides,
    }
    return Task.objects.create(**fields)


def make_item(task: Task, **overrides: Any) -> ChecklistItem:
    """A required line of a task's checklist."""
    number = next(_numbers)
    fields = {"zip_code_id": task.zip_code_id, "text": f"Line {number}", **overrides}
    return ChecklistItem.objects.create(task=task, position=number, **fields)


def prepare(plan: AwayPlan) -> None:
    """Have the home of a plan prepared, past the services."""
    plan.tasks.filter(kind="prepare").update(status="done", done_by=make_staff("Pia Prepares"))


def make_code(home: Property | None = None, code: str = "4711#", **overrides: Any) -> AccessSecret:
    """A lockbox that has been in use since yesterday; the code is sealed past the services."""
    home = home or make_property()
    fields = {
        "property": home,
        "kind": "lockbox",
        "label": f"Porch {next(_numbers)}",
        "valid_from": today() - days(1),
        "sealed": cipher.seal(code, home.pk),
        **overrides,
    }
    return AccessSecret.objects.create(**fields)


def make_view(person: User, name: str = "A view", **overrides: Any) -> SavedView:
    """A view of the list of homes, of this person alone."""
    fields = {"page": "bookings.property", "asks": [["q", "home"]], **overrides}
    return SavedView.objects.create(person=person, name=name, **fields)


def make_note(record: Any, **overrides: Any) -> RecordNote:
    """A note on a record by somebody who looks after its home, written past the services."""
    home = home_of(record)
    fields = {**place_of(record), "property": home, "text": f"Note {next(_numbers)}", **overrides}
    writer = fields.get("written_by") or make_staff("Wes Writes", (home.zip_code.code,))
    return RecordNote.objects.create(**{**fields, "written_by": writer})
