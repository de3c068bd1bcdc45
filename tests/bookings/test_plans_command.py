"""`manage.py plans`: steps on away plans from the command line, under the rules of their pages."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from bookings import guards
from bookings.admin.plans import AwayPlanAdmin
from bookings.models import AwayPlan
from bookings.plan_resources import AwayPlanResource
from opsconsole.imports.models import ImportBatch
from staffing.models import User
from tests.factories import (
    days,
    make_auditor,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    today,
)
from tests.imports.files import imported

pytestmark = pytest.mark.django_db

EVERY_STEP = {
    "submit": "submitted",
    "approve": "approved",
    "decline": "declined",
    "withdraw": "withdrawn",
    "start_preparing": "preparing",
    "start": "active",
    "complete": "completed",
    "cancel": "cancelled",
}


@pytest.fixture
def mona() -> User:
    return make_manager()


def run(step: str, person: User, *options: str) -> str:
    out = StringIO()
    call_command("plans", step, "--as", person.email, *options, stdout=out)
    return out.getvalue()


def run_json(step: str, person: User, *options: str, says: str = "") -> dict[str, Any]:
    """The outcome; with `says` the command fails so, after it was told."""
    out = StringIO()
    given = [step, "--as", person.email, "--json", *options]
    if says:
        with pytest.raises(CommandError, match=says):
            call_command("plans", *given, stdout=out)
    else:
        call_command("plans", *given, stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def statuses() -> list[str]:
    return list(AwayPlan.objects.order_by("pk").values_list("status", flat=True))


def drafts_of_a_file(person: User, *references: str) -> ImportBatch:
    dates = {"Away from": str(today() + days(30)), "Back on": str(today() + days(40))}
    rows = [{"Property reference": reference, **dates} for reference in references]
    return imported(person, *rows, resource=AwayPlanResource())


# What it does


def test_imported_drafts_are_submitted_and_approved_by_another(mona: User) -> None:
    make_property(external_ref="H-1")
    make_property(external_ref="H-2")
    number = str(drafts_of_a_file(mona, "H-1", "H-2").pk)
    max_ = make_manager("Max")

    submitted = run_json("submit", mona, "--import", number)
    approved = run_json("approve", max_, "--home", "H-1")

    assert submitted == {"step": "submit", "dry_run": False, "done": 2, "refused": []}
    assert approved == {"step": "approve", "dry_run": False, "done": 1, "refused": []}
    plan, other = AwayPlan.objects.order_by("property__external_ref")
    assert (plan.status, plan.decided_by, other.status) == ("approved", max_, "submitted")
    assert plan.tasks.exists()


@pytest.mark.parametrize("step", guards.PLAN)
def test_every_step_is_taken_and_recorded_with_who_and_why(mona: User, step: str) -> None:
    plan = make_plan(status=guards.PLAN[step].allowed_from[0])

    said = run(step, mona, "--all", "--reason", "As the owner wishes")

    plan.refresh_from_db()
    assert plan.status == EVERY_STEP[step]
    assert said == f"1 away plan: {AwayPlanAdmin.bulk[step].done}.\n"
    version = plan.history.latest("history_id")
    assert (version.history_user, version.source) == (mona, "command")
    assert version.history_change_reason == "As the owner wishes"


def test_what_one_run_does_is_one_request(mona: User) -> None:
    for _ in range(2):
        make_plan(status="draft")

    run("submit", mona, "--all")

    versions = AwayPlan.history.filter(history_type="~")  # type: ignore[attr-defined]
    assert versions.count() == 2
    assert len(set(versions.values_list("request_id", flat=True))) == 1


def test_a_dry_run_tells_and_changes_nothing(mona: User) -> None:
    home = make_property(external_ref="H-1")
    for _ in range(2):  # the second is refused once the first is submitted
        make_plan(home, status="draft")

    said = run_json("submit", mona, "--all", "--dry-run", says="1 of 2 plans stay as they were")

    assert (said["dry_run"], said["done"], len(said["refused"])) == (True, 1, 1)
    assert statuses() == ["draft", "draft"]


def test_where_one_is_refused_the_others_are_done_and_it_fails(mona: User) -> None:
    mine = make_plan(make_property(external_ref="H-1"), filed_by=mona)
    make_plan(make_property(external_ref="H-2"))

    said = run_json("approve", mona, "--all", says="1 of 2 plans stay as they were")

    why = "You filed this plan yourself: say why you approve it all the same."
    assert said["done"] == 1
    assert said["refused"] == [{"home": "H-1", "from": str(mine.starts_on), "why": why}]
    assert statuses() == ["submitted", "approved"]


def test_the_summary_names_what_was_refused(mona: User) -> None:
    plan = make_plan(make_property(external_ref="H-1"))
    out = StringIO()

    with pytest.raises(CommandError):
        call_command("plans", "decline", "--as", mona.email, "--all", stdout=out)

    assert out.getvalue().splitlines() == [
        "0 away plans: declined.",
        f"H-1 from {plan.starts_on}: Say why it is declined.",
    ]


# Which plans


def test_a_home_and_a_day_name_a_plan(mona: User) -> None:
    home = make_property(external_ref="H-1")
    first = make_plan(home, status="draft")
    later = today() + days(40)
    make_plan(home, status="draft", starts_on=later, ends_on=later + days(5))
    make_plan(status="draft")

    run("submit", mona, "--home", "H-1", "--from", str(later))
    assert statuses() == ["draft", "submitted", "draft"]

    run("submit", mona, "--home", "H-1")
    assert statuses() == ["submitted", "submitted", "draft"]

    says = run_json("submit", mona, "--home", "H-1", "--from", str(first.starts_on), says="1 of 1")
    assert says["refused"][0]["why"] == "This away plan is submitted already."


def test_of_two_plans_from_one_day_on_the_one_that_can_is_meant(mona: User) -> None:
    home = make_property(external_ref="H-1")
    day = str(make_plan(home, status="draft").starts_on)
    make_plan(home, status="withdrawn")

    run("submit", mona, "--home", "H-1", "--from", day)

    assert statuses() == ["submitted", "withdrawn"]


def test_with_nothing_to_do_for_all_it_says_so(mona: User) -> None:
    assert run("submit", mona, "--all") == "0 away plans: submitted.\n"


# Whose plans, and who may


def test_both_locks_hold_it_to_the_zip_codes_of_who_does_it(locks: str) -> None:
    ana = make_staff("Ana", zips=("06511",))
    make_plan(make_property("06511", external_ref="H-1"))
    make_plan(make_property("02116", external_ref="H-2"))

    with pytest.raises(CommandError, match="No property with the reference “H-2” is known here"):
        run("approve", ana, "--home", "H-1", "--home", "H-2")
    with pytest.raises(CommandError, match="No property with the reference “H-9” is known here"):
        run("approve", ana, "--home", "H-9")
    run("approve", ana, "--all")

    assert statuses() == ["approved", "submitted"]


def test_the_plans_of_an_import_too(mona: User) -> None:
    ana = make_staff("Ana", zips=("06511",))
    make_property("06511", external_ref="H-1")
    make_property("02116", external_ref="H-2")
    number = str(drafts_of_a_file(mona, "H-1", "H-2").pk)

    run("submit", ana, "--import", number)

    found = dict(AwayPlan.objects.values_list("property__external_ref", "status"))
    assert found == {"H-1": "submitted", "H-2": "draft"}


def test_four_eyes(mona: User) -> None:
    ana = make_staff("Ana", zips=("06511",))
    make_plan(make_property("06511", external_ref="H-1"), filed_by=ana)

    said = run_json("approve", ana, "--all", "--reason", "I know them", says="1 of 1")

    assert said["refused"][0]["why"].startswith("You filed this plan yourself")
    assert statuses() == ["submitted"]
    run("approve", mona, "--all")
    assert statuses() == ["approved"]


@pytest.mark.parametrize("step", guards.PLAN)
def test_who_has_no_button_for_a_step_has_no_command(step: str) -> None:
    make_plan(status=guards.PLAN[step].allowed_from[0])

    with pytest.raises(CommandError, match=f"may not take the step {step} on away plans"):
        run(step, make_auditor(), "--all", "--reason", "Because")
    rights = Group.objects.get(name="staff").permissions
    verb = "decide" if step in ("approve", "decline", "cancel") else "change"
    rights.remove(rights.get(codename=f"{verb}_awayplan"))
    with pytest.raises(CommandError, match=f"may not take the step {step} on away plans"):
        run(step, make_staff(zips=("06511",)), "--all", "--reason", "Because")

    assert statuses() == [guards.PLAN[step].allowed_from[0]]


def test_each_plan_is_asked_about_by_itself(mona: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scope that narrowed since the plans were found."""
    make_plan()
    monkeypatch.setattr("opsconsole.access.backends.in_scope", lambda person, record: False)

    said = run_json("approve", mona, "--all", says="1 of 1")

    assert said["refused"][0]["why"].startswith("That record is not here")
    assert statuses() == ["submitted"]


# What can't be done


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["submit"], "one of the arguments --all --import --home is required"),
        (["submit", "--all", "--home", "H-1"], "not allowed with argument"),
        (["promote", "--all"], "invalid choice: 'promote'"),
        (["submit", "--all", "--from", "2030-01-01"], "name that with --home"),
        (["submit", "--home", "H-1", "--from", "1/2/2030"], "write the date as 2026-01-31"),
        (["submit", "--home", "H-1", "--from", "2030-01-01"], "H-1 has no plan from 2030-01-01"),
        (["submit", "--home", "H-1"], "H-1 has no plan here that is draft"),
        (["cancel", "--home", "H-1"], "H-1 has no plan here that is approved or preparing"),
        (["submit", "--import", "0"], "Import 0 has no plan here that is draft"),
        (["submit", "--import", "9" * 30], "has no plan here that is draft"),
        (["submit", "--home", "\udcff"], "has characters that can't be read"),
        (["submit", "--home", "\0"], "has characters that can't be read"),
        (["submit", "--all", "--reason", "\udcff"], "has characters that can't be read"),
        (["submit", "--all", "--reason", "x" * 501], "at most 500 characters; it has 501 now"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    mona: User, options: list[str], says: str
) -> None:
    make_plan(make_property(external_ref="H-1"))

    with pytest.raises(CommandError, match=says):
        call_command("plans", *options, "--as", mona.email)

    assert statuses() == ["submitted"]


@pytest.mark.parametrize("email", ["nobody@example.com", "rosa@example.com", "\udcff", "\0"])
def test_who_does_it_must_work_here(email: str) -> None:
    out = StringIO()
    with pytest.raises(CommandError, match=r"No active colleague|can.t be read"):
        call_command("plans", "submit", "--all", "--json", f"--as={email}", stdout=out)

    assert json.loads(out.getvalue())["step"] == "submit"
    assert "error" in json.loads(out.getvalue())
