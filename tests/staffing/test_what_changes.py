"""The button "What would change?" on the form of an assignment, and what it tells."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from staffing.explain import tell, what_changes_if
from staffing.models import ZipAssignment
from tests.factories import (
    assign,
    days,
    loaded,
    make_auditor,
    make_booking,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db

ADD = "/staffing/zipassignment/add/"


def say(day) -> str:
    return f"{day:%b} {day.day}, {day.year}"


def typed(person, code="06511", **more):
    return {
        "user": person.pk,
        "content_object": make_zip(code).pk,
        "duty": "backup",
        "starts_on": (today() + days(3)).isoformat(),
        "ends_on": "",
        "note": "While Ben travels",
        **more,
    }


def typed_into(assignment, person, *more, **changes):
    return {**typed(person, *more, **changes), **loaded(assignment)}


def change_of(assignment) -> str:
    return f"/staffing/zipassignment/{assignment.pk}/change/"


def told(response) -> str:
    return " ".join(line for lines in response.context["consequences"] for line in lines)


def test_a_new_assignment_tells_what_it_gives_and_saves_nothing(sign_in):
    ana, ben = make_staff("Ana"), make_staff("Ben")
    assign(ben, "06511", ends_on=today() + days(9))
    make_booking(make_plan(make_property(), status="approved", hosting_allowed=True))

    response = sign_in(make_manager()).post(ADD, {**typed(ana), "_what_changes": ""})

    assert told(response) == (
        f"Ana gains 06511 New Haven on {say(today() + days(3))}. "
        "There today: 1 property, 1 open plan and 1 upcoming booking. "
        "Meanwhile it is looked after by Ben (primary until the end of "
        f"{say(today() + days(8))})."
    )
    assert not ana.zip_assignments.exists()
    form = response.context["adminform"].form
    assert form["note"].value() == "While Ben travels"
    assert 'value="While Ben travels"' in response.content.decode()
    assert "Ana gains" in response.content.decode()


def test_the_save_button_saves_as_before_whatever_was_asked_first(sign_in):
    ana, client = make_staff("Ana"), sign_in(make_manager())
    client.post(ADD, {**typed(ana), "_what_changes": ""})

    response = client.post(ADD, {**typed(ana), "_save": ""})

    assert response.status_code == 302
    assignment = ana.zip_assignments.get()
    assert (assignment.duty, assignment.starts_on) == ("backup", today() + days(3))
    assert assignment.granted_by.full_name == "Mona Manager"


def test_ending_an_assignment_tells_who_is_left(sign_in):
    ana = make_staff("Ana")
    assignment = assign(ana, "06511")
    client = sign_in(make_manager())
    ending = typed_into(
        assignment,
        ana,
        starts_on=assignment.starts_on.isoformat(),
        ends_on=(today() + days(4)).isoformat(),
        _what_changes="",
    )

    alone = told(client.post(change_of(assignment), ending))
    assign(make_staff("Ben"), "06511", starts_on=today() + days(6))
    gap = told(client.post(change_of(assignment), ending))

    day = say(today() + days(4))
    assert f"Ana loses 06511 New Haven on {day}." in alone
    assert f"Nobody would look after it from {day} on." in alone
    assert "Meanwhile it is looked after by Ben (primary)." in gap
    assert f"Nobody would look after it from {day} to {say(today() + days(5))}." in gap
    assignment.refresh_from_db()
    assert assignment.ends_on is None


def test_whose_it_is_and_where_stays_whatever_is_posted(sign_in):
    ana, ben = make_staff("Ana"), make_staff("Ben")
    assignment = assign(ana, "06511")

    response = sign_in(make_manager()).post(
        change_of(assignment), {**typed_into(assignment, ben, "02116"), "_what_changes": ""}
    )

    last = say(today() + days(2))
    assert told(response).startswith(f"Ana loses 06511 New Haven today, until the end of {last}.")
    assert "Ben" not in told(response)
    assert "02116" not in told(response)
    assert assignment.history.count() == 1


def test_moving_a_person_tells_of_both_zip_codes():
    ana = make_staff("Ana", zips=("06511",))
    new = ZipAssignment(user=ana, content_object=make_zip("02116"), starts_on=today() + days(3))

    lost, gained = what_changes_if(
        asker=make_manager(), added=[new], removed=ana.zip_assignments.all()
    )

    assert tell(lost)[0] == "Ana loses 06511 New Haven today."
    assert tell(gained)[0] == f"Ana gains 02116 Boston on {say(today() + days(3))}."


def test_to_ask_needs_no_reason_and_to_save_does(sign_in):
    ana = make_staff("Ana")
    assignment = assign(ana, "06511")
    client = sign_in(make_manager())
    ending = typed_into(
        assignment,
        ana,
        starts_on=assignment.starts_on.isoformat(),
        ends_on=(today() + days(4)).isoformat(),
        change_reason="",
    )

    asked = client.post(change_of(assignment), {**ending, "_what_changes": ""})
    saved = client.post(change_of(assignment), {**ending, "_save": ""})

    assert "Ana loses 06511 New Haven" in told(asked)
    assert "Say why it is shortened." in saved.content.decode()
    assert "While Ben travels" in saved.content.decode()
    assert assignment.history.count() == 1


def test_what_saving_would_refuse_is_refused_when_asked(sign_in):
    ana, gil = make_staff("Ana"), make_staff("Gil", is_active=False)
    assignment = assign(ana, "06511", starts_on=today() - days(20))
    client = sign_in(make_manager())
    yesterday = {"starts_on": assignment.starts_on, "ends_on": today() - days(1)}
    over = {"starts_on": today() - days(20), "ends_on": today() - days(10)}

    for page, posted, sentence in (
        (
            change_of(assignment),
            typed_into(assignment, ana, **yesterday),
            "An assignment can’t end before today",
        ),
        (ADD, typed(ana, "02116", **over), "These dates are over already: check the year."),
        (ADD, typed(gil), "Gil is not active staff"),
    ):
        response = client.post(page, {**posted, "_what_changes": ""})
        assert sentence in response.content.decode()
        assert "consequences" not in response.context
        assert "While Ben travels" in response.content.decode()
    assert list(ZipAssignment.objects.all()) == [assignment]
    assert assignment.history.count() == 1


def test_what_changes_nothing_says_why():
    ana, gil = make_staff("Ana", zips=("06511",)), make_staff("Gil", is_active=False)
    past = {"starts_on": today() - days(20), "ends_on": today() - days(10)}
    over = ZipAssignment(user=ana, content_object=make_zip(), **past)
    gone = ZipAssignment(user=gil, content_object=make_zip(), starts_on=today())

    told = [tell(each) for each in what_changes_if(asker=make_manager(), added=[over, gone])]

    assert told == [
        ["Nothing changes in 06511 New Haven: "
         "Ana looks after it on these days already, or the days are over."],
        ["Nothing changes in 06511 New Haven: the account of Gil is deactivated."],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"user": "abc"},
        {"content_object": "9" * 40},
        {"starts_on": "soon"},
        {"ends_on": "2020-01-01"},
        {"user": ""},
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(sign_in, wrong):
    posted = {**typed(make_staff()), **wrong, "_what_changes": ""}

    response = sign_in(make_manager()).post(ADD, posted)

    assert response.status_code == 200
    assert response.context["adminform"].form.errors
    assert "consequences" not in response.context
    assert "While Ben travels" in response.content.decode()


def test_an_overlap_is_an_error_here_too(sign_in):
    ana = make_staff(zips=("06511",))

    response = sign_in(make_manager()).post(ADD, {**typed(ana), "_what_changes": ""})

    assert "change its dates instead" in response.content.decode()
    assert ana.zip_assignments.count() == 1


@pytest.mark.parametrize("make", [make_staff, make_auditor])
def test_only_managers_may_ask(sign_in, make):
    person = make()
    own = assign(make_staff() if make is make_auditor else person, "06511")
    client = sign_in(person)

    shown = client.get(change_of(own))
    asked = client.post(change_of(own), {**typed(person), "_what_changes": ""})
    added = client.post(ADD, {**typed(person), "_what_changes": ""})

    assert shown.status_code == 200
    assert "What would change?" not in shown.content.decode()
    assert (asked.status_code, added.status_code) == (403, 403)


def test_the_button_is_on_both_forms(sign_in):
    client, assignment = sign_in(make_manager()), assign(make_staff(), "06511")

    for page in (ADD, change_of(assignment)):
        assert 'name="_what_changes"' in client.get(page).content.decode()


def test_many_at_once_are_told_of_the_same_end():
    ana, ben = make_staff("Ana", zips=("06511", "02116")), make_staff("Ben")
    removed = list(ana.zip_assignments.select_related("user"))
    added = [
        ZipAssignment(user=ben, content_object=row.content_object, starts_on=today())
        for row in removed
    ]

    told = what_changes_if(asker=make_manager(), added=added, removed=removed)

    assert sorted(f"{c.person} {c.zip_code.code}" for c in told) == [
        "Ana 02116", "Ana 06511", "Ben 02116", "Ben 06511",
    ]  # fmt: skip
    assert all(c.left_alone == [] for c in told)
    assert [[row.user for row in c.others] for c in told if c.person == ana] == [[ben], [ben]]
    assert "Nobody else looks after it meanwhile." in tell(told[-1])


def test_those_who_left_look_after_nothing():
    mona, ana = make_manager(), make_staff("Ana", zips=("06511",))
    gil = make_staff("Gil", zips=("06511",), is_active=False)
    new = ZipAssignment(user=gil, content_object=make_zip("02116"), starts_on=today())

    [loss] = what_changes_if(asker=mona, removed=ana.zip_assignments.select_related("user"))
    told = what_changes_if(asker=mona, removed=gil.zip_assignments.all(), added=[new])

    assert (loss.loses, loss.others) == (loss.left_alone, [])
    assert [(c.gains, c.loses) for c in told] == [([], []), ([], [])]


def test_staff_ask_nothing_of_consequences():
    ana = make_staff(zips=("06511",))

    with pytest.raises(PermissionDenied):
        what_changes_if(asker=ana, removed=ana.zip_assignments.all())


def test_a_manager_gains_nothing_by_an_assignment():
    mona = make_manager()
    new = ZipAssignment(user=mona, content_object=make_zip(), starts_on=today())

    [consequence] = what_changes_if(asker=mona, added=[new])

    assert consequence.gains == []
    assert "sees every ZIP code anyway" in tell(consequence)[0]
