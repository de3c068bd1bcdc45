"""Owners out of a file of homes: offered, shown, made in the same commit, undone with it."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from bookings.models import Property
from bookings.resources import PropertyResource
from opsconsole.access.lock import held_to
from opsconsole.imports import mapping, steps, undoing
from opsconsole.imports.models import ImportBatch
from staffing.models import User
from tests.factories import make_property, make_rerenter, make_staff
from tests.imports.files import (
    actions,
    codes,
    every_byte,
    home,
    imported,
    previewed,
    sentence,
    staged,
)

pytestmark = pytest.mark.django_db

MAKE = {"make_owners": "yes"}
BOTH = ("bookings_property", "staffing_user")


def of(email: str, reference: str, name: str = "Zoe Adler", **more: str) -> dict[str, str]:
    """A home of somebody whom nobody knows."""
    named = {"Owner email": email, "Owner's name": name}
    row = home(reference)
    del row["Owner"]
    return {**row, **named, **more}


def look(person: User, *rows: dict[str, str], **how: Any) -> ImportBatch:
    return previewed(person, *rows, **{"constants": MAKE, **how})


def written(person: User, *rows: dict[str, str]) -> ImportBatch:
    """Imported under both locks."""
    with held_to(person):
        return imported(person, *rows, constants=MAKE)


def undo(batch: ImportBatch, person: User) -> undoing.Undoing:
    """Undone as foreseen, under both locks."""
    with held_to(person):
        foreseen = undoing.foresee(batch, PropertyResource(), person)
        done = undoing.undo(batch, PropertyResource(), person)
    assert done == foreseen
    return done


def test_owners_are_made_with_their_homes(mona: User) -> None:
    batch = written(
        mona,
        of("Zoe@Example.com", "H-1", **{"Owner's phone": "(203) 555-0123"}),
        of("zoe@example.com", "H-2"),
        of("adam@example.com", "H-3", "Adam Ng"),
        of("rosa@example.com", "H-4", "Rosa"),
    )

    assert actions(batch) == ["create"] * 4
    owners = {h.external_ref: h.owner.email for h in Property.objects.select_related("owner")}
    assert owners == {
        "H-1": "zoe@example.com",
        "H-2": "zoe@example.com",
        "H-3": "adam@example.com",
        "H-4": "rosa@example.com",
    }
    zoe = User.objects.get(email="zoe@example.com")
    assert (zoe.full_name, zoe.phone) == ("Zoe Adler", "+12035550123")
    assert (zoe.user_type, zoe.is_staff, zoe.is_active) == ("rerenter", False, True)
    assert (zoe.import_batch, zoe.has_usable_password()) == (batch, False)
    [version] = zoe.history.all()
    assert (version.history_user, version.batch_id) == (mona, batch.pk)


def test_the_preview_shows_each_and_writes_nothing(mona: User) -> None:
    before = every_byte(*BOTH)

    batch = look(
        mona,
        of("zoe@example.com", "H-1", **{"Owner's phone": "203 555 0123"}),
        of("zoe@example.com", "H-2"),
        of("adam@example.com", "H-3", "Adam Ng"),
    )

    assert sentence(batch, "owner.new") == (
        "Makes the ReRenter Zoe Adler, zoe@example.com, +12035550123."
    )
    assert [codes(batch, line) for line in (3, 4)] == [set(), {"owner.new"}]
    assert batch.also_makes == {
        "what": "ReRenters",
        "count": 2,
        "named": ["Adam Ng, adam@example.com", "Zoe Adler, zoe@example.com, +12035550123"],
    }
    assert every_byte(*BOTH) == before


def test_a_file_that_does_not_ask_makes_nobody(mona: User) -> None:
    batch = look(mona, of("zoe@example.com", "H-1"), constants={})
    no = look(mona, of("zoe@example.com", "H-1"), constants={"make_owners": "no"})

    assert codes(batch) == codes(no) == {"owner.unknown"}


def test_the_preview_offers_to_make_them(mona: User, sign_in: Any) -> None:
    batch = look(mona, of("zoe@example.com", "H-1"), constants={})
    client = sign_in(mona)
    page = reverse("admin:bookings_property_import_preview", args=[batch.pk])

    offered = client.get(page).content.decode()
    looked = client.post(page, {"offer": "make_owners"}, follow=True).content.decode()
    committed = client.post(
        reverse("admin:bookings_property_import_commit", args=[batch.pk]), follow=True
    )

    assert "Make the owners who are not known yet" in offered
    assert "Import 1 property, and make 1 ReRenter" in looked
    assert "make 1 ReRenters" not in looked
    assert "Zoe Adler, zoe@example.com" in looked
    assert committed.status_code == 200
    assert Property.objects.get().owner.email == "zoe@example.com"


def test_without_their_names_the_offer_is_a_hint(mona: User, sign_in: Any) -> None:
    row = of("zoe@example.com", "H-1")
    del row["Owner's name"]
    batch = look(mona, row, constants={})
    client = sign_in(mona)
    page = reverse("admin:bookings_property_import_preview", args=[batch.pk])

    shown = client.get(page).content.decode()
    client.post(page, {"offer": "make_owners"})

    assert "say which one has the owner&#x27;s name" in shown
    batch.refresh_from_db()
    assert batch.constants == {}


@pytest.mark.parametrize("offer", ["lifecycle", "", "x" * 5000, "\ud800"])
def test_what_was_not_offered_is_not_taken(mona: User, sign_in: Any, offer: str) -> None:
    batch = look(mona, of("zoe@example.com", "H-1"), constants={})
    page = reverse("admin:bookings_property_import_preview", args=[batch.pk])

    sign_in(mona).post(page, {"offer": offer.encode("utf-8", "replace").decode()})

    batch.refresh_from_db()
    assert (batch.constants, batch.reject) == ({}, 1)


def test_an_owner_needs_a_name_in_some_row(mona: User) -> None:
    batch = look(
        mona,
        of("zoe@example.com", "H-1", ""),
        of("zoe@example.com", "H-2", "Zoe Adler"),
        of("adam@example.com", "H-3", ""),
    )

    assert actions(batch) == ["create", "create", "reject"]
    assert codes(batch, 4) == {"owner.nameless", "owner.new"}


def test_two_names_of_one_owner_are_told(mona: User) -> None:
    batch = written(mona, of("zoe@example.com", "H-1"), of("zoe@example.com", "H-2", "Z. Adler"))

    assert sentence(batch, "owner_name.differs", 3) == (
        "Line 2 calls this owner “Zoe Adler”: so they are."
    )
    assert User.objects.get(email="zoe@example.com").full_name == "Zoe Adler"


def test_cells_about_an_owner_that_can_not_be_kept(mona: User) -> None:
    batch = look(
        mona,
        of("zoe@example.com", "H-1", "x" * 151),
        of("adam@example.com", "H-2", "Adam", **{"Owner's phone": "call me"}),
        of("nobody", "H-3"),
    )

    assert actions(batch) == ["reject"] * 3
    assert "owner_name.too_long" in codes(batch, 2)
    assert "owner_phone.not_a_phone" in codes(batch, 3)
    assert codes(batch, 4) == {"owner.unknown"}


def test_only_owners_of_homes_that_come_in_are_made(mona: User) -> None:
    batch = written(
        mona, of("zoe@example.com", "H-1", Type=""), of("adam@example.com", "H-2", "Adam Ng")
    )

    assert actions(batch) == ["reject", "create"]
    assert batch.also_makes["named"] == ["Adam Ng, adam@example.com"]
    assert not User.objects.filter(email="zoe@example.com").exists()


def test_a_known_home_may_get_an_owner_who_is_made(mona: User) -> None:
    make_property(external_ref="H-1", name="Blue house", street="1 Olive Street")

    batch = written(mona, of("zoe@example.com", "H-1"))

    assert Property.objects.get().owner.email == "zoe@example.com"
    assert staged(batch)[2].changes["owner_id"][1] < 0


def test_somebody_else_is_no_owner(mona: User) -> None:
    """A colleague, and an engineer whom a manager does not see: told alike."""
    make_staff("Ana", email="ana@example.com")
    User.objects.create_superuser("eve@example.com", full_name="Eve")

    with held_to(mona):
        batch = look(mona, of("ana@example.com", "H-1"), of("eve@example.com", "H-2"))

    assert [codes(batch, line) for line in (2, 3)] == [{"owner.taken"}, {"owner.taken"}]


def test_who_may_not_add_people_makes_none(mona: User, monkeypatch: pytest.MonkeyPatch) -> None:
    may = User.has_perm
    monkeypatch.setattr(
        User,
        "has_perm",
        lambda self, perm, obj=None: perm != "staffing.add_user" and may(self, perm, obj),
    )

    batch = look(mona, of("zoe@example.com", "H-1"))

    assert codes(batch) == {"owner.unknown"}
    assert PropertyResource().offers(batch, mona) == []


def test_an_owner_who_became_known_since_the_preview_is_drift(mona: User) -> None:
    batch = look(mona, of("zoe@example.com", "H-1"))
    make_rerenter("Zoe", email="zoe@example.com")

    with pytest.raises(steps.Drifted):
        steps.commit(batch, PropertyResource(), mona)

    assert not Property.objects.exists()


def test_the_same_file_again_changes_nothing(mona: User) -> None:
    rows = [of("zoe@example.com", "H-1"), of("adam@example.com", "H-2", "Adam Ng")]
    written(mona, *rows)
    before = every_byte(*BOTH)

    again = written(mona, *rows)

    assert actions(again) == ["unchanged", "unchanged"]
    assert again.also_makes == {}
    assert every_byte(*BOTH) == before


def test_owners_are_undone_with_their_homes(mona: User) -> None:
    before = every_byte(*BOTH)
    batch = written(mona, of("zoe@example.com", "H-1"), of("adam@example.com", "H-2", "Adam Ng"))

    done = undo(batch, mona)

    assert (done.deleted, done.restored, done.kept) == (4, 0, 0)
    assert every_byte(*BOTH) == before


def test_an_owner_from_whom_something_else_hangs_stays(mona: User, sign_in: Any) -> None:
    batch = written(
        mona,
        of("zoe@example.com", "H-1"),
        of("adam@example.com", "H-2", "Adam Ng"),
        of("bea@example.com", "H-3", "Bea Ott"),
    )
    make_property(external_ref="OTHER", owner=User.objects.get(email="zoe@example.com"))
    Property.objects.filter(external_ref="H-2").update(name="Renamed")
    User.objects.filter(email="bea@example.com").update(phone="+12035550123")
    client = sign_in(mona)
    page = reverse("admin:bookings_property_import_undo", args=[batch.pk])

    shown = client.get(page).content.decode()
    done = undo(batch, mona)

    assert (done.deleted, done.kept) == (2, 4)
    assert [(pk is None, label) for pk, label, _ in done.named] == [
        (False, "H-2"),
        (True, "adam@example.com"),
        (True, "bea@example.com"),
        (True, "zoe@example.com"),
    ]
    assert "bea@example.com" in shown
    assert set(Property.objects.values_list("external_ref", flat=True)) == {"OTHER", "H-2"}


@pytest.mark.parametrize(
    ("header", "mapped"),
    [
        (["Owner", "Owner email"], {"Owner": "owner_name", "Owner email": "owner"}),
        (["Owner"], {"Owner": "owner"}),
        (["Owner name", "Owner"], {"Owner name": "owner_name", "Owner": "owner"}),
    ],
)
def test_which_column_has_the_owners_email(header: list[str], mapped: dict[str, str]) -> None:
    assert mapping.guess(PropertyResource(), header) == mapped


def test_the_number_of_queries_does_not_grow_with_the_owners(
    mona: User, django_assert_max_num_queries: Any
) -> None:
    def rows(count: int, at: str) -> list[dict[str, str]]:
        return [of(f"p{n}@{at}.example.com", f"{at}-{n}", f"P {n}") for n in range(count)]

    with django_assert_max_num_queries(500) as few:
        undo(written(mona, *rows(3, "FEW")), mona)
    with django_assert_max_num_queries(len(few)):
        undo(written(mona, *rows(60, "MANY")), mona)
