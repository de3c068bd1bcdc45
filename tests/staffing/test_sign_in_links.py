"""One-time links: each colleague chooses their own password, and nobody else ever knows it."""

from __future__ import annotations

import io
import json
import logging
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from opsconsole.access.lock import held_to
from opsconsole.database.refusals import Refused
from opsconsole.imports import undoing
from opsconsole.secret_addresses import HideAddresses, hide_in_report
from staffing.models import User
from staffing.people_resources import PeopleResource
from staffing.sign_in_links import make_links, tokens
from tests.factories import loaded, make_auditor, make_manager, make_rerenter, make_staff
from tests.imports.files import imported

pytestmark = pytest.mark.django_db

CHOSEN = "orchard-lantern-42"
GONE = "This link no longer works"


def link_for(person: User, by: User) -> str:
    with held_to(by):
        return make_links([person], by=by)[person]


def choose(link: str, password: str = CHOSEN, again: str = "") -> Any:
    """Follow a link as its person does, from a browser of their own."""
    client = Client()
    opened = client.get(link, follow=True)
    if GONE in opened.content.decode():
        return opened
    form = opened.redirect_chain[-1][0]
    return client.post(form, {"new_password1": password, "new_password2": again or password})


def signs_in(person: User, password: str = CHOSEN) -> bool:
    data = {"username": person.email, "password": password}
    return Client().post("/login/", data).status_code == 302


@pytest.fixture
def mona() -> User:
    return make_manager()


@pytest.fixture
def ana() -> User:
    return make_staff("Ana Staff", email="ana@example.com")


def test_a_new_colleague_gets_in_by_a_link_that_is_shown_once(mona: User, sign_in: Any) -> None:
    client = sign_in(mona)
    new = {"full_name": "New Hire", "email": "New.Hire@Example.com", "user_type": "staff"}

    added = client.post("/staffing/user/add/", new)
    hire = User.objects.get(email="new.hire@example.com")
    page = reverse("admin:staffing_user_link", args=[hire.pk])
    before, made = client.get(page), client.post(page)

    assert added["Location"] == page
    assert not hire.has_usable_password()
    assert "/sign-in-link/" not in before.content.decode()
    [(_, link)] = made.context["links"]
    assert link in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    assert choose(link)["Location"] == "/login/"
    assert signs_in(hire)
    assert link not in client.get(page).content.decode()


def test_a_link_works_once(mona: User, ana: User) -> None:
    link = link_for(ana, mona)

    choose(link)

    assert GONE in choose(link, "another-orchard-lantern").content.decode()
    assert signs_in(ana)


def test_a_newer_link_ends_the_older(mona: User, ana: User) -> None:
    older = link_for(ana, mona)
    newer = link_for(User.objects.get(pk=ana.pk), mona)

    assert GONE in choose(older).content.decode()
    assert choose(newer).status_code == 302


def test_a_sign_in_ends_it(mona: User, ana: User) -> None:
    link = link_for(ana, mona)

    assert signs_in(ana, "a-long-enough-password")

    assert GONE in choose(link).content.decode()


@pytest.mark.parametrize(("days", "holds"), [(2.9, True), (3.1, False)])
def test_it_ends_after_three_days(
    mona: User, ana: User, days: float, holds: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = link_for(ana, mona)
    later = datetime.now() + timedelta(days=days)
    monkeypatch.setattr(tokens, "_now", lambda: later)

    assert (GONE not in choose(link).content.decode()) is holds


def test_a_link_of_somebody_deactivated_opens_nothing_ever_again(
    mona: User, ana: User, sign_in: Any
) -> None:
    link = link_for(ana, mona)
    form = {"full_name": ana.full_name, "email": ana.email, "user_type": "staff"}
    inlines = {"zip_assignments-TOTAL_FORMS": 0, "zip_assignments-INITIAL_FORMS": 0}
    client = sign_in(mona)

    client.post(f"/staffing/user/{ana.pk}/change/", {**form, **inlines, **loaded(ana)})
    assert not User.objects.get(pk=ana.pk).is_active
    while_away = choose(link).content.decode()
    back = {**form, "is_active": "on", **inlines, **loaded(ana)}
    client.post(f"/staffing/user/{ana.pk}/change/", back)
    assert User.objects.get(pk=ana.pk).is_active

    assert GONE in while_away
    assert GONE in choose(link).content.decode()


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", "", "at least 12 characters"),
        ("password1234", "", "too common"),
        (CHOSEN, "another-one-42", "didn’t match"),
        ("ana@example.com", "", "too similar"),
    ],
)
def test_a_password_that_will_not_do(
    mona: User, ana: User, password: str, again: str, said: str
) -> None:
    link = link_for(ana, mona)

    refused = choose(link, password, again)

    assert said in refused.content.decode()
    assert choose(link).status_code == 302  # the link is still good


def test_the_history_tells_who_made_it_and_who_chose(mona: User, ana: User) -> None:
    choose(link_for(ana, mona))

    chose, made = ana.history.order_by("-history_id")[:2]
    assert (made.history_user, made.changed_fields) == (mona, ["link_made_at"])
    assert made.history_change_reason == "One-time sign-in link made"
    assert (chose.history_user, chose.changed_fields) == (ana, ["password_set_at"])


@pytest.mark.parametrize("make", [make_rerenter, lambda: make_staff("Al", is_active=False)])
def test_who_does_not_sign_in_gets_no_link(mona: User, make: Any, sign_in: Any) -> None:
    them = make()

    with pytest.raises(Refused, match="does not sign in"):
        make_links([them], by=mona)

    page = sign_in(mona).post(f"/staffing/user/{them.pk}/link/")
    them.refresh_from_db()
    assert (page.status_code, them.link_made_at) == (403, None)


def test_nobody_makes_a_link_for_a_role_above_their_own(mona: User) -> None:
    eve = User.objects.create_superuser("eve@example.com", full_name="Eve")

    with pytest.raises(Refused, match="above yours"):
        make_links([eve], by=mona)
    with pytest.raises(Refused, match="above yours"):
        make_links([mona], by=make_auditor())


def test_ones_own_password_is_changed_with_the_old_one(mona: User, sign_in: Any) -> None:
    page = sign_in(mona).post(f"/staffing/user/{mona.pk}/link/")

    mona.refresh_from_db()
    assert (page["Location"], mona.link_made_at) == ("/password_change/", None)


def test_a_link_does_not_sign_in_and_holds_to_its_person(mona: User, ana: User) -> None:
    """Whoever is signed in where it is opened stays who they are."""
    link = link_for(ana, mona)
    client = Client()
    client.force_login(mona, backend="staffing.backends.RoleBackend")

    form = client.get(link)["Location"]
    client.post(form, {"new_password1": CHOSEN, "new_password2": CHOSEN})

    assert client.get("/").context["user"] == mona
    assert signs_in(ana)
    assert not signs_in(mona)


@pytest.mark.parametrize(
    "path",
    [
        "MQ/x",
        "!!/x",
        "AA/x",
        "MTIz/" + "x" * 3000,
        "OTk5OTk5OTk5OTk5OTk5OTk5OTk5/x",
        "4pmA/set-password",
    ],
)
def test_addresses_that_nobody_made(path: str) -> None:
    response = Client().get(f"/sign-in-link/{path}/")

    assert response.status_code == 200
    assert GONE in response.content.decode()


def test_no_log_and_no_report_has_the_link(mona: User, ana: User) -> None:
    link = link_for(ana, mona)
    record = logging.LogRecord("django.server", 20, "", 0, '"GET %s HTTP/1.1" 302', (link,), None)

    HideAddresses().filter(record)
    event = hide_in_report({"request": {"url": f"https://example.com{link}"}}, None)

    assert record.getMessage() == '"GET /sign-in-link/…/ HTTP/1.1" 302'
    assert event["request"]["url"] == "https://example.com/sign-in-link/…/"


# Those whom a file made


def people(*emails: str) -> list[dict[str, str]]:
    return [{"Email": email, "Name": email, "Role": "Staff"} for email in emails]


def test_the_report_of_an_import_leads_to_links_for_who_is_new(mona: User, sign_in: Any) -> None:
    rows = [*people("bo@example.com", "cy@example.com"), *people("rita@example.com")]
    rows[-1]["Role"] = "ReRenter"
    batch = imported(mona, *rows, resource=PeopleResource())
    client = sign_in(mona)
    page = reverse("admin:staffing_user_import_links", args=[batch.pk])

    report = client.get(reverse("admin:staffing_user_import_report", args=[batch.pk]))
    first, second = client.post(page).context["links"], client.post(page).context["links"]

    assert f'href="{page}"' in report.content.decode()
    assert "Make the sign-in links for 2 people" in report.content.decode()
    assert [them.email for them, _ in first] == ["bo@example.com", "cy@example.com"]
    assert GONE in choose(first[0][1]).content.decode()
    assert choose(second[0][1]).status_code == 302
    assert [them.email for them in client.get(page).context["people"]] == ["cy@example.com"]


def test_links_do_not_keep_an_import_from_being_undone(mona: User, sign_in: Any) -> None:
    batch = imported(mona, *people("bo@example.com"), resource=PeopleResource())
    sign_in(mona).post(reverse("admin:staffing_user_import_links", args=[batch.pk]))

    done = undoing.undo(batch, PeopleResource(), mona)

    assert (done.deleted, done.kept) == (1, 0)


def test_links_are_for_who_imported(mona: User, sign_in: Any) -> None:
    batch = imported(mona, *people("bo@example.com"), resource=PeopleResource())
    page = reverse("admin:staffing_user_import_links", args=[batch.pk])

    assert sign_in(make_manager("Max")).post(page).status_code == 404
    assert sign_in(make_staff()).post(page).status_code == 403
    assert User.objects.get(email="bo@example.com").link_made_at is None


# By command


def command(*args: Any) -> Any:
    out = io.StringIO()
    call_command("sign_in_links", *args, "--json", "--at", "https://ops.example.com/x", stdout=out)
    return json.loads(out.getvalue())


def test_links_by_command(mona: User, ana: User) -> None:
    said = command(ana.email, "--as", mona.email)

    [told] = said["links"]
    assert (told["name"], told["email"], said["hours"]) == ("Ana Staff", ana.email, 72)
    assert told["link"].startswith("https://ops.example.com/sign-in-link/")
    assert choose(told["link"].removeprefix("https://ops.example.com")).status_code == 302
    assert signs_in(ana)


def test_links_for_all_who_are_new_by_command(mona: User, ana: User) -> None:
    User.objects.create_superuser("eve@example.com", full_name="Eve")
    batch = imported(mona, *people("bo@example.com"), resource=PeopleResource())
    User.objects.create_user("cy@example.com", full_name="Cy", user_type="auditor")

    said = command("--new", "--as", mona.email)

    assert {told["email"] for told in said["links"]} == {"bo@example.com", "cy@example.com"}
    assert undoing.undo(batch, PeopleResource(), mona).deleted == 1


def test_who_makes_links_for_all_who_are_new_is_none_of_them(mona: User, ana: User) -> None:
    User.objects.update(password_set_at=None, last_login=None)

    said = command("--new", "--as", mona.email)

    assert [told["email"] for told in said["links"]] == [ana.email]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nobody@example.com"], "Nobody here has the email nobody@example.com."),
        ([], "Name the colleagues by their email, or all who are new with --new."),
        (["ana@example.com", "--new"], "Name the colleagues by their email, or all who are new"),
        (["eve@example.com"], "Nobody here has the email eve@example.com."),
        (["\ud800"], "characters that can't be read"),
    ],
)
def test_what_the_command_refuses(mona: User, ana: User, args: list[str], said: str) -> None:
    User.objects.create_superuser("eve@example.com", full_name="Eve")

    with pytest.raises(CommandError, match=re.escape(said)):
        command(*args, "--as", mona.email)


@pytest.mark.parametrize(
    "url", ["console.example.com", "ftp://x", "https://", "http://[", "x" * 99]
)
def test_an_address_that_is_none(mona: User, ana: User, url: str) -> None:
    with pytest.raises(CommandError, match="is not an address like"):
        call_command("sign_in_links", ana.email, "--as", mona.email, "--at", url)


def test_who_may_not_make_links_may_not_by_command(ana: User) -> None:
    with pytest.raises(CommandError, match="may not make sign-in links"):
        command("ana@example.com", "--as", make_auditor().email)
