"""Who does not look after a ZIP code any more has no open tasks there."""

from __future__ import annotations

import pytest

from bookings import services
from bookings.models import Property, Task
from bookings.tasks import letting_go, steps
from bookings.tasks.letting_go import let_go_everywhere
from opsconsole.imports.undoing import undo
from staffing import services as staffing_services
from staffing.models import ZipAssignment
from staffing.resources import AssignmentResource
from tests.factories import (
    assign,
    days,
    loaded,
    make_manager,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_task,
    make_zip,
    today,
)
from tests.imports.files import home as home_row
from tests.imports.files import imported

pytestmark = pytest.mark.django_db


def task_of(ana, status="assigned", **overrides):
    more = {"reason": "No key"} if status == "blocked" else {}
    more |= {"done_by": ana} if status in ("done", "verified") else {}
    more |= {"verified_by": make_manager()} if status == "verified" else {}
    return make_task(**{"assignee": ana, "status": status, **more, **overrides})


def becomes(task):
    task.refresh_from_db()
    return task.status, task.assignee


@pytest.mark.parametrize(
    ("status", "after"),
    [
        ("assigned", "unassigned"),
        ("in_progress", "unassigned"),
        ("blocked", "blocked"),
        ("done", None),
        ("verified", None),
    ],
)
def test_ending_an_assignment_hands_open_tasks_back(status, after):
    ana = make_staff("Ana", zips=("06511",))
    task = task_of(ana, status)

    staffing_services.end_assignment(
        ana.zip_assignments.get(), by=make_manager(), reason="She moved"
    )

    assert becomes(task) == ((after, None) if after else (status, ana))
    if after:
        assert task.history.latest().history_change_reason == "She moved"


def test_tasks_elsewhere_and_of_others_stay():
    ana, ben = make_staff("Ana", zips=("06511", "02116")), make_staff("Ben", zips=("06511",))
    elsewhere, bens = task_of(ana, property=make_property("02116")), task_of(ben)

    ends = ana.zip_assignments.get(content_object__code="06511")
    staffing_services.end_assignment(ends, by=make_manager(), reason="Swapped")

    assert becomes(elsewhere) == ("assigned", ana)
    assert becomes(bens) == ("assigned", ben)


def test_an_assignment_that_ends_later_hands_back_what_is_due_then():
    ana = make_staff("Ana", zips=("06511",))
    before, after = task_of(ana, due_on=today() + days(4)), task_of(ana, due_on=today() + days(5))

    staffing_services.end_assignment(
        ana.zip_assignments.get(), by=make_manager(), reason="Leaves", on=today() + days(5)
    )

    assert becomes(before) == ("assigned", ana)
    assert becomes(after) == ("unassigned", None)


def test_an_assignment_that_another_follows_hands_nothing_back():
    ana = make_staff("Ana", zips=("06511",))
    ZipAssignment.objects.update(ends_on=today() + days(3))
    assign(ana, "06511", starts_on=today() + days(3), duty="backup")
    task = task_of(ana, due_on=today() + days(9))

    let_go_everywhere()

    assert becomes(task) == ("assigned", ana)


def test_an_assignment_that_ended_by_its_date_is_noticed_by_the_worker():
    ana = make_staff("Ana")
    assign(ana, "06511", starts_on=today() - days(9), ends_on=today())
    task = task_of(ana, starts_on=today() - days(5), due_on=today() - days(1))

    assert let_go_everywhere() == 1

    assert becomes(task) == ("unassigned", None)
    assert let_go_everywhere() == 0


def test_shortening_an_assignment_on_its_form_hands_back_too(sign_in):
    ana, mona = make_staff("Ana", zips=("06511",)), make_manager()
    task, duty = task_of(ana, due_on=today() + days(9)), ana.zip_assignments.get()
    page = f"/staffing/zipassignment/{duty.pk}/change/"
    fields = {
        "user": ana.pk,
        "content_object": duty.content_object_id,
        "duty": "primary",
        "starts_on": duty.starts_on,
        "ends_on": today() + days(2),
        "change_reason": "She moves",
        **loaded(duty),
    }

    assert sign_in(mona).post(page, fields).status_code == 302

    assert becomes(task) == ("unassigned", None)


def test_who_is_deactivated_has_no_open_tasks(sign_in):
    ana = make_staff("Ana", zips=("06511",))
    task = task_of(ana)
    fields = {"full_name": "Ana", "email": ana.email, "user_type": "staff", **loaded(ana)}

    rows = {"zip_assignments-TOTAL_FORMS": 0, "zip_assignments-INITIAL_FORMS": 0}
    page = f"/staffing/user/{ana.pk}/change/"

    assert sign_in(make_manager()).post(page, {**fields, **rows}).status_code == 302

    ana.refresh_from_db()
    assert not ana.is_active
    assert becomes(task) == ("unassigned", None)


def test_undoing_an_import_of_assignments_hands_back_too():
    ana, mona = make_staff("Ana", email="ana@example.com"), make_manager()
    make_zip("06511")
    starts = today() + days(3)
    row = {"Email": ana.email, "ZIP code": "06511", "From": str(starts), "Until": ""}
    batch = imported(mona, row, resource=AssignmentResource())
    task = task_of(ana, due_on=today() + days(5))

    undo(batch, AssignmentResource(), mona)

    assert becomes(task) == ("unassigned", None)


def test_a_home_that_an_import_moves_leaves_the_people_who_stay_behind():
    ana, mona = make_staff("Ana", zips=("06511",)), make_manager()
    home = make_property(owner=make_rerenter(email="rosa@example.com"))
    make_zip("02116")
    task = task_of(ana, property=home)
    moved, stayed = {"ZIP code": "02116"}, task_of(ana)

    imported(mona, home_row(home.external_ref, Street="1 Olive Street", **moved))

    assert becomes(task) == ("unassigned", None)
    assert becomes(stayed) == ("assigned", ana)


def test_a_home_that_moves_leaves_the_people_who_stay_behind():
    ana, ben = make_staff("Ana", zips=("06511",)), make_staff("Ben", zips=("06511", "02116"))
    home = make_property()
    anas, bens = task_of(ana, property=home), task_of(ben, property=home)
    moved = Property.objects.get(pk=home.pk)
    moved.zip_code = make_zip("02116")

    services.save_home(moved, by=make_manager())

    assert becomes(anas) == ("unassigned", None)
    assert becomes(bens) == ("assigned", ben)


def test_what_was_begun_and_is_let_go_follows_its_plan_again():
    ana = make_staff("Ana", zips=("06511",))
    plan = services.approve(make_plan(), by=make_manager())
    begun, moved = plan.tasks.order_by("due_on")
    steps.begin(begun, by=ana)
    steps.begin(moved, by=ana)
    plan.ends_on -= days(1)
    services.revise(plan, by=make_manager(), reason="They are back earlier")
    services.start_preparing(plan, by=ana)
    services.start(plan, by=ana)

    end_the_duty_of(ana)

    assert becomes(moved) == ("unassigned", None)
    assert (moved.due_on, moved.flag) == (plan.ends_on - days(1), "")


def test_what_was_begun_of_a_plan_that_is_over_ends_with_its_person():
    ana = make_staff("Ana", zips=("06511",))
    plan = services.approve(make_plan(), by=make_manager())
    for take in (services.start_preparing, services.start):
        take(plan, by=ana)
    restore = steps.begin(plan.tasks.get(kind="restore"), by=ana)
    services.complete(plan, by=ana)

    end_the_duty_of(ana)

    assert becomes(restore) == ("cancelled", None)


def test_the_worker_leaves_a_task_that_somebody_else_took_meanwhile(monkeypatch):
    ana, ben = make_staff("Ana"), make_staff("Ben", zips=("06511",))
    task = task_of(ana)
    real = letting_go._held

    def take_it_first(homes):
        steps.take(Task.objects.get(pk=task.pk), by=ben)
        return real(homes)

    monkeypatch.setattr(letting_go, "_held", take_it_first)
    let_go_everywhere()

    assert becomes(task) == ("assigned", ben)


def test_new_days_by_hand_are_days_of_who_has_the_task():
    ana = make_staff("Ana")
    assign(ana, "06511", ends_on=today() + days(5))
    task = task_of(ana)
    task.due_on = today() + days(5)

    steps.change_task(task, by=make_manager())

    assert (task.status, task.assignee) == ("unassigned", None)
    assert becomes(task) == ("unassigned", None)


def end_the_duty_of(person):
    staffing_services.end_assignment(
        person.zip_assignments.get(), by=make_manager(), reason="She moved"
    )
