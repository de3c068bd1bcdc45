"""Door codes: who is shown one and when, what is written down, and where a code never stands."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import Error, connection, transaction

from bookings.codes import cipher, rule, services
from bookings.codes.checks import check_keys
from bookings.models import AccessSecret, Property, SecretReveal
from opsconsole.access.acting import Source, acting
from opsconsole.access.lock import held_to
from opsconsole.database.refusals import Refused
from opsconsole.dates import say_date
from staffing.models import User, Viewing
from tests.factories import (
    days,
    make_auditor,
    make_code,
    make_manager,
    make_person,
    make_property,
    make_staff,
    make_task,
    today,
)

pytestmark = pytest.mark.django_db

CODE = "9182-Quince"


def task_of(person: User, home: Any, *, starts: int = 0, due: int = 0, **fields: Any) -> Any:
    """A task of this person, in days from today by the clock of the home."""
    window = {"starts_on": home.today + days(starts), "due_on": home.today + days(due)}
    return make_task(home, **{"assignee": person, "status": "assigned", **window, **fields})


def ask(client: Any, code: AccessSecret, **data: Any) -> Any:
    return client.post(f"/bookings/property/{code.property_id}/codes/{code.pk}/show/", data)


# Who is shown one


def test_staff_with_a_task_today_are_shown_the_code_and_it_is_written_down(sign_in):
    ana = make_staff("Ana", zips=("06511",))
    code = make_code(code=CODE)
    task = task_of(ana, code.property)

    page = ask(sign_in(ana), code)

    assert CODE in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    row = SecretReveal.objects.get()
    assert (row.secret, row.task, row.revealed_by, row.was_shown) == (code, task, ana, True)
    assert row.address == "127.0.0.1"
    assert row.request_id


def test_managers_say_why_first(sign_in):
    mona, code = make_manager(), make_code(code=CODE)
    client = sign_in(mona)

    asked = ask(client, code)
    blank = ask(client, code, reason="  ")
    told = ask(client, code, reason="A neighbour called: water")

    assert "Why do you need it?" in asked.content.decode()
    assert "Say why you need the code." in blank.content.decode()
    assert CODE not in asked.content.decode() + blank.content.decode()
    assert CODE in told.content.decode()
    row = SecretReveal.objects.get()
    assert (row.revealed_by, row.reason, row.task) == (mona, "A neighbour called: water", None)


def test_auditors_see_that_there_is_a_code_and_who_was_shown_it_and_never_the_code(sign_in):
    code = make_code(code=CODE, label="Cellar door")
    ask(sign_in(make_manager("Mona")), code, reason="A neighbour called")
    client = sign_in(make_auditor())

    page = client.get(f"/bookings/property/{code.property_id}/codes/").content.decode()
    answer = ask(client, code, reason="To see what happens")

    assert "Cellar door" in page
    assert "A neighbour called" in page
    assert "Mona" in page
    assert "Show the code" not in page
    assert (answer.status_code, CODE in answer.content.decode()) == (403, False)
    assert SecretReveal.objects.count() == 1


@pytest.mark.parametrize(
    ("task", "sentence"),
    [
        ({"starts": 2, "due": 3}, "You can be shown codes from"),
        ({"starts": -5, "due": -2}, "was due on"),
        ({"status": "done", "done_by": True}, "no open task of your own"),
        ({"status": "blocked", "reason": "No key"}, "no open task of your own"),
        ({"assignee": None, "status": "unassigned"}, "no open task of your own"),
    ],
)
def test_staff_without_a_task_of_their_own_near_today_are_told_why_not(sign_in, task, sentence):
    ana = make_staff("Ana", zips=("06511",))
    code = make_code(code=CODE)
    if "done_by" in task:
        task = {**task, "done_by": ana}
    task_of(ana, code.property, **task)
    client = sign_in(ana)

    answer = ask(client, code)
    home = client.get(f"/bookings/property/{code.property_id}/change/").content.decode()

    assert answer.status_code == 403
    assert sentence in answer.content.decode()
    assert sentence in home
    assert "Show the code" not in home
    assert not SecretReveal.objects.exists()


@pytest.mark.parametrize(("starts", "due"), [(1, 3), (-3, -1), (0, 0)])
def test_a_day_before_and_a_day_after_count(starts, due):
    ana = make_staff("Ana", zips=("06511",))
    code = make_code(code=CODE)
    task_of(ana, code.property, starts=starts, due=due)

    assert revealed(code, ana) == CODE


def test_the_day_is_the_homes_own():
    ana = make_staff("Ana", zips=("06511",))
    east, west = (
        make_property_in(zone) for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago")
    )  # never on the same day
    far, near = (
        make_task(home, assignee=ana, status="assigned", starts_on=day, due_on=day)
        for home, day in ((west, east.today + days(1)), (east, east.today + days(1)))
    )

    assert rule.visit_of(ana, east).task == near
    assert "from" in rule.visit_of(ana, west).why_not
    assert taken(ana, make_code(east), near)
    assert not taken(ana, make_code(west), far)


def make_property_in(zone: str) -> Any:
    home = make_property()
    Property.objects.filter(pk=home.pk).update(timezone=zone)
    home.refresh_from_db()
    return home


def test_a_colleagues_task_and_a_task_in_another_home_open_nothing():
    ana, ben = make_staff("Ana", zips=("06511",)), make_staff("Ben", zips=("06511",))
    code = make_code(code=CODE)
    task_of(ben, code.property)
    task_of(ana, make_property())

    with pytest.raises(Refused, match="no open task of your own"):
        revealed(code, ana)


def test_nobody_is_shown_a_code_that_has_ended(sign_in):
    mona, ana = make_manager(), make_staff("Ana", zips=("06511",))
    code = make_code(code=CODE, valid_from=today() - days(9), valid_to=today() - days(2))
    task_of(ana, code.property)

    answers = [ask(sign_in(mona), code, reason="Why not"), ask(sign_in(ana), code)]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert all("has ended" in answer.content.decode() for answer in answers)
    assert not SecretReveal.objects.exists()


def test_a_code_of_next_week_is_shown_to_managers_alone():
    mona, ana = make_manager(), make_staff("Ana", zips=("06511",))
    code = make_code(code=CODE, valid_from=today() + days(7))
    task_of(ana, code.property)

    assert revealed(code, mona, reason="Is it the right one?") == CODE
    with pytest.raises(Refused, match=f"before {say_date(code.valid_from)}"):
        revealed(code, ana)


def test_who_looks_as_a_colleague_is_shown_nothing(sign_in):
    mona, ana = make_manager(), make_staff("Ana", zips=("06511",))
    code = make_code(code=CODE)
    task_of(ana, code.property)
    client = sign_in(mona)
    client.post(f"/staffing/user/{ana.pk}/view-as/", {"reason": "To help her"})
    assert Viewing.objects.exists()

    answer = ask(client, code)

    assert (answer.status_code, CODE in answer.content.decode()) == (403, False)
    assert not SecretReveal.objects.exists()


def test_past_so_many_within_an_hour_none_is_shown_and_the_log_says_so(sign_in):
    ana = make_staff("Ana", zips=("06511",))
    code = make_code(code=CODE)
    task_of(ana, code.property)
    client = sign_in(ana)

    pages = [ask(client, code) for _ in range(services.AN_HOUR + 1)]

    assert [page.status_code for page in pages] == [200] * services.AN_HOUR + [429]
    assert CODE not in pages[-1].content.decode()
    assert f"{services.AN_HOUR} codes within an hour" in pages[-1].content.decode()
    assert SecretReveal.objects.filter(was_shown=False).count() == 1


# The database says the same by itself


def revealed(code: AccessSecret, person: User, reason: str = "") -> str:
    with acting(person, source=Source.CONSOLE), held_to(person):
        return services.reveal(code, by=person, reason=reason)


def taken(person: User, code: AccessSecret, task: Any = None, why: str = "") -> bool:
    """Whether the database gives a code away to this person, whatever the application says."""
    try:
        with (
            transaction.atomic(),
            acting(person, source=Source.CONSOLE),
            held_to(person),
            connection.cursor() as cursor,
        ):
            said = [code.pk, task and task.pk, why]
            cursor.execute("SELECT reveal_access_secret(%s, %s, %s, '')", said)
            return cursor.fetchone()[0] is not None
    except Error:
        return False


def test_the_database_gives_no_code_to_who_may_not_be_shown_it():
    ana, ben = make_staff("Ana", zips=("06511",)), make_staff("Ben", zips=("02116",))
    code, over = make_code(), make_code(valid_from=today() - days(9), valid_to=today() - days(3))
    home = code.property
    near = task_of(ana, home)
    early, done = (
        task_of(ana, home, starts=2, due=2),
        task_of(ana, home, status="blocked", reason="x"),
    )
    bens = task_of(ben, home)
    elsewhere = task_of(ana, make_property())

    assert taken(ana, code, near)
    assert not any(taken(ana, code, task) for task in (None, early, done, bens, elsewhere))
    assert not taken(ana, make_code(home, valid_from=today() + days(3)), near)
    assert not taken(ana, over, task_of(ana, over.property))
    assert not taken(ben, code, bens)  # his own, and outside of his ZIP codes
    assert taken(make_manager(), code, why="Water")
    assert not taken(make_manager(), code)
    assert not taken(make_auditor(), code, why="Curious")
    assert not taken(make_manager(is_active=False), code, why="Gone")
    assert not taken(make_person("Rob", "rerenter"), code, near, "Mine")


def test_the_database_gives_no_code_in_a_view_as_a_colleague():
    ana, mona, code = make_staff("Ana", zips=("06511",)), make_manager(), make_code()
    task = task_of(ana, code.property)

    with (
        acting(mona, source=Source.CONSOLE),
        held_to(ana),
        connection.cursor() as cursor,
        pytest.raises(Error, match="not to be revealed"),
        transaction.atomic(),
    ):
        cursor.execute("SELECT reveal_access_secret(%s, %s, 'Why', '')", [code.pk, task.pk])


@pytest.mark.parametrize("role", ["staff", "manager", "auditor"])
def test_no_request_reads_what_is_sealed_or_writes_the_log(role):
    code = make_code()
    person = make_person("Somebody", role)
    sql = {
        "SELECT sealed FROM bookings_accesssecret",
        "SELECT * FROM bookings_accesssecret",
        "SELECT 1 FROM bookings_accesssecret WHERE sealed IS NOT NULL",
        "INSERT INTO bookings_secretreveal (secret_id, revealed_by_id, revealed_at, was_shown, "
        f"reason, address) VALUES ({code.pk}, {person.pk}, now(), true, '', '')",
        "UPDATE bookings_secretreveal SET reason = ''",
        "DELETE FROM bookings_secretreveal",
    }

    for statement in sql:
        with (
            held_to(person),
            connection.cursor() as cursor,
            pytest.raises(Error, match="permission denied"),
            transaction.atomic(),
        ):
            cursor.execute(statement)


def test_the_log_is_added_to_and_never_changed_not_even_by_the_owner():
    code = make_code()
    revealed(code, make_manager(), reason="Water")

    for change in (
        lambda: SecretReveal.objects.update(reason="Nothing"),
        lambda: SecretReveal.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            change()


# Where a code never stands


def test_a_code_is_sealed_for_its_home():
    one, other = make_code(code=CODE), make_code()
    sealed = AccessSecret.objects.values_list("sealed", flat=True)

    assert CODE.encode() not in bytes(sealed.get(pk=one.pk))
    AccessSecret.objects.filter(pk=other.pk).update(sealed=bytes(sealed.get(pk=one.pk)))
    with pytest.raises(Refused, match="for another home"):
        revealed(other, make_manager(), reason="Water")


def test_the_form_of_a_code_never_shows_it_and_keeps_it_where_none_is_typed(sign_in):
    mona, code = make_manager(), make_code(code=CODE)
    client, page = sign_in(mona), f"/bookings/property/{code.property_id}/codes/{code.pk}/"
    fields = {"kind": "door", "label": "Side door", "valid_from": code.valid_from}
    form = client.get(page)

    refused = client.post(page, {**fields, "code": "5550-Plum", "valid_from": "soon"})
    saved = client.post(page, {**fields, "code": "", "opened": form.context["opened"]})

    assert CODE not in form.content.decode()
    assert "5550-Plum" not in refused.content.decode()
    assert saved.status_code == 302
    code.refresh_from_db()
    assert (code.kind, code.label) == ("door", "Side door")
    assert revealed(code, mona, reason="Is it the same?") == CODE


def test_a_manager_adds_a_code_and_changes_and_ends_it(sign_in):
    mona, home = make_manager(), make_property()
    client, pages = sign_in(mona), f"/bookings/property/{home.pk}/codes/"
    new = {"kind": "alarm", "label": "Hall", "code": CODE, "valid_from": home.today}
    client.post(f"{pages}add/", new)
    code = AccessSecret.objects.get()
    opened = client.get(f"{pages}{code.pk}/").context["opened"]

    changed = {**new, "code": "5550-Plum", "opened": opened, "valid_to": home.today + days(5)}
    client.post(f"{pages}{code.pk}/", changed)
    late = client.post(f"{pages}{code.pk}/", {**new, "label": "Cellar", "opened": opened})

    code.refresh_from_db()
    assert (code.label, code.valid_to) == ("Hall", home.today + days(5))
    assert revealed(code, mona, reason="Is it the new one?") == "5550-Plum"
    assert "Somebody changed this code" in late.content.decode()


@pytest.mark.parametrize("given", ["label", "reason"])
def test_what_all_may_read_does_not_hold_the_code(sign_in, given):
    home = make_property()
    fields = {"kind": "door", "label": "", "code": CODE, "valid_from": home.today}
    telling = {**fields, given: f"It is {CODE.lower()} now"}

    page = sign_in(make_manager()).post(f"/bookings/property/{home.pk}/codes/add/", telling)

    assert "give the code away" in page.content.decode()
    assert not AccessSecret.objects.exists()


def test_the_history_says_that_a_code_changed_whoever_writes_it_and_not_what_it_is(sign_in):
    mona, code = make_manager(), make_code(code=CODE)
    with acting(mona, source=Source.COMMAND):
        AccessSecret.objects.filter(pk=code.pk).update(sealed=cipher.seal("5550", code.property_id))
        AccessSecret.objects.filter(pk=code.pk).update(
            code_set_at=datetime.datetime.now(datetime.UTC)
        )

    versions = list(code.history.order_by("history_id"))
    client = sign_in(mona)
    page = client.get(f"/bookings/property/{code.property_id}/history/").content.decode()
    change = client.get(f"/changes/code/{versions[-1].pk}/").content.decode()

    assert [version.changed_fields for version in versions] == [[], ["code_set_at"]]
    assert not hasattr(versions[0], "sealed")
    told = " ".join(page.split())
    assert "Code" in told
    assert "changed" in told
    assert '<td class="break-words" data-title="After">changed</td>' in change
    assert "gAAAA" not in page + change


@pytest.mark.parametrize(
    "path",
    [
        "/bookings/property/?access_secrets__label__startswith=P",
        "/bookings/property/?access_secrets__sealed__contains=g",
        "/bookings/task/?property__access_secrets__label=Porch",
        "/bookings/awayplan/?property__access_secrets__isnull=False",
    ],
)
def test_no_list_is_asked_for_codes(sign_in, path):
    make_code(label="Porch")

    answer = sign_in(make_manager()).get(path)

    assert answer.status_code in (302, 400)


def test_a_code_stands_on_no_page_but_the_one_that_shows_it(sign_in):
    mona, code = make_manager(), make_code(code=CODE)
    home, client = code.property, sign_in(mona)
    task = make_task(home)
    ask(client, code, reason="Water")
    sealed = bytes(AccessSecret.objects.values_list("sealed", flat=True).get()).decode()
    pages = [
        f"/bookings/property/{home.pk}/{page}/" for page in ("change", "history", "codes", "access")
    ]
    pages += [
        f"/bookings/property/{home.pk}/codes/{code.pk}/", f"/bookings/task/{task.pk}/change/",
        "/bookings/property/", "/changes/?what=property", "/bookings/awayplan/timeline/?all=on",
        "/",
    ]  # fmt: skip

    for page in pages:
        text = client.get(page).content.decode()
        assert CODE not in text, page
        assert sealed not in text, page


def test_what_is_sent_and_what_functions_hold_is_not_reported(settings, rf):
    from bookings.admin.codes import CodePages

    assert settings.SENTRY["max_request_body_size"] == "never"
    assert settings.SENTRY["include_local_variables"] is False
    request = rf.post("/", {"code": CODE})
    request.user = make_auditor()
    with pytest.raises(Exception, match="may not set door codes"):
        CodePages.set_code(CodePages, request, "1")
    assert request.sensitive_post_parameters == ("code",)


# Keys


def test_codes_are_encrypted_with_the_newest_key_beside_those_that_are(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.DOOR_CODE_KEYS = [old]
    code = make_code(code=CODE)
    settings.DOOR_CODE_KEYS = [new, old]
    make_code(code="5550")

    call_command("rotate_door_codes")
    call_command("rotate_door_codes")

    settings.DOOR_CODE_KEYS = [new]
    assert revealed(code, make_manager(), reason="Is it the same?") == CODE
    version = code.history.latest()
    assert (version.changed_fields, version.source) == (["code_set_at"], "command")
    assert "newest key" in version.history_change_reason
    assert code.history.count() == 2
    assert AccessSecret.history.count() == 3


def test_a_code_that_no_key_opens_is_named(settings):
    settings.DOOR_CODE_KEYS = [Fernet.generate_key().decode()]
    code = make_code()
    settings.DOOR_CODE_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(CommandError, match=f"No key opens these codes: {code.pk}"):
        call_command("rotate_door_codes")
    with pytest.raises(Refused, match="No key opens this code"):
        revealed(code, make_manager(), reason="Water")


def test_a_deployment_without_keys_or_with_another_is_told(settings):
    settings.DOOR_CODE_KEYS = []
    [missing] = check_keys(None)
    settings.DOOR_CODE_KEYS = [Fernet.generate_key().decode(), "4711"]
    [wrong] = check_keys(None)
    settings.DOOR_CODE_KEYS = [Fernet.generate_key().decode()]

    assert missing.msg == "DOOR_CODE_KEYS is not set."
    assert "generate_key" in missing.hint
    assert wrong.msg == "Key 2 of DOOR_CODE_KEYS is none."
    assert check_keys(None) == []


def test_the_rule_and_the_database_count_the_same_days():
    assert days(1) == rule.NEAR
