"""The rows of a list: what stands in them, where they lead, and that all of it is text."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib import admin
from django.utils.html import escape

from bookings.models import Property
from opsconsole.admin import paging, rows
from tests.factories import (
    make_manager,
    make_person,
    make_plan,
    make_property,
    make_staff,
    make_task,
)

pytestmark = pytest.mark.django_db
HOMES = "/bookings/property/"
HOSTILE = "<img src=x onerror=alert(1)>\"'&:key:<key>"


def listed(client, query: str = "p=1", path: str = HOMES) -> str:
    response = client.get(f"{path}?{query}")
    assert response.status_code == 200
    return response.content.decode()


def link_of(page: str) -> str:
    """Where the first row of a list leads."""
    [address] = re.findall(r'<th scope="row"[^>]*><a href="([^"]+)"', page)
    return address.replace("&amp;", "&")


def test_whatever_was_written_is_text(sign_in):
    owner = make_person("Rosa", "rerenter")
    type(owner).objects.filter(pk=owner.pk).update(full_name=HOSTILE)
    home = make_property(owner=owner)
    Property.objects.filter(pk=home.pk).update(name=HOSTILE, street=HOSTILE)

    page = listed(sign_in(make_manager()))

    assert "<img src=x" not in page
    assert page.count(escape(HOSTILE)) >= 3
    assert f'value="{home.pk}"' in page


def test_a_row_leads_to_its_record_and_keeps_the_list_as_it_is(sign_in):
    home = make_property(name="Elm cottage")

    address = link_of(listed(sign_in(make_manager()), "q=elm&lifecycle__exact=active"))

    assert urlsplit(address).path == f"{HOMES}{home.pk}/change/"
    kept = parse_qs(urlsplit(address).query)["_changelist_filters"]
    assert parse_qs(kept[0]) == {"q": ["elm"], "lifecycle__exact": ["active"]}


def test_the_mark_of_a_key_in_an_address_stays_there(sign_in):
    home = make_property(name="Elm :key: cottage")

    address = link_of(listed(sign_in(make_manager()), "q=:key:"))

    assert urlsplit(address).path == f"{HOMES}{home.pk}/change/"
    assert parse_qs(parse_qs(urlsplit(address).query)["_changelist_filters"][0]) == {"q": [":key:"]}


def test_in_a_window_that_chooses_a_row_gives_its_key(sign_in):
    home = make_property()

    assert f'data-popup-opener="{home.pk}"' in listed(sign_in(make_manager()), "_popup=1")
    assert "data-popup-opener" not in listed(sign_in(make_manager()))


def test_a_box_has_the_name_of_its_row(sign_in):
    home = make_property()

    page = listed(sign_in(make_manager()))

    assert f'aria-labelledby="row-{home.pk}"' in page
    assert f'<th scope="row" id="row-{home.pk}"' in page


@pytest.mark.parametrize("path", [HOMES, "/bookings/task/"])
def test_there_is_a_heading_for_each_cell(sign_in, path):
    make_task(make_property())

    page = listed(sign_in(make_manager()), "p=1", path)

    table = page[page.index('id="result_list"') :]
    headings, _, rows_of_it = table[: table.index("</table>")].partition("</thead>")
    assert len(re.findall(r"<th\b", headings)) == len(re.findall(r"<t[hd]\b", rows_of_it))


def test_yes_and_no_and_nothing_are_told_apart(sign_in):
    make_plan(make_property(), hosting_allowed=True)
    client = sign_in(make_manager())

    assert 'title="True"' in listed(client, path="/bookings/awayplan/")
    make_staff("Ana Torres", phone="")
    page = listed(client, "q=torres", path="/staffing/user/")
    assert re.search(r'<td class="field-phone [^"]*">-</td>', page)


@pytest.mark.parametrize("page", admin.site._registry.values(), ids=lambda page: str(page))
def test_every_column_of_every_list_can_be_written(page):
    for name in page.list_display:
        assert callable(rows.written(page, name))


def test_a_list_is_counted_up_to_where_nobody_turns_pages(sign_in, monkeypatch):
    monkeypatch.setattr(paging, "MOST", 3)
    monkeypatch.setattr(admin.site._registry[Property], "list_per_page", 2)
    client = sign_in(make_manager())
    for number in range(3):
        make_property(name=f"Elm {number}")

    assert re.search(r"\s3\s+properties", listed(client))
    make_property(name="Elm 3")
    page = listed(client)

    assert re.search(r"more than 3\s+properties", page)
    assert "?p=2" in page
    assert "?p=3" not in page
