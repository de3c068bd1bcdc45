"""What a company does before the console can work for it, in order, and what of it is done."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Exists, Model
from django.http import HttpRequest

from bookings.models import AwayPlan, Property, Task
from opsconsole.admin import Link
from opsconsole.home.numbers import list_of
from opsconsole.imports.models import ImportBatch
from staffing.models import User, ZipAssignment, ZipCode


@dataclass(frozen=True)
class Facts:
    """Of which kinds of records there are any: a number of nothing is no good news."""

    served: bool
    staff: bool
    rerenters: bool
    assignments: bool
    homes: bool
    plans: bool
    tasks: bool
    imports: bool


@dataclass(frozen=True)
class Step:
    """One thing to do, and where; `is_next` where all before it is done."""

    title: str
    text: str
    link: str
    is_done: bool
    is_next: bool
    ways: list[Link]


def facts(viewer: User, today: datetime.date) -> Facts:
    """All of them in one statement, which stops at the first row of each kind."""
    people = User.objects.visible_to(viewer).order_by()
    rows: dict[str, Any] = {
        "served": ZipCode.objects.visible_to(viewer).served(),
        "staff": people.filter(user_type=User.Type.STAFF, is_active=True),
        "rerenters": people.rerenters(),
        "assignments": ZipAssignment.objects.visible_to(viewer)
        .of_active_people()
        .within(today, None),
        "homes": Property.objects.visible_to(viewer),
        "plans": AwayPlan.objects.visible_to(viewer),
        "tasks": Task.objects.visible_to(viewer),
        "imports": ImportBatch.objects.visible_to(viewer),
    }
    found = [Exists(each.order_by()) for each in rows.values()]
    answers = User.objects.filter(pk=viewer.pk).values_list(*found).get()
    return Facts(**dict(zip(rows, answers, strict=True)))


def first_steps(known: Facts, request: HttpRequest) -> list[Step]:
    """The steps, each ticked off once it is done; none where all are."""
    asked: list[tuple[bool, type[Model], str, str]] = [
        (known.served, ZipCode, "Serve ZIP codes", "Those in which you look after homes."),
        (
            known.staff and known.rerenters,
            User,
            "Add people",
            "Staff who look after homes, and the ReRenters who own them.",
        ),
        (
            known.assignments,
            ZipAssignment,
            "Assign ZIP codes",
            "Say who looks after each served ZIP code, and from when on.",
        ),
        (known.homes, Property, "Add homes", "Each with its owner, in a ZIP code."),
        (
            known.plans,
            AwayPlan,
            "Add away plans",
            "When the residents of a home are away. Those from a file are drafts.",
        ),
    ]
    due = next((number for number, (is_done, *_) in enumerate(asked) if not is_done), None)
    if due is None:
        return []
    return [
        _step(request, model, title, text, is_done=is_done, is_next=number == due)
        for number, (is_done, model, title, text) in enumerate(asked)
    ]


def _step(request: HttpRequest, model: Any, title: str, text: str, **state: bool) -> Step:
    page: Any = admin.site.get_model_admin(model)
    link = list_of(f"{model._meta.app_label}_{model._meta.model_name}_changelist", p=1)
    ways = [] if state["is_done"] else page.ways_to_fill(request)
    return Step(title, text, link, ways=ways, **state)
