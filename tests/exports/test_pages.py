"""The page of an export: what it says, the columns it offers, the file it gives."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from bookings.models import Property
from bookings.resources import PropertyResource
from opsconsole.admin import paging
from opsconsole.exports.models import Export
from opsconsole.imports.outgoing import columns_in_template
from tests.exports.files import COLUMNS, PAGE, content_of, exported
from tests.factories import make_auditor, make_property, make_rerenter, make_staff, make_zip

pytestmark = pytest.mark.django_db

LIST = "/bookings/property/"


def references(rows):
    return [row["Reference"] for row in rows]


def choose(client, homes, query="", **sent):
    data = {"action": "export_selected", "_selected_action": [home.pk for home in homes], **sent}
    return client.post(f"{LIST}{query}", data)


def links_of(response):
    return {link["title"]: link["path"] for link in response.context["actions_list"]}


# From the list to the page


def test_the_list_leads_to_the_page_with_its_filter_search_and_order(client):
    make_property(lifecycle="paused")
    query = "lifecycle__exact=paused&q=home&o=-1"

    with_page = client.get(f"{LIST}?{query}&p=1&all=")

    assert links_of(with_page)["Export to a file"] == f"{PAGE}?{query}"
    assert links_of(client.get(LIST))["Export to a file"] == PAGE


@pytest.mark.parametrize("make", [make_staff, make_auditor])
def test_who_may_not_export_is_offered_neither_link_nor_action(sign_in, make):
    home = make_property("06511")
    person = make(zips=("06511",)) if make is make_staff else make()
    client = sign_in(person)

    page = client.get(LIST)
    answer = choose(client, [home])

    assert "Export to a file" not in links_of(page)
    assert "export_selected" not in page.content.decode()
    assert "exports/export.html" not in {template.name for template in answer.templates}
    assert client.get(PAGE).status_code == client.post(PAGE).status_code == 403
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    ("query", "how_many", "words"),
    [
        ("", "3 properties", "all that you may see"),
        ("?lifecycle__exact=paused", "1 property", "lifecycle Paused"),
        ("?q=elm", "1 property", "search “elm”"),
        ("?lifecycle__exact=active&q=oak", "1 property", "lifecycle Active; search “oak”"),
        ("?zip_code__id__exact={zip}", "2 properties", "ZIP code 06511"),
        ("?zip_code__in={zip},5", "2 properties", "zip code in {zip},5"),
        ("?lifecycle__exact=nonsense", "0 properties", "lifecycle nonsense"),
    ],
)
def test_the_page_says_how_many_and_which(client, query, how_many, words):
    zip_code = make_property("06511", name="Elm", lifecycle="paused").zip_code
    make_property("06511", name="Oak")
    make_property("02116", name="Fir")

    page = client.get(f"{PAGE}{query.format(zip=zip_code.pk)}")

    text = " ".join(page.content.decode().split())
    assert f">{how_many}</strong>:" in text
    assert words.format(zip=zip_code.pk) in text
    assert ("Download CSV" in text) == (how_many != "0 properties")


def test_the_page_offers_every_column_and_all_are_ticked(client):
    make_property()

    text = client.get(PAGE).content.decode()

    boxes = re.findall(r'<input type="checkbox" name="columns" value="(\w+)"[^>]* checked', text)
    assert boxes == COLUMNS
    titles = [escape(column.title) for column in PropertyResource().stored.values()]
    assert [title for title in titles if f"<span>{title}</span>" not in text] == []


# The file


def test_the_file_has_the_rows_of_the_filter_in_the_order_of_the_list(client):
    for name in ("Birch", "Ash", "Cedar"):
        make_property(name=name, external_ref=name)
    make_property(name="Elm", external_ref="Elm", lifecycle="paused")

    query = "?lifecycle__exact=active"

    assert references(exported(client, query)) == ["Ash", "Birch", "Cedar"]
    assert references(exported(client, f"{query}&o=-1")) == ["Cedar", "Birch", "Ash"]
    assert references(exported(client, "?q=elm")) == ["Elm"]


@pytest.mark.parametrize("order", ["1", "-1", "2", "-2", "3.-2", "4", "-5.1", "6", "-6", "7.-1"])
def test_the_file_has_the_order_of_the_list_whatever_that_is(client, order):
    codes = ["06511", "02116", "06511", "60601", "02116"]
    for number, code in enumerate(codes):
        owner = make_rerenter(f"Owner {number * 7 % 5}")
        make_property(code, name=f"Home {number % 2}", owner=owner, max_guests=1 + number % 3)

    listed = [row.external_ref for row in client.get(f"{LIST}?o={order}").context["cl"].result_list]

    assert references(exported(client, f"?o={order}")) == listed


def test_only_the_chosen_columns_in_their_own_order(client):
    home = make_property(name="Elm")

    [row] = exported(client, columns=["name", "external_ref", "zip_code"])

    assert list(row.items()) == [
        ("Reference", home.external_ref),
        ("Name", "Elm"),
        ("ZIP code", "06511"),
    ]


@pytest.mark.parametrize(
    ("columns", "told"),
    [([], "Choose at least one column."), (["name", "id"], "There is no column id: choose")],
)
def test_columns_that_make_no_file_are_refused_on_the_page(client, columns, told):
    make_property()

    page = client.post(PAGE, {"columns": columns})

    assert page.status_code == 200
    assert told in page.content.decode()
    assert not Export.objects.exists()


def test_an_export_is_counted_to_its_last_row_whatever_a_list_says(client, monkeypatch):
    monkeypatch.setattr(paging, "MOST", 1)
    for _ in range(3):
        make_property()

    assert "more than 1" in client.get(LIST).content.decode()
    assert "3 properties" in client.get(PAGE).content.decode()


def test_a_file_of_no_row_has_its_header(client):
    assert content_of(client, columns=["name"]) == b"\xef\xbb\xbfName\r\n"


def test_an_empty_cell_by_itself_is_a_row_all_the_same(client):
    make_property(latitude=None)

    assert content_of(client, columns=["latitude"]) == b'\xef\xbb\xbfLatitude\r\n""\r\n'


def test_a_get_downloads_nothing(client):
    make_property()

    answers = [client.get(PAGE), client.get(PAGE, {"columns": COLUMNS})]

    assert [answer.status_code for answer in answers] == [200, 400]  # no such filter
    assert not any(answer.streaming for answer in answers)
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        "owner__password__startswith=x",
        "lifecycle__exact=%FF",
        "zip_code__id__exact=x",
        "o=99",
        "o=x.y",
        "p=99",
        "_to_field=email",
        "zip_code__in=x",
        "lifecycle__isnull=x",
        "nonsense=1",
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_address_that_no_list_has_is_refused_plainly(client, query, method):
    make_property()

    sent = {"data": {"columns": COLUMNS}} if method == "post" else {}
    response = getattr(client, method)(f"{PAGE}?{query}", **sent)

    assert response.status_code in (200, 302, 400)


# A selection


def test_the_selected_rows_and_no_others_in_the_order_of_the_list(client):
    ash, birch, cedar = (make_property(name=name) for name in ("Ash", "Birch", "Cedar"))

    page = choose(client, [ash, cedar], "?o=-1&lifecycle__exact=active")

    asked = page.context["asked"]
    assert (asked.count, asked.words) == (2, "a selection")
    assert page.context["address"] == f"{PAGE}?o=-1"
    rows = exported(client, "?o=-1", chosen=asked.chosen)
    assert references(rows) == [cedar.external_ref, ash.external_ref]
    assert birch.external_ref not in references(rows)


def test_a_selection_across_all_pages_is_the_filter(client):
    homes = [make_property(lifecycle="paused") for _ in range(2)]

    answer = choose(client, homes[:1], "?lifecycle__exact=paused&p=1", select_across="1")

    assert answer.headers["Location"] == f"{PAGE}?lifecycle__exact=paused"


def many(count):
    owner, zip_code = make_rerenter(), make_zip()
    return Property.objects.bulk_create(
        Property(
            external_ref=f"M-{number}",
            name=f"Home {number}",
            owner=owner,
            street=f"{number} Main Street",
            city="New Haven",
            state="CT",
            zip_code=zip_code,
            timezone=zip_code.timezone,
            property_type="house",
        )
        for number in range(count)
    )


def test_twenty_thousand_selected_rows_arrive(client):
    homes = many(20_001)

    page = choose(client, homes[1:])
    chosen = page.context["asked"].chosen
    rows = exported(client, chosen=chosen, columns=["external_ref"])

    assert page.status_code == 200
    assert len(page.context["address"]) < 200
    assert len(rows) == 20_000
    assert "M-0" not in references(rows)


def test_columns_refused_keep_the_selection(client):
    homes = [make_property() for _ in range(3)]

    page = client.post(PAGE, {"chosen": f"{homes[0].pk},{homes[2].pk}", "columns": []})

    assert page.context["asked"].count == 2
    assert f'name="chosen" value="{homes[0].pk},{homes[2].pk}"' in page.content.decode()


@pytest.mark.parametrize("chosen", ["", ",", "x", "-1", "½", "9" * 40, "0", "1e3", "²"])
def test_ids_of_nothing_select_nothing(client, chosen):
    make_property()

    assert exported(client, chosen=chosen) == []


def test_a_selection_of_which_nothing_is_left_says_so(client):
    home = make_property()
    Property.objects.all().delete()

    page = choose(client, [home])

    assert "There is nothing to export" in page.content.decode()


# What it costs


def test_rows_leave_in_pieces_with_as_many_queries_as_one(client, monkeypatch):
    monkeypatch.setattr("opsconsole.exports.download.PIECE", 10)
    homes = many(95)

    def leaving(count):
        sent = {"columns": COLUMNS, "chosen": ",".join(str(home.pk) for home in homes[:count])}
        with CaptureQueriesContext(connection) as captured:
            pieces = list(client.post(PAGE, sent))
        return [piece.count(b"\r\n") for piece in pieces], len(captured)

    few, queries_of_few = leaving(3)
    most, queries_of_most = leaving(95)

    assert (few, most) == ([1, 3], [1, *[10] * 9, 5])
    assert queries_of_few == queries_of_most


# The template


def test_the_template_maps_itself(client):
    response = client.get(reverse("admin:bookings_property_import_template"))

    titles = ",".join(column.title for column in columns_in_template(PropertyResource()).values())
    assert response.content.decode("utf-8-sig").startswith(f"{titles}\r\nEXAMPLE-1,Blue house,")
    assert 'filename="properties template.csv"' in response.headers["Content-Disposition"]
    assert "template/" in client.get("/bookings/property/import/").content.decode()


def test_the_template_is_for_who_may_import(sign_in):
    path = reverse("admin:bookings_property_import_template")

    assert sign_in(make_auditor()).get(path).status_code == 403
