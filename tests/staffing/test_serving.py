"""Serving ZIP codes, or withdrawing service: on one's page, on the list, by a text."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from staffing.models import ZipCode
from tests.access.bodies import fields_of
from tests.factories import (
    assign,
    make_auditor,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_zip,
)

pytestmark = pytest.mark.django_db

SERVE, LIST = "/staffing/zipcode/serve/", "/staffing/zipcode/"


@pytest.fixture
def mona(sign_in: Any) -> Any:
    return sign_in(make_manager("Mona Manager"))


def served() -> list[str]:
    return list(ZipCode.objects.served().order_by("code").values_list("code", flat=True))


def unserved(*codes: str) -> None:
    for code in codes:
        make_zip(code, is_served=False)


def words(response: Any) -> str:
    """What the page says, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def preview(client: Any, text: str, way: str = "yes", **more: Any) -> Any:
    return client.post(SERVE, {"zip_codes": text, "served": way, **more})


def press(client: Any, response: Any, text: str, way: str = "yes", **more: Any) -> Any:
    """The button of a preview."""
    return preview(client, text, way, token=response.context["token"], **more)


# By a text


def test_codes_ranges_towns_and_counties_lead_to_one_press(mona: Any) -> None:
    unserved("06510", "06511", "06512", "06514", "06520")
    ZipCode.objects.filter(code="06520").update(kind="po_box")
    ZipCode.objects.filter(code="06510").update(is_served=True)
    text = "06510–06511\nHamden, CT; 6514; 06520"

    shown = preview(mona, text)

    assert served() == ["06510"]
    said = words(shown)
    assert "3 to serve, 1 served already. Nothing is written yet." in said
    assert "“06510–06511” is 2 ZIP codes: 06510, 06511." in said
    assert "“Hamden, CT” is 1 ZIP code: 06514." in said
    assert "06520 is for PO boxes: do homes lie there?" in said
    assert "“6514” is read as 06514 Hamden, CT." in said
    assert "Nobody looks after 3 of them today" in said
    done = press(mona, shown, text, reason="We begin there")
    assert done.status_code == 302
    assert served() == ["06510", "06511", "06514", "06520"]
    version = ZipCode.history.order_by("-history_id").first()
    assert (version.history_change_reason, str(version.history_user)) == (
        "We begin there", "Mona Manager",
    )  # fmt: skip
    assert "To take it back" in words(mona.get(LIST))


def test_what_can_not_be_read_is_told_at_once(mona: Any) -> None:
    unserved("06510")

    said = words(preview(mona, "06510, 99999, New Havn, 06519–06510"))

    for sentence in (
        "No ZIP code 99999",
        "“New Havn” is known here",
        "begins with the higher code",
    ):
        assert sentence in said
    assert "Preview again" not in said


@pytest.mark.parametrize("text", ["", "USA", "\x00", "?" * 90, ", ; ,", "0" * 5000])
def test_a_text_without_zip_codes_is_no_preview(mona: Any, text: str) -> None:
    response = preview(mona, text)

    assert response.status_code == 200
    assert "token" not in response.context


@pytest.mark.parametrize(
    "sent",
    [
        {"served": "maybe", "zip_codes": "06510"},
        {"zip_codes": "06510"},
        {"served": "yes"},
        {"served": "yes", "zip_codes": "06510", "token": "forged"},
        {"served": "yes", "zip_codes": "06510", "reason": "x" * 501, "token": "forged"},
    ],
)
def test_what_no_page_would_send_writes_nothing(mona: Any, sent: dict[str, str]) -> None:
    unserved("06510")

    assert mona.post(SERVE, sent).status_code in (200, 409)
    assert not served()


def test_withdrawing_tells_what_is_there_and_asks_why(mona: Any) -> None:
    make_plan(make_property("06511"), status="approved")
    assign(make_staff("Ana Staff"), "06511")
    make_zip("06510")

    shown = preview(mona, "06510, 06511", "no")

    said = words(shown)
    assert "06511 New Haven, CT 1 property and 1 open plan Ana Staff" in said
    assert "Needed: homes or open plans are there." in said
    refused = press(mona, shown, "06510, 06511", "no")
    assert "say why service is withdrawn" in words(refused)
    assert served() == ["06510", "06511"]
    press(mona, shown, "06510, 06511", "no", reason="The partner left")
    assert served() == []


def test_withdrawing_where_nothing_is_needs_no_reason(mona: Any) -> None:
    make_zip("06510")

    press(mona, preview(mona, "06510", "no"), "06510", "no")

    assert served() == []


def test_what_changed_since_the_preview_is_told_and_nothing_is_written(mona: Any) -> None:
    unserved("06510", "06511")
    shown = preview(mona, "06510–06511")
    ZipCode.objects.filter(code="06510").update(is_served=True)

    response = press(mona, shown, "06510–06511")

    assert response.status_code == 409
    assert "06510 New Haven, CT is served already." in words(response)
    assert served() == ["06510"]
    assert press(mona, response, "06510–06511").status_code == 302
    assert served() == ["06510", "06511"]


def test_a_home_that_came_since_the_preview_is_told(mona: Any) -> None:
    make_zip("06511")
    shown = preview(mona, "06511", "no", reason="Gone")
    make_property("06511")

    response = press(mona, shown, "06511", "no", reason="Gone")

    assert response.status_code == 409
    assert "06511 New Haven, CT now has 1 property." in words(response)
    assert served() == ["06511"]


def test_one_that_would_change_as_well_by_now_is_told(mona: Any) -> None:
    unserved("06510")
    make_zip("06511")
    shown = preview(mona, "06510–06511")
    ZipCode.objects.filter(code="06511").update(is_served=False)

    response = press(mona, shown, "06510–06511")

    assert "06511 New Haven, CT was changed since, and would change as well." in words(response)
    assert not served()


def test_a_press_is_for_the_text_and_the_person_of_its_preview(mona: Any, sign_in: Any) -> None:
    unserved("06510", "06511")
    shown = preview(mona, "06510")

    other_text = press(mona, shown, "06511")
    other_way = press(mona, shown, "06510", "no")
    other_person = press(sign_in(make_manager()), shown, "06510")

    assert [r.status_code for r in (other_text, other_way, other_person)] == [409] * 3
    for response in (other_text, other_way, other_person):
        assert "The form was changed, or this preview is not yours" in words(response)
    assert not served()


def test_a_link_fills_in_a_zip_code(mona: Any) -> None:
    unserved("06510")

    assert "06510" in mona.get(f"{SERVE}?zip_codes=06510").content.decode()


def test_who_may_not_change_zip_codes_gets_no_page(sign_in: Any) -> None:
    make_zip("06510")
    for person in (make_auditor(), make_staff(zips=("06511",))):
        client = sign_in(person)
        assert client.get(SERVE).status_code == client.post(SERVE).status_code == 403
        assert "Serve or withdraw" not in words(client.get(LIST))


# By the list


def acted(client: Any, action: str, address: str = LIST, *, across: bool = False) -> Any:
    pks = list(ZipCode.objects.values_list("pk", flat=True))[: 1 if across else None]
    data = {"action": action, "_selected_action": pks, "select_across": int(across)}
    return client.post(address, data)


def test_the_selected_are_previewed_and_then_served(mona: Any) -> None:
    unserved("06510", "06511")

    shown = acted(mona, "serve_selected")

    assert "2 to serve, 0 served already." in words(shown)
    text = shown.context["form"].data["zip_codes"]
    press(mona, shown, text)
    assert served() == ["06510", "06511"]


def test_all_of_a_filtered_list_are_withdrawn(mona: Any) -> None:
    make_zip("06510")
    make_zip("06511")
    make_zip("02116")

    shown = acted(mona, "withdraw_selected", f"{LIST}?q=New+Haven", across=True)

    press(mona, shown, shown.context["form"].data["zip_codes"], "no")
    assert served() == ["02116"]


def test_an_action_on_nothing_says_so(mona: Any) -> None:
    make_zip("06510")

    response = mona.post(LIST, {"action": "serve_selected", "_selected_action": [10**9]})

    assert response.status_code == 302
    assert "in the list any more" in words(mona.get(LIST))


@pytest.mark.parametrize("way", ["yes", "no"])
def test_queries_are_as_many_for_2_zip_codes_as_for_1_000(mona: Any, way: str) -> None:
    counts = []
    for codes in (range(2), range(1_000)):
        rows = [
            ZipCode(
                code=f"{code:05}", city="Town", state="MA", timezone="America/New_York",
                is_served=way == "no",
            )
            for code in codes
        ]  # fmt: skip
        ZipCode.objects.bulk_create(rows, ignore_conflicts=True)
        ZipCode.objects.update(is_served=way == "no")
        text = "\n".join(row.code for row in rows)
        with CaptureQueriesContext(connection) as captured:
            done = press(mona, preview(mona, text, way), text, way)
        assert done.status_code == 302
        counts.append(len(captured))

    assert len(served()) == (1_000 if way == "yes" else 0)
    assert counts[0] == counts[1]


# On its own page


def page_of(zip_code: Any) -> str:
    return f"/staffing/zipcode/{zip_code.pk}/change/"


def test_its_page_asks_why_service_is_withdrawn_from_under_homes(mona: Any) -> None:
    place = make_property("06511").zip_code
    form = {**fields_of(place, is_served=False), "change_reason": ""}

    refused = mona.post(page_of(place), form)

    assert "06511 New Haven, CT still has 1 property: say why service is withdrawn." in words(
        refused
    )
    assert served() == ["06511"]
    assert mona.post(page_of(place), {**form, "change_reason": "Sold"}).status_code == 302
    assert not served()
    assert place.history.latest().history_change_reason == "Sold"


def test_its_page_asks_nothing_where_nothing_is(mona: Any) -> None:
    place = make_zip("06511")

    mona.post(page_of(place), {**fields_of(place, is_served=False), "change_reason": ""})

    assert not served()


def test_its_page_serves_without_a_reason(mona: Any) -> None:
    place = make_property("06511").zip_code
    ZipCode.objects.update(is_served=False)
    place.refresh_from_db()

    mona.post(page_of(place), {**fields_of(place, is_served="on"), "change_reason": ""})

    assert served() == ["06511"]
