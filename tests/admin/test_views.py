"""Views of lists: built in, saved and shared, and the one that opens first."""

from __future__ import annotations

import pytest

from opsconsole.access import middleware
from opsconsole.saved_views.models import FirstView, SavedView
from tests.factories import (
    make_auditor,
    make_manager,
    make_property,
    make_staff,
    make_task,
    make_view,
)

pytestmark = pytest.mark.django_db

HOMES, TASKS = "/bookings/property/", "/bookings/task/"
KEPT = "/views/?of=bookings.property"


@pytest.fixture
def ana():
    return make_staff("Ana", zips=("06511",))


def tabs(response) -> list[str]:
    return [tab.name for tab in response.context["views"]["tabs"]]


def current(response) -> str:
    view = response.context["views"]["current"]
    return view.name if view else ""


def said(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def save(client, **sent):
    body = {"of": "bookings.property", "name": "Lofts", "asks": "q=loft", **sent}
    return client.post("/views/save/", body, follow=True)


def test_what_a_list_is_asked_for_is_saved_without_what_it_does_not_know(sign_in, ana):
    client = sign_in(ana)
    asks = "q=loft&o=-1&lifecycle__exact=active&status__exact=&p=3&owner__email=x&_popup=1"

    response = save(client, asks=asks)

    view = SavedView.objects.get()
    assert view.asks == [["lifecycle__exact", "active"], ["o", "-1"], ["q", "loft"]]
    assert (view.person, view.page, view.is_shared) == (ana, "bookings.property", False)
    assert current(response) == "Lofts"
    assert current(client.get(f"{HOMES}?q=loft&o=-1&p=1&lifecycle__exact=active")) == "Lofts"
    assert 'aria-current="page"' in response.content.decode()
    assert current(client.get(f"{HOMES}?p=1")) == "All"


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"name": " "}, "Give the view a name."),
        ({"name": "x" * 61}, "A name has at most 60 characters; this one has 61."),
        ({"name": "TWICE"}, "A view of this list has this name already."),
        ({"asks": "p=1&nobody=1"}, "This shows the whole list: search, filter or sort it first."),
        (
            {"asks": "q=" + "x" * 3000},
            "This asks for more than a view can keep: use fewer filters.",
        ),
        ({"asks": "q=%00"}, "This shows the whole list: search, filter or sort it first."),
    ],
)
def test_what_can_not_be_saved_is_told_and_what_was_typed_stays(sign_in, ana, sent, sentence):
    make_view(ana, "Twice")

    response = save(sign_in(ana), **sent)

    assert response.context["refusal"] == sentence
    assert response.context["form"]["name"].value() == sent.get("name", "Lofts")
    assert SavedView.objects.count() == 1


def test_thirty_views_of_a_list_are_enough(sign_in, ana):
    for number in range(30):
        make_view(ana, f"View {number}")

    response = save(sign_in(ana))

    assert response.context["refusal"] == "You have 30 views of this list: delete one first."


def test_a_shared_view_shows_each_their_own_rows(sign_in, ana):
    near, far = make_property("06511", name="Loft one"), make_property("02116", name="Loft two")

    save(sign_in(make_manager()), share="on", name="Everybody's lofts")
    response = sign_in(ana).get(f"{HOMES}?q=loft")

    assert current(response) == "Everybody's lofts"
    assert near.name in response.content.decode()
    assert far.name not in response.content.decode()


def test_only_those_who_may_share_share(sign_in, ana):
    mine, shared = make_view(ana), make_view(make_manager(), "Ours", is_shared=True)
    client = sign_in(ana)

    refused = [
        save(client, share="on").status_code,
        client.post(f"/views/{mine.pk}/", {"step": "share"}).status_code,
        *(
            client.post(f"/views/{shared.pk}/", {"step": step, "name": "Other"}).status_code
            for step in ("rename", "delete", "keep")
        ),
    ]

    assert refused == [403, 403, 404, 404, 404]
    assert set(SavedView.objects.values_list("name", "is_shared")) == {
        ("A view", False),
        ("Ours", True),
    }


def test_nobody_else_sees_or_changes_a_private_view(sign_in, ana):
    view = make_view(ana, "For Ana alone")

    for other in (make_staff("Ben", zips=("06511",)), make_manager(), make_auditor()):
        client = sign_in(other)
        assert "For Ana alone" not in tabs(client.get(f"{HOMES}?p=1"))
        assert "For Ana alone" not in client.get(KEPT).content.decode()
        assert client.post(f"/views/{view.pk}/", {"step": "delete"}).status_code == 404

    assert SavedView.objects.get() == view


@pytest.mark.parametrize("switched_off", ["nothing", "lock 1", "lock 2"])
def test_in_a_view_as_a_colleague_their_private_views_are_not_there(
    sign_in, ana, monkeypatch, switched_off
):
    make_view(ana, "For Ana alone")
    FirstView.objects.create(person=ana, page="bookings.property", view="active")
    make_view(make_manager("Max"), "Ours", is_shared=True)
    client = sign_in(make_manager())
    client.post(f"/staffing/user/{ana.pk}/view-as/", {"reason": "She misses a home"})
    if switched_off == "lock 1":
        monkeypatch.setattr("opsconsole.admin.views._is_viewing", lambda request: False)
    if switched_off == "lock 2":
        monkeypatch.setattr(middleware, "as_held", lambda person: {"role": "none"})

    response = client.get(HOMES)

    assert response.status_code == 200
    assert "Ours" in tabs(response)
    assert "For Ana alone" not in tabs(response)


def test_a_view_is_renamed_shared_and_deleted(sign_in):
    mona = make_manager()
    view, client = make_view(mona, "Lofts"), sign_in(mona)

    def step(**sent):
        return said(client.post(f"/views/{view.pk}/", sent, follow=True))

    assert step(step="rename", name=" My  lofts ") == ["“Lofts” is called “My lofts” now."]
    assert step(step="rename", name="") == ["Give the view a name."]
    assert step(step="share") == ["“My lofts” is shared now."]
    assert SavedView.objects.get().is_shared
    assert step(step="keep") == ["“My lofts” is yours alone now."]
    assert step(step="burn") == ["Nothing was changed: choose what to do with the view."]
    assert step(step="delete") == ["“My lofts” is deleted."]
    assert not SavedView.objects.exists()


def test_the_tasks_of_staff_open_with_their_own_and_all_is_a_click_away(sign_in, ana):
    mine = make_task(make_property("06511"), status="assigned", assignee=ana)
    make_task(make_property("06511"))
    client = sign_in(ana)

    first = client.get(TASKS, follow=True)
    whole = client.get(f"{TASKS}?p=1")

    assert current(first) == "Mine, open"
    assert [task.pk for task in first.context["cl"].result_list] == [mine.pk]
    assert whole.context["cl"].result_count == 2
    assert sign_in(make_manager()).get(TASKS).status_code == 200


def test_who_chooses_another_view_opens_with_that(sign_in, ana):
    view, client = make_view(ana, "Late", page="bookings.task", asks=[["when", "overdue"]]), None
    client = sign_in(ana)

    client.post("/views/first/", {"of": "bookings.task", "view": view.key})
    assert client.get(TASKS).headers["Location"] == f"{TASKS}?when=overdue"
    client.post("/views/first/", {"of": "bookings.task", "view": "all"})
    assert client.get(TASKS).status_code == 200
    client.post("/views/first/", {"of": "bookings.task", "view": view.key})
    client.post(f"/views/{view.pk}/", {"step": "delete"})
    assert current(client.get(TASKS, follow=True)) == "Mine, open"
    gone = client.post("/views/first/", {"of": "bookings.task", "view": view.key}, follow=True)
    assert said(gone) == ["That view is not here any more. Nothing was changed."]


def test_what_a_list_no_longer_knows_is_left_out_and_told(sign_in, ana):
    make_view(ana, "Old", asks=[["q", "loft"], ["colour__exact", "red"]])
    client = sign_in(ana)

    page = client.get(f"{HOMES}?q=loft").content.decode()

    assert 'href="?q=loft"' in page
    assert "no longer knows “colour__exact”, which the view “Old” asks for" in page


def test_a_view_counts_what_one_may_see_and_not_beyond_a_thousand(sign_in, ana, monkeypatch):
    for code in ("06511", "06511", "02116"):
        make_property(code)

    def count(person, asks="o=1", of="bookings.property"):
        response = sign_in(person).get("/views/count/", {"of": of, "asks": asks})
        return response.json()["count"]

    assert [count(ana), count(make_manager())] == ["2", "3"]
    assert count(ana, "zip_code__id__exact=x&owner__email=x") in ("", "2")
    assert count(ana, "due_on_from=9999-99-99&when=nothing", "bookings.task") == "0"
    monkeypatch.setattr("opsconsole.admin.base.CountedList.MOST", 1)
    assert count(ana) == "1+"


@pytest.mark.parametrize("of", ["", "bookings", "bookings.nothing", "axes.accesslog", "a.b.c"])
def test_a_list_that_is_none_has_no_views(sign_in, ana, of):
    client = sign_in(ana)

    assert client.get("/views/", {"of": of}).status_code == 404
    assert client.post("/views/save/", {"of": of, "name": "x", "asks": "q=x"}).status_code == 404


def test_who_may_not_open_a_list_has_no_views_of_it(sign_in, ana):
    assert sign_in(ana).get("/views/?of=exports.export").status_code == 403
    assert sign_in(ana).get("/views/count/?of=exports.export").status_code == 403
