"""Paths through pages: forms, steps, actions of lists, pages of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client

from bookings.models import AwayPlan, Booking, Property, Task
from opsconsole.history.versions import newest_version
from staffing.models import User, ZipAssignment
from staffing.sign_in_links import make_links
from tests.access.bodies import NEW_PASSWORD, fields_of
from tests.bulk import confirmed
from tests.factories import (
    PASSWORD,
    assign,
    make_booking,
    make_item,
    make_plan,
    make_staff,
    make_task,
    make_zip,
)
from tests.history.paths import Cell, Row, Trace, Watch, changed, made
from tests.history.paths.records import SAMPLES
from tests.history.paths.work import brought, settle

WHY = "To see what happens"  # what `fields_of` says

type Post = Callable[[Client], list[Any]]


def by_mona(prepare: Callable[[], Post], reason: str | None = WHY) -> Cell:
    """Mona posts what `prepare` made; that tells what it must have written."""

    def act(watch: Watch) -> Trace:
        client, post = Client(), prepare()
        client.force_login(watch.mona, backend="staffing.backends.RoleBackend")
        watch.begin()
        return Trace(post(client), "console", watch.mona, reason)

    return act


def sent(client: Client, address: str, data: dict[str, Any]) -> Any:
    """The answer, once a page of an error is ruled out."""
    response = client.post(address, data)
    assert response.status_code == 302, response.content.decode()
    return response


def page(record: Any, name: str = "change") -> str:
    meta = record._meta
    return f"/{meta.app_label}/{meta.model_name}/{record.pk}/{name}/"


# Forms


def sample(model: Any) -> Any:
    """A record whose form brings no work, as what it brings is done."""
    record = SAMPLES[model].make()
    return settle(record) if model is Booking else record


def added(model: Any) -> Cell:
    """The form of a new record, filled in as another one beside the sample."""

    def prepare() -> Post:
        record = sample(model)
        form = fields_of(record, **SAMPLES[model].beside(record))

        def post(client: Client) -> list[Any]:
            sent(client, f"/{model._meta.app_label}/{model._meta.model_name}/add/", form)
            new = model.objects.latest("pk")
            return [made(new), *(brought(new) if model is Booking else [])]

        return post

    return by_mona(prepare)


def edited(model: Any) -> Cell:
    """The form of a record, one field changed."""

    def prepare() -> Post:
        record, field = sample(model), SAMPLES[model].field

        def post(client: Client) -> list[Any]:
            sent(client, page(record), fields_of(record, **{field: SAMPLES[model].value}))
            return [changed(record, field)]

        return post

    return by_mona(prepare)


def unedited(model: Any) -> Cell:
    """The form of a record, sent as it came."""

    def prepare() -> Post:
        record = sample(model)
        return lambda client: sent(client, page(record), fields_of(record)) and []

    return by_mona(prepare)


def moved_home() -> Post:
    """A home that moves by its form takes all that hangs from it along, for the same reason."""
    booking = settle(make_booking())
    home = booking.property
    elsewhere = assign(make_staff(), "02116").content_object

    def post(client: Client) -> list[Any]:
        sent(client, page(home), fields_of(home, zip_code=elsewhere.pk))
        records = [home, booking.away_plan, booking, *home.tasks.all()]
        lines = [line for task in home.tasks.all() for line in task.checklist.all()]
        return [changed(record, "zip_code") for record in (*records, *lines)]

    return post


def restored(model: Any) -> Cell:
    """An earlier version, restored: the source names it."""

    def act(watch: Watch) -> Trace:
        record, field = sample(model), SAMPLES[model].field
        earlier = record.history.latest()
        model.objects.filter(pk=record.pk).update(**{field: SAMPLES[model].value})
        client = Client()
        client.force_login(watch.mona, backend="staffing.backends.RoleBackend")
        newest = newest_version(model, record.pk)
        watch.begin()
        sent(
            client,
            page(record, f"restore/{earlier.history_id}"),
            {"newest": newest, "reason": WHY},
        )
        source = f"restore:{model._meta.label_lower}:{earlier.history_id}"
        return Trace([changed(record, field)], source, watch.mona, WHY)

    return act


# Steps and actions


def approved() -> Post:
    plan = make_plan()
    decision = ("status", "decided_by", "decided_at", "decision_reason")

    def post(client: Client) -> list[Any]:
        sent(client, page(plan), {**fields_of(plan), "bookings_awayplan_approve": ""})
        return [changed(plan, *decision), *brought(plan)]

    return post


def checked_out() -> Post:
    plan = make_plan(status="active", hosting_allowed=True)
    booking = settle(make_booking(plan, status="checked_in"))

    def post(client: Client) -> list[Any]:
        sent(client, page(booking), {**fields_of(booking), "bookings_booking_check_out": ""})
        return [changed(booking, "status", "checked_out_at")]

    return post


def ticked() -> Post:
    ana = make_staff(zips=("06511",))
    item = make_item(make_task(assignee=ana, status="in_progress"))

    def post(client: Client) -> list[Any]:
        sent(client, page(item.task), {**fields_of(item.task), "ticked": item.pk})
        return [changed(item, "done", "done_by", "done_at")]

    return post


def began() -> Post:
    task = make_task(assignee=make_staff(zips=("06511",)), status="assigned")

    def post(client: Client) -> list[Any]:
        sent(client, page(task), {**fields_of(task), "bookings_task_begin": ""})
        return [changed(task, "status")]

    return post


def paused() -> Post:
    home = SAMPLES[Property].make()

    def post(client: Client) -> list[Any]:
        sent(client, page(home), fields_of(home, lifecycle="paused"))
        return [changed(home, "lifecycle")]

    return post


def submitted_many() -> Post:
    plans = [make_plan(status="draft") for _ in range(3)]

    def post(client: Client) -> list[Any]:
        sent(client, "/bookings/awayplan/", confirmed("submit", *plans))
        return [changed(plan, "status") for plan in plans]

    return post


def ended_many() -> Post:
    duties = [assign(make_staff(), "06511"), assign(make_staff("Ben"), "02116")]

    def post(client: Client) -> list[Any]:
        chosen = [duty.pk for duty in duties]
        sent(client, "/staffing/zipassignment/end/", {"chosen": chosen, "reason": WHY})
        return [changed(duty, "ends_on") for duty in duties]

    return post


def withdrawn_many() -> Post:
    places = [make_zip("06511"), make_zip("02116")]

    def post(client: Client) -> list[Any]:
        chosen = {"action": "withdraw_selected", "_selected_action": [p.pk for p in places]}
        shown = client.post("/staffing/zipcode/", chosen).context
        form = {"zip_codes": shown["form"].data["zip_codes"], "served": "no", "reason": WHY}
        sent(client, "/staffing/zipcode/serve/", {**form, "token": shown["token"]})
        return [changed(place, "is_served") for place in places]

    return post


# Passwords


def link_made() -> Post:
    ana = make_staff()

    def post(client: Client) -> list[Any]:
        assert client.post(page(ana, "link")).context["links"]
        return [changed(ana, "link_made_at")]

    return post


def link_used(watch: Watch) -> Trace:
    ana = make_staff()
    [link] = make_links([ana], by=watch.mona).values()
    client = Client()
    watch.begin()
    form = client.get(link)["Location"]
    sent(client, form, {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})
    return Trace([changed(ana, "password_set_at")], "console", ana)


def own_password(watch: Watch) -> Trace:
    client = Client()
    client.force_login(watch.mona, backend="staffing.backends.RoleBackend")
    watch.begin()
    new = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    sent(client, "/password_change/", {"old_password": PASSWORD, **new})
    return Trace([changed(watch.mona, "password_set_at")], "console", watch.mona)


def signed_in(watch: Watch) -> Trace:
    """When somebody last signed in is no change of theirs."""
    watch.begin()
    sent(Client(), "/login/", {"username": watch.mona.email, "password": PASSWORD})
    return Trace([], "console")


NO_LIST_ACTION = "Its list has no action that changes it."
NO_PASSWORD = "Only people have passwords."
FOLLOWS = "Told with the home that takes it along."
NOT_RESTORED = "Versions of homes, plans and bookings alone are restored."
NO_FORM = "It is ticked on the page of its task."
NO_HOME = "It belongs to no home."
NO_PAGE = "It has no form of its own among the models' pages: see the service `set_code`."

ROWS: dict[str, Row] = {
    "form: a new record": {
        "AwayPlan": added(AwayPlan),
        "Booking": added(Booking),
        "Property": added(Property),
        "Task": added(Task),
        "ChecklistItem": NO_FORM,
        "AccessSecret": NO_PAGE,
        "User": added(User),
        "ZipAssignment": added(ZipAssignment),
        "ZipCode": "They come from the reference.",
    },
    "form": {
        **{model.__name__: edited(model) for model in SAMPLES},
        "ChecklistItem": NO_FORM,
        "AccessSecret": NO_PAGE,
    },
    "form that changes nothing": {
        **{model.__name__: unedited(model) for model in SAMPLES},
        "ChecklistItem": NO_FORM,
        "AccessSecret": NO_PAGE,
    },
    "form: the home moves": {
        "AwayPlan": FOLLOWS,
        "Booking": FOLLOWS,
        "Task": FOLLOWS,
        "ChecklistItem": FOLLOWS,
        "AccessSecret": FOLLOWS,
        "Property": by_mona(moved_home),
        "User": NO_HOME,
        "ZipAssignment": NO_HOME,
        "ZipCode": "It stays where it is.",
    },
    "an earlier version is restored": {
        **{model.__name__: restored(model) for model in (AwayPlan, Booking, Property)},
        "Task": NOT_RESTORED,
        "ChecklistItem": NOT_RESTORED,
        "AccessSecret": NOT_RESTORED,
        "User": NOT_RESTORED,
        "ZipAssignment": NOT_RESTORED,
        "ZipCode": NOT_RESTORED,
    },
    "inline": {model.__name__: "Related rows in a form are to read." for model in SAMPLES},
    "step": {
        "AwayPlan": by_mona(approved),
        "Booking": by_mona(checked_out),
        "Task": by_mona(began),
        "ChecklistItem": by_mona(ticked),
        "AccessSecret": "A code has no steps.",
        "Property": by_mona(paused),
        "User": "A person has no steps.",
        "ZipAssignment": "It is ended on a page of its own: see the action of the list.",
        "ZipCode": "A ZIP code has no steps.",
    },
    "action of the list": {
        "AwayPlan": by_mona(submitted_many, None),
        "Booking": NO_LIST_ACTION,
        "Task": NO_LIST_ACTION,
        "ChecklistItem": NO_FORM,
        "AccessSecret": NO_PAGE,
        "Property": NO_LIST_ACTION,
        "User": NO_LIST_ACTION,
        "ZipAssignment": by_mona(ended_many),
        "ZipCode": by_mona(withdrawn_many),
    },
    "a one-time link is made": {
        "AwayPlan": NO_PASSWORD,
        "Booking": NO_PASSWORD,
        "Task": NO_PASSWORD,
        "ChecklistItem": NO_PASSWORD,
        "AccessSecret": NO_PASSWORD,
        "Property": NO_PASSWORD,
        "User": by_mona(link_made, "One-time sign-in link made"),
        "ZipAssignment": NO_PASSWORD,
        "ZipCode": NO_PASSWORD,
    },
    "a one-time link is used": {
        "AwayPlan": NO_PASSWORD,
        "Booking": NO_PASSWORD,
        "Task": NO_PASSWORD,
        "ChecklistItem": NO_PASSWORD,
        "AccessSecret": NO_PASSWORD,
        "Property": NO_PASSWORD,
        "User": link_used,
        "ZipAssignment": NO_PASSWORD,
        "ZipCode": NO_PASSWORD,
    },
    "one's own password is changed": {
        "AwayPlan": NO_PASSWORD,
        "Booking": NO_PASSWORD,
        "Task": NO_PASSWORD,
        "ChecklistItem": NO_PASSWORD,
        "AccessSecret": NO_PASSWORD,
        "Property": NO_PASSWORD,
        "User": own_password,
        "ZipAssignment": NO_PASSWORD,
        "ZipCode": NO_PASSWORD,
    },
    "somebody signs in": {
        "AwayPlan": NO_PASSWORD,
        "Booking": NO_PASSWORD,
        "Task": NO_PASSWORD,
        "ChecklistItem": NO_PASSWORD,
        "AccessSecret": NO_PASSWORD,
        "Property": NO_PASSWORD,
        "User": signed_in,
        "ZipAssignment": NO_PASSWORD,
        "ZipCode": NO_PASSWORD,
    },
}
