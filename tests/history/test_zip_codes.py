"""The history of a ZIP code: whether it is served, its time zone. The reference writes none."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from opsconsole.access.acting import Source, acting
from opsconsole.history.verifying import verify
from staffing import zip_facts
from staffing.models import ZipCode
from tests.factories import make_manager, make_zip

pytestmark = pytest.mark.django_db

FIELDS = ("history_type", "is_served", "timezone", "source")


def versions(code: str) -> list[Any]:
    rows = ZipCode.history.filter(id=ZipCode.objects.get(code=code).pk).order_by("history_id")
    return list(rows.values_list(*FIELDS))


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The package of ZIP codes, with three in it."""
    entries = [
        entry for entry in zip_facts.zipcodes.list_all()
        if entry["zip_code"] in ("06510", "06511", "06512")
    ]  # fmt: skip
    copies = [dict(entry) for entry in entries]
    monkeypatch.setattr(zip_facts.zipcodes, "list_all", lambda: copies)
    return copies


def test_loading_the_reference_writes_no_versions(reference: list[dict[str, Any]]) -> None:
    zip_facts.load_zip_codes()

    assert ZipCode.objects.count() == 3
    assert not ZipCode.history.exists()


def test_a_correction_of_the_reference_writes_none_either(reference: list[dict[str, Any]]) -> None:
    zip_facts.load_zip_codes()
    ZipCode.objects.filter(code="06511").update(is_served=True)
    before = ZipCode.history.count()
    for entry in reference:
        entry["timezone"] = "America/Chicago"

    assert zip_facts.load_zip_codes() == 3

    assert set(ZipCode.objects.values_list("timezone", flat=True)) == {"America/Chicago"}
    assert ZipCode.history.count() == before


def test_the_first_change_says_what_it_was_before(reference: list[dict[str, Any]]) -> None:
    zip_facts.load_zip_codes()
    mona = make_manager()

    with acting(mona, source=Source.CONSOLE, reason="We begin there"):
        ZipCode.objects.filter(code="06511").update(is_served=True)
    with acting(mona, source=Source.CONSOLE):
        ZipCode.objects.filter(code="06511").update(is_served=False)

    assert versions("06511") == [
        ("+", False, "America/New_York", "reference"),
        ("~", True, "America/New_York", "console"),
        ("~", False, "America/New_York", "console"),
    ]
    came, served, _ = ZipCode.history.order_by("history_id")
    assert (came.history_user, came.history_change_reason, came.batch_id) == (None, None, None)
    assert (served.history_user, served.history_change_reason) == (mona, "We begin there")
    assert came.history_date < served.history_date


def test_a_change_of_a_fact_alone_is_none() -> None:
    place = make_zip("06511")

    ZipCode.objects.update(city="Newer Haven", county="", kind="po_box")

    assert place.history.count() == 1


def test_a_new_one_has_a_version_once_it_is_served() -> None:
    make_zip("06510", is_served=False)
    make_zip("06511", is_served=True)

    assert versions("06510") == []
    assert [version[:2] for version in versions("06511")] == [("+", True)]


def test_no_setting_hides_that_service_was_decided() -> None:
    make_zip("06510", is_served=False)

    with acting(source=Source.REFERENCE):
        ZipCode.objects.update(is_served=True)

    assert [version[0] for version in versions("06510")] == ["+", "~"]


def test_a_time_zone_set_by_hand_is_told() -> None:
    make_zip("06510", is_served=False)

    with connection.cursor() as cursor:
        cursor.execute("UPDATE staffing_zipcode SET timezone = 'America/Chicago'")

    assert [version[:3] for version in versions("06510")] == [
        ("+", False, "America/New_York"),
        ("~", False, "America/Chicago"),
    ]


def test_many_at_once_each_tell_what_they_were() -> None:
    for code in ("06510", "06511", "06512"):
        make_zip(code, is_served=False)
    ZipCode.objects.filter(code="06510").update(is_served=True)

    ZipCode.objects.update(is_served=True)

    kinds = {code: [v[0] for v in versions(code)] for code in ("06510", "06511", "06512")}
    assert kinds == {code: ["+", "~"] for code in kinds}


def test_the_history_verifies_with_them() -> None:
    make_zip("06510", is_served=False)
    ZipCode.objects.update(is_served=True)

    assert not [finding for finding in verify() if "zip" in str(finding).lower()]


def test_its_page_tells_of_the_reference(sign_in: Any) -> None:
    place = make_zip("06510", is_served=False)
    ZipCode.objects.update(is_served=True)

    page = sign_in(make_manager()).get(f"/staffing/zipcode/{place.pk}/history/")

    assert "from the reference of ZIP codes" in page.content.decode()
