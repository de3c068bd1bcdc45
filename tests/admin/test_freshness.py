"""A form that was opened before somebody else's change never overwrites that change."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Property
from opsconsole.access.acting import Source, acting
from opsconsole.history.words import HIDDEN
from tests.factories import (
    assign,
    days,
    loaded,
    make_auditor,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_zip,
)

pytestmark = pytest.mark.django_db

CHANGED = "Somebody changed this record since you opened it."
UNKNOWN = "This page does not say which version of the record you opened."
CHOOSE = "Both of you changed this"


def path_of(record) -> str:
    return f"/{record._meta.app_label}/{record._meta.model_name}/{record.pk}/change/"


def opened(client, record) -> dict[str, object]:
    """The form as a browser would send it back, untouched."""
    return sent_back(client.get(path_of(record)).context)


def sent_back(context) -> dict[str, object]:
    """What a page shows, as a browser would send it back."""
    form = context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    filled = {n: value for n, value in values.items() if value is not None and value is not False}
    fields = {name: "on" if value is True else value for name, value in filled.items()}
    hidden = {name: [v for key, v in form.carried if key == name] for name, _ in form.carried}
    inlines = {
        field.html_name: field.value()
        for inline in context["inline_admin_formsets"]
        for field in inline.formset.management_form
    }
    return {**fields, **hidden, **inlines}


def rows(response) -> dict[str, tuple[str | None, str, str | None]]:
    return {
        row.label: (row.was, row.now, row.typed)
        for row in response.context["adminform"].form.meanwhile
    }


def home():
    return make_property(amenities="Sauna", max_guests=4)


def change(record, person=None, reason="", **fields) -> None:
    with acting(person or make_manager("Ben Okafor"), source=Source.CONSOLE, reason=reason):
        fresh = type(record).objects.get(pk=record.pk)
        for name, value in fields.items():
            setattr(fresh, name, value)
        fresh.save()


RECORDS = [
    (home, {"amenities": "Pool"}, {"max_guests": 6}),
    (make_plan, {"notes": "Two cats"}, {"hosting_allowed": True}),
    (make_booking, {"guest_name": "Gus Gale"}, {"party_size": 1}),
    (lambda: assign(make_staff(), "06511"), {"note": "New"}, {"duty": "backup"}),
    (make_rerenter, {"full_name": "Rosa Lee"}, {"phone": "+12035550199"}),
]
EACH = pytest.mark.parametrize(
    ("make", "mine", "theirs"), RECORDS, ids=["home", "plan", "booking", "assignment", "person"]
)


@EACH
def test_a_form_that_nobody_overtook_is_saved(sign_in, make, mine, theirs):
    record, client = make(), sign_in(make_manager())

    response = client.post(path_of(record), {**opened(client, record), **mine})

    record.refresh_from_db()
    assert response.status_code == 302
    assert {name: getattr(record, name) for name in mine} == mine
    assert record.history.first().changed_fields == list(mine)


@EACH
def test_an_old_form_writes_nothing_and_then_what_was_typed_alone(sign_in, make, mine, theirs):
    record, client = make(), sign_in(make_manager())
    form = opened(client, record)
    change(record, **theirs)
    before = record.history.count()

    first = client.post(path_of(record), {**form, **mine})

    record.refresh_from_db()
    assert CHANGED in first.content.decode()
    assert record.history.count() == before
    assert {name: getattr(record, name) for name in theirs} == theirs

    second = client.post(path_of(record), sent_back(first.context))

    record.refresh_from_db()
    assert second.status_code == 302
    both = {**theirs, **mine}
    assert {name: getattr(record, name) for name in both} == both
    assert record.history.first().changed_fields == list(mine)


def test_the_comparison_tells_what_was_what_is_and_what_was_typed(sign_in):
    record, client = home(), sign_in(make_manager())
    form = opened(client, record)
    change(record, amenities="Garden", max_guests=6)

    response = client.post(path_of(record), {**form, "amenities": "Pool", "name": "Elm House"})

    assert rows(response) == {
        "Name": (record.name, record.name, "Elm House"),
        "Guests at most": ("4", "6", None),
        "Amenities": ("Sauna", "Garden", "Pool"),
    }
    text = response.content.decode()
    assert "Ben Okafor, " in text
    assert response.context["adminform"].form["amenities"].value() == "Pool"
    assert response.context["adminform"].form["name"].value() == "Elm House"


@pytest.mark.parametrize(("choice", "stays"), [("mine", "Pool"), ("theirs", "Garden")])
def test_where_both_changed_a_field_the_person_chooses(sign_in, choice, stays):
    record, client = home(), sign_in(make_manager())
    form = opened(client, record)
    change(record, amenities="Garden")
    first = client.post(path_of(record), {**form, "amenities": "Pool", "name": "Elm House"})

    again = client.post(path_of(record), sent_back(first.context))

    record.refresh_from_db()
    assert CHOOSE in again.content.decode()
    assert rows(again)["Amenities"] == ("Sauna", "Garden", "Pool")
    assert (record.amenities, record.name == "Elm House") == ("Garden", False)

    chosen = client.post(path_of(record), {**sent_back(again.context), "settle_amenities": choice})

    record.refresh_from_db()
    assert chosen.status_code == 302
    assert (record.amenities, record.name) == (stays, "Elm House")


def test_who_is_overtaken_again_is_asked_again(sign_in):
    record, client = home(), sign_in(make_manager())
    form = opened(client, record)
    change(record, amenities="Garden")
    first = client.post(path_of(record), {**form, "amenities": "Pool"})
    change(record, amenities="Orchard")

    again = client.post(path_of(record), {**sent_back(first.context), "settle_amenities": "mine"})

    record.refresh_from_db()
    assert record.amenities == "Orchard"
    assert rows(again)["Amenities"] == ("Sauna", "Orchard", "Pool")
    assert again.context["adminform"].form.unsettled == ["amenities"]


def test_both_typing_the_same_is_no_choice(sign_in):
    record, client = home(), sign_in(make_manager())
    form = opened(client, record)
    change(record, amenities="Pool")

    response = client.post(path_of(record), {**form, "amenities": "Pool"})

    assert response.context["adminform"].form.unsettled == []


@pytest.mark.parametrize("version", [None, "", "abc", "½", "-1", "9" * 40, "0"])
def test_a_form_of_no_version_is_not_saved(sign_in, version):
    record, client = home(), sign_in(make_manager())
    form = {**opened(client, record), "amenities": "Pool", "loaded_version": version}
    form = {name: value for name, value in form.items() if value is not None}

    response = client.post(path_of(record), form)

    record.refresh_from_db()
    assert response.status_code == 200
    assert record.amenities == "Sauna"
    assert response.context["adminform"].form.unsettled == ["amenities"]
    assert UNKNOWN in response.content.decode() or version == "0"


def test_a_version_of_another_record_is_none_of_this_one(sign_in):
    record, other, client = home(), make_property(amenities="Secret"), sign_in(make_manager())
    form = {**opened(client, record), **loaded(other), "amenities": "Pool"}

    response = client.post(path_of(record), form)

    assert UNKNOWN in response.content.decode()
    assert "Secret" not in response.content.decode()


def test_a_version_from_outside_ones_zip_codes_is_not_told(sign_in):
    record = make_property("02116", amenities="Secret", name="Elm House")
    outside = loaded(record)
    change(record, zip_code=make_zip("06511"), amenities="Sauna")
    client = sign_in(make_staff(zips=("06511",)))
    form = {**opened(client, record), **outside, "amenities": "Pool"}

    response = client.post(path_of(record), {**form, "opened_version": outside["loaded_version"]})

    assert UNKNOWN in response.content.decode()
    assert "Secret" not in response.content.decode()


def test_names_outside_the_scope_are_not_told(sign_in):
    record, client = home(), sign_in(make_staff(zips=("06511",)))
    old_owner, form = record.owner, opened(client, record)
    old_owner.full_name = "Rosa Before"
    old_owner.save()
    change(record, owner=make_rerenter("Tom Bell"))

    response = client.post(path_of(record), {**form, "amenities": "Pool"})

    assert rows(response)["Owner"] == (HIDDEN, "Tom Bell", None)
    assert "Rosa Before" not in response.content.decode()


def test_an_old_page_takes_no_step(sign_in):
    plan, client = make_plan(), sign_in(make_manager())
    form = opened(client, plan)
    change(plan, ends_on=plan.ends_on + days(30))

    response = client.post(path_of(plan), {**form, "bookings_awayplan_approve": ""})

    plan.refresh_from_db()
    assert plan.status == "submitted"
    assert "Back on" in rows(response)


def test_a_status_that_changed_is_told_too(sign_in):
    plan, client = make_plan(), sign_in(make_manager())
    form = opened(client, plan)
    change(plan, status="approved")

    response = client.post(path_of(plan), {**form, "notes": "Two cats"})

    assert rows(response)["Status"] == ("Submitted", "Approved", None)


def test_a_record_that_left_ones_scope_reads_as_missing(sign_in, locks):
    record, client = home(), sign_in(make_staff(zips=("06511",)))
    form = opened(client, record)
    change(record, zip_code=make_zip("02116"), amenities="Secret")

    answer = client.post(path_of(record), {**form, "amenities": "Pool"}, follow=True)
    absent = client.post(path_of(Property(pk=99_999_999)), form, follow=True)

    record.refresh_from_db()
    assert record.amenities == "Secret"
    assert answer.redirect_chain == absent.redirect_chain == [("/", 302)]
    assert "Secret" not in answer.content.decode()


def test_who_may_only_look_is_given_no_version(sign_in):
    page = sign_in(make_auditor()).get(path_of(home())).content.decode()

    assert "loaded_version" not in page


def test_line_ends_of_the_browser_are_no_change(sign_in):
    record, client = make_property(amenities="Pool\nSauna"), sign_in(make_manager())
    form = opened(client, record)

    client.post(path_of(record), {**form, "amenities": "Pool\r\nSauna", "max_guests": 7})

    record.refresh_from_db()
    assert record.amenities == "Pool\nSauna"
    assert record.history.first().changed_fields == ["max_guests"]


def test_an_error_on_a_compared_form_keeps_the_choice_to_make(sign_in):
    record, client = home(), sign_in(make_manager())
    form = opened(client, record)
    change(record, amenities="Garden")
    first = client.post(path_of(record), {**form, "amenities": "Pool"})

    second = client.post(path_of(record), {**sent_back(first.context), "name": ""})

    assert re.search(r'name="settle_amenities"', second.content.decode())
    assert second.context["adminform"].form.errors.keys() == {"name", "amenities"}


def test_the_comparison_costs_the_same_after_many_changes(sign_in):
    client, counts = sign_in(make_manager()), []
    client.get("/bookings/property/")

    for changes in (3, 30):
        record = home()
        form = opened(client, record)
        ben = make_manager("Ben")
        for number in range(changes):
            change(record, ben, amenities=f"Garden {number}")
        with CaptureQueriesContext(connection) as captured:
            response = client.post(path_of(record), {**form, "amenities": "Pool"})
        assert rows(response)["Amenities"][1] == f"Garden {changes - 1}"
        counts.append(len(captured))

    assert counts[0] == counts[1]
