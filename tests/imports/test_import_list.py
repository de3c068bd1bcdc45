"""The list of imports: what became of each, and where its reader may go on."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape, strip_tags

from bookings.plan_resources import AwayPlanResource
from bookings.resources import PropertyResource
from opsconsole.imports import steps, undoing
from opsconsole.imports.models import ImportBatch
from staffing.models import User
from tests.factories import make_auditor, make_manager, make_property, today
from tests.imports.files import home, imported, previewed, uploaded

pytestmark = pytest.mark.django_db

LIST = "/imports/importbatch/"
PAGES = "/bookings/property/import/"


@pytest.fixture
def client(mona: User, sign_in: Callable[[Any], Client]) -> Client:
    return sign_in(mona)


def page_of(client: Client, path: str = LIST) -> str:
    return client.get(path).content.decode()


def record(batch: ImportBatch) -> str:
    return f"{LIST}{batch.pk}/change/"


def ways(client: Client, batch: ImportBatch) -> set[str]:
    """The steps of an import that both the list and its own page lead to."""
    step = re.compile(rf"/import/{batch.pk}/(\w+)/")
    listed, shown = (set(step.findall(page_of(client, path))) for path in (LIST, record(batch)))
    assert listed == shown
    return listed


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"status": "uploaded"}, {"mapping"}),
        ({"status": "previewed"}, {"preview", "rejects"}),
        ({"status": "previewed", "reject": 0}, {"preview"}),
        ({"status": "previewed", "in_progress": "commit"}, {"progress"}),
        ({"status": "committed"}, {"report", "rejects", "undo"}),
        ({"status": "committed", "in_progress": "undo"}, {"progress"}),
        ({"status": "undone"}, {"report", "rejects", "undo"}),
        ({"status": "expired", "forgotten_at": "2026-11-01T00:00Z"}, {"report"}),
        ({"status": "committed", "resource": "gone"}, set()),
    ],
)
def test_it_leads_on_to_where_an_import_is(
    client: Client, mona: User, state: dict[str, Any], expected: set[str]
) -> None:
    batch = previewed(mona, home("H-1"), home("H-2", **{"ZIP code": "0"}))
    ImportBatch.objects.update(**state)

    assert ways(client, batch) == expected
    for step in expected:
        assert client.get(f"{PAGES}{batch.pk}/{step}/").status_code == 200


def test_anothers_import_can_be_undone_and_no_more(
    mona: User, sign_in: Callable[[Any], Client]
) -> None:
    batch = imported(mona, home("H-1"), home("H-2", **{"ZIP code": "0"}))

    assert ways(sign_in(make_manager("Max")), batch) == {"undo"}
    assert ways(sign_in(make_auditor()), batch) == set()


def test_who_may_import_no_more_has_no_way_into_their_own(client: Client, mona: User) -> None:
    batch = imported(mona, home())
    User.objects.filter(pk=mona.pk).update(user_type="auditor")

    assert ways(client, batch) == set()


def test_what_can_not_be_undone_has_no_way_there(client: Client, mona: User) -> None:
    make_property(external_ref="H-1")
    year = today().year + 1
    row = {"Property": "H-1", "Away from": f"{year}-03-01", "Back on": f"{year}-03-09"}
    batch = imported(mona, row, resource=AwayPlanResource())

    can = {"undo"} if AwayPlanResource.undo_permission else set()
    assert ways(client, batch) == {"report"} | can


def test_the_list_tells_who_what_and_how_many(client: Client, mona: User) -> None:
    make_property(external_ref="H-1", street="1 Olive Street")
    previewed(mona, home("H-1"), home("H-2"), home("H-3", **{"ZIP code": "0"}))

    cells = re.findall(r'<td class="field-(\w+)[^"]*"[^>]*>\s*(.*?)\s*</td>', page_of(client), re.S)

    said = {name: strip_tags(cell).strip() for name, cell in cells}
    assert said["who_uploaded"] == mona.full_name
    assert [said[name] for name in ("rows", "create", "update", "unchanged", "reject")] == [
        "3", "1", "1", "0", "1",
    ]  # fmt: skip
    assert said["state_now"] == "Previewed"
    assert "Properties" in page_of(client)


def test_kinds_and_states_can_be_chosen(client: Client, mona: User) -> None:
    previewed(mona, home("H-1"))
    plans = uploaded(
        mona, {"Property": "H-1", "Away from": "x", "Back on": "x"}, resource=AwayPlanResource()
    )
    ImportBatch.objects.filter(pk=plans.pk).update(file_name="plans.csv")

    def shows(query: str) -> tuple[bool, bool]:
        page = page_of(client, f"{LIST}?{query}")
        return f"{LIST}{plans.pk}/" in page, page.count("/change/") > (f"{LIST}{plans.pk}/" in page)

    assert shows("") == (True, True)
    assert shows("kind=away+plans") == (True, False)
    assert shows("kind=properties") == (False, True)
    assert shows("kind=nonsense") == (True, True)
    assert shows("status__exact=previewed") == (False, True)
    assert shows("q=plans") == (True, False)
    assert shows("q=Mona") == (True, True)


def test_the_list_starts_new_imports_for_those_who_may(
    client: Client, sign_in: Callable[[Any], Client]
) -> None:
    kinds = ("bookings/property", "bookings/awayplan", "staffing/zipassignment")

    assert all(f'"/{kind}/import/"' in page_of(client) for kind in kinds)
    for_auditors = page_of(sign_in(make_auditor()))
    assert not any(f'"/{kind}/import/"' in for_auditors for kind in kinds)


def test_its_own_page_tells_how_it_was_mapped_and_undone(client: Client, mona: User) -> None:
    batch = imported(mona, home("H-1"), constants={"unit": "<4B>"})
    undoing.undo(batch, PropertyResource(), mona)

    page = page_of(client, record(batch))

    assert "ZIP code → ZIP code" in page
    assert escape("Unit: <4B>") in page
    assert "1 deleted, 0 as before, 0 kept." in page
    assert page_of(client, record(previewed(mona, home("H-2"))))


def test_a_file_name_is_escaped_in_the_links(client: Client, mona: User) -> None:
    steps.upload(PropertyResource(), mona, "<b>{0}.csv", b"Reference\nH-1\n")

    page = page_of(client)

    assert "(&lt;b&gt;{0}.csv)" in page
    assert "<b>{0}" not in page
