"""What becomes of each row, and why."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Property
from bookings.resources import PropertyResource
from opsconsole.access.acting import Source, acting
from opsconsole.imports import steps
from opsconsole.imports.mapping import MappingProblem
from opsconsole.imports.models import StagedRow
from staffing.models import User
from staffing.roles import sync_roles
from tests.factories import (
    assign,
    days,
    make_booking,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_zip,
    today,
)
from tests.imports.files import (
    actions,
    as_csv,
    codes,
    home,
    imported,
    previewed,
    sentence,
    staged,
    without,
)

pytestmark = pytest.mark.django_db


def test_rows_are_new_changed_unchanged_or_rejected(mona: User) -> None:
    imported(mona, home("H-1"), home("H-2"))

    batch = previewed(
        mona, home("H-1"), home("H-2", Name="Red house"), home("H-3"), home("H-4", Type="")
    )

    assert actions(batch) == ["unchanged", "update", "create", "reject"]
    assert staged(batch)[3].changes == {"name": ["Blue house", "Red house"]}
    assert (batch.unchanged, batch.update, batch.create, batch.reject) == (1, 1, 1, 1)
    assert batch.reasons == {"property_type.blank": 1}


def test_a_blank_cell_leaves_the_value_and_a_token_clears_it(mona: User) -> None:
    imported(mona, home("H-1", price="$100", amenities="Piano"))

    blank = previewed(mona, home("H-1", price="", amenities=""))
    cleared = previewed(mona, home("H-1", price="(clear)", amenities="(Clear)"))

    assert actions(blank) == ["unchanged"]
    assert staged(cleared)[2].changes == {"nightly_rate": [100.0, None], "amenities": ["Piano", ""]}


def test_a_guessed_mapping_that_lacks_something_is_not_classified(mona: User) -> None:
    batch = steps.upload(PropertyResource(), mona, "x.csv", as_csv(without(home(), "Type")))

    with pytest.raises(MappingProblem, match="Nothing gives Type"):
        steps.preview(batch, PropertyResource(), mona)

    assert not StagedRow.objects.exists()


def test_what_is_needed_cannot_be_cleared(mona: User) -> None:
    batch = previewed(mona, home(Type="(clear)"))

    assert codes(batch) == {"property_type.not_clearable"}


def test_all_problems_of_a_row_are_told_at_once(mona: User) -> None:
    batch = previewed(mona, home(**{"ZIP code": "0", "bedrooms": "51", "Owner": "x@example.com"}))

    assert codes(batch) == {"zip_code.not_a_zip_code", "bedrooms.out_of_range", "owner.unknown"}
    problem = next(p for p in staged(batch)[2].problems if p["field"] == "bedrooms")
    assert problem == {
        "level": "error",
        "code": "bedrooms.out_of_range",
        "field": "bedrooms",
        "column": "bedrooms",
        "value": "51",
        "sentence": "“51” is not between 0 and 50.",
    }


def test_cells_beyond_the_header_reject_the_row(mona: User) -> None:
    content = b"Reference,Owner,ZIP,Type,Street\nH-1,rosa@example.com,06511,House,1 A St,oops\n"
    batch = steps.upload(PropertyResource(), mona, "x.csv", content)
    steps.preview(batch, PropertyResource(), mona)

    assert codes(batch) == {"extra_cells"}
    assert actions(batch) == ["reject"]


def test_what_is_said_about_a_long_value_is_short(mona: User) -> None:
    long = "x1 " * 20_000

    batch = previewed(
        mona,
        home(City=long, Owner=long, **{"ZIP code": long, "Type": long, "Street": "1 A St, 4B"})
        | {"Unit": long},
    )

    row = staged(batch)[2]
    assert len(codes(batch)) == 6
    assert max(len(problem["sentence"]) for problem in row.problems) < 250


@pytest.mark.parametrize("street", ["", "New Haven, CT", "1 Olive Street"])
def test_a_unit_that_does_not_fit_is_refused_with_or_without_a_street(
    mona: User, street: str
) -> None:
    batch = previewed(mona, home(Street=street, City="New Haven", State="CT", Unit="4B" * 40))

    assert "unit.too_long" in codes(batch)


# ZIP codes


def test_a_short_zip_code_is_padded_where_it_fits_the_state_or_city(mona: User) -> None:
    batch = previewed(
        mona,
        home("H-1", **{"ZIP code": "6511", "State": "CT"}),
        home("H-2", **{"ZIP code": "6511", "City": "New Haven"}),
        home("H-3", **{"ZIP code": "6511", "State": "NY"}),
        home("H-4", **{"ZIP code": "6511"}),
    )

    assert actions(batch) == ["create", "create", "reject", "reject"]
    assert codes(batch, 2) == codes(batch, 3) == {"zip_code.padded"}
    assert codes(batch, 4) == codes(batch, 5) == {"zip_code.too_short"}
    assert batch.warnings == 2


def test_a_zip_code_read_out_is_a_note_and_no_warning(mona: User) -> None:
    batch = previewed(
        mona, home("H-1", **{"ZIP code": "CT 06511"}), home("H-2", **{"ZIP code": "06511-1234"})
    )

    assert actions(batch) == ["create", "create"]
    assert batch.reasons == {"zip_code.read_out": 2}
    assert batch.warnings == 0


def test_doubtful_zip_codes_are_warned_of(mona: User) -> None:
    make_zip("06501", kind="po_box")
    make_zip("09001", kind="military")
    make_zip("06512", is_served=False)
    make_staff(zips=("06501", "09001"))

    batch = previewed(
        mona,
        home("H-1", **{"ZIP code": "06501"}),
        home("H-2", **{"ZIP code": "09001"}),
        home("H-3", **{"ZIP code": "06512"}),
        home("H-4", State="NY"),
    )

    assert actions(batch) == ["create"] * 4
    assert [codes(batch, line) for line in (2, 3, 4, 5)] == [
        {"zip_code.po_box"},
        {"zip_code.military"},
        {"zip_code.not_served"},
        {"zip_code.other_state"},
    ]


def test_a_home_that_nobody_would_look_after_is_warned_of(mona: User) -> None:
    make_staff("Gone", zips=("06510",), is_active=False)
    assign(make_staff("Over"), "06512", starts_on=today() - days(9), ends_on=today())
    assign(make_staff("Later"), "06513", starts_on=today() + days(30))
    make_zip("06514")
    make_zip("06515", is_served=False)
    places = ("06510", "06511", "06512", "06513", "06514", "06515")

    batch = previewed(mona, *(home(f"H-{code}", **{"ZIP code": code}) for code in places))

    assert actions(batch) == ["create"] * 6
    told = dict(zip(places, (codes(batch, line) for line in range(2, 8)), strict=True))
    assert told == {
        "06510": {"zip_code.no_staff"},
        "06511": set(),
        "06512": {"zip_code.no_staff"},
        "06513": set(),
        "06514": {"zip_code.no_staff"},
        "06515": {"zip_code.not_served"},
    }
    assert batch.warnings == 4
    assert sentence(batch, "zip_code.no_staff", 6) == "ZIP code 06514 has no assigned staff."
    assert sentence(batch, "zip_code.not_served", 7) == "ZIP code 06515 is not served yet."


def test_who_is_assigned_is_looked_up_once_for_the_whole_file(mona: User) -> None:
    places = ("06510", "06512", "06513", "06514", "06515", "06516")
    for code in places:
        make_zip(code)

    def asked(*codes: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            previewed(mona, *(home(f"H-{code}", **{"ZIP code": code}) for code in codes))
        return sum("staffing_onduty" in query["sql"] for query in captured)

    assert asked("06511") == asked("06511", *places) == 1


def test_an_unknown_zip_code_is_rejected(mona: User) -> None:
    batch = previewed(mona, home(**{"ZIP code": "02999"}))

    assert sentence(batch, "zip_code.unknown") == "No ZIP code 02999 is known here."


def test_town_state_and_clock_come_from_the_zip_code(mona: User) -> None:
    make_zip("60601")

    imported(mona, home(**{"ZIP code": "60601"}))

    made = Property.objects.get()
    assert (made.city, made.state, made.timezone) == ("Chicago", "IL", "America/Chicago")


def test_towns_and_states_are_read_out_of_more_text(mona: User) -> None:
    batch = imported(
        mona,
        home("H-1", City="Hamden, ", State="Westville, Ct"),
        home("H-2", City="88 Olive Street, Apt 1, New Haven"),
    )

    assert codes(batch, 2) == {"state.read_out"}
    assert codes(batch, 3) == {"city.not_a_city"}
    towns = Property.objects.order_by("external_ref").values_list("city", "state")
    assert list(towns) == [("Hamden", "CT"), ("New Haven", "CT")]


def test_a_moved_home_changes_its_clock(mona: User) -> None:
    make_zip("60601")
    imported(mona, home())

    batch = imported(mona, home(**{"ZIP code": "60601"}))

    assert list(staged(batch)[2].changes) == ["zip_code_id"]
    assert Property.objects.get().timezone == "America/Chicago"


# Owners


def test_the_owner_must_be_a_rerenter(mona: User) -> None:
    ana = make_staff(email="ana@example.com")

    batch = previewed(mona, home(Owner=ana.email), home("H-2", Owner="nobody@example.com"))

    assert sentence(batch, "owner.unknown") == (
        "No ReRenter with the email ana@example.com is known here."
    )
    assert actions(batch) == ["reject", "reject"]


def test_an_owner_is_found_whatever_the_case(mona: User) -> None:
    assert actions(previewed(mona, home(Owner="ROSA@Example.com"))) == ["create"]


def test_an_owner_has_one_default_home(mona: User) -> None:
    make_property(owner=User.objects.get(email="rosa@example.com"), is_default=True)

    batch = previewed(
        mona, home("H-1", default="yes"), home("H-2", default="yes"), home("H-3", default="no")
    )

    assert actions(batch) == ["reject", "reject", "create"]
    assert codes(batch, 2) == {"is_default.taken", "is_default.taken_in_file"}


# Streets


def test_a_street_that_names_only_the_town_is_left_out(mona: User) -> None:
    batch = imported(mona, home(Street="New Haven, CT, United States", lifecycle="active"))

    assert codes(batch) == {"street.only_town", "lifecycle.stays"}
    made = Property.objects.get()
    assert (made.street, made.lifecycle) == ("", "draft")
    assert actions(previewed(mona, home(Street="New Haven, CT", lifecycle="active"))) == [
        "unchanged"
    ]


def test_the_unit_is_taken_off_the_street(mona: User) -> None:
    imported(
        mona,
        home("H-1", Street="12 MAIN ST, 4B"),
        home("H-2", Street="12 MAIN ST, Apt 5b", Unit="5B"),
    )

    assert list(Property.objects.order_by("external_ref").values_list("street", "unit")) == [
        ("12 MAIN ST", "4B"),
        ("12 MAIN ST", "5B"),
    ]


def test_a_record_that_has_the_very_text_of_the_file_keeps_it(mona: User) -> None:
    make_property("06511", external_ref="H-1", street="12 MAIN ST, 4B", unit="")
    make_property("06511", external_ref="H-2", street="9 ELM ST", unit="")

    batch = imported(mona, *(home(f"H-{n}", Street="12 MAIN ST, 4B") for n in (1, 2)))

    changes = {row.key: row.changes for row in staged(batch).values()}
    assert "street" not in changes["H-1"]
    assert "unit" not in changes["H-1"]
    assert changes["H-2"]["street"] == ["9 ELM ST", "12 MAIN ST"]
    assert changes["H-2"]["unit"] == ["", "4B"]


def test_two_different_units_are_both_kept_and_warned_of(mona: User) -> None:
    batch = imported(mona, home(Street="12 MAIN ST, 4B", Unit="7"))

    assert codes(batch) == {"unit.two_units"}
    assert Property.objects.get().street == "12 MAIN ST, 4B"


def test_long_texts_name_the_limit(mona: User) -> None:
    batch = previewed(mona, home(Street="1 " + "x" * 150, Name="y" * 151, City="z" * 61))

    assert codes(batch) == {"street.too_long", "name.too_long", "city.too_long"}
    assert "150" in sentence(batch, "street.too_long")


def test_a_home_without_a_name_is_called_by_its_address(mona: User) -> None:
    imported(
        mona,
        without(home("H-1", Street="12 Main St, 4B"), "Name"),
        without(home("H-2", Street=""), "Name"),
    )

    names = Property.objects.order_by("external_ref").values_list("name", flat=True)
    assert list(names) == ["12 Main St, 4B", "New Haven, H-2"]


def test_an_update_without_a_name_column_keeps_the_name(mona: User) -> None:
    imported(mona, home())

    assert actions(previewed(mona, without(home(), "Name"))) == ["unchanged"]


# Lifecycle


def test_a_home_without_a_street_stays_in_draft(mona: User) -> None:
    make_property(external_ref="H-1", street="", lifecycle="draft")

    batch = previewed(mona, without(home(lifecycle="active"), "Street"))

    assert codes(batch) == {"lifecycle.needs_street"}


def test_no_home_goes_back_to_draft_or_out_of_the_archive(mona: User) -> None:
    make_property(external_ref="H-1", street="1 A St", lifecycle="active")
    make_property(external_ref="H-2", street="2 A St", lifecycle="archived")

    batch = previewed(mona, home("H-1", lifecycle="draft"), home("H-2", lifecycle="active"))

    assert codes(batch, 2) == codes(batch, 3) == {"lifecycle.no_way_back"}


def test_a_home_with_open_plans_is_not_archived(mona: User) -> None:
    make_plan(make_property(external_ref="H-1"))

    batch = previewed(mona, home("H-1", lifecycle="archived"))

    assert codes(batch) == {"lifecycle.open_plans"}


def test_a_home_keeps_room_for_the_guests_it_is_booked_for(mona: User) -> None:
    booked = make_property(external_ref="H-1", street="1 Olive Street", max_guests=6)
    plan = make_plan(booked, status="approved", hosting_allowed=True)
    make_booking(plan, party_size=5)
    make_property(external_ref="H-2", street="2 Olive Street", max_guests=6)

    batch = previewed(mona, home("H-1", **{"Max guests": "4"}), home("H-2", **{"Max guests": "4"}))

    assert codes(batch, 2) == {"max_guests.booked_for_more"}
    assert codes(batch, 3) == set()


# Duplicates


def test_rows_of_one_key_that_differ_are_all_rejected_and_name_each_other(mona: User) -> None:
    batch = previewed(mona, home("H-1"), home("H-2"), home("H-1", Name="Red house"))

    assert actions(batch) == ["reject", "create", "reject"]
    assert "line 4 have the same reference" in sentence(batch, "external_ref.duplicate", 2)
    assert "line 2 have the same reference" in sentence(batch, "external_ref.duplicate", 4)


def test_of_identical_rows_the_first_one_stands(mona: User) -> None:
    batch = imported(mona, home("H-1"), home("H-1"), home("H-1"))

    assert actions(batch) == ["create", "unchanged", "unchanged"]
    assert "line 2" in sentence(batch, "external_ref.repeated", 4)
    assert batch.warnings == 2
    assert Property.objects.count() == 1


def test_rows_that_differ_only_in_an_error_are_not_taken_for_the_same(mona: User) -> None:
    batch = previewed(mona, home("H-1", bedrooms="x"), home("H-1"))

    assert actions(batch) == ["reject", "reject"]


def test_two_references_with_one_address_are_both_rejected(mona: User) -> None:
    batch = previewed(
        mona, home("H-1", Street="12 Main Street, 4b"), home("H-2", Street="12 MAIN ST.", Unit="4B")
    )

    assert actions(batch) == ["reject", "reject"]
    assert "line 3" in sentence(batch, "street.taken_in_file", 2)
    assert "line 2" in sentence(batch, "street.taken_in_file", 3)


def test_an_address_that_another_home_has(mona: User) -> None:
    make_property(external_ref="OLD", street="12 Main Street")

    batch = previewed(mona, home("H-1", Street="12 MAIN ST"))

    assert "“OLD” has this address" in sentence(batch, "street.taken")


def test_an_archived_home_leaves_its_address_free(mona: User) -> None:
    make_property(street="12 Main Street", lifecycle="archived")

    assert actions(previewed(mona, home(Street="12 MAIN ST"))) == ["create"]


# Without a reference


def test_without_a_reference_a_row_is_recognised_by_its_address(mona: User) -> None:
    first = imported(mona, without(home(Street="12 Main Street, 4B"), "Reference"))
    made = Property.objects.get()

    again = previewed(mona, without(home(Street="12 MAIN ST", Unit="apt 4b"), "Reference"))
    changed = previewed(mona, without(home(Street="12 Main Street, 4B", bedrooms="3"), "Reference"))

    assert actions(first) == ["create"]
    assert made.external_ref.startswith("A-")
    assert actions(again) == ["unchanged"]
    assert staged(changed)[2].changes == {"bedrooms": [1, 3]}


def test_the_reference_made_from_an_address_is_always_the_same(mona: User) -> None:
    row = without(home(Street="12 Main Street"), "Reference")

    imported(mona, row)
    [one] = Property.objects.values_list("external_ref", flat=True)
    Property.objects.all().delete()
    imported(mona, {**row, "Street": "12 MAIN ST."})

    assert [one] == list(Property.objects.values_list("external_ref", flat=True))


def test_without_a_reference_an_archived_home_is_not_taken_for_the_row(mona: User) -> None:
    make_property(street="12 Main Street", lifecycle="archived")

    batch = previewed(mona, without(home(Street="12 Main Street"), "Reference"))

    assert actions(batch) == ["create"]


def test_without_a_reference_a_row_needs_a_street(mona: User) -> None:
    batch = previewed(mona, without(home(Street="New Haven, CT"), "Reference"))

    assert "street.blank" in codes(batch)
    assert actions(batch) == ["reject"]


def test_a_blank_reference_is_rejected(mona: User) -> None:
    assert "external_ref.blank" in codes(previewed(mona, home(""), home("H-2")))


# Scope


@pytest.fixture
def ana(mona: User) -> User:
    """A member of staff in 06511 who may import, add and change properties."""
    sync_roles()
    group = Group.objects.get(name="staff")
    group.permissions.add(
        *Permission.objects.filter(codename__in=["import_property", "add_property"])
    )
    return make_staff(zips=("06511",))


def test_what_is_out_of_scope_reads_like_what_is_not_there(ana: User) -> None:
    rosa = User.objects.get(email="rosa@example.com")
    make_property(owner=rosa)
    make_property("60601", owner=make_rerenter(email="far@example.com"))

    batch = previewed(
        ana,
        home("H-1", **{"ZIP code": "60601"}),
        home("H-2", **{"ZIP code": "02999"}),
        home("H-3", Owner="far@example.com"),
        home("H-4", Owner="nobody@example.com"),
        home("H-5"),
    )

    assert actions(batch) == ["reject"] * 4 + ["create"]
    assert sentence(batch, "zip_code.unknown", 2) == "No ZIP code 60601 is known here."
    assert sentence(batch, "zip_code.unknown", 3) == "No ZIP code 02999 is known here."
    assert codes(batch, 4) == codes(batch, 5) == {"owner.unknown"}


def test_a_record_out_of_scope_is_not_matched_and_its_key_merely_unusable(ana: User) -> None:
    make_property(owner=User.objects.get(email="rosa@example.com"))
    make_property("60601", external_ref="FAR-1", name="Secret name")

    batch = previewed(ana, home("FAR-1"))

    row = staged(batch)[2]
    assert (row.action, row.object_id, row.changes) == ("reject", None, {})
    assert sentence(batch, "external_ref.unusable") == (
        "“FAR-1” can't be used as a reference: choose another."
    )
    assert "Secret" not in str(row.problems)


def test_without_the_permission_to_add_nothing_is_added(ana: User) -> None:
    make_property(owner=User.objects.get(email="rosa@example.com"), external_ref="H-1")
    staff = Group.objects.get(name="staff")
    staff.permissions.remove(*Permission.objects.filter(codename="add_property"))
    person = User.objects.get(pk=ana.pk)

    batch = previewed(person, home("H-1"), home("H-2"))

    assert actions(batch) == ["update", "reject"]
    assert codes(batch, 3) == {"may_not_add"}


# The set


def test_the_number_of_queries_does_not_depend_on_the_rows(mona: User) -> None:
    def queries(rows: int, first: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            imported(mona, *(home(f"H-{n}") for n in range(first, first + rows)))
        return len(captured)

    queries(1, first=1)  # what a person may do is asked once

    assert queries(3, first=100) == queries(300, first=1000)


def test_values_arrive_typed(mona: User) -> None:
    row = home(
        lat="41.3123456", price="$1,275.00", baths="1.5", bedrooms="0", checkin="4 PM", sleeps="6"
    )

    with acting(mona, source=Source.TASK):
        batch = imported(mona, without({**row, "Check in": row["checkin"]}, "checkin"))

    made = Property.objects.get()
    assert (made.latitude, made.nightly_rate) == (Decimal("41.31235"), Decimal("1275.00"))
    assert (made.bathrooms, made.bedrooms, made.max_guests) == (Decimal("1.5"), 0, 6)
    assert made.check_in_from.hour == 16
    assert made.import_batch == batch
    assert made.check_out_until.hour == 11
