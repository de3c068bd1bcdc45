"""The number of queries of a page is the same for 3 rows and for 60, in a proof for 300."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bookings.models import AwayPlan, Booking, ChecklistItem, Property, SecretReveal, Task
from opsconsole.access.policies import is_offered
from opsconsole.exports.models import Export
from opsconsole.imports.models import ImportBatch
from opsconsole.notices.models import Notice
from opsconsole.saved_views.models import SavedView
from staffing.models import User, Viewing, ZipAssignment, ZipCode
from staffing.models.assignments import operate_zip_code
from tests.factories import (
    days,
    make_booking,
    make_code,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_task,
    make_zip,
    today,
)
from tests.scale import size

pytestmark = pytest.mark.django_db

FEW, MANY, MOST = 3, size(60, 300), 25
CODES = ["06510", "06511", "06512", "06513", "06515", "06516"]


def fill(rows: int, person) -> None:
    """So many of everything, all of it in the person's ZIP codes, in few statements."""
    taken, zip_codes = Property.objects.count(), [make_zip(code) for code in CODES]
    numbers = range(taken, taken + rows)
    homes = Property.objects.bulk_create(
        new_home(zip_codes[number % len(CODES)], f"H-{number}", owner)
        for number, owner in zip(numbers, new_rerenters(f"Owner {taken}", rows), strict=True)
    )
    plans = new_plans(homes, today(), status="approved", hosting_allowed=True)
    new_plans(homes, today() + days(40))
    new_bookings(plans)
    new_tasks(homes)
    helpers, permission = new_people(f"Helper {taken}", rows), operate_zip_code()
    ZipAssignment.objects.bulk_create(
        ZipAssignment(
            user=helper, content_object=home.zip_code, permission=permission, starts_on=today()
        )
        for helper, home in zip(helpers, homes, strict=True)
    )
    Viewing.objects.bulk_create(
        Viewing(viewer=helper, person=helper, reason="Asked") for helper in helpers
    )
    Export.objects.bulk_create(
        Export(kind="properties", exported_by=helper, which="search", columns=["Name"])
        for helper in helpers
    )
    ImportBatch.objects.bulk_create(
        ImportBatch(resource="properties", file_name="h.csv", uploaded_by=person) for _ in numbers
    )
    Notice.objects.bulk_create(Notice(person=person, sentence="Done", link="/") for _ in numbers)
    SavedView.objects.bulk_create(
        SavedView(person=person, page="bookings.property", name=f"View {number}", asks=[["q", "e"]])
        for number in numbers
    )


def new_plans(homes, start, **fields) -> list[AwayPlan]:
    """A plan of ten days for each home."""
    dates = {"starts_on": start, "ends_on": start + days(10)}
    return AwayPlan.objects.bulk_create(
        AwayPlan(
            property=home, zip_code=home.zip_code, **{"status": "submitted", **dates, **fields}
        )
        for home in homes
    )


def new_bookings(plans) -> None:
    """Guests from the first day of each plan on."""
    Booking.objects.bulk_create(
        Booking(
            away_plan=plan,
            property=plan.property,
            zip_code=plan.zip_code,
            guest_name="Gus Guest",
            arrives_on=plan.starts_on,
            departs_on=plan.starts_on + days(2),
            status="confirmed",
        )
        for plan in plans
    )


def new_tasks(homes, **fields) -> None:
    """Something to do in each home, with a line to tick."""
    day = {"starts_on": today(), "due_on": today(), "kind": "issue"}
    tasks = Task.objects.bulk_create(
        Task(property=home, zip_code=home.zip_code, **{**day, **fields}) for home in homes
    )
    ChecklistItem.objects.bulk_create(
        ChecklistItem(task=task, zip_code=task.zip_code, position=1, text="Keys") for task in tasks
    )


def new_rerenters(name: str, count: int) -> list[User]:
    return User.objects.bulk_create(
        User(
            email=f"{name}.{number}@example.com".replace(" ", "."),
            full_name=f"{name}.{number}",
            user_type="rerenter",
            password="!",
        )
        for number in range(count)
    )


def count(client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path)
    assert response.status_code == 200, path
    return len(captured)


def lists_of(person) -> list[str]:
    """Every list that this person's role opens, as it is and in its usual variations."""
    pages = [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
        if person.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
    ]
    return [
        "/",
        "/?day=week",
        "/bookings/property/?readiness=not_ready",
        "/bookings/awayplan/?waits=day",
        "/bookings/",
        "/search/?s=plan",
        "/notices/",
        "/views/?of=bookings.property",
        "/views/count/?of=bookings.task&asks=when%3Dopen%26q%3De",
        *(f"{page}?p=1" for page in pages),
        "/calendar/",
        "/day-sheet/",
        *(f"{page}?q=e" for page in pages if "importbatch" not in page),
        "/bookings/awayplan/?status__exact=submitted",
        *(["/bookings/awayplan/waiting/"] if person.has_perm("bookings.decide_awayplan") else []),
        *(
            ["/bookings/property/export/?q=e"]
            if person.has_perm("bookings.export_property")
            else []
        ),
        "/autocomplete/?app_label=bookings&model_name=awayplan&field_name=property&term=home",
        "/autocomplete/?app_label=bookings&model_name=booking&field_name=away_plan&term=home",
    ]


def counts(client, pages: list[str]) -> dict[str, int]:
    return {page: count(client, page) for page in pages}


@pytest.mark.parametrize("role", ["manager", "staff"])
def test_lists(sign_in, role):
    for code in CODES:
        make_zip(code)
    person = make_manager() if role == "manager" else make_staff(zips=tuple(CODES))
    client, pages = sign_in(person), lists_of(person)
    fill(FEW, person)
    counts(client, pages)  # what is kept for the life of a process is kept now

    few = counts(client, pages)
    fill(MANY - FEW, person)
    many = counts(client, pages)

    assert few == many
    assert max(many.values()) <= MOST


COVERAGE = "/staffing/zipassignment/coverage/"


def fill_coverage(rows: int) -> list[int]:
    """So many people, ZIP codes, homes, gaps, overlaps and changes; the ids of assignments."""
    taken = ZipCode.objects.count()
    covered = new_zip_codes(90000 + taken, rows)
    zip_codes = [*covered, *new_zip_codes(40000 + taken, rows)]
    owners = new_rerenters(f"Owner {taken}", len(zip_codes))
    homes = [new_home(z, z.code, owner) for z, owner in zip(zip_codes, owners, strict=True)]
    Property.objects.bulk_create(homes)
    dates = {"starts_on": today() + days(10), "ends_on": today() + days(20)}
    AwayPlan.objects.bulk_create(
        AwayPlan(property=home, zip_code=home.zip_code, status="submitted", **dates)
        for home in homes[:rows]
    )
    permission, first = operate_zip_code(), today() - days(1)
    roles = {
        "Ana": {"starts_on": first, "ends_on": today() + days(9)},
        "Ben": {"starts_on": today() + days(3)},
        "Cal": {"starts_on": first, "duty": "backup"},
    }
    people = {name: new_people(f"{name} {taken}", rows) for name in roles}
    assignments = ZipAssignment.objects.bulk_create(
        ZipAssignment(user=person, content_object=zip_code, permission=permission, **fields)
        for name, fields in roles.items()
        for person, zip_code in zip(people[name], covered, strict=True)
    )
    return [assignment.pk for assignment in assignments]


def new_zip_codes(first: int, count: int) -> list[ZipCode]:
    facts = {"city": "Town", "state": "CT", "timezone": "America/New_York", "is_served": True}
    return ZipCode.objects.bulk_create(
        ZipCode(code=str(code), **facts) for code in range(first, first + count)
    )


def new_people(name: str, count: int) -> list[User]:
    return User.objects.bulk_create(
        User(
            email=f"{name}.{number}@example.com".replace(" ", "."),
            full_name=f"{name}.{number}",
            user_type="staff",
            is_staff=True,
        )
        for number in range(count)
    )


def new_home(zip_code: ZipCode, reference: str, owner: User) -> Property:
    """A home, not saved yet."""
    return Property(
        external_ref=reference,
        name=f"Home {reference}",
        owner=owner,
        street=f"{reference} Orange Street",
        city=zip_code.city,
        state=zip_code.state,
        zip_code=zip_code,
        timezone=zip_code.timezone,
        property_type="house",
        max_guests=4,
        lifecycle="active",
    )


def test_the_coverage_page(sign_in):
    client = sign_in(make_manager())
    views = ("people", "zip-codes", "map", "gaps", "overlaps", "changes")
    paths = [f"{COVERAGE}?view={view}{q}" for view in views for q in ("", "&q=9")]
    fill_coverage(FEW)
    client.get(COVERAGE)

    few = [count(client, path) for path in paths]
    fill_coverage(MANY - FEW)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # overlaps of tables that look empty take minutes
    many = [count(client, path) for path in paths]

    assert few == many
    assert max(many) <= MOST


def test_assigning_and_ending_many(sign_in):
    client = sign_in(make_manager())

    def queries(rows: int) -> list[int]:
        pks = fill_coverage(rows)
        codes = " ".join(ZipCode.objects.values_list("code", flat=True))
        people = User.objects.filter(full_name__startswith="Ana ").values_list("pk", flat=True)[:3]
        sent = {"people": list(people), "zip_codes": codes, "duty": "backup"}
        sent |= {"starts_on": today() + days(20), "reason": "x"}
        with CaptureQueriesContext(connection) as previewing:
            token = client.post("/staffing/zipassignment/assign/", sent).context["token"]
        with CaptureQueriesContext(connection) as committing:
            client.post("/staffing/zipassignment/assign/", {**sent, "token": token})
        end = {"chosen": pks, "reason": "x"}
        with CaptureQueriesContext(connection) as looking:
            client.post("/staffing/zipassignment/end/", {**end, "look": "1"})
        with CaptureQueriesContext(connection) as ending:
            client.post("/staffing/zipassignment/end/", end)
        assert ZipAssignment.objects.filter(pk__in=pks, ends_on=today()).count() == 2 * rows
        return [len(captured) for captured in (previewing, committing, looking, ending)]

    queries(1)
    few = queries(FEW)
    many = queries(MANY)

    assert few == many
    assert max(many) <= MOST


def forms_of(person, records) -> list[str]:
    """The pages of one record of each kind, and the forms to add one, as the role opens them."""
    pages = []
    for record in records:
        label, name = record._meta.app_label, record._meta.model_name
        if person.has_perm(f"{label}.view_{name}"):
            shown = ("change", "history", "access")
            pages += [reverse(f"admin:{label}_{name}_{page}", args=[record.pk]) for page in shown]
        if is_offered(f"{label}.add_{name}") and person.has_perm(f"{label}.add_{name}"):
            pages.append(reverse(f"admin:{label}_{name}_add"))
    return [page for page in pages if page != "/staffing/viewing/add/"]  # it begins elsewhere


@pytest.mark.parametrize("role", ["manager", "staff"])
def test_forms(sign_in, role):
    person = make_manager() if role == "manager" else make_staff(zips=tuple(CODES))
    client = sign_in(person)
    home = make_property()
    plan = make_plan(home, status="approved", hosting_allowed=True, ends_on=today() + days(1000))
    booking = make_booking(plan)
    task = make_task(home, away_plan=plan, booking=booking, status="in_progress", assignee=person)
    sam = person if role == "staff" else make_staff("Sam", zips=("06511",))
    batch = ImportBatch.objects.create(
        resource="properties", file_name="homes.csv", uploaded_by=person
    )
    export = Export.objects.create(kind="properties", exported_by=person, columns=["Name"])
    viewing = Viewing.objects.create(viewer=person, person=sam, reason="Asked")
    own = sam.zip_assignments.first()
    others = [home.owner, sam, home.zip_code, own, batch, export, viewing]
    pages = forms_of(person, [home, plan, booking, task, *others])
    pages.append(reverse("admin:bookings_property_codes", args=[home.pk]))
    crowd(home, plan, sam, FEW)  # a page without any row saves a query
    crowd_task(task, FEW)
    counts(client, pages)

    few = counts(client, pages)
    crowd(home, plan, sam, MANY, FEW)
    crowd_task(task, MANY, FEW)
    many = counts(client, pages)

    assert (Booking.objects.count(), Property.objects.count()) == (MANY + 1, MANY + 1)
    assert len(pages) > 18
    grown = {page: (few[page], many[page]) for page in pages if many[page] > few[page]}
    assert grown == {}  # fewer is well: a page of a story may have fewer kinds of records to name
    assert max(many.values()) <= MOST


def crowd_task(task, upto: int, since: int = 0) -> None:
    """So many lines and versions of a task, and tasks beside it."""
    numbers, where = range(since, upto), task.zip_code
    ChecklistItem.objects.bulk_create(
        ChecklistItem(task=task, zip_code=where, position=number + 1, text=f"Line {number}")
        for number in numbers
    )
    new_tasks([task.property] * len(numbers), away_plan=task.away_plan, booking=task.booking)
    for number in numbers:
        ended = {"valid_from": today() - days(9), "valid_to": today() - days(3)}
        code = make_code(task.property, **(ended if number % 3 == 0 else {}))
        SecretReveal.objects.create(
            secret=code,
            revealed_by=task.assignee,
            task=task,
            revealed_at=timezone.now(),
            was_shown=True,
        )
    for number in numbers:
        Task.objects.filter(pk=task.pk).update(notes=f"Change {number}")


def crowd(home, plan, sam, upto: int, since: int = 0) -> None:
    """Hang so many bookings, plans, homes, assignments and versions from one of each."""
    numbers, permission = range(since, upto), operate_zip_code()
    arrivals = [plan.starts_on + days(3 * number + 3) for number in numbers]
    common = {"property": home, "zip_code": home.zip_code, "status": "confirmed"}
    Booking.objects.bulk_create(
        Booking(
            away_plan=plan, arrives_on=day, departs_on=day + days(2), guest_name="Gus", **common
        )
        for day in arrivals
    )
    for number in numbers:  # one after another, as each has dates of its own
        new_plans([home], today() + days(1100 + 20 * number))
    Property.objects.bulk_create(
        new_home(home.zip_code, f"C-{number}", home.owner) for number in numbers
    )
    zip_code, later = make_zip("06518"), today() + days(5000)
    ZipAssignment.objects.bulk_create(
        ZipAssignment(
            user=user, content_object=where, permission=permission, starts_on=start, ends_on=end
        )
        for number, helper in zip(numbers, new_people(f"Helper {since}", len(numbers)), strict=True)
        for user, where, start, end in (
            (helper, home.zip_code, today(), None),
            (sam, zip_code, later + days(2 * number), later + days(2 * number + 1)),
        )
    )
    for model, pk, text in ((Property, home.pk, "amenities"), (AwayPlan, plan.pk, "notes")):
        for number in numbers:
            model.objects.filter(pk=pk).update(**{text: f"Change {number}"})
