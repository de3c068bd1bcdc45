"""The page of one change: its fields, its neighbours, its request, its seal."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import AwayPlan, Property
from opsconsole.access.acting import Source, acting
from opsconsole.history.sealing import seal
from opsconsole.workbench import one
from tests.factories import (
    assign,
    make_auditor,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_zip,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def otto():
    return make_auditor()


def newest(record):
    return type(record).history.filter(id=record.pk).order_by("-history_id").first()


def page_of(client, record, slug="plan", version=None):
    return client.get(f"/changes/{slug}/{(version or newest(record)).pk}/")


def test_fields_are_told_with_labels_and_choices(sign_in, otto):
    plan = make_plan(status="submitted")
    with acting(make_manager("Mona"), source=Source.CONSOLE, reason="Why not"):
        plan.status, plan.hosting_allowed = "approved", True
        plan.save()

    response = page_of(sign_in(otto), plan)
    content = response.content.decode()

    told = {(c.label, c.old, c.new) for c in response.context["change"].changes}
    assert told == {("Status", "Submitted", "Approved"), ("Hosting allowed", "no", "yes")}
    assert "Why not" in content
    for column in ("hosting_allowed", "decided_by_id", "property_id", "zip_code_id"):
        assert column not in content


def test_a_deleted_record_still_reads(sign_in, otto):
    plan = make_plan(make_property(name="Maple House"), notes="Key under the mat")
    AwayPlan.objects.filter(pk=plan.pk).delete()

    content = page_of(sign_in(otto), plan).content.decode()

    assert "This away plan was deleted." in content
    assert "Key under the mat" in content
    assert "Maple House" in content


def test_previous_and_next_lead_along_the_record(sign_in, otto):
    plan, client = make_plan(), None
    for text in ("One", "Two"):
        AwayPlan.objects.filter(pk=plan.pk).update(notes=text)
    first, second, third = AwayPlan.history.filter(id=plan.pk).order_by("history_id")
    make_plan(make_property("02116"))
    client = sign_in(otto)

    middle = page_of(client, plan, version=second).context
    ends = [page_of(client, plan, version=version).context for version in (first, third)]

    assert middle["previous"] == f"/changes/plan/{first.pk}/"
    assert middle["following"] == f"/changes/plan/{third.pk}/"
    assert ends[0]["previous"] is None
    assert ends[1]["following"] is None


def test_what_one_request_changed_stands_together(sign_in, otto):
    booking, other = make_booking(), make_plan(make_property("02116"))
    with acting(make_manager(), source=Source.CONSOLE):
        booking.guest_name = "Renamed"
        booking.save()
        AwayPlan.objects.filter(pk=booking.away_plan_id).update(notes="Also")
    with acting(make_manager(), source=Source.CONSOLE):
        AwayPlan.objects.filter(pk=other.pk).update(notes="Another request")

    together = page_of(sign_in(otto), booking, "booking").context["together"]

    assert [told.kind.slug for told in together] == ["plan"]
    assert together[0].changes[0].new == "Also"


def test_of_a_long_request_the_rest_is_in_the_list(sign_in, otto, monkeypatch):
    monkeypatch.setattr(one, "TOGETHER", 2)
    with acting(make_manager(), source=Source.CONSOLE):
        plans = [make_plan() for _ in range(4)]
    client = sign_in(otto)

    content = page_of(client, plans[0]).content.decode()
    [query] = re.findall(r"/changes/\?(request=[^\"]+)", content)
    told = client.get(f"/changes/?{query.replace('&amp;', '&')}").context["told"]

    assert len([each for each in told if each.kind.slug == "plan"]) == 4


def test_the_seal_is_told(sign_in, otto):
    plan = make_plan()
    client = sign_in(otto)

    before = page_of(client, plan).content.decode()
    seal()
    after = page_of(client, plan).content.decode()
    AwayPlan.objects.filter(pk=plan.pk).update(notes="Later")
    later = page_of(client, plan).content.decode()

    assert "not sealed yet" in before
    assert "sealed on" in after
    assert "not sealed yet" in later


def test_staff_are_told_nothing_of_seals(sign_in):
    plan = make_plan(make_property("06511"))

    content = page_of(sign_in(make_staff(zips=("06511",))), plan).content.decode()

    assert "eal:" not in content


def test_what_is_hidden_answers_like_what_is_missing(sign_in, locks):
    far, moved = make_plan(make_property("02116")), make_property("02116", name="Past")
    Property.objects.filter(pk=moved.pk).update(zip_code=make_zip("06511"))
    past = moved.history.order_by("history_id").first()
    colleague = make_staff("Cal", zips=("06511",))
    client = sign_in(make_staff(zips=("06511",)))

    answers = [
        client.get(path)
        for path in (
            f"/changes/plan/{newest(far).pk}/",
            f"/changes/property/{past.pk}/",
            f"/changes/person/{newest(colleague).pk}/",
            f"/changes/assignment/{newest(colleague.zip_assignments.get()).pk}/",
            "/changes/plan/99999999/",
            f"/changes/plan/{'9' * 30}/",
        )
    ]

    assert [answer.status_code for answer in answers] == [404] * 6
    pages = {re.sub(r"\d+|\b[A-Za-z0-9]{64}\b", "#", a.content.decode()) for a in answers}
    assert len(pages) == 1


def test_staff_read_a_change_of_their_own_places(sign_in, locks):
    plan = make_plan(make_property("06511", name="Near"))
    ana = make_staff("Ana")
    own = assign(ana, "06511")
    client = sign_in(ana)

    assert "Near" in page_of(client, plan).content.decode()
    assert "Ana" in page_of(client, own, "assignment").content.decode()


def test_queries_are_as_many_for_3_changes_in_a_request_as_for_30(sign_in, otto):
    client, counts = sign_in(otto), []
    make_zip("06511")

    for rows in (1, 3, 30):
        with acting(make_manager(), source=Source.CONSOLE):
            bookings = [make_booking() for _ in range(rows)]
        with CaptureQueriesContext(connection) as captured:
            response = page_of(client, bookings[0], "booking")
        assert len(response.context["together"]) == min(3 * rows - 1 + rows, 50)
        counts.append(len(captured))

    assert counts[1] == counts[2] <= 45


def test_what_no_request_wrote_stands_alone(sign_in, otto):
    content = page_of(sign_in(otto), make_plan()).content.decode()

    assert "Nothing else that you may read." in content
