"""What needs a reason is not written without one, whoever writes it and by whatever path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from bookings import services
from bookings.models import AwayPlan, Booking, Property
from bookings.resources import PropertyResource
from opsconsole.access.acting import Source, acting
from opsconsole.database.refusals import ReasonMissing, Refused, sentence_for
from opsconsole.imports import undoing
from staffing.models import User
from tests.access.bodies import fields_of
from tests.bulk import chosen, confirmed
from tests.factories import (
    days,
    make_booking,
    make_manager,
    make_plan,
    make_rerenter,
    make_staff,
    make_zip,
)
from tests.imports.files import home, imported

pytestmark = pytest.mark.django_db

BLANK = ["", "   "]


@pytest.fixture
def mona() -> User:
    return make_manager()


@dataclass(frozen=True)
class Change:
    """Something that needs a reason: by its service, by its form, and as it lands in the row."""

    make: Callable[[User], Any]
    service: Callable[..., Any]
    form: Callable[[Any], dict[str, Any]]
    row: Callable[[Any, User], dict[str, Any]]
    by_the_database: str
    by_the_service: str


def shorter(plan: AwayPlan, *, by: User, reason: str) -> Any:
    plan.ends_on -= days(1)
    return services.revise(plan, by=by, reason=reason)


def check_in(booking: Booking, *, by: User, reason: str) -> Any:
    return services.check_in(booking, by=by, at=timezone.now(), reason=reason)


def decided(status: str) -> Callable[[Any, User], dict[str, Any]]:
    """Whatever else the row holds: the reason is the history's."""
    return lambda plan, mona: {"status": status, "decision_reason": "Ill", "decided_by": mona}


CHANGES: dict[str, Change] = {
    "decline": Change(
        lambda mona: make_plan(),
        services.decline,
        lambda plan: {"bookings_awayplan_decline": ""},
        decided("declined"),
        "Say why the plan is declined or cancelled.",
        "Say why it is declined.",
    ),
    "cancel a plan": Change(
        lambda mona: make_plan(status="approved", decision_reason="As in May"),
        services.cancel,
        lambda plan: {"bookings_awayplan_cancel": ""},
        decided("cancelled"),
        "Say why the plan is declined or cancelled.",
        "Say why it is cancelled.",
    ),
    "new dates of an approved plan": Change(
        lambda mona: make_plan(status="approved"),
        shorter,
        lambda plan: {"ends_on": plan.ends_on - days(1)},
        lambda plan, mona: {"ends_on": plan.ends_on - days(1)},
        "Say why the plan is changed: it was approved as it was.",
        "Say why it is changed: it was approved as it was.",
    ),
    "override: approve one's own plan": Change(
        lambda mona: make_plan(filed_by=mona),
        services.approve,
        lambda plan: {"bookings_awayplan_approve": ""},
        decided("approved"),
        "Say why the plan is approved by who filed it.",
        "You filed this plan yourself: say why you approve it all the same.",
    ),
    "cancel a booking": Change(
        lambda mona: make_booking(),
        services.cancel_booking,
        lambda booking: {"bookings_booking_cancel": ""},
        lambda booking, mona: {"status": "cancelled", "cancel_reason": "Ill"},
        "Say why the booking is cancelled.",
        "Say why it is cancelled.",
    ),
    "override: check in early": Change(
        lambda mona: make_booking(),
        check_in,
        lambda booking: {"bookings_booking_check_in": ""},
        lambda booking, mona: {"status": "checked_in", "checked_in_at": timezone.now()},
        "Say why the guests come in before the away plan is on and the home prepared.",
        "The away plan is approved: guests come in once it is on. "
        "A manager may let them in earlier, with a reason.",
    ),
}


@pytest.fixture(params=CHANGES)
def change(request: pytest.FixtureRequest) -> Change:
    return CHANGES[request.param]


def refusal_of(write: Callable[[], Any]) -> str | None:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        write()
    return sentence_for(refused.value)


def as_stored(record: Any) -> dict[str, Any]:
    return type(record).objects.filter(pk=record.pk).values().get()


# Services


@pytest.mark.parametrize("reason", BLANK)
def test_a_service_asks_why(change: Change, reason: str, mona: User) -> None:
    record = change.make(mona)
    before = as_stored(record)

    with pytest.raises(ReasonMissing) as refused:
        change.service(record, by=mona, reason=reason)

    assert str(refused.value) == change.by_the_service
    assert as_stored(record) == before


def test_a_service_keeps_the_reason(change: Change, mona: User) -> None:
    record = change.make(mona)

    change.service(record, by=mona, reason="They called")

    newest = record.history.latest("history_id")
    assert (newest.history_type, newest.history_change_reason) == ("~", "They called")


def test_a_reason_does_not_let_staff_override() -> None:
    ana = make_staff(zips=("06511",))

    with pytest.raises(Refused) as own:
        services.approve(make_plan(filed_by=ana), by=ana, reason="Nobody else on duty")
    with pytest.raises(Refused) as early:
        check_in(make_booking(), by=ana, reason="They are here")

    assert {type(own.value), type(early.value)} == {Refused}


# Forms


def page(record: Any) -> str:
    return f"/bookings/{record._meta.model_name}/{record.pk}/change/"


@pytest.fixture
def client(sign_in: Any, mona: User) -> Client:
    return sign_in(mona)


@pytest.mark.parametrize("reason", BLANK)
def test_a_form_asks_why_where_the_answer_goes(
    change: Change, reason: str, client: Client, mona: User
) -> None:
    record = change.make(mona)
    before = as_stored(record)

    data = {**fields_of(record), "change_reason": reason, **change.form(record)}
    response = client.post(page(record), data)

    form = response.context["adminform"].form
    assert form.errors == {"change_reason": [change.by_the_service]}
    assert as_stored(record) == before


def test_a_form_takes_the_answer(change: Change, client: Client, mona: User) -> None:
    record = change.make(mona)

    response = client.post(page(record), {**fields_of(record), **change.form(record)})

    assert response.status_code == 302
    newest = record.history.latest("history_id")
    assert (newest.history_type, newest.history_change_reason) == ("~", "To see what happens")


def test_a_form_says_beforehand_when_it_needs_a_reason(client: Client) -> None:
    plan, booking = (client.get(page(r)).content.decode() for r in (make_plan(), make_booking()))

    assert "Needed to decline or cancel a plan" in plan
    assert "Needed to cancel a booking" in booking


def test_an_action_of_the_list_says_for_which_plan_it_needs_a_reason(
    client: Client, mona: User
) -> None:
    own, other = make_plan(filed_by=mona), make_plan()
    why = "You filed this plan yourself: say why you approve it all the same."

    looked = client.post("/bookings/awayplan/", chosen("approve", own, other))
    response = client.post("/bookings/awayplan/", confirmed("approve", own, other))

    assert list(looked.context["questions"]) == [why]
    assert response.context["form"].errors["reason"] == [why]
    other.refresh_from_db()
    assert other.status == "submitted"


# The database


def by_update(record: Any, values: dict[str, Any]) -> None:
    type(record).objects.filter(pk=record.pk).update(**values)


def by_save(record: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(record, name, value)
    record.save()


def by_bulk_update(record: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(record, name, value)
    type(record).objects.bulk_update([record], list(values))


def by_sql(record: Any, values: dict[str, Any]) -> None:
    columns = {record._meta.get_field(name).column: value for name, value in values.items()}
    sets = ", ".join(f"{column} = %s" for column in columns)
    params = [getattr(value, "pk", value) for value in columns.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {record._meta.db_table} SET {sets} WHERE id = %s", [*params, record.pk]
        )


WRITES = [by_update, by_save, by_bulk_update, by_sql]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("reason", [None, *BLANK])
def test_the_database_asks_why(
    change: Change, write: Callable[..., None], reason: str | None, mona: User
) -> None:
    record = change.make(mona)
    before, values = as_stored(record), change.row(record, mona)

    if reason is None:  # past the console
        sentence = refusal_of(lambda: write(record, values))
    else:
        with acting(mona, source=Source.COMMAND, reason=reason):
            sentence = refusal_of(lambda: write(record, values))

    assert sentence == change.by_the_database
    assert as_stored(record) == before


@pytest.mark.parametrize("write", WRITES)
def test_the_database_takes_the_answer(
    change: Change, write: Callable[..., None], mona: User
) -> None:
    record = change.make(mona)

    with acting(mona, source=Source.COMMAND, reason="They called"):
        write(record, change.row(record, mona))

    newest = record.history.latest("history_id")
    assert (newest.history_type, newest.history_change_reason) == ("~", "They called")


def test_what_needs_no_reason_needs_none(mona: User) -> None:
    plan = make_plan(status="approved", hosting_allowed=True)
    stay = make_booking(plan)

    by_update(plan, {"notes": "Two cats"})
    by_update(plan, {"status": "preparing"})
    by_update(plan, {"status": "active"})
    by_update(stay, {"status": "checked_in"})
    by_update(make_plan(), {"status": "approved", "decided_by": mona})
    by_update(make_plan(status="draft"), {"ends_on": plan.ends_on + days(1)})
    by_update(Property.objects.get(pk=plan.property_id), {"bedrooms": 4})

    assert AwayPlan.objects.get(pk=plan.pk).status == "active"


def test_an_undo_is_told_from_an_import_by_the_database(
    mona: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_zip("06511")
    make_rerenter(email="rosa@example.com")
    batch = imported(mona, home("H-1"))
    monkeypatch.setattr(undoing, "_acting_for", silently)

    with pytest.raises(Refused, match="Say why the import is undone"):
        undoing.undo(batch, PropertyResource(), mona)

    assert Property.objects.filter(external_ref="H-1").exists()


def silently(batch: Any, person: Any) -> Any:
    """As `_acting_for`, by somebody who forgot the reason."""
    return acting(person, source=Source.IMPORT, batch=batch.pk)
