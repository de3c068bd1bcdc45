"""The order of dates, asked where the columns are mapped; and the pages of the newer kinds."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from bookings.models import AwayPlan
from bookings.plan_resources import AwayPlanResource
from opsconsole.imports.mapping import Mapping, MappingProblem, check, decide
from opsconsole.imports.models import ImportBatch
from staffing.models import User, ZipAssignment
from tests.bulk import confirmed
from tests.factories import make_auditor, make_manager, make_property, make_staff, make_zip, today
from tests.imports.files import as_csv, previewed

pytestmark = pytest.mark.django_db

YEAR = today().year + 1
EITHER = {"Away from": f"03/04/{YEAR}", "Back on": f"05/04/{YEAR}"}
CLEAR = {"Away from": f"3/4/{YEAR}", "Back on": f"3/31/{YEAR}"}
KINDS = ["bookings_awayplan", "staffing_zipassignment"]


def url(step: str = "", batch: ImportBatch | None = None, kind: str = KINDS[0]) -> str:
    name = f"admin:{kind}_import{'_' if step else ''}{step}"
    return reverse(name, args=[batch.pk] if batch else [])


def upload(client: Client, *rows: dict[str, str], kind: str = KINDS[0]) -> ImportBatch:
    file = SimpleUploadedFile("plans.csv", as_csv(*rows))
    assert client.post(url(kind=kind), {"file": file}).status_code == 302
    return ImportBatch.objects.latest("pk")


def row(**dates: str) -> dict[str, str]:
    return {"Property": "H-1", **dates}


def form_of(client: Client, batch: ImportBatch, **changes: str) -> dict[str, str]:
    form = client.get(url("mapping", batch)).context["form"]
    return {name: form[name].value() or "" for name in form.fields} | changes


@pytest.fixture
def client(mona: User, sign_in: Callable[[Any], Client]) -> Client:
    make_property(external_ref="H-1")
    return sign_in(mona)


def test_dates_that_could_be_two_are_asked_about_with_a_guess(client: Client) -> None:
    batch = upload(client, row(**EITHER))

    page = client.get(url("mapping", batch))

    form = page.context["form"]
    assert form["starts_on_order"].value() == "month first"
    assert f"Day first: 03/04/{YEAR} is Apr 3, {YEAR}" in page.content.decode()
    assert "whether the month or the day comes first" in page.content.decode()


def test_a_column_that_shows_its_order_is_not_asked_about(client: Client) -> None:
    batch = upload(client, row(**CLEAR), row(**{**CLEAR, "Away from": f"3/14/{YEAR}"}))

    assert "starts_on_order" not in client.get(url("mapping", batch)).context["form"].fields


@pytest.mark.parametrize(("order", "month"), [("month first", 3), ("day first", 4)])
def test_what_was_answered_holds_for_the_whole_column(
    client: Client, order: str, month: int
) -> None:
    batch = upload(client, row(**EITHER))
    chosen = {"starts_on_order": order, "ends_on_order": order}

    client.post(url("mapping", batch), form_of(client, batch, **chosen))
    client.post(url("commit", batch))

    assert AwayPlan.objects.get().starts_on.month == month
    batch.refresh_from_db()
    assert batch.constants == chosen


def test_an_answer_is_shown_again(client: Client) -> None:
    batch = upload(client, row(**EITHER))
    client.post(url("mapping", batch), form_of(client, batch, starts_on_order="day first"))

    form = client.get(url("mapping", batch)).context["form"]

    assert form["starts_on_order"].value() == "day first"


@pytest.mark.parametrize("answer", ["", "year first"])
def test_without_an_answer_there_is_no_preview(client: Client, answer: str) -> None:
    batch = upload(client, row(**EITHER))

    response = client.post(url("mapping", batch), form_of(client, batch, starts_on_order=answer))

    assert response.status_code == 200
    assert response.context["form"].errors.keys() == {"starts_on_order"}
    if not answer:
        assert "could be Mar 4" in response.content.decode()
    batch.refresh_from_db()
    assert batch.status == "uploaded"


def test_a_column_that_was_chosen_only_now_is_asked_about(client: Client) -> None:
    rows = row(**{"Departs": f"03/04/{YEAR}", "Back on": f"{YEAR}-04-09"})
    batch = upload(client, rows)

    response = client.post(
        url("mapping", batch), form_of(client, batch, column_starts_on="Departs")
    )

    assert response.context["form"].errors.keys() == {"starts_on_order"}


def test_one_date_for_every_row_is_asked_about_too(client: Client) -> None:
    batch = upload(client, row(**{"Back on": f"{YEAR}-04-09"}))
    one = {"value_starts_on": f"03/04/{YEAR}"}

    asked = client.post(url("mapping", batch), form_of(client, batch, **one))
    sent = form_of(client, batch, **one) | {"starts_on_order": "month first"}
    client.post(url("mapping", batch), sent)
    client.post(url("commit", batch))

    assert asked.context["form"].errors.keys() == {"starts_on_order"}
    assert AwayPlan.objects.get().starts_on == datetime.date(YEAR, 3, 4)


def test_an_order_that_is_none_is_refused() -> None:
    header = ["Property", "Away from", "Back on"]
    orders = {"starts_on_order": "year first"}

    with pytest.raises(MappingProblem, match="The dates of Away from have the month first or day"):
        decide(AwayPlanResource(), header, {}, orders)
    with pytest.raises(MappingProblem, match="There is no field starts_on_order"):
        check(AwayPlanResource(), header, Mapping({"Away from": "starts_on_order"}))


# The pages


@pytest.mark.parametrize("kind", KINDS)
def test_the_list_leads_managers_to_the_import(
    client: Client, sign_in: Callable[[Any], Client], kind: str
) -> None:
    page = reverse(f"admin:{kind}_changelist")

    assert url(kind=kind) in client.get(page).content.decode()
    for person in (make_staff(), make_auditor()):
        other = sign_in(person)
        assert url(kind=kind) not in other.get(page).content.decode()
        assert other.get(url(kind=kind)).status_code == 403


def test_assignments_go_all_the_way(client: Client) -> None:
    make_staff("Ana", email="ana@example.com")
    make_zip("06510")
    rows = [{"Email": "ana@example.com", "ZIP": "06510", "From": f"{YEAR}-03-04"}]
    kind = KINDS[1]
    batch = upload(client, *rows, kind=kind)
    form = client.get(url("mapping", batch, kind)).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}

    client.post(url("mapping", batch, kind), sent)
    preview = client.get(url("preview", batch, kind)).content.decode()
    report = client.post(url("commit", batch, kind), follow=True)

    assert "Import 1 ZIP assignment" in preview
    assert f"Primary from Mar 4, {YEAR} on" in preview
    assert "1 new, 0 changed" in report.content.decode()
    assert ZipAssignment.objects.get(content_object__code="06510").duty == "primary"


def test_a_file_is_only_there_under_its_own_kind(client: Client, mona: User) -> None:
    batch = previewed(mona, {"Property": "H-1", **CLEAR}, resource=AwayPlanResource())

    assert client.get(url("preview", batch)).status_code == 200
    for kind in ("bookings_property", KINDS[1]):
        assert client.get(url("preview", batch, kind)).status_code == 404


def test_the_page_of_imports_leads_to_the_preview_of_each_kind(
    client: Client, mona: User, sign_in: Callable[[Any], Client]
) -> None:
    batch = previewed(mona, {"Property": "H-1", **CLEAR}, resource=AwayPlanResource())
    page = f"/imports/importbatch/{batch.pk}/change/"

    assert url("preview", batch) in client.get(page).content.decode()
    assert url("preview", batch) not in sign_in(make_manager("Max")).get(page).content.decode()
    ImportBatch.objects.update(resource="gone")
    assert client.get(page).status_code == 200
    assert "Gone" in client.get("/imports/importbatch/").content.decode()


def test_drafts_of_a_file_are_submitted_at_once(client: Client) -> None:
    batch = upload(client, row(**CLEAR))
    client.post(url("mapping", batch), form_of(client, batch))
    client.post(url("commit", batch))

    client.post("/bookings/awayplan/", confirmed("submit", *AwayPlan.objects.all()))

    assert AwayPlan.objects.get().status == "submitted"
