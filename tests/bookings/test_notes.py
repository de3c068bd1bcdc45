"""Notes on homes, plans, bookings and tasks: read, written, with mentions, withdrawn, kept."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import Error, transaction
from django.utils import timezone

from bookings.models import Property, RecordNote
from bookings.notes.mentions import mentioned_in
from bookings.notes.services import add_note
from opsconsole.access.acting import Source, acting
from opsconsole.access.registry import in_scope
from opsconsole.notices.models import Notice
from staffing.erasing import erase
from staffing.models import User
from staffing.seers import colleagues_who_see
from tests.factories import (
    days,
    make_auditor,
    make_booking,
    make_manager,
    make_note,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_task,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> User:
    return make_staff("Ana Staff", ("06511",))


@pytest.fixture
def plan() -> Any:
    home = make_property(name="Elm House")
    return make_plan(home, status="approved", hosting_allowed=True)


def page_of(record: Any) -> str:
    return f"/bookings/{record._meta.model_name}/{record.pk}"


def write(client: Any, record: Any, text: str) -> Any:
    return client.post(f"{page_of(record)}/notes/", {"note": text}, follow=True)


def words(response: Any) -> str:
    return response.content.decode()


@pytest.mark.parametrize("kind", ["property", "awayplan", "booking", "task"])
def test_a_note_stands_on_its_own_record_as_it_was_typed(sign_in, ana, plan, kind):
    home, booking = plan.property, make_booking(plan)
    task = make_task(home, away_plan=plan, booking=booking)
    records = {"property": home, "awayplan": plan, "booking": booking, "task": task}
    record, client = records.pop(kind), sign_in(ana)

    response = write(client, record, "Gate <b>sticks</b>\r\nsee https://example.com/gate")

    note = RecordNote.objects.get()
    assert note.text == "Gate <b>sticks</b>\nsee https://example.com/gate"
    assert (note.written_by, note.zip_code) == (ana, home.zip_code)
    assert response.redirect_chain == [(f"{page_of(record)}/change/#notes", 302)]
    shown = "Gate &lt;b&gt;sticks&lt;/b&gt;\nsee https://example.com/gate"
    assert f'<p class="console-note-text text-sm">{shown}</p>' in words(response)
    for other in records.values():
        assert "Gate" not in words(client.get(f"{page_of(other)}/change/"))


def test_a_note_is_told_by_the_clock_of_its_home(sign_in, plan):
    Property.objects.filter(pk=plan.property_id).update(timezone="Pacific/Honolulu")
    at = datetime.datetime(2026, 3, 2, 5, 30, tzinfo=datetime.UTC)
    make_note(plan, written_at=at, text="Aloha")

    page = words(sign_in(make_manager()).get(f"{page_of(plan)}/change/"))

    assert "Mar 1, 2026, 19:30" in page
    assert "clock of Pacific/Honolulu" in page


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (" \r\n ", "Write something first"),
        ("x" * 2001, "A note has at most 2,000 characters, and this one has 2001."),
        ("a\0b", "Null characters are not allowed."),
        ("Ask @Nobody Here", "Nobody who sees this record is called “@Nobody”."),
    ],
)
def test_what_is_refused_says_why_and_stays_in_the_box(sign_in, ana, plan, text, sentence):
    response = write(sign_in(ana), plan, text)

    assert response.status_code == 200
    assert sentence in words(response)
    assert response.context["form"]["note"].value() == text.replace("\r\n", "\n")
    assert not RecordNote.objects.exists()


def test_the_longest_note_is_counted_as_its_reader_counts(sign_in, ana, plan):
    write(sign_in(ana), plan, "x\r\n" * 1000)

    assert len(RecordNote.objects.get().text) == 1999


def test_the_newest_stand_below_the_form_and_all_on_their_page(sign_in, ana, plan):
    for number in range(12):
        make_note(plan, text=f"Number {number:02}", written_by=ana)
    client = sign_in(ana)

    page = words(client.get(f"{page_of(plan)}/change/"))

    assert "Number 01" not in page
    assert page.index("Number 02") < page.index("Number 11")
    assert "All notes, from the first on" in page
    assert "Number 00" in words(client.get(f"{page_of(plan)}/notes/"))


# Mentions


@pytest.mark.parametrize(
    ("text", "ids", "unknown"),
    [
        ("@Ana Staff: see", {1}, []),
        ("(@ana staff)", {1}, []),
        ("@Ana Staffer", {2}, []),
        ("@Ana Staffx", set(), ["Ana"]),
        ("@Bo and @Bo", {3, 4}, []),
        ("mail ana@example.com @ 5, or @5", set(), []),
        ("@Élodie D’Été", {5}, []),
        ("@Ghost's", set(), ["Ghost's"]),
    ],
)
def test_who_is_mentioned(text, ids, unknown):
    people = {1: "Ana Staff", 2: "Ana Staffer", 3: "Bo", 4: "Bo", 5: "Élodie D’Été"}

    assert mentioned_in(text, people) == (ids, unknown)


def test_who_is_mentioned_is_told_and_the_notice_says_nothing_of_the_record(sign_in, ana, plan):
    mona = make_manager("Mona Manager")

    write(sign_in(ana), plan, "Elm House leaks: @Mona Manager, @Ana Staff")

    notice = Notice.objects.get()
    assert notice.person == mona
    assert notice.sentence == "Ana Staff mentioned you in a note on an away plan."
    assert notice.link == f"{page_of(plan)}/change/#notes"
    assert sorted(RecordNote.objects.get().mentioned) == sorted([mona.pk, ana.pk])


@pytest.mark.parametrize("who", ["elsewhere", "left", "ended", "to come", "rerenter", "engineer"])
def test_who_does_not_see_the_record_is_refused_like_who_is_not_there(sign_in, ana, plan, who):
    cal: Any = {"full_name": "Cal Colleague"}
    if who == "rerenter":
        make_rerenter("Cal Colleague")
    elif who == "engineer":
        User.objects.create_superuser("cal@example.com", **cal)
    else:
        person = make_staff("Cal Colleague", ("02116",) if who == "elsewhere" else ("06511",))
        dates = {"ended": {"starts_on": today() - days(9), "ends_on": today()}}
        dates["to come"] = {"starts_on": today() + days(1)}
        person.zip_assignments.update(**dates.get(who, {}))
        User.objects.filter(pk=person.pk).update(is_active=who != "left")
    client = sign_in(ana)

    there = words(write(client, plan, "@Cal Colleague"))
    absent = words(write(client, plan, "@Cal Nobodyyyy"))

    refusal = "Nobody who sees this record is called “@Cal”."
    assert (refusal in there, refusal in absent) == (True, True)
    assert "@Cal Colleague</li>" not in there
    assert not Notice.objects.exists()


def test_those_who_can_be_mentioned_are_those_who_see_the_record(ana, plan):
    make_staff("Ben Elsewhere", ("02116",))
    make_staff("Eve Ended", ("06511",)).zip_assignments.update(
        starts_on=today() - days(9), ends_on=today() - days(1)
    )
    make_manager(), make_auditor(), make_rerenter()
    here = make_zip("06511").pk

    named = colleagues_who_see(here, ana)

    assert set(named) == {p.pk for p in User.objects.all() if in_scope(p, plan)}
    assert colleagues_who_see(here, make_staff("Nia")).keys() == set(named) - {ana.pk}


def test_those_who_took_part_are_told_of_another_note(ana, plan):
    ben, mona = make_staff("Ben Also", ("06511",)), make_manager("Mona Manager")
    make_staff("Cal Silent", ("06511",))
    make_note(plan, written_by=ben, mentioned=[mona.pk])

    add_note(plan, "Done", by=ana)

    assert set(Notice.objects.values_list("person", "sentence")) == {
        (pk, "Ana Staff wrote another note on an away plan.") for pk in (ben.pk, mona.pk)
    }


def test_after_their_last_day_nobody_reads_the_note_nor_what_it_was_about(sign_in, ana, plan):
    ben = make_staff("Ben Also", ("06511",))
    add_note(plan, "Elm House: the gate sticks, @Ben Also", by=ana)
    ben.zip_assignments.update(starts_on=today() - days(9), ends_on=today())
    client, notice = sign_in(ben), Notice.objects.get()

    page = words(client.get("/notices/"))
    opened = client.post(f"/notices/{notice.pk}/read/", {"open": ""}, follow=True)

    assert "This is about a record that you do not see any more." in page
    assert [path for path, _ in opened.redirect_chain][-1] == "/"
    assert "Elm House" not in page + words(opened)
    assert "sticks" not in page + words(opened)
    assert client.get(f"{page_of(plan)}/notes/").status_code == 302


# Taking one back


def withdraw(client: Any, note: Any) -> Any:
    path = f"{page_of(note.away_plan)}/notes/{note.pk}/withdraw/"
    return client.post(path, follow=True)


def test_one_s_own_note_is_withdrawn_for_a_while(sign_in, ana, plan):
    note = make_note(plan, text="Oh dear", written_by=ana)

    page = words(withdraw(sign_in(ana), note))

    note.refresh_from_db()
    assert note.withdrawn_by == ana
    assert "Withdrawn by Ana Staff" in page
    assert "Oh dear" not in page
    assert "Oh dear" in words(sign_in(make_auditor()).get(f"{page_of(plan)}/notes/"))


@pytest.mark.parametrize("case", ["somebody else's", "too late", "withdrawn before"])
def test_other_notes_stay(sign_in, ana, plan, case):
    ben = make_staff("Ben Also", ("06511",))
    fields: dict[str, Any] = {"written_by": ben if case == "somebody else's" else ana}
    if case == "too late":
        fields["written_at"] = timezone.now() - datetime.timedelta(minutes=16)
    if case == "withdrawn before":
        fields |= {"withdrawn_by": ana, "withdrawn_at": timezone.now()}
    note = make_note(plan, **fields)

    page = words(withdraw(sign_in(ana), note))

    assert "A note can be withdrawn for 15 minutes" in page
    assert RecordNote.objects.get().withdrawn_at == note.withdrawn_at


# What the database holds


def is_refused(write: Any) -> bool:
    try:
        with transaction.atomic():
            write()
    except Error as error:
        return "note" in str(error) or "append-only" in str(error)
    return False


def test_the_database_keeps_notes_as_they_were_written(ana, plan):
    ben = make_staff("Ben Also")
    old = timezone.now() - datetime.timedelta(minutes=16)
    note, late = make_note(plan, written_by=ana), make_note(plan, written_by=ana, written_at=old)
    rows, now = RecordNote.objects, timezone.now()
    mine, its = rows.filter(pk=note.pk), rows.filter(pk=late.pk)

    assert is_refused(lambda: mine.update(text="Otherwise"))
    assert is_refused(lambda: mine.update(written_by=ben))
    assert is_refused(lambda: mine.update(mentioned=[ben.pk]))
    assert is_refused(lambda: mine.update(withdrawn_by=ben, withdrawn_at=now))
    assert is_refused(lambda: its.update(withdrawn_by=ana, withdrawn_at=now))
    assert is_refused(lambda: mine.delete())
    assert is_refused(lambda: make_note(plan, away_plan=plan, task=make_task(plan.property)))
    with acting(ben, source=Source.CONSOLE):
        assert is_refused(lambda: make_note(plan, written_by=ana))
        assert is_refused(lambda: mine.update(withdrawn_by=ana, withdrawn_at=now))


def test_a_note_moves_with_its_home(ana, plan):
    note = make_note(plan, written_by=ana)

    Property.objects.filter(pk=plan.property_id).update(zip_code=make_zip("02116"))

    note.refresh_from_db()
    assert note.zip_code.code == "02116"
    assert not in_scope(ana, note)


def test_who_is_erased_is_named_in_no_note(plan):
    mona = make_manager("Mona Manager")
    owner, cal = plan.property.owner, make_staff("Cal Colleague")
    User.objects.filter(pk=owner.pk).update(full_name="Rosa Rerenter")
    User.objects.filter(pk=cal.pk).update(is_active=False)
    cal.refresh_from_db()
    plan.status = "withdrawn"
    plan.save()
    note = make_note(plan, text="Rosa called Cal Colleague", written_by=mona)

    for person in (User.objects.get(pk=owner.pk), cal):
        erase(person, by=mona, reason="Asked for it")

    note.refresh_from_db()
    assert "Rosa" not in note.text
    assert "Cal Colleague" not in note.text
