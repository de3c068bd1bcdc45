"""Each flag on both sides of its rule, on the pages and as a filter."""

from __future__ import annotations

import datetime
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from bookings.models import AwayPlan
from opsconsole.access.acting import Source, acting, because, restoring
from opsconsole.workbench.flags import FLAGS, MASS, flags_of
from opsconsole.workbench.queue import waiting
from tests.factories import (
    days,
    make_auditor,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    today,
)

pytestmark = pytest.mark.django_db
NOON = datetime.time(12)


def change(plan: AwayPlan, **fields: Any) -> None:
    with because("Nobody else was in"):
        AwayPlan.objects.filter(pk=plan.pk).update(**fields)


def dated(plan: AwayPlan, *moments: datetime.datetime) -> None:
    """Have the versions of a plan written at these moments."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE bookings_historicalawayplan DISABLE TRIGGER USER")
        versions = plan.history.order_by("history_id").values_list("pk", flat=True)
        for number, moment in zip(versions, moments, strict=True):
            cursor.execute(
                "UPDATE bookings_historicalawayplan SET history_date = %s WHERE history_id = %s",
                [moment, number],
            )
        cursor.execute("ALTER TABLE bookings_historicalawayplan ENABLE TRIGGER USER")


def flagged(plan: AwayPlan) -> list[str]:
    """The flags of its newest version."""
    number = plan.history.order_by("-history_id").first().pk
    return [flag.slug for flag in flags_of([number])[number]]


def there(hour: int, minute: int = 0, zone: str = "America/New_York") -> datetime.datetime:
    """A time of yesterday by the clock of a place."""
    at = datetime.datetime.combine(today() - days(1), datetime.time(hour, minute))
    return at.replace(tzinfo=zoneinfo.ZoneInfo(zone))


def approved(seconds: int, since: str = "created") -> AwayPlan:
    """A plan approved so many seconds after it was filed."""
    plan = make_plan(status="submitted" if since == "created" else "draft")
    moments = [there(12)]
    if since == "submitted":
        change(plan, status="submitted")
        moments = [there(9), *moments]
    change(plan, status="approved")
    dated(plan, *moments, there(12) + datetime.timedelta(seconds=seconds))
    return plan


@pytest.mark.parametrize("since", ["created", "submitted"])
def test_approved_at_once(since):
    assert flagged(approved(59, since)) == ["quick"]
    assert flagged(approved(60, since)) == []


def test_only_the_filing_counts_and_not_another_change():
    plan = make_plan(status="submitted")
    change(plan, notes="x")
    change(plan, status="approved")
    dated(plan, there(9), there(12), there(12, 0) + datetime.timedelta(seconds=5))

    assert flagged(plan) == []


def test_self_approved():
    mona, sam = make_manager(), make_staff()
    own, decided, other = (make_plan(make_property(), filed_by=mona) for _ in range(3))
    with acting(mona, source=Source.COMMAND):
        change(own, status="approved")
    change(decided, status="approved", decided_by=mona)
    with acting(sam, source=Source.COMMAND):
        change(other, status="approved", decided_by=sam)

    assert "self-approved" in flagged(own)
    assert "self-approved" in flagged(decided)
    assert "self-approved" not in flagged(other)


@pytest.mark.parametrize(
    ("hour", "minute", "is_flagged"),
    [(6, 59, True), (7, 0, False), (19, 59, False), (20, 0, True), (0, 0, True)],
)
def test_out_of_hours_by_the_clock_of_the_home(hour, minute, is_flagged):
    plan = make_plan(make_property("90210"))
    with acting(make_manager(), source=Source.CONSOLE):
        change(plan, notes="x")
    dated(plan, there(12), there(hour, minute, "America/Los_Angeles"))

    assert ("out-of-hours" in flagged(plan)) is is_flagged


def test_who_restores_a_version_at_night_is_at_work_at_night():
    plan = make_plan()
    with acting(make_manager(), source=Source.CONSOLE, reason="x"), restoring(plan.history.get()):
        change(plan, notes="x")
    dated(plan, there(12), there(3))

    assert flagged(plan) == ["out-of-hours"]


def test_what_runs_by_itself_has_no_hours():
    plan = make_plan()
    with acting(source=Source.TASK):
        change(plan, notes="x")
    dated(plan, there(12), there(3))

    assert flagged(plan) == []


def test_back_and_forth():
    plan = make_plan()
    flags = []
    for number in range(1, 6):
        change(plan, hosting_allowed=bool(number % 2))
        flags.append(flagged(plan))

    assert flags == [[], [], [], ["reversed"], ["reversed"]]
    change(plan, notes="Another field")
    assert flagged(plan) == []


def test_on_and_on_is_not_back_and_forth():
    plan = make_plan()
    for number in range(6):
        change(plan, ends_on=plan.ends_on + days(number + 1))

    assert flagged(plan) == []


@pytest.mark.parametrize(("starts", "is_flagged"), [(0, True), (-3, True), (1, False)])
def test_changed_after_the_start(starts, is_flagged):
    plan = make_plan(starts_on=today() + days(starts), ends_on=today() + days(20))
    change(plan, ends_on=today() + days(19))
    at = timezone.make_aware(datetime.datetime.combine(today(), NOON))
    dated(plan, at - days(30), at)

    assert flagged(plan) == (["after-start"] if is_flagged else [])


def test_to_move_the_start_away_does_not_hide_it():
    plan = make_plan(starts_on=today() - days(1), ends_on=today() + days(20))
    change(plan, starts_on=today() + days(5))

    assert "after-start" in flagged(plan)


def test_notes_and_status_may_change_after_the_start():
    plan = make_plan(starts_on=today() - days(1), ends_on=today() + days(20))
    change(plan, notes="They called")

    assert flagged(plan) == []


def mass(count: int, **more: Any) -> AwayPlan:
    plans = [make_plan(make_property()) for _ in range(count)]
    with acting(source=Source.COMMAND, request_id=uuid.uuid4(), **more):
        AwayPlan.objects.filter(pk__in=[plan.pk for plan in plans]).update(notes="All alike")
    return plans[0]


def test_mass_change():
    assert flagged(mass(MASS)) == ["mass"]
    assert flagged(mass(MASS - 1)) == []


def test_an_import_is_no_mass_change():
    assert flagged(mass(MASS, batch=7)) == []


# On the pages

SITUATIONS: dict[str, Callable[[], AwayPlan]] = {
    "quick": lambda: approved(5),
    "self-approved": lambda: _self_approved(),
    "out-of-hours": lambda: _at_night(),
    "reversed": lambda: _back_and_forth(),
    "after-start": lambda: _late(),
    "mass": lambda: mass(MASS),
}


def _self_approved() -> AwayPlan:
    mona = make_manager()
    plan = make_plan(filed_by=mona)
    change(plan, status="approved", decided_by=mona)
    dated(plan, there(9), there(12))
    return plan


def _at_night() -> AwayPlan:
    plan = make_plan()
    with acting(make_manager(), source=Source.CONSOLE):
        change(plan, notes="x")
    dated(plan, there(12), there(23))
    return plan


def _back_and_forth() -> AwayPlan:
    plan = make_plan()
    for number in range(1, 5):
        change(plan, hosting_allowed=bool(number % 2))
    return plan


def _late() -> AwayPlan:
    plan = make_plan(starts_on=today() - days(1), ends_on=today() + days(20))
    change(plan, ends_on=today() + days(19))
    return plan


@pytest.mark.parametrize("slug", FLAGS)
def test_a_flag_is_told_with_its_rule_found_by_the_filter_and_stands_in_the_queue(sign_in, slug):
    innocent, plan = make_plan(make_property("02116")), SITUATIONS[slug]()
    client = sign_in(make_auditor())
    number = plan.history.order_by("-history_id").first().pk

    found = client.get(f"/changes/?flag={slug}").context["told"]
    page = client.get(f"/changes/plan/{number}/").content.decode()
    queue = waiting(timezone.now() - days(9), size=50, flagged_only=True)

    assert number in {told.number for told in found}
    assert innocent.pk not in {told.pk for told in found}
    assert FLAGS[slug].rule in page
    assert slug in {flag for row in queue.rows if row.plan == plan.pk for flag in row.flags}
    assert innocent.pk not in {row.plan for row in queue.rows}


def test_staff_are_told_no_flags_of_colleagues(sign_in):
    plan = _self_approved()

    content = sign_in(make_staff(zips=("06511",))).get("/changes/?what=plan").content.decode()

    assert str(plan.property) in content
    assert "Self-approved" not in content
