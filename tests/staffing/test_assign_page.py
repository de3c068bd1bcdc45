"""Assigning many at once: what is typed, what is previewed, and what is committed."""

from __future__ import annotations

import pytest

from staffing.models import ZipAssignment
from tests.factories import (
    assign,
    days,
    make_auditor,
    make_manager,
    make_rerenter,
    make_staff,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db

PAGE = "/staffing/zipassignment/assign/"


@pytest.fixture
def client(sign_in):
    return sign_in(make_manager("Mona"))


def asked(people, codes="06511, 06512", **overrides):
    for code in ("06511", "06512"):
        make_zip(code)
    fields = {
        "people": [person.pk for person in people],
        "zip_codes": codes,
        "duty": "backup",
        "starts_on": today(),
        "ends_on": "",
        "note": "",
        "reason": "New team",
    }
    return {**fields, **overrides}


def alerts(page) -> str:
    content = page.content.decode()
    return " ".join(part.split("</p>")[0] for part in content.split('role="alert"')[1:])


def test_a_link_fills_in_zip_code_and_person(client):
    ana = make_staff("Ana")

    page = client.get(PAGE, {"zip_codes": "06511", "people": [ana.pk, "½", "9" * 30]})

    assert page.status_code == 200
    assert page.context["form"]["zip_codes"].value() == "06511"
    assert "checked" in page.content.decode()


def test_a_preview_counts_and_tells_and_writes_nothing(client):
    ana, ben = make_staff("Ana", zips=("06511",)), make_staff("Ben")

    page = client.post(PAGE, asked([ana, ben]))

    assert dict(page.context["counts"]) == {
        "New": 3,
        "There already": 1,
        "Overlapping": 0,
        "Not active staff": 0,
    }
    assert page.context["effects"][1].startswith("Ben gains 06511, 06512 as backup, from ")
    assert "Nobody loses a ZIP code by this." in page.content.decode()
    assert ZipAssignment.objects.count() == 1


def test_committing_writes_just_what_was_previewed(client):
    ana, ben = make_staff("Ana", zips=("06511",)), make_staff("Ben")
    sent = asked([ana, ben], note="Summer", ends_on=today() + days(30))
    token = client.post(PAGE, sent).context["token"]

    page = client.post(PAGE, {**sent, "token": token}, follow=True)

    assert "Assigned: 3 new, 1 left as they were." in page.content.decode()
    written = ZipAssignment.objects.filter(note="Summer")
    assert written.count() == 3
    assert {(a.granted_by.full_name, a.duty, a.ends_on) for a in written} == {
        ("Mona", "backup", today() + days(30))
    }
    reasons = ZipAssignment.history.filter(note="Summer")
    assert [v.history_change_reason for v in reasons] == ["New team"] * 3
    assert len({v.request_id for v in reasons}) == 1


def test_a_cover_is_assigned_with_whom_it_is_for(client):
    ana, ben = make_staff("Ana"), make_staff("Ben", zips=("06511",))
    sent = asked([ana], "06511", duty="cover", covers_for=ben.pk, ends_on=today() + days(9))

    client.post(PAGE, {**sent, "token": client.post(PAGE, sent).context["token"]})

    given = ana.zip_assignments.get()
    assert (given.duty, given.covers_for) == ("cover", ben)


def test_pressing_twice_writes_once(client):
    sent = asked([make_staff("Ana")])
    sent["token"] = client.post(PAGE, sent).context["token"]

    first, second = client.post(PAGE, sent), client.post(PAGE, sent)

    assert (first.status_code, second.status_code) == (302, 409)
    assert ZipAssignment.objects.count() == 2


def test_what_drifted_is_listed_and_nothing_is_written(client):
    ana = make_staff("Ana")
    sent = asked([ana])
    sent["token"] = client.post(PAGE, sent).context["token"]
    assign(ana, "06512", starts_on=today() + days(5))

    page = client.post(PAGE, sent)

    assert page.status_code == 409
    assert "Something changed since the preview" in page.content.decode()
    assert "Ana in 06512 East Haven: overlapping." in page.content.decode()
    assert 'value="New team"' in page.content.decode()
    assert ZipAssignment.objects.count() == 1


@pytest.mark.parametrize("change", [{"duty": "primary"}, {"reason": "Other"}, {"codes": "06511"}])
def test_a_form_changed_after_its_preview_is_previewed_anew(client, change):
    ana = make_staff("Ana")
    token = client.post(PAGE, asked([ana])).context["token"]

    page = client.post(PAGE, {**asked([ana], **change), "token": token})

    assert page.status_code == 409
    assert "The form was changed" in page.content.decode()
    assert not ZipAssignment.objects.exists()


@pytest.mark.parametrize("token", ["", "x", "a:b:c", ":::", "½", "A" * 50_000])
def test_a_tampered_token_writes_nothing(client, token):
    page = client.post(PAGE, {**asked([make_staff("Ana")]), "token": token})

    assert page.status_code == 409
    assert not ZipAssignment.objects.exists()


def test_a_token_changed_by_one_letter_writes_nothing(client):
    sent = asked([make_staff("Ana")])
    token = client.post(PAGE, sent).context["token"]

    client.post(PAGE, {**sent, "token": f"{token[:-1]}{'a' if token[-1] != 'a' else 'b'}"})

    assert not ZipAssignment.objects.exists()


def test_the_preview_of_another_manager_is_not_mine(client, sign_in):
    sent = asked([make_staff("Ana")])
    sent["token"] = sign_in(make_manager("Nora")).post(PAGE, sent).context["token"]

    assert client.post(PAGE, sent).status_code == 409
    assert not ZipAssignment.objects.exists()


def test_somebody_who_left_meanwhile_is_not_assigned(client):
    ana = make_staff("Ana")
    sent = asked([ana])
    sent["token"] = client.post(PAGE, sent).context["token"]
    type(ana).objects.filter(pk=ana.pk).update(is_active=False)

    page = client.post(PAGE, sent)

    assert page.status_code == 409
    assert "not active staff" in page.content.decode()
    assert not ZipAssignment.objects.exists()


def test_nothing_new_has_no_button(client):
    page = client.post(PAGE, asked([make_staff("Ana", zips=("06511", "06512"))]))

    assert 'name="token"' not in page.content.decode()
    assert "This would change nothing" in page.content.decode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"zip_codes": ""}, "required"),
        ({"zip_codes": "none of them"}, "There is no ZIP code in this text"),
        ({"zip_codes": "06511 K1A 6511"}, "K1A, 6511: each is not a US ZIP code"),
        ({"zip_codes": "06511 00000"}, "00000: it is not a ZIP code we know"),
        ({"zip_codes": "06511 06519"}, "06519: it is not served"),
        ({"zip_codes": "06511 " * 10_000}, "at most 20000 characters"),
        ({"zip_codes": "06511 \0"}, "Null characters"),
        ({"people": []}, "Choose at least one person."),
        ({"people": ["½"]}, "not staff any more"),
        ({"people": ["9" * 30]}, "not staff any more"),
        ({"people": ["0"]}, "not staff any more"),
        ({"duty": "boss"}, "Select a valid choice"),
        ({"starts_on": ""}, "required"),
        ({"starts_on": "soon"}, "Enter a valid date"),
        ({"starts_on": "9999-12-31"}, "between 2000 and 2199"),
        ({"ends_on": "0001-01-01"}, "between 2000 and 2199"),
        ({"ends_on": today()}, "must end after the day it starts"),
        ({"ends_on": today() - days(1)}, "must end after the day it starts"),
        ({"duty": "cover"}, "needs an end"),
        ({"reason": " "}, "Say why they are assigned."),
        ({"reason": "x" * 50_000}, "at most 500 characters"),
        ({"note": "x" * 50_000}, "at most 200 characters"),
        ({"covers_for": "9" * 30}, "not staff any more"),
        ({"covers_for": "½"}, "not staff any more"),
    ],
)
def test_wrong_input_is_told_and_kept(client, change, sentence):
    make_zip("06519", is_served=False)
    sent = {**asked([make_staff("Ana")], note="My note"), **change}

    page = client.post(PAGE, sent)

    assert page.status_code == 200
    assert sentence in alerts(page)
    assert "pairs" not in page.context
    if "note" not in change:
        assert 'value="My note"' in page.content.decode()
    assert not ZipAssignment.objects.exists()


def test_only_a_cover_covers_for_somebody_else(client):
    ana, ben = make_staff("Ana"), make_staff("Ben")

    as_backup = client.post(PAGE, asked([ana], covers_for=ben.pk))
    oneself = client.post(
        PAGE,
        asked([ana], duty="cover", covers_for=ana.pk, ends_on=today() + days(9)),
    )

    assert "Only a temporary cover" in alerts(as_backup)
    assert "stand in for themselves" in alerts(oneself).replace("&#x27;", "'")


def test_dates_that_are_over_are_refused_on_commit(client):
    sent = asked([make_staff("Ana")], starts_on=today() - days(9), ends_on=today() - days(2))

    page = client.post(PAGE, {**sent, "token": client.post(PAGE, sent).context["token"]})

    assert "over already" in alerts(page)
    assert not ZipAssignment.objects.exists()


def test_rerenters_are_no_choice(client):
    rosa = make_rerenter()

    page = client.post(PAGE, asked([rosa]))

    assert "not staff any more" in alerts(page)
    assert "Rosa" not in page.content.decode()


def test_too_many_pairs_are_refused_in_a_sentence(client, monkeypatch):
    monkeypatch.setattr("staffing.admin.forms.MOST_PAIRS", 3)

    page = client.post(PAGE, asked([make_staff("Ana"), make_staff("Ben")]))

    assert "That is 4 assignments: 3 at once are the most." in alerts(page)


def test_auditors_and_staff_assign_nothing(sign_in):
    sent = asked([make_staff("Ana")])
    sent["token"] = sign_in(make_manager()).post(PAGE, sent).context["token"]

    for person in (make_auditor(), make_staff("Ben")):
        assert sign_in(person).post(PAGE, sent).status_code == 403
    assert not ZipAssignment.objects.exists()
