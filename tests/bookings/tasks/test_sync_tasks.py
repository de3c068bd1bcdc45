"""`manage.py sync_tasks`, for plans that were there before their tasks."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Task
from tests.factories import make_booking, make_plan, make_property, make_staff, make_task, today

pytestmark = pytest.mark.django_db


def sync(*options):
    out = StringIO()
    call_command("sync_tasks", *options, stdout=out)
    return out.getvalue()


def test_a_dry_run_tells_and_changes_nothing():
    make_plan(status="approved")

    assert "2  made" in sync("--dry-run")

    assert not Task.objects.exists()


def test_what_is_missing_is_made_once():
    make_booking()
    make_plan(make_property(), status="submitted")

    assert "4  made" in sync()
    assert "0  made" in sync()

    assert Task.objects.count() == 4
    version = Task.history.first()
    assert (version.source, version.history_user) == ("command", None)
    assert version.history_change_reason == "Tasks brought in line with plans and bookings"


def test_what_nobody_looks_after_any_more_is_handed_back():
    task = make_task(assignee=make_staff(), status="assigned", due_on=today())

    assert "1  handed back" in sync()

    task.refresh_from_db()
    assert task.assignee is None


def test_it_asks_as_many_queries_for_many_plans_as_for_few():
    def queries():
        with CaptureQueriesContext(connection) as captured:
            sync("--dry-run")
        return len(captured)

    make_plan(status="approved")
    few = queries()
    for _ in range(20):
        make_plan(status="approved")

    assert queries() == few
