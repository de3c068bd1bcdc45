"""Managers at once: one gets through, the others are told in a sentence, never with a 500."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test import Client

from opsconsole.database.refusals import Refused
from staffing import services
from staffing.models import ZipAssignment, ZipCode
from staffing.previews import Wish
from tests.bookings.test_races import RIVALS, all_at_once
from tests.factories import assign, days, make_manager, make_staff, make_zip, today

pytestmark = pytest.mark.django_db(transaction=True)

TAKEN = "This person has an assignment to this ZIP code in these dates already"


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person, backend="staffing.backends.RoleBackend")
    return client


def test_of_eight_who_assign_one_alone_the_constraint_speaks_on_the_form():
    ana, zip_code = make_staff("Ana"), make_zip()
    clients = [signed_in(make_manager(f"Mona {number}")) for number in range(RIVALS)]

    def post(number):
        sent = {"user": ana.pk, "content_object": zip_code.pk, "duty": "backup"}
        sent |= {"starts_on": today() + days(number), "note": f"Note {number}"}
        return clients[number].post("/staffing/zipassignment/add/", sent)

    pages = all_at_once(post)

    assert sorted(page.status_code for page in pages) == [200] * 7 + [302]
    for number, page in enumerate(pages):
        if page.status_code == 200:
            assert TAKEN in page.content.decode()
            assert f"Note {number}" in page.content.decode()
    assert ZipAssignment.objects.count() == 1


def test_of_eight_bulk_assignments_one_is_written_whole():
    people = [make_staff("Ana"), make_staff("Ben")]
    codes = ["06510", "06511", "06512"]
    zip_codes = [make_zip(code) for code in codes]
    managers = [make_manager(f"Mona {number}") for number in range(RIVALS)]
    asked = Wish(people, zip_codes, "primary", today())
    previewed = {pair.key: pair.sentence for pair in services.preview(asked)}

    def commit(number):
        turned = zip_codes if number % 2 else zip_codes[::-1]
        wish = Wish(people, turned, "primary", today())
        try:
            services.assign_many(wish, by=managers[number], reason="x", previewed=previewed)
        except Refused as refusal:
            return str(refusal)
        return "written"

    answers = all_at_once(commit)

    assert answers.count("written") == 1
    assert {a for a in answers if a != "written"} == {
        "Something changed since the preview. Nothing was written."
    }
    assert ZipAssignment.objects.count() == 6
    assert ZipAssignment.objects.values("granted_by").distinct().count() == 1


def test_of_eight_commits_of_one_preview_each_page_answers():
    ana = make_staff("Ana")
    make_zip("06511")
    managers = [make_manager(f"Mona {number}") for number in range(RIVALS)]
    sent = {
        "people": [ana.pk],
        "zip_codes": "06511",
        "duty": "primary",
        "starts_on": today(),
        "reason": "x",
    }
    clients = [signed_in(mona) for mona in managers]
    path = "/staffing/zipassignment/assign/"
    tokens = [client.post(path, sent).context["token"] for client in clients]

    def commit(number):
        return clients[number].post(path, {**sent, "token": tokens[number]}).status_code

    assert sorted(all_at_once(commit)) == [302] + [409] * 7
    assert ZipAssignment.objects.count() == 1


def test_of_eight_who_end_the_same_one_does():
    given = [assign(make_staff("Ana"), code) for code in ("06511", "06512")]
    managers = [make_manager(f"Mona {number}") for number in range(RIVALS)]

    def end(number):
        try:
            services.end_many([a.pk for a in given], by=managers[number], reason="x")
        except Refused as refusal:
            return str(refusal)
        return "ended"

    answers = all_at_once(end)

    assert answers.count("ended") == 1
    assert all("already" in answer for answer in answers if answer != "ended")
    assert [a.history.count() for a in given] == [2, 2]


def test_who_waits_for_a_lock_too_long_is_asked_to_try_again():
    given = assign(make_staff("Ana"), "06511")
    client = signed_in(make_manager())

    def end():
        try:
            return client.post("/staffing/zipassignment/end/", {"chosen": given.pk, "reason": "x"})
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        list(ZipCode.objects.select_for_update())
        page = pool.submit(end).result()

    assert page.status_code == 200
    assert "Somebody is changing this record right now" in page.content.decode()
    given.refresh_from_db()
    assert given.ends_on is None
