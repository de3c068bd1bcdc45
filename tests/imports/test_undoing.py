"""An import, undone: the tables are as before, and what others did since is kept."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings.models import Property
from bookings.resources import PropertyResource
from opsconsole.access.acting import Source, acting
from opsconsole.database.refusals import Refused
from opsconsole.imports import undoing
from opsconsole.imports.models import ImportBatch
from staffing.models import User
from tests.factories import (
    make_booking,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_zip,
)
from tests.imports.files import every_byte, home, imported, previewed
from tests.scale import size

pytestmark = pytest.mark.django_db


def undo(batch: ImportBatch, person: Any) -> undoing.Undoing:
    return undoing.undo(batch, PropertyResource(), person)


def test_what_it_made_is_gone_and_what_it_changed_is_as_before(mona: User) -> None:
    make_property(external_ref="H-2", name="Old name", street="2 Olive Street")
    before = every_byte("bookings_property")
    batch = imported(mona, home("H-1"), home("H-2", price="$90"), home("H-3"))

    done = undo(batch, mona)

    assert every_byte("bookings_property") == before
    assert (done.deleted, done.restored, done.kept) == (2, 1, 0)
    batch.refresh_from_db()
    assert (batch.status, batch.undone_by) == ("undone", mona)


def test_undoing_is_in_the_history(mona: User) -> None:
    make_property(external_ref="H-2", street="2 Olive Street")
    batch = imported(mona, home("H-1"), home("H-2"))

    undo(batch, mona)

    gone = Property.history.get(external_ref="H-1", history_type="-")  # type: ignore[attr-defined]
    back = Property.objects.get(external_ref="H-2").history.latest("history_id")  # type: ignore[attr-defined]
    for version in (gone, back):
        assert (version.history_user, version.batch_id) == (mona, batch.pk)
        assert version.history_change_reason == "Undo of the import of homes.csv"


def test_what_somebody_changed_since_is_kept_and_named(mona: User) -> None:
    make_property(external_ref="H-2", name="Old name", street="2 Olive Street")
    batch = imported(mona, home("H-1"), home("H-2"), home("H-3"))
    Property.objects.exclude(external_ref="H-3").update(bedrooms=7)

    foreseen = undoing.foresee(batch, PropertyResource(), mona)
    done = undo(batch, mona)

    assert done == foreseen
    assert (done.deleted, done.restored, done.kept) == (1, 0, 2)
    assert [(label, why) for _, label, why in done.named] == [
        ("H-1", "It was changed since the import."),
        ("H-2", "It was changed since the import."),
    ]
    assert set(Property.objects.values_list("external_ref", "bedrooms")) == {("H-1", 7), ("H-2", 7)}


def test_changed_and_changed_back_is_changed_since(mona: User) -> None:
    batch = imported(mona, home("H-1", bedrooms="2"))
    Property.objects.update(bedrooms=7)
    Property.objects.update(bedrooms=2)

    assert undo(batch, mona).kept == 1


def test_what_nobody_knows_any_more_is_not_restored(mona: User) -> None:
    make_property(external_ref="H-2", street="2 Olive Street")
    batch = imported(mona, home("H-2"))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE bookings_historicalproperty DISABLE TRIGGER USER")  # guards
        cursor.execute("DELETE FROM bookings_historicalproperty WHERE batch_id IS NULL")
        cursor.execute("ALTER TABLE bookings_historicalproperty ENABLE TRIGGER USER")

    done = undo(batch, mona)

    assert done.named[0][1:] == ("H-2", "Nobody knows what it was before.")
    assert Property.objects.get().name == "Blue house"


def test_a_home_with_away_plans_by_now_is_kept(mona: User) -> None:
    batch = imported(mona, home("H-1"), home("H-2"))
    make_plan(Property.objects.get(external_ref="H-1"))

    done = undo(batch, mona)

    assert done.deleted == 1
    assert done.named[0][1:] == ("H-1", "There are away plans of it by now.")


def test_a_home_does_not_become_a_draft_under_its_plans(mona: User) -> None:
    make_property(external_ref="H-1", lifecycle="draft", street="1 Olive Street")
    batch = imported(mona, home("H-1", Lifecycle="Active"))
    make_plan(Property.objects.get())

    done = undo(batch, mona)

    assert done.named[0][2] == "It has away plans by now, and was a draft before."
    assert Property.objects.get().lifecycle == "active"


def test_a_home_keeps_room_for_the_guests_it_is_booked_for_by_now(mona: User) -> None:
    make_property(external_ref="H-1", street="1 Olive Street", max_guests=2)
    batch = imported(mona, home("H-1", **{"Max guests": "4"}))
    plan = make_plan(Property.objects.get(), status="approved", hosting_allowed=True)
    make_booking(plan, party_size=3)

    done = undo(batch, mona)

    assert done.named[0][2] == "It is booked for more guests by now than it had room for."
    assert Property.objects.get().max_guests == 4


def test_an_address_that_was_taken_since_is_not_taken_back(mona: User) -> None:
    make_property(external_ref="H-1", street="5 Elm Street")
    batch = imported(mona, home("H-1", Street="1 Olive Street"))
    make_property(
        external_ref="H-9", street="5 Elm Street", zip_code=Property.objects.get().zip_code
    )

    done = undo(batch, mona)

    assert done.named[0][2] == "What it was before is taken by another one now."


def test_only_what_is_imported_is_undone_and_only_once(mona: User) -> None:
    batch = previewed(mona, home("H-1"))
    with pytest.raises(Refused, match="This import is previewed"):
        undo(batch, mona)

    batch = imported(mona, home("H-2"))
    undo(batch, mona)
    with pytest.raises(Refused, match="This import is undone"):
        undo(batch, mona)


def test_the_permission_is_asked_at_that_moment(mona: User) -> None:
    batch = imported(mona, home("H-1"))
    User.objects.filter(pk=mona.pk).update(user_type="auditor")

    with pytest.raises(Refused, match="You may not undo imports of properties"):
        undo(batch, mona)

    assert Property.objects.count() == 1


def test_the_command_undoes_too_and_names_what_it_kept(mona: User) -> None:
    batch = imported(mona, home("H-1"), home("H-2"))
    Property.objects.filter(external_ref="H-2").update(bedrooms=7)
    out = io.StringIO()

    call_command("undo_import", batch.pk, "--as", mona.email, stdout=out)

    said = f"Import {batch.pk} is undone: 1 deleted, 0 as before, 1 kept."
    assert out.getvalue().splitlines() == [said, "H-2: It was changed since the import."]


@pytest.mark.parametrize(
    ("email", "says"),
    [
        ("nobody@example.com", "No active colleague has the email"),
        ("ana@example.com", "You may not undo imports of properties|There is no import"),
    ],
)
def test_the_command_refuses_plainly(mona: User, email: str, says: str) -> None:
    make_staff("Ana", email="ana@example.com")
    batch = imported(mona, home("H-1"))

    with pytest.raises(CommandError, match=says):
        call_command("undo_import", batch.pk, "--as", email)

    assert Property.objects.count() == 1


NAMES = st.sampled_from(["Blue house", "Red house", "Old mill"])
ROW = st.fixed_dictionaries(
    {
        "ref": st.sampled_from([f"H-{n}" for n in range(1, 9)]),
        "Name": NAMES,
        "bedrooms": st.sampled_from(["", "1", "3"]),
        "price": st.sampled_from(["", "$80", "$95.50", "(clear)"]),
        "ZIP code": st.sampled_from(["06511", "02116"]),
        "amenities": st.sampled_from(["", "Piano", "(clear)"]),
        "Lifecycle": st.sampled_from(["", "Draft", "Active", "Paused", "Archived"]),
    }
)


@settings(
    max_examples=size(8, 300),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    there=st.lists(ROW, max_size=5, unique_by=lambda row: row["ref"]),
    file=st.lists(ROW, min_size=1, max_size=6, unique_by=lambda row: row["ref"]),
)
def test_import_then_undo_leaves_every_byte(
    mona: User, there: list[dict[str, str]], file: list[dict[str, str]]
) -> None:
    def as_rows(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        return [home(row["ref"], **{k: v for k, v in row.items() if k != "ref"}) for row in rows]

    make_zip("02116")
    with transaction.atomic():
        if there:
            imported(mona, *as_rows(there))
        with acting(mona, source=Source.CONSOLE):
            make_plan(make_property(owner=make_rerenter(email="other@example.com")))
        before = every_byte("bookings_property", "bookings_awayplan")

        batch = imported(mona, *as_rows(file))
        done = undo(batch, mona)

        assert done.kept == 0
        assert every_byte(*before) == before
        assert (done.deleted, done.restored) == (batch.create, batch.update)
        transaction.set_rollback(True)
