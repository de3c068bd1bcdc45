"""A record of each tracked model, something to change about it, and another one beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bookings.models import AccessSecret, AwayPlan, Booking, ChecklistItem, Property, Task
from staffing.models import User, ZipAssignment, ZipCode
from tests.factories import (
    assign,
    days,
    make_booking,
    make_code,
    make_item,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_task,
    make_zip,
    today,
)


@dataclass(frozen=True)
class Sample:
    """How to make a record, a field that may become a value, and what tells another one apart."""

    make: Callable[[], Any]
    field: str
    value: str
    beside: Callable[[Any], dict[str, Any]]

    def another(self, record: Any) -> Any:
        """A record like this one, which is not saved yet."""
        fields = {field.attname: getattr(record, field.attname) for field in _columns(record)}
        return type(record)(**fields | self.beside(record))


def _columns(record: Any) -> list[Any]:
    return [field for field in record._meta.concrete_fields if not field.primary_key]


SAMPLES: dict[Any, Sample] = {
    AccessSecret: Sample(
        make_code,
        "label",
        "Cellar",
        lambda code: {"label": "Another"},
    ),
    AwayPlan: Sample(
        lambda: make_plan(status="draft"),
        "notes",
        "Two cats",
        lambda plan: {"starts_on": plan.starts_on + days(30), "ends_on": plan.ends_on + days(30)},
    ),
    Booking: Sample(
        make_booking,
        "guest_name",
        "Gus Guest",
        lambda stay: {
            "arrives_on": stay.arrives_on + days(4),
            "departs_on": stay.departs_on + days(4),
        },
    ),
    Task: Sample(
        make_task,
        "notes",
        "Two cats",
        lambda task: {"due_on": task.due_on + days(1)},
    ),
    ChecklistItem: Sample(
        lambda: make_item(make_task()),
        "note",
        "Two cats",
        lambda item: {"position": item.position + 1},
    ),
    Property: Sample(
        make_property,
        "amenities",
        "Two cats",
        lambda home: {"external_ref": "OTHER", "street": "77 Other Street", "name": "Other"},
    ),
    User: Sample(
        make_rerenter,
        "phone",
        "+12035550123",
        lambda person: {"email": "other@example.com"},
    ),
    ZipAssignment: Sample(
        lambda: assign(make_staff(), "06511", ends_on=today() + days(30)),
        "note",
        "Two cats",
        lambda duty: {"starts_on": today() + days(60), "ends_on": today() + days(90)},
    ),
    ZipCode: Sample(
        make_zip,
        "is_served",
        "False",
        lambda zip_code: {"code": "06512", "is_served": True},
    ),
}
