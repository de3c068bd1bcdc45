"""Notices: one's own, read by nobody else, marked as read by a POST alone."""

from __future__ import annotations

import datetime
import re

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from opsconsole.access import middleware, registry
from opsconsole.access.acting import Source, acting
from opsconsole.access.lock import held_to
from opsconsole.notices.models import Mute, Notice
from opsconsole.notices.telling import forget_old, notify
from tests.factories import (
    assign,
    days,
    make_auditor,
    make_manager,
    make_person,
    make_plan,
    make_property,
    make_staff,
    make_task,
    today,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return make_staff("Ana Staff")


def an_engineer():
    return make_person("Erin Engineer", "manager", is_superuser=True)


def page_of(client, query="") -> str:
    return client.get(f"/notices/{query}").content.decode()


def badge(client) -> str:
    """As the page has it: asked again, it would not be held to anybody."""
    found = re.search(r"sidebar-badge[^>]*>\s*(\S+ new)", client.get("/").content.decode())
    return found[1] if found else ""


# One's own


def test_a_notice_is_listed_and_counted_until_it_is_marked(sign_in, ana):
    notice = notify(ana, "Import of boston.csv is done: 3,900 new", "/bookings/property/")
    client = sign_in(ana)

    before = badge(client)
    answer = client.post(f"/notices/{notice.pk}/read/")

    assert before == "1 new"
    assert answer.url == "/notices/"
    assert badge(client) == ""
    assert "Import of boston.csv is done" in page_of(client)
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_opening_one_marks_it_and_goes_where_it_leads(sign_in, ana):
    notice = notify(ana, "Done", "/bookings/property/?q=boston")

    answer = sign_in(ana).post(f"/notices/{notice.pk}/read/", {"open": ""})

    assert answer.url == "/bookings/property/?q=boston"
    assert not Notice.objects.unread().exists()


def test_one_that_leads_nowhere_leads_back(sign_in, ana):
    notice = notify(ana, "Done")

    answer = sign_in(ana).post(f"/notices/{notice.pk}/read/?p=2", {"open": ""})

    assert answer.url == "/notices/?p=2"


def test_marking_one_again_keeps_when_it_was_read(sign_in, ana):
    notice, client = notify(ana, "Done"), sign_in(ana)
    client.post(f"/notices/{notice.pk}/read/")
    first = Notice.objects.get().read_at

    client.post(f"/notices/{notice.pk}/read/")
    client.post("/notices/read/")

    assert Notice.objects.get().read_at == first


def test_all_are_marked_at_once_and_nobody_elses(sign_in, ana):
    for number in range(3):
        notify(ana, f"Number {number}")
    theirs = notify(make_staff("Ben"), "For Ben")

    sign_in(ana).post("/notices/read/")

    assert list(Notice.objects.unread()) == [theirs]


def test_looking_changes_nothing(sign_in, ana):
    notice, client = notify(ana, "Done", "/"), sign_in(ana)

    page_of(client)
    statuses = [
        client.get(p).status_code for p in ("/notices/read/", f"/notices/{notice.pk}/read/")
    ]

    assert statuses == [405, 405]
    assert Notice.objects.unread().count() == 1


def test_the_newest_comes_first_and_long_lists_have_pages(sign_in, ana):
    for number in range(30):
        notify(ana, f"Number {number:02}")
    client = sign_in(ana)

    first, second = page_of(client), page_of(client, "?p=2")

    assert "Number 29" in first
    assert first.index("Number 29") < first.index("Number 28")
    assert "Number 04" not in first
    assert "Number 04" in second


def test_read_and_unread_are_told_in_words(sign_in, ana):
    client, notice = sign_in(ana), notify(ana, "Done")

    unread = page_of(client)
    client.post(f"/notices/{notice.pk}/read/")
    read = page_of(client)

    assert ("New" in unread.split('id="notices"')[1], "Mark as read" in unread) == (True, True)
    assert ("New" in read.split('id="notices"')[1], "Mark as read" in read) == (False, False)


def test_without_any_the_page_says_what_they_are(sign_in, ana):
    assert "There are no notices for you." in page_of(sign_in(ana))


@pytest.mark.parametrize("number", ["0", "x", "999", "½", "9" * 40, "-1"])
def test_a_page_that_is_none_is_forgiven(sign_in, ana, number):
    notice, client = notify(ana, "Done"), sign_in(ana)

    assert client.get(f"/notices/?p={number}").status_code == 200
    assert client.post(f"/notices/{notice.pk}/read/?p={number}").status_code == 302


def test_the_badge_takes_one_query_and_stops_counting(sign_in, ana):
    Notice.objects.bulk_create(Notice(person=ana, sentence="Done") for _ in range(150))
    client = sign_in(ana)
    client.get("/")

    with CaptureQueriesContext(connection) as captured:
        shown = badge(client)

    assert shown == "99+ new"
    assert len([q for q in captured if "notices_notice" in q["sql"]]) == 1


# Nobody else's


@pytest.mark.parametrize("make", [make_staff, make_manager, make_auditor, an_engineer])
@pytest.mark.parametrize("switched_off", ["neither", "lock 1", "lock 2"])
def test_nobody_else_sees_or_marks_it(sign_in, ana, make, switched_off, monkeypatch):
    notice, client = notify(ana, "For Ana's eyes"), sign_in(make())
    if switched_off == "lock 1":
        monkeypatch.setattr(registry, "condition", lambda model, person: registry.EVERYTHING)
    if switched_off == "lock 2":
        monkeypatch.setattr(middleware, "as_held", lambda person: {"role": "none"})

    assert "eyes" not in page_of(client)
    assert badge(client) == ""
    assert client.post(f"/notices/{notice.pk}/read/").status_code == 404
    assert client.post("/notices/read/").status_code == 302
    assert Notice.objects.unread().count() == 1


@pytest.mark.parametrize("switched_off", ["neither", "lock 1", "lock 2"])
def test_a_view_as_a_colleague_shows_none_of_theirs(sign_in, ana, switched_off, monkeypatch):
    notify(ana, "For Ana's eyes")
    client = sign_in(make_manager())
    client.post(f"/staffing/user/{ana.pk}/view-as/", {"reason": "She misses a home"})
    if switched_off == "lock 1":
        monkeypatch.setattr("opsconsole.notices.pages.getattr", lambda *a: None, raising=False)
    if switched_off == "lock 2":
        monkeypatch.setattr(middleware, "as_held", lambda person: {"role": "none"})

    page = page_of(client)

    assert "You see the console as" in page
    assert "not shown in a view as a colleague" in page
    assert "eyes" not in page
    assert badge(client) == ""


def test_the_registry_holds_even_engineers_to_their_own(ana):
    notice, erin = notify(ana, "For Ana's eyes"), an_engineer()

    assert not Notice.objects.visible_to(erin).exists()
    assert not registry.in_scope(erin, notice)
    assert registry.in_scope(ana, notice)


# Telling


def test_a_sentence_that_is_too_long_loses_its_end(ana):
    notice = notify(ana, "x" * 400)

    assert notice.sentence == "x" * 299 + "…"


def test_whoever_causes_it_may_tell_somebody_else(ana):
    ben = make_staff("Ben")

    with acting(ben, source=Source.TASK), held_to(ben):
        notify(ana, "Ben is done")
        assert not Notice.objects.exists()

    assert Notice.objects.get().person == ana


@pytest.mark.parametrize(
    "link",
    ["bookings/", "//evil.example/", "/\\evil.example", "/\t/evil.example", "https://e.example"],
)
def test_a_link_out_of_the_console_is_refused(ana, link):
    with pytest.raises(IntegrityError, match="notices_lead_into_the_console"):
        notify(ana, "Come here", link)


@pytest.mark.parametrize("link", ["", "/", "/?q=x", "/bookings/property/import/7/report/"])
def test_a_link_into_the_console_is_kept(ana, link):
    assert notify(ana, "Look", link).link == link


def test_what_is_old_is_forgotten(ana):
    old, young = notify(ana, "Old"), notify(ana, "Young")
    for notice, age in ((old, 91), (young, 89)):
        then = timezone.now() - datetime.timedelta(days=age)
        Notice.objects.filter(pk=notice.pk).update(created_at=then)

    assert forget_old() == 1
    assert list(Notice.objects.all()) == [young]


# What one does not want to be told


def test_a_muted_kind_is_kept_and_not_counted(sign_in, ana):
    client, before = sign_in(ana), notify(ana, "Import done", kind="import")
    client.post("/notices/mute/", {"kind": "import"})

    notice = notify(ana, "Another import done", kind="import")
    told = notify(ana, "Sent back", kind="task")

    assert (notice.read_at is None, told.read_at is None) == (False, True)
    assert Notice.objects.get(pk=before.pk).read_at
    page = client.get("/notices/").content.decode()
    assert "Another import done" in page
    assert "Your imports (muted)" in page


def test_a_muted_record_is_told_by_mentions_alone_until_it_is_unmuted(sign_in, ana):
    plan, other = make_plan(make_property("06511", name="Elm House")), make_plan()
    assign(ana, "06511")
    client = sign_in(ana)
    notice = notify(ana, "A note", kind="note", about=plan)
    client.post("/notices/mute/", {"notice": notice.pk})

    assert notify(ana, "A note", kind="note", about=plan).read_at
    assert not notify(ana, "You", kind="mention", about=plan).read_at
    assert not notify(ana, "A note", kind="note", about=other).read_at
    assert "Elm House" in client.get("/notices/").content.decode()
    client.post(f"/notices/muted/{Mute.objects.get().pk}/end/")
    assert not notify(ana, "A note", kind="note", about=plan).read_at


def test_a_muted_record_is_not_named_once_it_is_out_of_sight(sign_in, ana):
    plan = make_plan(make_property("06511", name="Elm House"))
    Mute.objects.create(person=ana, about=f"bookings.awayplan:{plan.pk}")

    page = sign_in(ana).get("/notices/").content.decode()

    assert "A record that you do not see any more (muted)" in page
    assert "Elm House" not in page


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"kind": "mention"},
        {"kind": "x"},
        {"notice": "x"},
        {"notice": "9" * 30},
        {"notice": "1"},
    ],
)
def test_what_can_t_be_muted_is_not_found(sign_in, ana, sent):
    notify(ana, "You", kind="mention", about=make_plan())

    assert sign_in(ana).post("/notices/mute/", sent).status_code == 404
    assert not Mute.objects.exists()


def test_mutes_of_others_are_nobody_s_to_end(sign_in, ana):
    theirs = Mute.objects.create(person=make_staff("Ben"), kind="task")

    response = sign_in(ana).post(f"/notices/muted/{theirs.pk}/end/")

    assert response.status_code == 404
    assert Mute.objects.exists()


def test_a_notice_is_told_as_long_as_its_record_is_seen(sign_in, ana):
    assign(ana, "06511")
    task, client = make_task(make_property("06511")), sign_in(ana)
    notify(ana, "Inspect, Elm House, was sent back", kind="task", about=task)

    before = client.get("/notices/").content.decode()
    ana.zip_assignments.update(starts_on=today() - days(3), ends_on=today())
    after = client.get("/notices/").content.decode()

    assert "Elm House" in before
    assert "This is about a record that you do not see any more." in after
    assert "Elm House" not in after
