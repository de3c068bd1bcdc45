"""Erasing a person: who they were is nowhere any more, and the history verifies and reads."""

from __future__ import annotations

from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from django.core.management import CommandError, call_command
from django.db import connection

from bookings.codes import services as codes
from bookings.models import AwayPlan, Booking, Property
from opsconsole.access.acting import Source, acting
from opsconsole.exports.models import Export
from opsconsole.history import sealing, verifying
from opsconsole.history.models import Seal
from opsconsole.history.story import tell, versions_of
from opsconsole.imports.models import ImportBatch, UploadedPart
from opsconsole.notices.models import Notice
from staffing.erasing import erase
from staffing.models import User, Viewing, ZipAssignment
from tests.factories import (
    assign,
    days,
    make_auditor,
    make_booking,
    make_code,
    make_item,
    make_manager,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_task,
    make_view,
    today,
)
from tests.history.test_sealing import as_owner, found
from tests.imports.files import home as home_row
from tests.imports.files import imported, uploaded

pytestmark = pytest.mark.django_db

REASON = "They asked for it"
PEOPLE = "staffing_historicaluser"


@pytest.fixture
def mona() -> User:
    return make_manager()


@pytest.fixture
def rosa() -> User:
    """A ReRenter who has had two names, two emails and two phones."""
    rosa = make_rerenter("Rosa Leewater", email="rosa@example.com", phone="+12035550123")
    User.objects.filter(pk=rosa.pk).update(
        full_name="Rosalind Marsh", email="marsh@example.org", phone="+442079460000"
    )
    rosa.refresh_from_db()
    return rosa


WORDS = (
    "rosa", "leewater", "marsh", "@example.org", "2035550123", "555-0123", "2079460000",
    "allergic", "piano",
)  # fmt: skip


def everything() -> str:
    """Every row of every table as text, in lower case; uploaded files as they read."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            texts += [f"{table}: {row}" for (row,) in cursor.fetchall()]
    files = [bytes(part.content).decode() for part in UploadedPart.objects.all()]
    return "\n".join([*texts, *files]).lower()


def mentions() -> list[str]:
    return [line for line in everything().splitlines() if any(word in line for word in WORDS)]


def erased(person: User, by: User, **more: Any) -> Any:
    return erase(person, by=by, reason=REASON, **more)


def a_life(rosa: User, mona: User) -> Property:
    """Rosa all over the place: notes, reasons, guests, files, logs."""
    home = make_property(owner=rosa, name="Rosa’s cottage")
    with acting(mona, source=Source.CONSOLE, reason="Rosa rang from 203-555-0123"):
        plan = make_plan(home, status="declined", decision_reason="Marsh is late", notes="Piano")
        AwayPlan.objects.filter(pk=plan.pk).update(notes="Allergic to cats")
    Property.objects.filter(pk=home.pk).update(amenities="Ask marsh@example.org. Two baths")
    code = make_code(home, label="Rosa’s porch")
    with acting(mona, source=Source.CONSOLE):
        codes.reveal(code, by=mona, reason="Rosalind Marsh is locked out")
    other = make_property(owner=make_rerenter("Tom Bell"))
    elsewhere = make_plan(other, status="completed", hosting_allowed=True, notes="Not hers")
    make_booking(
        elsewhere,
        status="cancelled",
        cancel_reason="rosa@example.com wrote: ill",
        guest_name="R. Marsh",
        guest_email="Rosa@Example.com",
        guest_phone="+12035550123",
    )
    make_booking(elsewhere, status="checked_out", guest_name="Gus", guest_phone="+12035550123")
    Export.objects.create(
        kind="properties",
        exported_by=mona,
        which="search for Rosalind Marsh",
        query="q=rosalind+marsh&o=marsh%40example.org",
        columns=["name"],
    )
    Viewing.objects.create(viewer=mona, person=make_staff(), reason="Rosalind Marsh complained")
    Notice.objects.create(
        person=mona, sentence="Marsh@example.org is new", link="/?q=+442079460000"
    )
    make_view(mona, "Rosalind Marsh", asks=[["q", "marsh@example.org"]], is_shared=True)
    make_view(rosa, "Mine")
    AccessLog.objects.create(username="ROSA@example.com", path_info="/login/")
    AccessAttempt.objects.create(
        username="marsh@example.org",
        get_data="",
        post_data="",
        path_info="/",
        http_accept="",
        failures_since_start=1,
    )
    imported(mona, home_row("H-7", Owner="marsh@example.org", Name="Rosalind Marsh's"))
    return home


def test_nothing_of_them_is_left_anywhere(rosa: User, mona: User) -> None:
    a_life(rosa, mona)
    sealing.seal()
    assert len(mentions()) > 15

    done = erased(rosa, mona)

    assert mentions() == []
    assert not AccessLog.objects.exists()
    assert not AccessAttempt.objects.exists()
    assert done.left == []
    assert done.files == 1


def test_the_history_verifies_before_and_after_and_tells_of_it(rosa: User, mona: User) -> None:
    a_life(rosa, mona)
    sealing.seal()
    assert found() == []

    erased(rosa, mona)

    assert found() == []
    sealing.seal()
    assert found() == []
    [told] = verifying.records()
    assert "erasure of a person" in told
    assert told.endswith(f"versions, by {mona}. {REASON}")


def test_the_record_names_who_why_and_the_new_digest_of_each_version(
    rosa: User, mona: User
) -> None:
    versions = set(rosa.history.values_list("history_id", flat=True))

    erased(rosa, mona)

    link = Seal.objects.get(kind="erasure")
    assert (link.made_by, link.reason) == (mona, REASON)
    [part] = link.parts.filter(table=PEOPLE)
    assert versions <= set(part.ids)
    assert len(bytes(part.digests)) == 32 * len(part.ids)


@pytest.mark.parametrize("when", ["before", "after"])
def test_tampering_is_still_named(rosa: User, mona: User, when: str) -> None:
    sealing.seal()
    version = rosa.history.earliest("history_id").history_id
    forge = f"UPDATE {PEOPLE} SET user_type = 'staff' WHERE history_id = %s"
    if when == "after":
        erased(rosa, mona)
    as_owner(forge, version)

    assert found() == [f"{PEOPLE}, version {version}: was altered."]


def test_what_was_erased_does_not_come_back(rosa: User, mona: User) -> None:
    version = rosa.history.earliest("history_id").history_id
    erased(rosa, mona)

    as_owner(f"UPDATE {PEOPLE} SET full_name = 'Rosa Leewater' WHERE history_id = %s", version)

    assert found() == [f"{PEOPLE}, version {version}: was altered."]


def test_the_history_still_reads(rosa: User, mona: User) -> None:
    home = make_property(owner=rosa)
    home.owner = make_rerenter("Tom Bell")
    home.save()

    erased(rosa, mona)

    newest = tell(home, list(versions_of(home, mona)), None, mona)[0]
    assert [(c.old, c.new) for c in newest.changes] == [("A person who was erased", "Tom Bell")]


def test_what_they_did_stays_theirs(mona: User) -> None:
    ana = make_staff("Ana Leewater", email="ana@example.com")
    plan = make_plan()
    with acting(ana, source=Source.CONSOLE, reason="As agreed"):
        AwayPlan.objects.filter(pk=plan.pk).update(hosting_allowed=True)
    User.objects.filter(pk=ana.pk).update(is_active=False)
    ana.refresh_from_db()

    erased(ana, mona)

    version = plan.history.latest("history_id")
    assert version.history_user_id == ana.pk
    assert str(version.history_user) == "A person who was erased"
    [entry, *_] = tell(plan, [version], None, mona)
    assert (entry.who, entry.reason) == ("A person who was erased", "As agreed")


def test_notes_of_their_plans_go_and_those_of_the_next_owner_stay(rosa: User, mona: User) -> None:
    home = make_property(owner=rosa)
    theirs = make_plan(home, status="completed", notes="Allergic to cats")
    home.owner = make_rerenter("Tom Bell")
    home.save()
    dates = {"starts_on": today() + days(40), "ends_on": today() + days(50)}
    of_tom = make_plan(home, notes="Two cats", **dates)

    erased(rosa, mona)

    for plan in (theirs, of_tom):
        plan.refresh_from_db()
    assert (theirs.notes, of_tom.notes) == ("", "Two cats")
    assert {version.notes for version in theirs.history.all()} == {""}


def test_others_keep_what_is_theirs(rosa: User, mona: User) -> None:
    """A namesake, a guest of the same name, a longer email, a phone that two share."""
    namesake = make_rerenter("rosalind marsh", email="other@example.com", phone="+442079460000")
    guest = make_booking(guest_name="Rosalind Marsh", guest_email="r.marsh@example.com")
    shared = make_booking(guest_name="Gil", guest_phone="+442079460000")
    longer = make_booking(guest_name="Gil", guest_email="anna-marsh@example.org")
    plan = make_plan(notes="Rosalind Marsh, the other one", status="draft")

    erased(rosa, mona)

    for record in (namesake, guest, shared, longer, plan):
        record.refresh_from_db()
    assert (namesake.full_name, namesake.phone) == ("rosalind marsh", "+442079460000")
    assert {version.phone for version in namesake.history.all()} == {"+442079460000"}
    assert guest.guest_name == "Rosalind Marsh"
    assert (shared.guest_name, shared.guest_phone) == ("Gil", "")
    assert longer.guest_email == "anna-marsh@example.org"
    assert plan.notes == "Rosalind Marsh, the other one"


def test_notes_about_a_colleague_who_left_go(mona: User) -> None:
    ben = make_staff("Ben Leewater", is_active=False)
    duty = assign(ben, "06511", note="On probation", ends_on=today())

    erased(ben, mona)

    ben.refresh_from_db()
    assert (ben.full_name, ben.user_type) == ("A person who was erased", "staff")
    assert not ben.has_usable_password()
    assert {version.note for version in ZipAssignment.history.filter(id=duty.pk)} == {""}


# What keeps somebody


def test_tasks_at_their_homes_call_them_by_no_part_of_their_name(rosa: User, mona: User) -> None:
    theirs = make_task(make_property(owner=rosa), notes="Ring Rosalind twice")
    others = make_task(notes="Water Rosalind, the orchid")
    line = make_item(theirs, note="Marsh has the second key")

    erase(rosa, by=mona, reason=REASON)

    for record in (theirs, others, line):
        record.refresh_from_db()
    assert theirs.notes == "Ring (erased) twice"
    assert line.note == "(erased) has the second key"
    assert others.notes == "Water Rosalind, the orchid"
    assert {version.notes for version in theirs.history.all()} == {theirs.notes}


def test_open_tasks_keep_who_has_them(mona: User) -> None:
    ana = make_staff("Ana Gone", is_active=False)
    make_task(assignee=ana, status="assigned")

    assert refusal(ana, mona) == "Ana Gone still has 1 open task: end that first."


def test_open_plans_and_bookings_keep_them(rosa: User, mona: User) -> None:
    plan = make_plan(make_property(owner=rosa), status="approved", hosting_allowed=True)
    make_booking(plan)
    make_booking(guest_email="Marsh@example.org")

    said = refusal(rosa, mona)

    assert said == (
        "Rosalind Marsh still has 1 open away plan and 2 live bookings: end that first."
    )


@pytest.mark.parametrize("ends_in", [1, None])
def test_open_assignments_keep_them(mona: User, ends_in: int | None) -> None:
    ben = make_staff("Ben Leewater", is_active=False)
    ends_on = today() + days(ends_in) if ends_in else None
    assign(ben, "06511", ends_on=ends_on)
    assign(make_staff(), "06511", duty="cover", covers_for=ben, ends_on=today() + days(9))

    assert refusal(ben, mona) == "Ben Leewater still has 2 open assignments: end that first."


def test_colleagues_who_work_here_stay(mona: User) -> None:
    ana = make_staff("Ana")

    assert refusal(ana, mona) == "Ana still works here: set them inactive first."


def test_nobody_erases_a_higher_role_or_themselves(rosa: User, mona: User) -> None:
    eve = make_manager("Eve", is_superuser=True, is_active=False)

    assert refusal(eve, mona) == "Eve has a higher role than Mona Manager: ask an engineer."
    assert refusal(mona, mona) == "Nobody erases themselves: ask another manager."
    for make in (make_staff, make_auditor):
        other = make()
        assert refusal(rosa, other) == f"{other} is not a manager: only managers erase people."


def test_the_reason_is_given_and_does_not_name_them(rosa: User, mona: User) -> None:
    assert refusal(rosa, mona, reason=" ") == "Say why they are erased."
    for reason in ("Rosa Leewater asked", "asked by MARSH@example.org", "call (203) 555-0123"):
        assert refusal(rosa, mona, reason=reason).startswith("The reason names them")


def test_an_earlier_reason_that_names_them_is_told(rosa: User, mona: User) -> None:
    other = make_rerenter("Tom Bell")
    erase(other, by=mona, reason="Rosalind Marsh is their heir")

    done = erased(rosa, mona)

    link = Seal.objects.filter(kind="erasure").earliest("pk")
    assert done.left == [f"The reason of seal {link.pk} names them."]


def test_an_import_under_way_is_waited_for(rosa: User, mona: User) -> None:
    rosa_by_email = home_row("H-7", Owner="marsh@example.org")
    batch = uploaded(mona, rosa_by_email)
    ImportBatch.objects.filter(pk=batch.pk).update(in_progress="commit")

    assert refusal(rosa, mona).startswith("An import that names them is under way")


def refusal(person: User, by: User, reason: str = REASON) -> str:
    """What the command says; nothing was changed."""
    with pytest.raises(CommandError) as refused:
        run(person, by, reason=reason)
    person.refresh_from_db()
    assert person.full_name != "A person who was erased"
    return str(refused.value)


# The command


def run(person: User, by: User, *more: str, reason: str = REASON) -> None:
    call_command("erase_person", person.email, "--as", by.email, "--reason", reason, *more)


def test_the_command_erases_once(
    rosa: User, mona: User, capsys: pytest.CaptureFixture[str]
) -> None:
    run(rosa, mona)
    run(rosa, mona)
    rosa.refresh_from_db()
    run(rosa, mona)
    call_command("verify_history")

    said = capsys.readouterr().out
    assert f"          1  {User._meta.db_table}\n" in said
    assert f"Person {rosa.pk} is erased, and verify_history tells of it." in said
    assert "Nobody has the email marsh@example.org any more, if anybody had" in said
    assert "They were erased before: nothing was done." in said
    assert "erasure of a person" in said
    assert Seal.objects.filter(kind="erasure").count() == 1


def test_a_dry_run_changes_nothing(
    rosa: User, mona: User, capsys: pytest.CaptureFixture[str]
) -> None:
    a_life(rosa, mona)
    before = everything()

    run(rosa, mona, "--dry-run")

    assert everything() == before
    said = capsys.readouterr().out
    assert f"  {PEOPLE}\n" in said
    assert said.endswith("A dry run: nothing was erased.\n")


def test_who_does_it_has_to_be_named(rosa: User) -> None:
    with pytest.raises(CommandError, match="No active colleague has the email rosa@"):
        call_command("erase_person", rosa.email, "--as", "rosa@example.com", "--reason", REASON)


def test_the_homes_of_who_was_erased_stay(rosa: User, mona: User) -> None:
    home = make_property(owner=rosa, street="12 Orange Street")

    erased(rosa, mona)

    home.refresh_from_db()
    assert (home.owner_id, home.street) == (rosa.pk, "12 Orange Street")
    assert Booking.objects.count() == 0
