"""The demo company: made once, all or nothing, with nothing in it that could not have happened."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.core.management.commands import migrate
from django.db import transaction
from django.db.models import F
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from bookings.demo import company
from bookings.demo.moments import CLOCK
from bookings.demo.people import PASSWORD, first_of, sign_ins
from bookings.demo.rows import rows_of
from bookings.models import AwayPlan, Booking, Property, Task
from bookings.querysets import TODAY_THERE
from bookings.tasks.planning import difference_of
from opsconsole.history.records import Version
from staffing.changes import changes, tell_changes
from staffing.coverage import overlaps
from staffing.gaps import Gaps
from staffing.models import User, ZipAssignment, ZipCode
from tests.clock import clock_at
from tests.exports.files import content_of, imported_again

pytestmark = pytest.mark.xdist_group("the demo company")  # made once, by one process

REAL_PLANS = AwayPlan.objects.filter(status__in=[*AwayPlan.BLOCKING, "completed"])
REAL_STAYS = Booking.objects.exclude(status__in=["cancelled", "no_show"])


@pytest.fixture(scope="module")
def told(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """What the command says as it makes the company, which is there for the whole module.

    The clock stands still: no day ends between the making and a look at it.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        with clock_at(timezone.now()):
            out = StringIO()
            with override_settings(DEBUG=True):
                call_command("seed_demo", stdout=out)
            yield out.getvalue()
        transaction.set_rollback(True)


@pytest.fixture
def seeded(told: str, db: None) -> None:
    """The company in the database; what a test changes is undone."""


def today() -> datetime.date:
    return timezone.now().astimezone(CLOCK).date()


def versions() -> list[Any]:
    return [model._base_manager for model in apps.get_models() if issubclass(model, Version)]


def counts() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


# The command


@pytest.mark.django_db
def test_is_refused_outside_development(settings: Any) -> None:
    settings.DEBUG, before = False, counts()

    with pytest.raises(CommandError, match="for development only"):
        call_command("seed_demo")

    assert counts() == before


def test_a_clash_changes_nothing_and_says_so(seeded: None, settings: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(company, "is_there", lambda: False)
    settings.DEBUG, before = True, counts()

    with pytest.raises(CommandError, match="nothing was changed"):
        call_command("seed_demo", stdout=StringIO())

    assert counts() == before


def test_migrates_first_where_it_is_asked_to(seeded: None, settings: Any, monkeypatch: Any) -> None:
    settings.DEBUG, migrated = True, []
    monkeypatch.setattr(migrate.Command, "handle", lambda *args, **kwargs: migrated.append(kwargs))

    call_command("seed_demo", stdout=StringIO())
    assert migrated == []
    call_command("seed_demo", "--migrate", stdout=StringIO())
    assert len(migrated) == 1


def test_tells_how_to_sign_in(told: str, db: None) -> None:
    lines = sign_ins()

    assert all(line in told for line in lines)
    assert len(PASSWORD) >= 12


def test_a_second_run_changes_nothing_and_tells_it_again(seeded: None, settings: Any) -> None:
    settings.DEBUG, before, out = True, counts(), StringIO()

    call_command("seed_demo", stdout=out)

    assert "already" in out.getvalue()
    assert sign_ins()[-1] in out.getvalue()
    assert counts() == before


@pytest.mark.parametrize("role", ["manager", "staff", "auditor"])
def test_one_of_each_role_signs_in(seeded: None, role: str) -> None:
    client = Client()

    client.post(reverse("admin:login"), {"username": first_of(role), "password": PASSWORD})

    assert User.objects.get(pk=client.session["_auth_user_id"]).user_type == role


def test_rerenters_have_no_password(seeded: None) -> None:
    rerenters = User.objects.rerenters()

    assert rerenters.count() == 60
    assert not any(person.has_usable_password() for person in rerenters)


# What is there


def test_every_record_stands_where_its_file_says(seeded: None) -> None:
    for model, name in ((AwayPlan, "away_plans"), (Booking, "bookings")):
        wanted = Counter(row["status"] for row in rows_of(name))

        assert Counter(model.objects.values_list("status", flat=True)) == wanted

    homes = {home.external_ref: home for home in Property.objects.all()}
    assert len(homes) == len(rows_of("properties"))
    for row in rows_of("properties"):
        home = homes[row["external_ref"]]
        as_filed = (home.name, home.lifecycle, f"{home.nightly_rate or ''}", str(home.max_guests))
        assert as_filed == tuple(
            row[field] for field in ("name", "lifecycle", "nightly_rate", "max_guests")
        )


def test_the_homes_and_people_pass_the_models_own_checks(seeded: None) -> None:
    for record in [*Property.objects.all()[::10], *User.objects.all()[::5]]:
        record.full_clean(validate_unique=False, validate_constraints=False)


def test_the_files_follow_the_package_and_each_other(seeded: None) -> None:
    served = ZipCode.objects.served()
    elsewhere = Property.objects.exclude(city=F("zip_code__city"))

    assert served.count() == len(rows_of("zip_codes_served")) == 40
    assert set(served.values_list("kind", flat=True)) == {"standard"}
    assert not Property.objects.exclude(zip_code__is_served=True).exists()
    assert not elsewhere.exists()


def test_every_served_zip_code_but_one_is_looked_after(seeded: None) -> None:
    looked_after = ZipAssignment.objects.current().filter(duty="primary").values("content_object")
    alone = ZipCode.objects.served().exclude(pk__in=looked_after)
    upcoming = AwayPlan.objects.filter(status="approved", starts_on__gt=today())

    assert [zip_code.code for zip_code in alone] == ["06418"]
    assert upcoming.filter(zip_code__in=alone).exists()
    assert ZipAssignment.objects.filter(starts_on__gt=today()).exists()


def test_the_coverage_page_has_something_to_show(seeded: None) -> None:
    nora = User.objects.get(email=first_of("manager"))
    covers = ZipAssignment.objects.current().filter(duty="cover")

    gaps = Gaps(nora, today())[:50]
    upcoming = [str(change) for change in tell_changes(list(changes(nora, today(), "")), nora)]
    [overlap] = overlaps(nora, today(), "")

    assert covers.filter(covers_for__isnull=False).count() == 2
    assert [(gap.code, gap.is_urgent) for gap in gaps] == [("06418", True), ("06443", False)]
    assert any("Priyanka Deshmukh stops being primary in 06443" in line for line in upcoming)
    assert (overlap.content_object.code, overlap.other_name) == ("06477", "Hannah Lindqvist")


@pytest.mark.parametrize("day", range(-3, 8))
def test_guests_come_and_go_every_day(seeded: None, day: int) -> None:
    date = today() + datetime.timedelta(days=day)

    assert REAL_STAYS.filter(arrives_on=date).exists()
    assert REAL_STAYS.filter(departs_on=date).exists()


def test_today_is_a_day_of_work(seeded: None) -> None:
    assert Booking.objects.arriving_today().count() >= 3
    assert Booking.objects.live().filter(departs_on=TODAY_THERE).count() >= 3
    assert AwayPlan.objects.waiting().count() >= 10
    assert AwayPlan.objects.filter(starts_on=today(), status__in=["preparing", "active"]).exists()
    assert Booking.objects.filter(status="held", held_until__gt=timezone.now()).exists()


# What must hold


@pytest.mark.parametrize(
    ("rows", "first", "last"),
    [
        (
            AwayPlan.objects.filter(status__in=[*AwayPlan.BLOCKING, "completed"]),
            "starts_on",
            "ends_on",
        ),
        (Booking.objects.exclude(status__in=["cancelled", "no_show"]), "arrives_on", "departs_on"),
    ],
    ids=["plans", "bookings"],
)
def test_nothing_overlaps_in_a_home(seeded: None, rows: Any, first: str, last: str) -> None:
    in_order = rows.order_by("property", first).values_list("property", first, last)

    for (home, _, ends), (next_home, starts, _) in pairwise(in_order):
        assert home != next_home or ends <= starts


@pytest.mark.parametrize(
    ("model", "statuses", "dates"),
    [
        (AwayPlan, ["completed"], "ends_on__gt"),
        (AwayPlan, ["active"], "starts_on__gt"),
        (AwayPlan, ["active"], "ends_on__lt"),
        (AwayPlan, ["submitted", "approved", "preparing"], "starts_on__lt"),
        (Booking, ["checked_out"], "departs_on__gt"),
        (Booking, ["checked_in"], "arrives_on__gt"),
        (Booking, ["checked_in"], "departs_on__lt"),
        (Booking, ["held", "confirmed"], "arrives_on__lt"),
    ],
)
def test_no_status_is_at_odds_with_its_dates(
    seeded: None, model: Any, statuses: list[str], dates: str
) -> None:
    assert not model.objects.filter(status__in=statuses, **{dates: today()}).exists()


def test_live_bookings_lie_inside_plans_that_host(seeded: None) -> None:
    inside = Booking.objects.live().filter(
        away_plan__hosting_allowed=True,
        away_plan__status__in=AwayPlan.HOSTING,
        away_plan__starts_on__lte=F("arrives_on"),
        away_plan__ends_on__gte=F("departs_on"),
        party_size__lte=F("property__max_guests"),
    )

    assert inside.count() == Booking.objects.live().count() > 50


def test_nobody_approved_their_own_plan_without_a_reason(seeded: None) -> None:
    own = AwayPlan.objects.filter(filed_by=F("decided_by")).exclude(status="cancelled")

    assert own.exists()
    assert not own.filter(decision_reason="").exists()
    assert not own.exclude(decided_by__user_type="manager").exists()


def test_every_version_has_an_actor_and_a_source(seeded: None) -> None:
    hired = User.history.model._base_manager  # by the command: nobody was there before them

    for table in versions():
        if table.model is hired.model:
            continue
        decided = table.exclude(source="reference")  # what ZIP codes were before is nobody's
        assert not decided.filter(history_user=None).exists()
        assert not decided.exclude(source="console").exists()
    assert set(hired.values_list("source", flat=True)) == {"command"}


def test_history_lies_in_the_past_and_begins_long_ago(seeded: None) -> None:
    now = timezone.now()
    long_ago = now - datetime.timedelta(days=180)

    for table in versions():
        assert not table.filter(history_date__gt=now).exists()
        if table.exists():
            assert table.filter(history_date__lt=long_ago).exists()


def test_history_goes_forward_in_the_order_it_was_written(seeded: None) -> None:
    for table in versions():
        dates = list(table.order_by("history_id").values_list("history_date", flat=True))

        assert dates == sorted(dates)


def test_the_times_on_a_record_are_those_of_its_history(seeded: None) -> None:
    planned = AwayPlan.history.filter(decided_at__isnull=False, changed_fields__contains=["status"])
    deciding = planned.filter(status__in=["approved", "declined", "cancelled"])
    arrivals = Booking.history.filter(changed_fields__contains=["checked_in_at"])

    assert deciding.filter(changed_fields__contains=["decided_at"]).exists()
    assert not (
        deciding.filter(changed_fields__contains=["decided_at"])
        .exclude(decided_at=F("history_date"))
        .exists()
    )
    assert not arrivals.exclude(checked_in_at=F("history_date")).exists()


def test_homes_have_a_history_with_reasons(seeded: None) -> None:
    changes = Property.history.filter(history_type="~")

    for field in ("nightly_rate", "name", "lifecycle"):
        assert changes.filter(changed_fields__contains=[field]).exists()
    assert not changes.filter(history_change_reason=None).exists()
    assert not changes.exclude(history_user__user_type="manager").exists()


def test_tasks_are_in_every_state_that_a_day_of_work_has(seeded: None) -> None:
    states = set(Task.objects.values_list("status", flat=True))

    assert states == set(Task.Status.values)
    assert set(Task.objects.values_list("kind", flat=True)) == {*Task.Kind.values} - {"issue"}
    assert Task.objects.due_today().count() >= 5
    assert set(difference_of(list(Property.objects.all())).counts.values()) == {0}
    assert not Task.objects.filter(status="done", checklist__required=True, checklist__done=False)


def test_staff_see_only_their_zip_codes(seeded: None) -> None:
    for person in User.objects.filter(user_type="staff"):
        own = set(person.zip_code_ids())
        homes = Property.objects.visible_to(person)

        assert own
        assert 0 < homes.count() < Property.objects.count()
        assert set(homes.values_list("zip_code_id", flat=True)) <= own


def test_its_homes_come_back_from_a_file_as_they_are(seeded: None, sign_in: Any) -> None:
    manager = User.objects.get(email=first_of("manager"))

    batch = imported_again(manager, content_of(sign_in(manager)))

    assert batch.rows == Property.objects.count() > 20
    assert batch.unchanged == batch.rows
