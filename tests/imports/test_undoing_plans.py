"""An import of away plans, undone: what became of a plan since is kept, and named."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings import services
from bookings.models import AwayPlan, Property
from bookings.plan_resources import AwayPlanResource
from opsconsole.access.acting import Source, acting
from opsconsole.access.lock import held_to
from opsconsole.imports import undoing
from opsconsole.imports.models import ImportBatch
from staffing.models import User
from tests.factories import (
    days,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_zip,
    today,
)
from tests.imports.files import every_byte, imported
from tests.scale import size

pytestmark = pytest.mark.django_db

FIRST = today() + days(30)
CHANGED = "It was changed since the import."


def plan(reference: str = "H-1", starts: int = 0, nights: int = 10, **more: str) -> dict[str, str]:
    """A row; it starts so many days after FIRST."""
    start = FIRST + days(starts)
    dates = {"Away from": start.isoformat(), "Back on": (start + days(nights)).isoformat()}
    return {"Property reference": reference, **dates, **more}


def stored(home: Property, starts: int = 0, nights: int = 10, **fields: Any) -> AwayPlan:
    start = FIRST + days(starts)
    dates = {"starts_on": start, "ends_on": start + days(nights)}
    return make_plan(home, **{"status": "draft", **dates, **fields})


def written(person: User, *rows: dict[str, str]) -> ImportBatch:
    return imported(person, *rows, resource=AwayPlanResource())


def undo(batch: ImportBatch, person: User) -> undoing.Undoing:
    """Undone under both locks, as foreseen."""
    with held_to(person):
        foreseen = undoing.foresee(batch, AwayPlanResource(), person)
        done = undoing.undo(batch, AwayPlanResource(), person)
    assert done == foreseen
    return done


def reasons(done: undoing.Undoing) -> list[tuple[str, str]]:
    return [(label, why) for _, label, why in done.named]


@pytest.fixture
def home(mona: User) -> Property:
    return make_property(external_ref="H-1", name="Elm House")


def test_what_it_made_is_gone_and_what_it_changed_is_as_before(mona: User, home: Property) -> None:
    ana = make_staff()
    stored(home, filed_by=ana), stored(home, 20, status="submitted", filed_by=ana, notes="Ferns")
    before = every_byte("bookings_awayplan")

    batch = written(
        mona, plan(nights=5), plan(starts=20, Notes="(clear)", Hosting="yes"), plan(starts=40)
    )
    changed = list(AwayPlan.objects.values_list("filed_by", "import_batch").order_by("starts_on"))
    done = undo(batch, mona)

    assert changed == [(mona.pk, None), (mona.pk, None), (mona.pk, batch.pk)]
    assert every_byte("bookings_awayplan") == before
    assert {plan.filed_by for plan in AwayPlan.objects.all()} == {ana}
    assert (done.deleted, done.restored, done.kept) == (1, 2, 0)


@pytest.mark.parametrize("decided", [False, True])
def test_what_was_submitted_or_decided_since_is_kept(
    mona: User, home: Property, decided: bool
) -> None:
    stored(home, 20, status="submitted")
    batch = written(mona, plan(), plan(starts=20, Notes="New"), plan(starts=40))
    ana = make_staff(zips=("06511",))
    made, changed, _ = AwayPlan.objects.order_by("starts_on")
    services.submit(made, by=ana)
    if decided:
        services.approve(made, by=ana)
    services.decline(changed, by=ana, reason="Too late")

    done = undo(batch, mona)

    assert (done.deleted, done.restored, done.kept) == (1, 0, 2)
    assert reasons(done) == [
        (f"H-1 from {FIRST}", CHANGED),
        (f"H-1 from {FIRST + days(20)}", CHANGED),
    ]
    statuses = list(AwayPlan.objects.order_by("starts_on").values_list("status", "notes"))
    assert statuses == [("approved" if decided else "submitted", ""), ("declined", "New")]


def test_a_plan_with_bookings_is_kept(mona: User, home: Property) -> None:
    batch = written(mona, plan(Hosting="yes"))
    made = AwayPlan.objects.get()
    services.approve(services.submit(made, by=mona), by=make_staff(zips=("06511",)))
    make_booking(made)

    assert undo(batch, mona).kept == 1


def test_a_plan_whose_home_moved_since_is_kept(mona: User, home: Property) -> None:
    batch = written(mona, plan())
    Property.objects.update(zip_code=make_zip("60601"))

    assert reasons(undo(batch, mona)) == [(f"H-1 from {FIRST}", CHANGED)]


def test_days_that_another_plan_took_since_are_not_taken_back(mona: User, home: Property) -> None:
    stored(home, nights=20, status="submitted")
    batch = written(mona, plan(nights=10), plan(starts=30))
    stored(home, 15, status="submitted")

    done = undo(batch, mona)

    assert done.deleted == 1
    assert reasons(done) == [
        (f"H-1 from {FIRST}", "Another plan of this home takes up days that it had before.")
    ]
    assert AwayPlan.objects.get(starts_on=FIRST).ends_on == FIRST + days(10)


@pytest.mark.parametrize(("before", "since"), [("draft", "submitted"), ("submitted", "draft")])
def test_a_draft_may_share_its_days(mona: User, home: Property, before: str, since: str) -> None:
    stored(home, nights=20, status=before)
    batch = written(mona, plan(nights=10))
    stored(home, 15, status=since)

    assert undo(batch, mona).restored == 1
    assert AwayPlan.objects.get(starts_on=FIRST).ends_on == FIRST + days(20)


def test_plans_that_came_in_before_undoing_are_kept(mona: User, home: Property) -> None:
    batch = written(mona, plan())
    AwayPlan.objects.update(import_batch=None)

    assert reasons(undo(batch, mona)) == [
        (f"H-1 from {FIRST}", "It came in before imports of away plans could be undone.")
    ]


def test_the_command_names_what_it_kept(mona: User, home: Property) -> None:
    batch = written(mona, plan(), plan(starts=20))
    services.submit(AwayPlan.objects.get(starts_on=FIRST), by=mona)
    out = io.StringIO()

    call_command("undo_import", batch.pk, "--as", mona.email, stdout=out)

    said = f"Import {batch.pk} is undone: 1 deleted, 0 as before, 1 kept."
    assert out.getvalue().splitlines() == [said, f"H-1 from {FIRST}: {CHANGED}"]


def test_another_manager_comes_from_the_import_and_undoes(
    mona: User, home: Property, sign_in: Any
) -> None:
    batch = written(mona, plan(), plan(starts=20))
    services.submit(kept := AwayPlan.objects.get(starts_on=FIRST), by=mona)
    client: Client = sign_in(make_manager("Nora"))
    url = reverse("admin:bookings_awayplan_import_undo", args=[batch.pk])
    record = reverse("admin:imports_importbatch_change", args=[batch.pk])

    assert f'href="{url}"' in client.get(record).content.decode()
    before = client.get(url).content.decode()
    after = client.post(url, {"reason": "The wrong file"}, follow=True).content.decode()

    assert "deleted by undoing: <strong>1</strong>" in before
    for page in (before, after):
        assert f"H-1 from {FIRST}" in page
        assert reverse("admin:bookings_awayplan_change", args=[kept.pk]) in page
    assert "Nora undid it" in after
    assert AwayPlan.objects.get() == kept
    assert "What was undone" in client.get(record).content.decode()


def test_the_number_of_queries_does_not_depend_on_the_plans(mona: User, home: Property) -> None:
    def queries(first: int, rows: int) -> int:
        batch = written(mona, *(plan(starts=3 * n, nights=2) for n in range(first, first + rows)))
        with CaptureQueriesContext(connection) as captured:
            assert undo(batch, mona).deleted == rows
        return len(captured)

    queries(200, 1)

    assert queries(0, 3) == queries(100, 60)


SLOT = st.fixed_dictionaries(
    {
        "home": st.sampled_from(["H-1", "H-2"]),
        "starts": st.sampled_from([0, 10, 20, 30]),
        "nights": st.sampled_from([4, 10, 13]),
        "notes": st.sampled_from(["", "Ferns", "Palm", "(clear)"]),
        "hosting": st.sampled_from(["", "yes", "no"]),
        "status": st.sampled_from(["draft", "submitted", "approved", "withdrawn"]),
    }
)


def slots(least: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(
        SLOT, min_size=least, max_size=6, unique_by=lambda slot: (slot["home"], slot["starts"])
    )


@settings(
    max_examples=size(8, 300),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(there=slots(0), file=slots(1))
def test_import_then_undo_leaves_every_byte(
    mona: User, home: Property, there: list[dict[str, Any]], file: list[dict[str, Any]]
) -> None:
    with transaction.atomic():
        ana = make_staff(email="ana@example.com")
        homes = {"H-1": home, "H-2": make_property("02116", external_ref="H-2")}
        with acting(ana, source=Source.CONSOLE):
            for slot in there:
                fields = {"filed_by": ana, "status": slot["status"], "notes": slot["notes"]}
                stored(homes[slot["home"]], slot["starts"], min(slot["nights"], 10), **fields)
        before = every_byte("bookings_awayplan", "bookings_property")

        batch = written(
            mona,
            *(
                plan(s["home"], s["starts"], s["nights"], Notes=s["notes"], Hosting=s["hosting"])
                for s in file
            ),
        )
        done = undo(batch, mona)

        assert done.kept == 0
        assert every_byte(*before) == before
        assert (done.deleted, done.restored) == (batch.create, batch.update)
        transaction.set_rollback(True)
