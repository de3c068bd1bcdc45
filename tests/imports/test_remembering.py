"""A mapping that was settled once serves the next file with the same columns."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookings.models import AwayPlan, Property
from bookings.plan_resources import AwayPlanResource
from bookings.resources import PropertyResource
from opsconsole.imports import remembering, steps
from opsconsole.imports.models import ImportBatch
from staffing.models import User
from tests.factories import make_manager, make_property, today
from tests.imports.files import as_csv, home, imported, previewed, uploaded, without

pytestmark = pytest.mark.django_db

# Not what the names tell: the guess maps Nr to nothing, and Type to the type of home.
SAID = {"Nr": "external_ref", "Type": ""}
ALWAYS = {"owner": "rosa@example.com", "property_type": "condo"}


def row(nr: str, **overrides: str) -> dict[str, str]:
    return {"Nr": nr, **without(home(nr), "Reference", "Owner"), **overrides}


def settled(person: User, *rows: dict[str, str]) -> ImportBatch:
    return previewed(person, *(rows or [row("H-1")]), columns=SAID, constants=ALWAYS)


def taken_in(person: User, *rows: dict[str, str], name: str = "next.csv") -> ImportBatch:
    """A file that was only uploaded."""
    return steps.upload(PropertyResource(), person, name, as_csv(*(rows or [row("H-2")])))


def url(step: str = "", batch: ImportBatch | None = None, kind: str = "property") -> str:
    app = "bookings" if kind in ("property", "awayplan") else "staffing"
    name = f"admin:{app}_{kind}_import{'_' if step else ''}{step}"
    return reverse(name, args=[batch.pk] if batch else [])


def downloaded(client: Client, batch: ImportBatch) -> bytes:
    response: Any = client.get(url("rejects", batch))
    return b"".join(response.streaming_content)


def uploaded_again(client: Client, content: bytes) -> ImportBatch:
    client.post(url(), {"file": SimpleUploadedFile("homes rejects.csv", content)})
    return ImportBatch.objects.latest("pk")


@pytest.fixture
def client(mona: User, sign_in: Callable[[Any], Client]) -> Client:
    return sign_in(mona)


# What is taken again


@pytest.mark.parametrize("committed", [True, False])
def test_the_next_file_is_mapped_as_the_last_one(mona: User, committed: bool) -> None:
    before = settled(mona)
    if committed:
        steps.commit(before, PropertyResource(), mona)

    batch = taken_in(mona)

    assert (batch.mapping, batch.constants) == (before.mapping, ALWAYS)
    assert batch.mapping["Nr"] == "external_ref"
    assert "Type" not in batch.mapping


def test_columns_may_be_in_another_order_and_spelling(mona: User) -> None:
    settled(mona)
    shuffled = dict(reversed(row("H-2").items()))
    shuffled["ZIP_CODE"] = shuffled.pop("ZIP code")

    batch = taken_in(mona, shuffled)

    assert batch.constants == ALWAYS
    assert batch.mapping["ZIP_CODE"] == "zip_code"
    assert batch.mapping["Nr"] == "external_ref"


def test_with_another_column_the_names_tell(mona: User) -> None:
    settled(mona)

    batch = taken_in(mona, row("H-2", Colour="blue"))

    assert batch.constants == {}
    assert "Nr" not in batch.mapping
    assert batch.mapping["Type"] == "property_type"


def test_the_latest_counts(mona: User) -> None:
    settled(mona)
    latest = previewed(mona, row("H-1"), columns=SAID, constants=ALWAYS | {"bedrooms": "2"})
    ImportBatch.objects.filter(pk=latest.pk).update(uploaded_at=timezone.now())

    assert taken_in(mona).constants["bedrooms"] == "2"


def test_a_mapping_that_led_nowhere_or_was_undone_is_not_taken(mona: User) -> None:
    uploaded(mona, row("H-1"), columns=SAID, constants=ALWAYS)
    assert taken_in(mona).constants == {}

    settled(mona)
    ImportBatch.objects.update(status="undone")
    assert taken_in(mona).constants == {}


def test_nobody_gets_the_mapping_of_another(mona: User) -> None:
    settled(make_manager("Max"))

    assert taken_in(mona).constants == {}
    assert remembering.mapped_before(taken_in(mona), PropertyResource()) is None


def test_another_kind_of_file_is_another_thing(mona: User) -> None:
    settled(mona)
    ImportBatch.objects.update(resource="away plans")

    assert taken_in(mona).constants == {}


def test_only_the_latest_files_are_looked_at(mona: User, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(mona)
    previewed(mona, home("H-1"))
    assert taken_in(mona).constants == ALWAYS

    monkeypatch.setattr(remembering, "LOOKED_AT", 1)
    assert taken_in(mona).constants == {}


def test_reading_a_file_otherwise_looks_again(mona: User) -> None:
    settled(mona)
    batch = taken_in(mona, row("H-2"), row("H-3"))

    steps.read_otherwise(batch, PropertyResource(), steps.Chosen(header_row=2, delimiter=";"))
    assert (batch.mapping, batch.constants) == ({}, {})
    steps.read_otherwise(batch, PropertyResource(), steps.Chosen(header_row=1))
    assert batch.constants == ALWAYS


# What no longer holds


def test_an_owner_who_is_gone_is_left_out_with_a_sentence(client: Client, mona: User) -> None:
    settled(mona)
    User.objects.filter(email="rosa@example.com").update(email="rosa@new.example.com")

    batch = uploaded_again(client, as_csv(row("H-2")))
    page = client.get(url("mapping", batch)).content.decode()

    assert batch.constants == {"property_type": "condo"}
    assert "Mapped as for homes.csv" in page
    assert "No ReRenter with the email rosa@example.com is known here." in page
    assert "Nothing gives Owner" in client.post(url("preview", batch), follow=True).content.decode()


def test_a_field_that_is_gone_is_left_out_with_a_sentence(client: Client, mona: User) -> None:
    before = settled(mona)
    before.mapping["Name"] = "colour"
    before.constants |= {"shape": "round", "starts_on_order": "day first"}
    before.save()

    batch = uploaded_again(client, as_csv(row("H-2")))
    page = client.get(url("mapping", batch)).content.decode()

    assert batch.constants == ALWAYS
    assert "Name" not in batch.mapping
    assert "its field “colour” is gone" in page
    assert "its field “shape” is gone" in page


def test_a_column_that_can_be_two_is_left_out_with_a_sentence(mona: User) -> None:
    rows = [row("H-1") | {"Rate $": "10", "Rate €": "9"}]
    previewed(mona, *rows, columns=SAID | {"Rate $": "nightly_rate"}, constants=ALWAYS)

    same = taken_in(mona, *rows)
    batch = taken_in(mona, row("H-2") | {"Rate £": "10", "Rate €": "9"})

    assert same.mapping["Rate $"] == "nightly_rate"
    assert "nightly_rate" not in batch.mapping.values()
    [sentence] = remembering.mapped_before(batch, PropertyResource()).lost  # type: ignore[union-attr]
    assert sentence == "Nightly rate is left out: no column is “Rate $”."


# The page


def test_the_page_says_so_and_leads_back_to_the_names(client: Client, mona: User) -> None:
    settled(mona)
    batch = taken_in(mona)
    ImportBatch.objects.exclude(pk=batch.pk).update(
        file_name="boston.csv", uploaded_at=datetime.datetime(2026, 11, 24, 17, tzinfo=datetime.UTC)
    )

    as_before = client.get(url("mapping", batch))
    client.post(url("mapping", batch), {"map_as": "names"})
    by_names = client.get(url("mapping", batch))
    client.post(url("mapping", batch), {"map_as": "before"})
    again = client.get(url("mapping", batch))

    assert "Mapped as for boston.csv on Nov 24, 2026." in as_before.content.decode()
    assert as_before.context["form"]["value_owner"].value() == "rosa@example.com"
    assert as_before.context["form"]["column_external_ref"].value() == "Nr"
    assert "Mapped as for" not in by_names.content.decode()
    assert by_names.context["form"]["value_owner"].value() == ""
    assert by_names.context["form"]["column_property_type"].value() == "Type"
    assert again.context["form"]["value_owner"].value() == "rosa@example.com"


@pytest.mark.parametrize("which", ["before", "names", "\0x"])
def test_starting_over_without_such_a_file_takes_the_names(
    client: Client, mona: User, which: str
) -> None:
    batch = uploaded(mona, home())

    response = client.post(url("mapping", batch), {"map_as": which})

    assert response["Location"] == url("mapping", batch)
    batch.refresh_from_db()
    assert batch.mapping["Type"] == "property_type"


def test_where_the_names_tell_as_much_nothing_is_said(client: Client, mona: User) -> None:
    previewed(mona, home("H-1"))
    batch = taken_in(mona, home("H-2"))

    page = client.get(url("mapping", batch)).content.decode()

    assert "Mapped as for" not in page
    assert "map_as" not in page


def test_starting_over_is_no_way_into_an_import_that_is_done(client: Client, mona: User) -> None:
    batch = imported(mona, home())

    client.post(url("mapping", batch), {"map_as": "names"})

    batch.refresh_from_db()
    assert batch.status == "committed"


# Rejects


def test_rejects_that_were_corrected_map_themselves(client: Client, mona: User) -> None:
    batch = imported(
        mona, row("H-1"), row("H-2", **{"ZIP code": "0"}), columns=SAID, constants=ALWAYS
    )
    fixed = downloaded(client, batch).replace(b",0,", b",06511,")

    again = uploaded_again(client, fixed)
    client.post(url("preview", again))
    client.post(url("commit", again))

    again.refresh_from_db()
    assert (again.create, again.update, again.unchanged, again.reject) == (1, 0, 0, 0)
    made = Property.objects.get(external_ref="H-2")
    assert (made.owner.email, made.property_type) == ("rosa@example.com", "condo")


def test_rejects_can_be_rejected_again(client: Client, mona: User) -> None:
    batch = settled(mona, row("H-1", **{"ZIP code": "0"}), row("H-2"))

    second = uploaded_again(client, downloaded(client, batch))
    client.post(url("preview", second))
    third = uploaded_again(client, downloaded(client, second))

    assert second.header == third.header
    assert third.header[-2:] == ["line", "errors"]
    assert third.constants == ALWAYS
    assert downloaded(client, second).count(b"is not a ZIP code") == 1


def test_a_file_may_have_a_line_and_errors_of_its_own(client: Client, mona: User) -> None:
    said, bad = SAID | {"Line": "unit"}, {"Line": "4B", "Errors": "none", "ZIP code": "0"}
    batch = previewed(mona, row("H-1", **bad), columns=said, constants=ALWAYS)

    again = uploaded_again(client, downloaded(client, batch))

    assert again.header[-4:] == ["Line", "Errors", "line_", "errors_"]
    assert again.mapping["Line"] == "unit"
    assert again.constants == ALWAYS


def test_the_order_of_dates_is_remembered_too(client: Client, mona: User) -> None:
    make_property(external_ref="H-1")
    year = today().year + 1
    orders = {"starts_on_order": "day first", "ends_on_order": "day first"}
    dates = {"Away from": f"03/04/{year}", "Back on": f"05/04/{year}"}
    resource = AwayPlanResource()
    imported(mona, {"Property": "H-1", **dates}, constants=orders, resource=resource)

    file = as_csv({"Property": "H-1", "Away from": f"07/08/{year}", "Back on": f"08/08/{year}"})
    client.post(url(kind="awayplan"), {"file": SimpleUploadedFile("more.csv", file)})
    batch = ImportBatch.objects.latest("pk")
    form = client.get(url("mapping", batch, "awayplan")).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    client.post(url("mapping", batch, "awayplan"), sent)
    client.post(url("commit", batch, "awayplan"))

    assert sent["starts_on_order"] == "day first"
    assert AwayPlan.objects.latest("pk").starts_on == datetime.date(year, 8, 7)
