"""Giving, changing and ending assignments: the services, and the page of one assignment."""

from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, transaction

from opsconsole.database.refusals import Refused
from staffing import services
from staffing.models import ZipAssignment
from staffing.previews import Outcome, Wish
from tests.factories import (
    assign,
    days,
    loaded,
    make_manager,
    make_person,
    make_staff,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db

PAGE = "/staffing/zipassignment/"


@pytest.fixture
def mona():
    return make_manager()


def wish(people, codes, **overrides) -> Wish:
    fields = {"duty": "backup", "starts_on": today(), **overrides}
    return Wish(list(people), [make_zip(code) for code in codes], **fields)


def refusal(step, *args, **kwargs) -> str:
    with pytest.raises(Refused) as refused:
        step(*args, **kwargs)
    return str(refused.value)


# What the database holds


def test_a_temporary_cover_needs_an_end():
    with pytest.raises(IntegrityError, match="temporary_covers_end"):
        assign(make_staff(), "06511", duty="cover")


@pytest.mark.parametrize("duty", ["primary", "backup"])
def test_only_a_cover_stands_in_for_somebody(duty):
    with pytest.raises(IntegrityError, match="only_covers_stand_in"):
        assign(make_staff(), "06511", duty=duty, covers_for=make_staff("Ben"))


def test_nobody_stands_in_for_themselves():
    ana = make_staff()

    with pytest.raises(IntegrityError, match="only_covers_stand_in"):
        assign(ana, "06511", duty="cover", covers_for=ana, ends_on=today() + days(5))


def test_a_cover_opens_the_zip_code_like_any_assignment():
    ana = make_staff()

    given = assign(ana, "06511", duty="cover", ends_on=today() + days(5))

    assert ana.zip_code_ids() == [given.content_object_id]


def test_the_history_keeps_whom_a_cover_is_for():
    ben = make_staff("Ben")
    given = assign(make_staff(), "06511", duty="cover", covers_for=ben, ends_on=today() + days(5))

    assert given.history.get().covers_for == ben


# Giving


def test_assigning_many_writes_what_is_new_with_one_version_each(mona):
    ana, ben = make_staff("Ana"), make_staff("Ben", zips=("06511",))

    pairs = services.assign_many(
        wish([ana, ben], ["06511", "06512"], note="Summer"), by=mona, reason="New team"
    )

    assert [pair.outcome for pair in pairs] == ["new", "new", "has", "new"]
    written = ZipAssignment.objects.filter(granted_by=mona)
    assert {(a.user.full_name, a.zip_code.code, a.duty, a.note) for a in written} == {
        ("Ana", "06511", "backup", "Summer"),
        ("Ana", "06512", "backup", "Summer"),
        ("Ben", "06512", "backup", "Summer"),
    }
    versions = ZipAssignment.history.filter(granted_by=mona)
    assert {(v.history_user, v.history_change_reason) for v in versions} == {(mona, "New team")}
    assert versions.count() == 3


def test_each_pair_is_told_apart(mona):
    has, partly, free = make_staff("Has"), make_staff("Partly"), make_staff("Free")
    gone, boss = make_staff("Gone", is_active=False), make_person(user_type="auditor")
    assign(has, "06511", duty="primary")
    assign(partly, "06511", starts_on=today() + days(5), ends_on=today() + days(9))
    asked = wish([has, partly, free, gone, boss], ["06511"], ends_on=today() + days(7))

    pairs = services.assign_many(asked, by=mona, reason="Trying")

    assert [pair.outcome for pair in pairs] == [
        Outcome.HAS,
        Outcome.OVERLAPS,
        Outcome.NEW,
        Outcome.NOT_STAFF,
        Outcome.NOT_STAFF,
    ]
    assert "primary from" in pairs[0].sentence
    assert "nothing is written" in pairs[1].sentence
    assert ZipAssignment.objects.filter(granted_by=mona).get().user == free


def test_back_to_back_is_new(mona):
    ana = make_staff()
    assign(ana, "06511", starts_on=today() - days(9), ends_on=today())

    pairs = services.assign_many(wish([ana], ["06511"]), by=mona, reason="Back again")

    assert [pair.outcome for pair in pairs] == ["new"]


def test_what_drifted_since_the_preview_is_listed_and_nothing_is_written(mona):
    ana, ben = make_staff("Ana"), make_staff("Ben")
    asked = wish([ana, ben], ["06511"])
    previewed = {pair.key: pair.sentence for pair in services.preview(asked)}
    assign(ben, "06511")

    with pytest.raises(services.Drifted) as drifted:
        services.assign_many(asked, by=mona, reason="New team", previewed=previewed)

    assert [line.startswith("Ben in 06511") for line in drifted.value.lines] == [True]
    assert not ZipAssignment.objects.filter(granted_by=mona).exists()


def test_a_preview_of_fewer_pairs_is_not_this_one(mona):
    with pytest.raises(services.Drifted):
        services.assign_many(
            wish([], ["06511"]), by=mona, reason="x", previewed={"1-1": "Primary."}
        )


def test_assigning_needs_a_reason_and_dates_that_are_not_over(mona):
    ana = make_staff()
    over = wish([ana], ["06511"], starts_on=today() - days(9), ends_on=today())

    assert "Say why" in refusal(services.assign_many, wish([ana], ["06511"]), by=mona, reason="  ")
    assert "over already" in refusal(services.assign_many, over, by=mona, reason="x")
    assert not ZipAssignment.objects.exists()


def test_one_is_assigned_to_active_staff_alone(mona):
    gone = make_staff(is_active=False)
    given = ZipAssignment(user=gone, content_object=make_zip(), starts_on=today())

    assert "not active staff" in refusal(services.assign, given, by=mona)
    assert not ZipAssignment.objects.exists()


# Ending


def test_ending_takes_effect_today_and_says_why(mona):
    ana = make_staff(zips=("06511",))
    given = ana.zip_assignments.get()

    services.end_assignment(given, by=mona, reason="Moved to Boston")

    given.refresh_from_db()
    assert given.ends_on == today()
    assert not ana.zip_assignments.current().exists()
    newest = given.history.latest("history_id")
    assert (newest.history_user, newest.history_change_reason) == (mona, "Moved to Boston")


def test_today_is_today_by_the_clock_of_the_zip_code(mona):
    far = make_zip("96910", timezone="Pacific/Kiritimati")  # a day ahead for ten hours of each
    given = assign(make_staff(), far.code, starts_on=today() - days(9))
    there = datetime.datetime.now(tz=datetime.UTC) + datetime.timedelta(hours=14)

    services.end_assignment(given, by=mona, reason="x")

    given.refresh_from_db()
    assert given.ends_on == there.date()


def test_what_has_not_begun_is_called_off_and_the_history_keeps_it(mona):
    given = assign(make_staff(), "06511", starts_on=today() + days(3))

    assert services.end_many([given.pk], by=mona, reason="Not needed") == (0, 1)

    assert not ZipAssignment.objects.exists()
    last = ZipAssignment.history.get(history_type="-")
    assert (last.history_user, last.history_change_reason) == (mona, "Not needed")


def test_what_began_today_and_ends_today_never_was(mona):
    given = assign(make_staff(), "06511", starts_on=today())

    assert services.end_many([given.pk], by=mona, reason="A slip") == (0, 1)

    assert not ZipAssignment.objects.exists()


@pytest.mark.parametrize(
    ("ends", "on", "reason", "sentence"),
    [
        (None, None, "", "Say why"),
        (None, -1, "x", "can’t end before today"),
        (0, None, "x", "already"),
        (3, 3, "x", "already"),
        (3, 8, "x", "already"),
    ],
)
def test_endings_that_are_refused_change_nothing(mona, ends, on, reason, sentence):
    ends_on = None if ends is None else today() + days(ends)
    given = assign(make_staff("Ana"), "06511", ends_on=ends_on)
    other = assign(make_staff("Ben"), "06511")

    said = refusal(
        services.end_many,
        [other.pk, given.pk],
        by=mona,
        reason=reason,
        on=None if on is None else today() + days(on),
    )

    assert sentence in said
    given.refresh_from_db()
    other.refresh_from_db()
    assert (given.ends_on, other.ends_on) == (ends_on, None)
    assert given.history.count() == other.history.count() == 1


def test_an_assignment_that_is_gone_ends_nothing(mona):
    given = assign(make_staff(), "06511")

    assert "no longer there" in refusal(
        services.end_many, [given.pk, given.pk + 1], by=mona, reason="x"
    )
    given.refresh_from_db()
    assert given.ends_on is None


# Changing


@pytest.mark.parametrize(("starts", "ends"), [(-1, 30), (2, 60), (2, None)])
def test_taking_days_away_needs_a_reason(mona, starts, ends):
    given = assign(make_staff(), "06511", ends_on=today() + days(60))
    given.starts_on = today() + days(starts)
    given.ends_on = ends and today() + days(ends)

    assert "Say why it is shortened" in refusal(services.change, given, by=mona)
    services.change(given, by=mona, reason="Moved")

    given.refresh_from_db()
    assert given.starts_on == today() + days(starts)


def test_giving_days_needs_none(mona):
    given = assign(make_staff(), "06511", ends_on=today() + days(30))
    given.ends_on = None

    services.change(given, by=mona)

    given.refresh_from_db()
    assert given.ends_on is None


def test_whose_it_is_and_where_stays(mona):
    given = assign(make_staff("Ana"), "06511")
    given.user = make_staff("Ben")

    assert "make another" in refusal(services.change, given, by=mona, reason="x")
    given.refresh_from_db()
    given.content_object = make_zip("06512")
    assert "make another" in refusal(services.change, given, by=mona, reason="x")


def test_what_is_over_stays_over(mona):
    given = assign(make_staff(), "06511", starts_on=today() - days(30))
    given.ends_on = today() - days(1)

    assert "can’t end before today" in refusal(services.change, given, by=mona, reason="x")


# The page of one assignment


def fields(given, **overrides):
    shown = {
        "duty": given.duty,
        "covers_for": "",
        "starts_on": given.starts_on,
        "ends_on": given.ends_on or "",
        "note": given.note,
        "change_reason": "",
        **loaded(given),
    }
    return {**shown, **overrides}


def test_a_manager_assigns_one(sign_in, mona):
    ana, ben = make_staff("Ana"), make_staff("Ben")
    zip_code = make_zip()

    sign_in(mona).post(
        f"{PAGE}add/",
        {
            "user": ana.pk,
            "content_object": zip_code.pk,
            "duty": "cover",
            "covers_for": ben.pk,
            "starts_on": today(),
            "ends_on": today() + days(9),
        },
    )

    given = ana.zip_assignments.get()
    assert (given.granted_by, given.covers_for, given.duty) == (mona, ben, "cover")


def test_a_cover_without_an_end_is_told_so_on_the_form(sign_in, mona):
    ana = make_staff()

    page = sign_in(mona).post(
        f"{PAGE}add/",
        {
            "user": ana.pk,
            "content_object": make_zip().pk,
            "duty": "cover",
            "starts_on": today(),
            "note": "Keep this note",
        },
    )

    assert page.status_code == 200
    assert "A temporary cover needs an end" in page.content.decode()
    assert "Keep this note" in page.content.decode()
    assert not ZipAssignment.objects.exists()


def test_shortening_on_the_form_asks_why(sign_in, mona):
    given = assign(make_staff(), "06511", note="Old")
    client, path = sign_in(mona), f"{PAGE}{given.pk}/change/"
    shorter = fields(given, ends_on=today() + days(5), note="Leaves us")

    page = client.post(path, shorter)

    assert "Say why it is shortened" in page.content.decode()
    assert "Leaves us" in page.content.decode()
    given.refresh_from_db()
    assert given.ends_on is None

    client.post(path, {**shorter, "change_reason": "Moves away"})

    given.refresh_from_db()
    assert (given.ends_on, given.note) == (today() + days(5), "Leaves us")
    assert given.history.latest("history_id").history_change_reason == "Moves away"


def test_the_form_moves_nothing_to_another_person_or_place(sign_in, mona):
    given = assign(make_staff("Ana"), "06511")
    other = fields(given, user=make_staff("Ben").pk, content_object=make_zip("06512").pk)

    sign_in(mona).post(f"{PAGE}{given.pk}/change/", {**other, "granted_by": mona.pk})

    given.refresh_from_db()
    assert (given.user.full_name, given.zip_code.code) == ("Ana", "06511")
    assert given.granted_by is None


def test_deleting_asks_for_a_day_and_a_reason_instead(sign_in, mona):
    given = assign(make_staff("Ana"), "06511")
    client, path = sign_in(mona), f"{PAGE}{given.pk}/delete/"

    asked = client.get(path).content.decode()
    posted = client.post(path, {"post": "yes"}).content.decode()

    for page in (asked, posted):
        assert "Ana loses 06511" in page
        assert "Left without anybody:" in page
    given.refresh_from_db()
    assert given.ends_on is None


@pytest.mark.parametrize("role", ["staff", "auditor"])
def test_only_managers_may_end_one(sign_in, role):
    person = make_person(user_type=role)
    given = assign(person if role == "staff" else make_staff(), "06511")
    client = sign_in(person)

    assert client.get(f"{PAGE}{given.pk}/delete/").status_code == 403
    assert client.post(f"{PAGE}end/", {"chosen": given.pk, "reason": "x"}).status_code == 403
    client.post(PAGE, {"action": "end_selected", "_selected_action": [given.pk]})

    given.refresh_from_db()
    assert given.ends_on is None


# Ending several from the list


def test_the_action_shows_what_each_loses_and_ends_on_a_second_post(sign_in, mona):
    ana, ben = make_staff("Ana", zips=("06511", "06512")), make_staff("Ben", zips=("06512",))
    coming = assign(ben, "06513", starts_on=today() + days(20))
    chosen = [*ana.zip_assignments.all(), coming]
    client, pks = sign_in(mona), [given.pk for given in chosen]

    page = client.post(PAGE, {"action": "end_selected", "_selected_action": pks}).content.decode()

    assert "Ana loses 06511, 06512 from" in page
    assert "Left without anybody:</strong> 06511, 06513." in page
    assert ZipAssignment.objects.filter(ends_on=None).count() == 4

    on = today() + days(4)
    client.post(f"{PAGE}end/", {"chosen": pks, "on": on, "reason": "New plan"})

    assert set(ana.zip_assignments.values_list("ends_on", flat=True)) == {on}
    assert list(ben.zip_assignments.values_list("content_object__code", "ends_on")) == [
        ("06512", None)
    ]
    assert set(
        ZipAssignment.history.exclude(history_type="+").values_list(
            "history_change_reason", "history_user", "history_type"
        )
    ) == {("New plan", mona.pk, "~"), ("New plan", mona.pk, "-")}


def test_what_ended_already_is_not_ticked(sign_in, mona):
    over = assign(make_staff("Ana"), "06511", starts_on=today() - days(9), ends_on=today())
    given = assign(make_staff("Ben"), "06511")

    page = sign_in(mona).post(
        PAGE, {"action": "end_selected", "_selected_action": [over.pk, given.pk]}
    )

    ticked = [line for line in page.content.decode().split("<input") if " checked>" in line]
    assert [f'value="{given.pk}"' in line for line in ticked] == [True]
    assert page.context["count"] == 1


def test_looking_again_at_another_day_writes_nothing(sign_in, mona):
    given = assign(make_staff("Ana"), "06511")
    assign(make_staff("Ben"), "06511", ends_on=today() + days(3))
    client = sign_in(mona)
    sent = {"chosen": given.pk, "reason": "Because", "look": "1"}

    now = client.post(f"{PAGE}end/", {**sent, "on": ""}).content.decode()
    later = client.post(f"{PAGE}end/", {**sent, "on": today() + days(3)}).content.decode()

    assert "No ZIP code is left without anybody" in now
    assert "Left without anybody:</strong> 06511." in later
    assert 'value="Because"' in later
    given.refresh_from_db()
    assert given.ends_on is None


@pytest.mark.parametrize(
    "sent",
    [
        {"reason": ""},
        {"reason": "x", "on": "yesterday"},
        {"reason": "x", "on": "9999-12-31"},
        {"reason": "x", "on": "0001-01-01"},
        {"reason": "x", "on": "2020-01-01"},
        {"reason": "y" * 50_000},
        {"reason": "nul \0"},
    ],
)
def test_wrong_input_ends_nothing_and_is_told(sign_in, mona, sent):
    given = assign(make_staff(), "06511")

    page = sign_in(mona).post(f"{PAGE}end/", {"chosen": given.pk, **sent})

    assert page.status_code == 200
    assert 'role="alert"' in page.content.decode()
    given.refresh_from_db()
    assert given.ends_on is None


@pytest.mark.parametrize("chosen", ["", "abc", "½", "9" * 30, "-1", "0"])
def test_ids_of_nothing_end_nothing(sign_in, mona, chosen):
    page = sign_in(mona).post(f"{PAGE}end/", {"chosen": chosen, "reason": "x"})

    assert page.status_code in (200, 302)


def test_too_many_at_once_are_refused(sign_in, mona):
    page = sign_in(mona).post(f"{PAGE}end/", {"chosen": range(1, 1500), "reason": "", "look": "1"})

    assert page.status_code == 302


def test_a_get_of_the_end_page_leads_to_the_list(sign_in, mona):
    assert sign_in(mona).get(f"{PAGE}end/")["Location"] == PAGE


def test_django_s_own_deletion_is_not_among_the_actions(sign_in, mona):
    given = assign(make_staff(), "06511")
    client = sign_in(mona)

    client.post(PAGE, {"action": "delete_selected", "_selected_action": [given.pk], "post": "yes"})

    assert ZipAssignment.objects.filter(pk=given.pk).exists()


def test_a_rolled_back_ending_leaves_nothing(mona):
    given = assign(make_staff(), "06511")

    with transaction.atomic():
        services.end_assignment(given, by=mona, reason="x")
        transaction.set_rollback(True)

    assert given.history.count() == 1


@pytest.mark.parametrize("prefix", ["zip_assignments", "assignments"])
def test_the_rows_on_another_form_delete_nothing(sign_in, mona, prefix):
    ana = make_staff(zips=("06511",))
    assignment = ana.zip_assignments.get()
    record = ana if prefix == "zip_assignments" else assignment.zip_code
    row = {"TOTAL_FORMS": 1, "INITIAL_FORMS": 1, "0-id": assignment.pk, "0-DELETE": "on"}
    fields = {"full_name": "Renamed", "email": ana.email, "user_type": "staff", "is_active": "on"}
    fields |= loaded(record)
    posted = {**fields, **{f"{prefix}-{name}": value for name, value in row.items()}}

    page = f"/staffing/{record._meta.model_name}/{record.pk}/change/"
    response = sign_in(mona).post(page, posted)

    assert response.status_code == 302
    assert ana.zip_assignments.get() == assignment
