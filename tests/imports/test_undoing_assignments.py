"""An import of ZIP assignments, undone: days on which somebody was responsible stay on record."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from guardian.core import ObjectPermissionChecker
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsconsole.access.acting import Source, acting
from opsconsole.access.lock import held_to
from opsconsole.database.refusals import Refused
from opsconsole.imports import undoing
from opsconsole.imports.models import ImportBatch
from staffing import services
from staffing.models import User, ZipAssignment
from staffing.resources import AssignmentResource
from tests.factories import assign, days, make_manager, make_property, make_staff, make_zip, today
from tests.imports.files import every_byte, imported
from tests.scale import size

pytestmark = pytest.mark.django_db

FIRST = today() + days(30)
BEGUN = "It has begun, and who was responsible stays on record: end it on its page."


def duty(
    email: str = "ana@example.com", code: str = "06511", start: datetime.date = FIRST, **more: str
) -> dict[str, str]:
    """A row; it stays open."""
    return {"Email": email, "ZIP code": code, "From": start.isoformat(), "Until": "", **more}


def until(day: datetime.date) -> dict[str, str]:
    return {"Until": day.isoformat()}


def written(person: User, *rows: dict[str, str]) -> ImportBatch:
    return imported(person, *rows, resource=AssignmentResource())


def undo(batch: ImportBatch, person: User) -> undoing.Undoing:
    """Undone as foreseen."""
    foreseen = undoing.foresee(batch, AssignmentResource(), person)
    done = undoing.undo(batch, AssignmentResource(), person)
    assert done == foreseen
    return done


def reasons(done: undoing.Undoing) -> list[tuple[str, str]]:
    return [(label, why) for _, label, why in done.named]


@pytest.fixture
def covered(db: None) -> None:
    """By nobody: what is assigned here is all there is."""
    make_zip("06511")


@pytest.fixture
def ana(mona: User) -> User:
    make_zip("06510")
    return make_staff("Ana Staff", email="ana@example.com")


@pytest.mark.parametrize("locked", [False, True])
def test_what_it_made_is_gone_and_what_it_changed_is_as_before(
    mona: User, ana: User, locked: bool
) -> None:
    assign(ana, "06511", starts_on=today() - days(9), ends_on=FIRST, note="Old", granted_by=mona)
    before = every_byte("staffing_zipassignment")
    batch = written(
        mona,
        duty(start=today() - days(9), Duty="backup", Note="New", **until(FIRST + days(9))),
        duty(code="06510"),
    )

    if locked:
        with held_to(mona):
            done = undo(batch, mona)
    else:
        done = undo(batch, mona)

    assert every_byte("staffing_zipassignment") == before
    assert (done.deleted, done.restored, done.kept) == (1, 1, 0)


def test_a_zip_code_that_an_import_opened_today_is_closed_again(mona: User, ana: User) -> None:
    """As when an assignment of today is called off; guardian's own permission is that row."""
    there = make_property("06511").zip_code
    batch = written(mona, duty(start=today()))
    opened = User.objects.get(pk=ana.pk)
    assert opened.zip_code_ids() == [there.pk]
    assert ObjectPermissionChecker(opened).has_perm("operate_zipcode", there)

    undo(batch, mona)

    closed = User.objects.get(pk=ana.pk)
    assert closed.zip_code_ids() == []
    assert not ObjectPermissionChecker(closed).has_perm("operate_zipcode", there)


def test_one_that_has_begun_is_kept_and_can_be_ended(mona: User, ana: User) -> None:
    yesterday = today() - days(1)
    batch = written(mona, duty(start=yesterday), duty(code="06510"))

    done = undo(batch, mona)

    assert (done.deleted, done.kept) == (1, 1)
    assert reasons(done) == [(f"ana@example.com, 06511, from {yesterday}", BEGUN)]
    services.end_assignment(kept := ZipAssignment.objects.get(), by=mona, reason="A wrong file")
    kept.refresh_from_db()
    assert kept.ends_on is not None


def test_begun_is_by_the_clock_of_the_zip_code(mona: User, ana: User) -> None:
    ahead = make_zip("96799", timezone="Pacific/Kiritimati")  # where it is tomorrow already
    behind = make_zip("96813", timezone="Pacific/Pago_Pago")
    start = services._queue_at([ahead.pk])[ahead.pk] - days(1)
    batch = written(mona, duty(code="96799", start=start), duty(code="96813", start=start))

    undo(batch, mona)

    assert [kept.zip_code for kept in ZipAssignment.objects.all()] == [ahead]
    assert behind.assignments.count() == 0


def test_the_database_keeps_one_that_has_begun_by_itself(
    mona: User, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = written(mona, duty(start=today() - days(1)), duty(code="06510"))
    monkeypatch.setattr(AssignmentResource, "undo_rules", ())

    with held_to(mona), pytest.raises(Refused, match="Nothing was undone"):
        undoing.undo(batch, AssignmentResource(), mona)

    assert ZipAssignment.objects.count() == 2
    batch.refresh_from_db()
    assert batch.status == "committed"


def test_days_that_are_over_are_not_taken_back(mona: User, ana: User) -> None:
    start, end = today() - days(50), today() - days(20)
    assign(ana, "06511", starts_on=start, ends_on=end)
    assign(ana, "06510", starts_on=start, ends_on=end, note="Old")
    batch = written(
        mona, duty(start=start, **until(FIRST)), duty(code="06510", start=start, Note="New")
    )

    done = undo(batch, mona)

    assert reasons(done) == [
        (
            f"ana@example.com, 06511, from {start}",
            "Its end before the import is over by now, and who was responsible stays on record: "
            "end it on its page.",
        )
    ]
    ends = dict(ZipAssignment.objects.values_list("content_object__code", "ends_on"))
    assert ends == {"06511": FIRST, "06510": end}
    assert ZipAssignment.objects.get(content_object__code="06510").note == "Old"


def test_what_somebody_changed_or_called_off_since(mona: User, ana: User) -> None:
    begun = duty(code="06510", start=today() - days(1), **until(FIRST))
    batch = written(mona, duty(), duty(code="06510"), begun)
    changed, gone = ZipAssignment.objects.filter(starts_on=FIRST).order_by("pk")
    changed.duty = "backup"
    services.change(changed, by=mona)
    services.end_assignment(gone, by=mona, reason="Not needed")

    done = undo(batch, mona)

    assert (done.deleted, done.kept) == (0, 2)
    assert {why for _, why in reasons(done)} == {"It was changed since the import.", BEGUN}


def test_assignments_that_came_in_before_undoing_are_kept(mona: User, ana: User) -> None:
    batch = written(mona, duty())
    ZipAssignment.objects.update(import_batch=None)

    assert reasons(undo(batch, mona)) == [
        (
            f"ana@example.com, 06511, from {FIRST}",
            "It came in before imports of ZIP assignments could be undone.",
        )
    ]


def test_the_page_undoes_and_names_what_it_keeps(mona: User, ana: User, sign_in: Any) -> None:
    batch = written(mona, duty(start=today() - days(1)), duty(code="06510"))
    client: Client = sign_in(make_manager("Nora"))
    url = reverse("admin:staffing_zipassignment_import_undo", args=[batch.pk])

    before = client.get(url).content.decode()
    after = client.post(url, {"reason": "The wrong file"}, follow=True).content.decode()

    assert "deleted by undoing: <strong>1</strong>" in before
    assert BEGUN in before
    assert "Deleted: 1. As before: 0. Kept: 1." in after
    assert ZipAssignment.objects.get().starts_on == today() - days(1)


def test_the_number_of_queries_does_not_depend_on_the_assignments(mona: User, ana: User) -> None:
    def queries(first: int, rows: int) -> int:
        spans = [FIRST + days(3 * n) for n in range(first, first + rows)]
        batch = written(mona, *(duty(start=day, **until(day + days(2))) for day in spans))
        with CaptureQueriesContext(connection) as captured:
            assert undo(batch, mona).deleted == rows
        return len(captured)

    queries(200, 1)

    assert queries(0, 3) == queries(100, 60)


SPAN = st.fixed_dictionaries(
    {
        "who": st.sampled_from(["ana@example.com", "ben@example.com"]),
        "code": st.sampled_from(["06511", "06510"]),
        "starts": st.sampled_from([-40, 0, 10, 20]),
        "days": st.sampled_from(["", "(clear)", 5, 10, 15]),
        "duty": st.sampled_from(["", "primary", "backup", "cover"]),
        "note": st.sampled_from(["", "Holidays", "(clear)"]),
    }
)


def spans(least: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(
        SPAN, min_size=least, max_size=6, unique_by=lambda s: (s["who"], s["code"], s["starts"])
    )


@settings(
    max_examples=size(8, 300),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(there=spans(0), file=spans(1))
def test_import_then_undo_leaves_every_byte(
    mona: User, ana: User, there: list[dict[str, Any]], file: list[dict[str, Any]]
) -> None:
    with transaction.atomic():
        people = {"ana@example.com": ana, "ben@example.com": make_staff(email="ben@example.com")}
        with acting(mona, source=Source.CONSOLE):
            for span in there:  # those that began last until the first of the others
                start = FIRST + days(span["starts"])
                long = span["days"] if isinstance(span["days"], int) else 10
                end = FIRST if start < FIRST else start + days(min(long, 10))
                fields = {"duty": span["duty"] or "backup", "note": span["note"]}
                assign(people[span["who"]], span["code"], starts_on=start, ends_on=end, **fields)
        before = every_byte("staffing_zipassignment")["staffing_zipassignment"]

        batch = written(mona, *map(as_row, file))
        done = undo(batch, mona)

        after = every_byte("staffing_zipassignment")["staffing_zipassignment"]
        begun = ZipAssignment.objects.filter(import_batch=batch)
        assert [row for row in after if row in before] == before
        assert len(after) - len(before) == done.kept == len(begun)
        assert all(made.starts_on < today() for made in begun)
        assert (done.deleted + done.kept, done.restored) == (batch.create, batch.update)
        assert {why for _, why in reasons(done)} <= {BEGUN}
        transaction.set_rollback(True)


def as_row(span: dict[str, Any]) -> dict[str, str]:
    start = FIRST + days(span["starts"])
    end = span["days"]
    if isinstance(end, int):
        end = str((FIRST if start < FIRST else start) + days(end))
    more = {"Until": end, "Duty": span["duty"], "Note": span["note"]}
    return duty(span["who"], span["code"], start, **more)
