"""Away plans from a file: what becomes of each row, and why."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings import services
from bookings.models import AwayPlan, Property
from bookings.plan_resources import AwayPlanResource
from opsconsole.imports import steps
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.problems import Drifted
from staffing.models import User
from staffing.roles import sync_roles
from tests.factories import days, make_plan, make_property, make_staff, make_zip, today
from tests.imports.files import actions, codes, imported, previewed, sentence, staged, without

pytestmark = pytest.mark.django_db

Status = AwayPlan.Status
FIRST = today() + days(30)


def plan(reference: str = "H-1", starts: int = 0, nights: int = 10, **more: str) -> dict[str, str]:
    """A row; it starts so many days after FIRST."""
    start = FIRST + days(starts)
    dates = {"Away from": start.isoformat(), "Back on": (start + days(nights)).isoformat()}
    return {"Property reference": reference, **dates, **more}


def looked_at(person: User, *rows: dict[str, str], **how: Any) -> ImportBatch:
    return previewed(person, *rows, resource=AwayPlanResource(), **how)


def written(person: User, *rows: dict[str, str], **how: Any) -> ImportBatch:
    return imported(person, *rows, resource=AwayPlanResource(), **how)


def stored(home: Property, starts: int = 0, nights: int = 10, **fields: Any) -> AwayPlan:
    """A plan that a file finds: from so many days after FIRST on."""
    start = FIRST + days(starts)
    dates = {"starts_on": start, "ends_on": start + days(nights)}
    return make_plan(home, **{"status": "draft", **dates, **fields})


@pytest.fixture
def home(mona: User) -> Property:
    return make_property(external_ref="H-1", name="Elm House")


# New plans


def test_new_plans_are_drafts_of_who_imports_in_the_homes_zip_code(
    mona: User, home: Property
) -> None:
    row = plan(Hosting="yes", Notes="Water the ferns\nand the palm")

    batch = written(mona, row, plan(starts=10))

    first, second = AwayPlan.objects.order_by("starts_on")
    assert actions(batch) == ["create", "create"]
    assert (first.status, first.filed_by, first.decided_by) == ("draft", mona, None)
    assert (first.zip_code, first.hosting_allowed) == (home.zip_code, True)
    assert first.notes == "Water the ferns\nand the palm"
    assert (first.starts_on, first.ends_on) == (FIRST, FIRST + days(10))
    assert (second.hosting_allowed, second.notes) == (False, "")
    assert first.history.get().source == "import"


def test_a_draft_from_a_file_is_submitted_and_needs_another_pair_of_eyes(
    mona: User, home: Property
) -> None:
    written(mona, plan())
    ana = make_staff(zips=("06511",))

    submitted = services.submit(AwayPlan.objects.get(), by=ana)

    with pytest.raises(services.Refused, match="You filed this plan yourself"):
        services.approve(submitted, by=mona)
    assert services.approve(submitted, by=ana).status == "approved"


def test_the_same_file_again_changes_nothing(mona: User, home: Property) -> None:
    written(mona, plan(Hosting="yes"), plan(starts=20))

    batch = written(mona, plan(Hosting="yes"), plan(starts=20))

    assert actions(batch) == ["unchanged", "unchanged"]
    assert [p.history.count() for p in AwayPlan.objects.all()] == [1, 1]


def test_the_preview_names_the_plan(mona: User, home: Property) -> None:
    batch = looked_at(mona, plan(Hosting="yes"))

    row = staged(batch)[2]
    assert row.key == f"H-1 from {FIRST}"
    assert row.sketch.endswith(", hosting allowed")


def test_an_unknown_property_and_one_spelled_otherwise(mona: User, home: Property) -> None:
    batch = looked_at(mona, plan("H-9"), plan("h-1"))

    assert sentence(batch, "property.unknown") == "No property H-9 is known here."
    assert codes(batch, 3) == {"property.unknown"}


@pytest.mark.parametrize(
    ("column", "code"),
    [
        ("Property reference", "property.blank"),
        ("Away from", "starts_on.blank"),
        ("Back on", "ends_on.blank"),
    ],
)
def test_what_a_new_plan_needs(mona: User, home: Property, column: str, code: str) -> None:
    batch = looked_at(mona, plan(**{column: ""}), plan(starts=50))

    assert actions(batch) == ["reject", "create"]
    assert code in codes(batch)


@pytest.mark.parametrize("nights", [0, -3])
def test_it_ends_after_it_starts(mona: User, home: Property, nights: int) -> None:
    batch = looked_at(mona, plan(nights=nights))

    assert codes(batch) == {"ends_on.before_start"}
    assert "must come after the first day away" in sentence(batch, "ends_on.before_start")


def test_a_new_plan_is_not_over_by_the_homes_clock(mona: User, home: Property) -> None:
    ended, on = plan(starts=-40, nights=10), plan(starts=-29, nights=0)
    on["Away from"], on["Back on"] = str(home.today - days(5)), str(home.today + days(1))
    ended["Back on"] = str(home.today)

    batch = looked_at(mona, ended, on)

    assert sentence(batch, "ends_on.over") == "These dates are over already: check the year."
    assert "ends_on.over" not in codes(batch, 3)


@pytest.mark.parametrize("lifecycle", ["draft", "paused", "archived"])
def test_new_plans_are_for_active_homes(mona: User, home: Property, lifecycle: str) -> None:
    Property.objects.update(lifecycle=lifecycle)

    batch = looked_at(mona, plan())

    assert sentence(batch, "property.not_active") == (
        f"Elm House is {lifecycle}: plans are filed for active homes."
    )


# Plans that are there


def test_a_plan_still_to_be_decided_is_changed_and_filed_by_who_changed_it(
    mona: User, home: Property
) -> None:
    draft, sent = stored(home), stored(home, 20, status="submitted")

    batch = written(
        mona, plan(nights=5, Notes="Later"), plan(starts=20, Hosting="yes"), plan(starts=40)
    )

    assert actions(batch) == ["update", "update", "create"]
    assert staged(batch)[2].changes == {
        "ends_on": [str(FIRST + days(10)), str(FIRST + days(5))],
        "notes": ["", "Later"],
    }
    for changed in (draft, sent):
        changed.refresh_from_db()
    assert (draft.ends_on, draft.notes, draft.status) == (FIRST + days(5), "Later", "draft")
    assert (sent.hosting_allowed, sent.status, sent.filed_by) == (True, "submitted", mona)


FIXED = {
    "approved": "This plan is approved: change it on its page, and say why there.",
    "preparing": "This plan is preparing: change it on its page, and say why there.",
    "active": "This plan is active: change it on its page, and say why there.",
    "completed": "This plan is completed: file a new one for other dates.",
    "declined": "This plan is declined: file a new one for other dates.",
    "withdrawn": "This plan is withdrawn: file a new one for other dates.",
    "cancelled": "This plan is cancelled: file a new one for other dates.",
}


def test_every_state_is_either_changed_or_kept() -> None:
    assert {*FIXED, "draft", "submitted"} == {*Status.values}


@pytest.mark.parametrize("status", FIXED)
@pytest.mark.parametrize("change", [{"nights": 9}, {"Hosting": "yes"}, {"Notes": "New"}])
def test_a_decided_plan_is_not_changed(
    mona: User, home: Property, status: str, change: dict[str, Any]
) -> None:
    stored(home, status=status, decision_reason="Why")

    batch = looked_at(mona, plan(**change), plan())
    same = looked_at(mona, plan())

    assert sentence(batch, f"ends_on.is_{status}") == FIXED[status]
    assert actions(same) == ["unchanged"]


def test_of_two_plans_from_one_day_on_the_open_one_is_meant(mona: User, home: Property) -> None:
    stored(home, status="withdrawn", notes="First try")
    sent = stored(home, status="submitted", notes="Second try")
    stored(home, status="declined", decision_reason="No", notes="Third try")

    batch = looked_at(mona, plan(Notes="Fourth try"))

    assert actions(batch) == ["update"]
    assert staged(batch)[2].object_id == sent.pk


def test_what_cannot_be_empty_cannot_be_cleared(mona: User, home: Property) -> None:
    stored(home, notes="Old")

    batch = looked_at(mona, plan(Notes="(clear)"), plan(starts=20, **{"Back on": "(clear)"}))

    assert staged(batch)[2].changes == {"notes": ["Old", ""]}
    assert codes(batch, 3) >= {"ends_on.not_clearable"}


# Overlaps


def test_rows_of_one_home_that_overlap_name_each_other(mona: User, home: Property) -> None:
    make_property(external_ref="H-2")

    batch = looked_at(
        mona, plan(), plan("H-2"), plan(starts=9), plan(starts=19), plan(starts=30, nights=1)
    )

    assert actions(batch) == ["reject", "create", "reject", "create", "create"]
    assert sentence(batch, "starts_on.overlaps_in_file", 2) == (
        "This row and line 4 cover the same days of one home: change the dates of one, "
        "or leave it out."
    )
    assert "line 2 cover" in sentence(batch, "starts_on.overlaps_in_file", 4)


def test_a_long_row_overlaps_with_all_inside_it(mona: User, home: Property) -> None:
    inside = [plan(starts=start, nights=2) for start in (20, 5, 9)]

    batch = looked_at(mona, plan(nights=40), *inside, plan(starts=40))

    assert actions(batch) == ["reject"] * 4 + ["create"]
    for line in (3, 4, 5):
        assert "line 2 cover" in sentence(batch, "starts_on.overlaps_in_file", line)
    assert "line 4 cover" in sentence(batch, "starts_on.overlaps_in_file", 2)


def test_rows_that_are_one_plan_do_not_overlap_with_themselves(mona: User, home: Property) -> None:
    assert actions(looked_at(mona, plan(), plan(), plan())) == ["create", "unchanged", "unchanged"]


def test_repeated_rows_that_overlap_with_another_are_all_rejected(
    mona: User, home: Property
) -> None:
    assert actions(looked_at(mona, plan(), plan(), plan(starts=3))) == ["reject"] * 3


@pytest.mark.parametrize("status", ["draft", "submitted", "approved", "preparing", "active"])
def test_a_row_that_overlaps_with_an_open_plan_names_it(
    mona: User, home: Property, status: str
) -> None:
    there = stored(home, status=status)
    start, end = (f"{day:%b} {day.day}, {day.year}" for day in (there.starts_on, there.ends_on))

    batch = looked_at(mona, plan(starts=-5, nights=6), plan(starts=10), plan(starts=-15))

    assert actions(batch) == ["reject", "create", "create"]
    assert sentence(batch, "starts_on.overlaps") == (
        f"Another plan of this home, from {start} until {end} ({status}), covers some of these "
        "days: change the dates, or withdraw the other plan first."
    )


@pytest.mark.parametrize("status", ["completed", "declined", "withdrawn", "cancelled"])
def test_a_plan_that_ended_takes_up_no_days(mona: User, home: Property, status: str) -> None:
    stored(home, status=status, decision_reason="Why")

    assert actions(looked_at(mona, plan(starts=-5, nights=6))) == ["create"]


def test_a_plan_that_is_made_longer_meets_the_next(mona: User, home: Property) -> None:
    stored(home), stored(home, 15)

    batch = looked_at(mona, plan(nights=16), plan(starts=40))

    assert codes(batch) == {"starts_on.overlaps"}


def test_days_that_a_file_frees_are_free(mona: User, home: Property) -> None:
    stored(home, nights=20)

    batch = written(mona, plan(nights=10), plan(starts=10))

    assert actions(batch) == ["update", "create"]
    assert AwayPlan.objects.count() == 2


def test_days_that_a_rejected_row_would_have_freed_are_not(mona: User, home: Property) -> None:
    stored(home, nights=20, status="approved")

    batch = looked_at(mona, plan(nights=10), plan(starts=10))

    assert actions(batch) == ["reject", "reject"]
    assert codes(batch, 3) == {"starts_on.overlaps"}


def test_days_of_a_row_with_an_unreadable_cell_are_not_freed_either(
    mona: User, home: Property
) -> None:
    stored(home, nights=20)

    batch = looked_at(mona, plan(nights=10, Hosting="perhaps"), plan(starts=10, Hosting="no"))

    assert codes(batch, 2) == {"hosting_allowed.not_yes_or_no"}
    assert codes(batch, 3) == {"starts_on.overlaps"}


def test_plans_that_overlap_already_are_not_the_files_doing(mona: User, home: Property) -> None:
    stored(home), stored(home, 5)

    assert actions(looked_at(mona, plan())) == ["unchanged"]
    assert actions(looked_at(mona, plan(Notes="New"))) == ["reject"]
    assert actions(looked_at(mona, plan(), plan(starts=5))) == ["unchanged", "unchanged"]
    batch = looked_at(mona, plan(), plan(starts=5), plan(starts=-5, nights=6))
    assert actions(batch) == ["unchanged", "unchanged", "reject"]
    assert "line 2 cover" in sentence(batch, "starts_on.overlaps_in_file", 4)


def test_dates_the_wrong_way_round_break_nothing(mona: User, home: Property) -> None:
    batch = looked_at(mona, plan(nights=-5), plan(starts=-2, nights=20))

    assert actions(batch) == ["reject", "create"]


# The order of dates, the steps, the set


def test_dates_of_a_file_are_read_in_the_order_that_its_column_shows(
    mona: User, home: Property
) -> None:
    year = today().year + 1
    dates = {"Away from": f"31.01.{year}", "Back on": f"3.2.{year}"}
    rows = [plan(**dates), plan(**{"Away from": f"5.6.{year}", "Back on": f"20.6.{year}"})]

    written(mona, *rows)

    months = AwayPlan.objects.order_by("starts_on").values_list("starts_on__month", "ends_on")
    assert list(months) == [(1, datetime.date(year, 2, 3)), (6, datetime.date(year, 6, 20))]


def test_dates_that_could_be_two_are_rejected_unless_their_order_was_said(
    mona: User, home: Property
) -> None:
    year = today().year + 1
    row = plan(**{"Away from": f"03/04/{year}", "Back on": f"05/04/{year}"})
    said = {"starts_on_order": "day first", "ends_on_order": "day first"}

    unsaid = looked_at(mona, row)
    written(mona, row, constants=said)

    assert codes(unsaid) >= {"starts_on.either", "ends_on.either"}
    assert "whether the month or the day comes first" in sentence(unsaid, "starts_on.either")
    assert AwayPlan.objects.get().starts_on == datetime.date(year, 4, 3)


def test_one_property_for_every_row(mona: User, home: Property) -> None:
    rows = [without(plan(starts=start), "Property reference") for start in (0, 20)]

    batch = written(mona, *rows, constants={"property": "H-1"})

    assert actions(batch) == ["create", "create"]


def test_a_home_that_moved_meanwhile_is_drift(mona: User, home: Property) -> None:
    batch = looked_at(mona, plan())
    Property.objects.update(zip_code=make_zip("60601"))

    with pytest.raises(Drifted):
        steps.commit(batch, AwayPlanResource(), mona)

    assert not AwayPlan.objects.exists()


def test_the_number_of_queries_does_not_depend_on_the_rows(mona: User, home: Property) -> None:
    def queries(first: int, rows: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            written(mona, *(plan(starts=3 * n, nights=2) for n in range(first, first + rows)))
        return len(captured)

    queries(0, 1)

    assert queries(10, 3) == queries(100, 100)


# Scope


def test_a_home_out_of_scope_reads_like_one_that_does_not_exist(mona: User, home: Property) -> None:
    make_property("60601", external_ref="FAR-1")
    sync_roles()
    right = Permission.objects.get(codename="import_awayplan")
    Group.objects.get(name="staff").permissions.add(right)
    ana = make_staff(zips=("06511",))

    batch = looked_at(ana, plan(), plan("FAR-1"), plan("NONE-1"))

    assert actions(batch) == ["create", "reject", "reject"]
    assert sentence(batch, "property.unknown", 3) == "No property FAR-1 is known here."
    assert codes(batch, 3) == codes(batch, 4)
