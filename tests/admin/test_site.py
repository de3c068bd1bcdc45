"""The frame of the console: sign-in, access denied, the palette, and what is left out."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, reverse

from opsconsole.admin import ConsoleAdmin
from opsconsole.database.checks import check_server_is_named
from staffing.models import User
from staffing.requests import address_of
from staffing.roles import ROLES
from tests.factories import (
    PASSWORD,
    loaded,
    make_auditor,
    make_manager,
    make_person,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
)

pytestmark = pytest.mark.django_db


def attempt(email: str, password: str = PASSWORD, client: Client | None = None):
    return (client or Client()).post("/login/", {"username": email, "password": password})


@pytest.mark.parametrize("role", ["staff", "manager", "auditor"])
def test_everybody_who_works_here_signs_in_with_their_email(role):
    person = make_person(user_type=role)

    response = attempt(person.email.upper())

    assert response.status_code == 302
    assert response.url == "/"


def test_rerenters_and_people_who_left_do_not():
    rosa = make_rerenter()
    gone = make_staff(is_active=False)

    for person in (rosa, gone):
        assert attempt(person.email).status_code == 200


def test_six_wrong_passwords_lock_the_sign_in():
    ana = make_staff()
    client = Client()
    for _ in range(6):
        last = attempt(ana.email, "wrong", client)

    locked = attempt(ana.email, client=client)

    assert (last.status_code, locked.status_code) == (429, 429)
    assert "locked for 15 minutes" in locked.content.decode()


@pytest.mark.parametrize("path", ["/", "/bookings/awayplan/", "/search/?s=a", "/no/such/page/"])
def test_whoever_is_not_signed_in_is_sent_to_the_sign_in(client, path):
    response = client.get(path)

    assert response.status_code == 302
    assert response.url.startswith("/login/?next=")


def test_access_denied_says_what_is_missing_and_whom_to_ask(sign_in):
    response = sign_in(make_staff(zips=("06511",))).get("/bookings/property/import/")

    content = response.content.decode()
    assert response.status_code == 403
    assert "Your role" in content
    assert "Ana Staff (Staff)" in content
    assert "ask an operations manager" in content


def test_every_page_is_built_on_console_admin():
    assert admin.site._registry
    for model_admin in admin.site._registry.values():
        assert isinstance(model_admin, ConsoleAdmin)


def test_the_redirect_to_any_object_is_gone(sign_in):
    with pytest.raises(NoReverseMatch):
        reverse("admin:view_on_site", args=[1, 1])
    assert sign_in(make_manager()).get("/r/1/1/").status_code == 404


def test_the_palette_finds_the_pages_of_ones_role(sign_in):
    found = sign_in(make_staff()).get("/search/?s=plan").content.decode()
    not_theirs = sign_in(make_staff()).get("/search/?s=import").content.decode()

    assert "Away plans" in found
    assert "Nothing matched" in not_theirs


@pytest.mark.parametrize(
    ("make", "titles"),
    [
        (
            make_manager,
            [
                "Home",
                "Notices",
                "Day sheet",
                "My calendar",
                "Properties",
                "Away plans",
                "Bookings",
                "Tasks",
                "To decide",
                "Timeline",
                "People",
                "Assignments",
                "ZIP codes",
                "Views as colleagues",
                "Who covers what",
                "Imports",
                "Exports",
                "Changes",
                "Review queue",
            ],
        ),
        (
            make_staff,
            [
                "Home",
                "Notices",
                "Day sheet",
                "My calendar",
                "Properties",
                "Away plans",
                "Bookings",
                "Tasks",
                "To decide",
                "Timeline",
                "People",
                "Assignments",
                "ZIP codes",
                "Changes",
            ],
        ),
        (
            make_auditor,
            [
                "Home",
                "Notices",
                "Day sheet",
                "My calendar",
                "Properties",
                "Away plans",
                "Bookings",
                "Tasks",
                "Timeline",
                "People",
                "Assignments",
                "ZIP codes",
                "Views as colleagues",
                "Who covers what",
                "Imports",
                "Exports",
                "Changes",
                "Review queue",
            ],
        ),
    ],
)
def test_the_sidebar_by_role(sign_in, make, titles):
    navigation = sign_in(make()).get("/").context["sidebar_navigation"]

    assert [item["title"] for group in navigation for item in group["items"]] == titles


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", "Home"),
        ("/bookings/awayplan/", "Away plans"),
        ("/bookings/awayplan/waiting/", "To decide"),
        ("/staffing/zipassignment/", "Assignments"),
        ("/staffing/zipassignment/coverage/", "Who covers what"),
        ("/password_change/", "Home"),
    ],
)
def test_the_sidebar_says_where_one_is(sign_in, path, title):
    page = sign_in(make_manager()).get(path)

    links = [item for group in page.context["sidebar_navigation"] for item in group["items"]]
    assert [link["title"] for link in links if link["active"]] == [title]
    _, _, sidebar = page.content.decode().partition('id="nav-sidebar-apps"')
    assert sidebar.partition("</nav>")[0].count('aria-current="page"') == 1


def test_the_environment_is_named_on_every_page(sign_in, settings):
    settings.ENVIRONMENT_NAME = "Staging"

    assert "Staging" in sign_in(make_staff()).get("/").content.decode()


def test_nothing_is_written_into_djangos_own_log(sign_in):
    from django.contrib.admin.models import LogEntry

    plan = make_plan()
    sign_in(make_manager()).post(
        f"/bookings/awayplan/{plan.pk}/change/",
        {
            "starts_on": plan.starts_on,
            "ends_on": plan.ends_on,
            "notes": "New",
            "bookings-TOTAL_FORMS": 0,
            "bookings-INITIAL_FORMS": 0,
            **loaded(plan),
        },
    )

    plan.refresh_from_db()
    assert plan.notes == "New"
    assert not LogEntry.objects.exists()


def test_a_policy_stands_against_foreign_scripts(client):
    policy = client.get("/login/")["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "object-src 'none'" in policy


def test_a_post_without_its_token_is_refused():
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_manager(), backend="staffing.backends.RoleBackend")

    assert client.post("/bookings/awayplan/add/", {}).status_code == 403


@pytest.mark.parametrize(
    ("behind", "header", "seen"),
    [
        (False, "6.6.6.6", "127.0.0.1"),
        (True, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (True, "", "127.0.0.1"),
    ],
)
def test_the_address_that_signs_in_is_the_proxys_word(settings, rf, behind, header, seen):
    settings.BEHIND_PROXY = behind

    assert address_of(rf.get("/", headers={"x-forwarded-for": header})) == seen


def test_a_deployment_names_its_database(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "EMBEDDED", "somewhere")

    assert [found.id for found in check_server_is_named(None)] == ["database.E001"]


def test_who_waits_for_a_record_waits_for_seconds_alone(sign_in, monkeypatch):
    seen = []

    def look(self, request):
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            seen.append(cursor.fetchone()[0])
        return []

    monkeypatch.setattr("opsconsole.site.ConsoleSite.get_sidebar_list", look)
    sign_in(make_staff()).get("/")

    assert seen == ["5s"]


def test_every_permission_of_the_roles_exists():
    from django.contrib.auth.models import Permission

    known = {
        f"{app}.{name}"
        for app, name in Permission.objects.values_list("content_type__app_label", "codename")
    }

    assert {name for names in ROLES.values() for name in names} <= known
    assert set(ROLES) == set(User.Type.values)


def test_nobody_changes_their_own_role(sign_in):
    mona = make_manager()

    sign_in(mona).post(
        f"/staffing/user/{mona.pk}/change/",
        {
            "full_name": "Mona Renamed",
            "email": mona.email,
            "phone": "",
            "user_type": "auditor",
            **loaded(mona),
        },
    )

    mona.refresh_from_db()
    assert (mona.full_name, mona.user_type, mona.is_active) == ("Mona Renamed", "manager", True)


def test_an_owner_of_homes_stays_a_rerenter_and_staff_stay_staff(sign_in):
    rosa = make_property().owner
    ana = make_staff(zips=("06511",))
    client = sign_in(make_manager())

    for someone, role in ((rosa, "staff"), (ana, "rerenter")):
        response = client.post(
            f"/staffing/user/{someone.pk}/change/",
            {
                "full_name": someone.full_name,
                "email": someone.email,
                "phone": "",
                "user_type": role,
                "is_active": "on",
                **loaded(someone),
            },
        )
        assert "user_type" in response.context["adminform"].form.errors


def test_a_new_booking_takes_no_step_by_a_forged_button(sign_in):
    plan = make_plan(status="approved", hosting_allowed=True)

    sign_in(make_manager()).post(
        "/bookings/booking/add/",
        {
            "away_plan": plan.pk,
            "arrives_on": plan.starts_on,
            "departs_on": plan.ends_on,
            "party_size": 1,
            "guest_name": "Gil",
            "channel": "direct",
            "bookings_booking_confirm": "1",
        },
    )

    assert plan.bookings.get().status == "held"


@pytest.mark.parametrize("make", [make_staff, make_auditor, make_manager])
def test_everybody_changes_their_own_password(sign_in, make):
    person, new = make(), "another-long-walk-home"

    sign_in(person).post(
        "/password_change/",
        {"old_password": PASSWORD, "new_password1": new, "new_password2": new},
    )

    before = person.password_set_at
    person.refresh_from_db()
    assert person.check_password(new)
    assert person.password_set_at > before
