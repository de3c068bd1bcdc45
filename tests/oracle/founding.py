"""How a small random company comes to be: people first, then homes, plans, guests and files."""

from __future__ import annotations

import datetime
from random import Random

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from bookings import models as tables
from bookings.codes import cipher
from bookings.plan_resources import AwayPlanResource
from bookings.resources import PropertyResource
from opsconsole.exports.models import Export
from opsconsole.imports import steps
from opsconsole.imports.resource import ImportResource
from opsconsole.notices.models import Kind, Mute, Notice
from opsconsole.saved_views.models import SavedView
from staffing.models import User, Viewing, ZipCode
from tests.oracle.model import Booking, Home, Note, Person, Plan, Task
from tests.oracle.tables import MODELS
from tests.oracle.world import ZONES, World, as_text, days

CAST = [
    *(["staff"] * 5),
    *(["manager"] * 2),
    "auditor",
    "engineer",
    *(["rerenter"] * 4),
]
COLLEAGUES = ("staff", "manager", "auditor")
ON = {"home": "", "plan": "away_plan", "booking": "booking", "task": "task"}
STEPS_OF_PLANS = ["draft", "submitted", "submitted", "approved", "preparing", "active", "completed"]


def found(draw: Random) -> World:
    """A company with a word in every text."""
    world = World(draw)
    _zips(world)
    _people(world)
    _assignments(world)
    _homes(world)
    _plans(world)
    _bookings(world)
    _tasks(world)
    _codes(world)
    _notes(world)
    for who in world.of_role("manager"):
        _import_home(world, who)
        _import_plan(world, who)
        _export(world, who)
        _view(world, who)
    _notices(world)
    _views(world)
    _mutes(world)
    return world


def _views(world: World) -> None:
    """A saved view for everybody who works here, and one that each manager shares."""
    for role, is_shared in (*((role, False) for role in COLLEAGUES), ("manager", True)):
        for who in world.of_role(role):
            words, texts = world.texts("name")
            asks = {"page": "bookings.property", "asks": [["q", "a"]]}
            view = SavedView(person_id=who, is_shared=is_shared, **asks, **texts)
            world.make("view", [view], [words])
            world.model.views[view.pk] = (who, is_shared)


def _mutes(world: World) -> None:
    """What everybody who works here is not told of."""
    people = world.of_role("staff", "manager", "auditor")
    for mute in Mute.objects.bulk_create(Mute(person_id=who, kind=Kind.TASK) for who in people):
        world.model.mutes[mute.pk] = mute.person_id


def _notices(world: World) -> None:
    """Two for everybody who works here, one of them read."""
    made, kept = [], []
    for who in world.of_role(*COLLEAGUES):
        for read_at in (None, timezone.now()):
            words, texts = world.texts("sentence")
            made.append(Notice(person_id=who, link="/bookings/", read_at=read_at, **texts))
            kept.append(words)
    world.make("notice", made, kept)
    world.model.notices |= {notice.pk: notice.person_id for notice in made}


def _view(world: World, who: int) -> None:
    """A view as a colleague that is over."""
    words, texts = world.texts("reason")
    person, now = world.draw.choice(world.of_role("staff")), timezone.now()
    view = Viewing(viewer_id=who, person_id=person, ended_at=now, **texts)
    world.make("viewing", [view], [words])
    world.model.viewings[view.pk] = who


def _export(world: World, who: int) -> None:
    """A download that was searched for."""
    words, texts = world.texts("which")
    export = Export(kind="properties", exported_by_id=who, columns=["Name"], **texts)
    world.make("export", [export], [words])
    world.model.exports[export.pk] = who


def _zips(world: World) -> None:
    made, kept = [], []
    for number, zone in enumerate(ZONES, start=1):
        words, texts = world.texts("city", "county")
        made.append(
            ZipCode(code=f"{number:05d}", state="MA", timezone=zone, is_served=True, **texts)
        )
        kept.append(words)
    for pk, zone in zip(world.make("zip", made, kept), ZONES, strict=True):
        world.model.zips[pk] = zone


def _people(world: World) -> None:
    made, kept = [], []
    for role in CAST:
        words, texts = world.texts("full_name", "email", "phone")
        made.append(
            User(
                user_type="manager" if role == "engineer" else role,
                is_staff=role != "rerenter",
                is_superuser=role == "engineer",
                password="!" if role == "rerenter" else world.password,
                **texts,
            )
        )
        kept.append(words)
    world.make("user", made, kept)
    for user in made:
        world.model.people[user.pk] = Person(user.user_type, engineer=user.is_superuser)
        world.keep_version(("user", user.pk))
        world.cookies[user.pk] = _signed_in(user)


def _assignments(world: World) -> None:
    for who in world.of_role("staff"):
        for zip_code in world.draw.sample(world.ids("zip"), world.draw.randint(0, 6)):
            world.grant(who, zip_code)


def _homes(world: World) -> None:
    made, kept = [], []
    owners, zips = world.of_role("rerenter"), world.ids("zip")
    for number in range(9):
        words, texts = world.texts("name", "external_ref", "street", "amenities", "city")
        zip_code = world.draw.choice(zips)
        made.append(
            tables.Property(
                owner_id=world.draw.choice(owners[:3]),
                zip_code_id=zip_code,
                timezone=world.model.zips[zip_code],
                state="MA",
                property_type="house",
                max_guests=4,
                lifecycle="active" if number else "paused",
                **texts,
            )
        )
        kept.append(words)
    world.make("home", made, kept)
    for home in made:
        world.model.homes[home.pk] = Home(home.owner_id, home.zip_code_id, home.lifecycle)
        world.keep_version(("home", home.pk))


def _plans(world: World) -> None:
    made, kept, today = [], [], datetime.date.today()
    for pk, home in world.model.homes.items():
        for number in range(world.draw.randint(0, 2)):
            words, texts = world.texts("notes", "decision_reason")
            starts = today - days(5) + days(40 * number)
            made.append(
                tables.AwayPlan(
                    property_id=pk,
                    zip_code_id=home.zip,
                    starts_on=starts,
                    ends_on=starts + days(30),
                    status=world.draw.choice(STEPS_OF_PLANS),
                    hosting_allowed=world.draw.random() < 0.7,
                    filed_by_id=world.draw.choice([None, *world.of_role("staff", "manager")]),
                    **texts,
                )
            )
            kept.append(words)
    world.make("plan", made, kept)
    for plan in made:
        world.model.plans[plan.pk] = Plan(
            plan.property_id, plan.status, plan.filed_by_id, plan.hosting_allowed
        )
        world.keep_version(("plan", plan.pk))


def _bookings(world: World) -> None:
    made, kept = [], []
    starts = dict(tables.AwayPlan.objects.values_list("pk", "starts_on"))
    for pk, plan in world.model.plans.items():
        if not plan.hosting or plan.status in ("draft", "submitted"):
            continue
        over = plan.status == "completed"
        for number in range(world.draw.randint(0, 3)):
            states = ["checked_out"] if over else ["held", "confirmed", "checked_in"]
            words, texts = world.texts("guest_name", "guest_email", "guest_phone", "source_ref")
            arrives = starts[pk] + days(5 * number)
            made.append(
                tables.Booking(
                    away_plan_id=pk,
                    property_id=plan.home,
                    zip_code_id=world.model.homes[plan.home].zip,
                    party_size=2,
                    arrives_on=arrives,
                    departs_on=arrives + days(4),
                    status=world.draw.choice(states),
                    **texts,
                )
            )
            kept.append(words)
    world.make("booking", made, kept)
    for booking in made:
        world.model.bookings[booking.pk] = Booking(booking.away_plan_id, booking.status)
        world.keep_version(("booking", booking.pk))


def _tasks(world: World) -> None:
    """What somebody found to do in each home, with a line to tick, for somebody or nobody."""
    made, kept = [], []
    for pk, home in world.model.homes.items():
        words, texts = world.texts("notes", "flag")
        here = [a.person for a in world.model.assignments.values() if a.zip == home.zip]
        assignee = world.draw.choice([None, *here])
        yesterday = world.model.today(home.zip) - days(1)
        made.append(
            tables.Task(
                property_id=pk,
                zip_code_id=home.zip,
                kind="issue",
                starts_on=yesterday,
                due_on=yesterday,
                assignee_id=assignee,
                status="assigned" if assignee else "unassigned",
                **texts,
            )
        )
        kept.append(words)
    world.make("task", made, kept)
    for task in made:
        world.model.tasks[task.pk] = Task(task.property_id, task.status, task.assignee_id)
        world.keep_version(("task", task.pk))
    _lines(world, made)


def _lines(world: World, tasks: list[tables.Task]) -> None:
    made, kept = [], []
    for task in tasks:
        words, texts = world.texts("text")
        zip_code = task.zip_code_id
        line = tables.ChecklistItem(task=task, zip_code_id=zip_code, position=1, **texts)
        made.append(line)
        kept.append(words)
    world.make("line", made, kept)
    for line in made:
        world.model.lines[line.pk] = line.task_id
        world.keep_version(("line", line.pk))


def _codes(world: World) -> None:
    """A door code for every home, and one that has ended."""
    made, kept, today = [], [], datetime.date.today()
    for pk in world.ids("home"):
        home = tables.Property.objects.get(pk=pk)
        for ends in (None, today - days(3)):
            words, texts = world.texts("label")
            code = tables.AccessSecret(property=home, zip_code_id=home.zip_code_id, kind="door")
            code.valid_from, code.valid_to, code.label = today - days(9), ends, texts["label"]
            code.sealed = cipher.seal("0000", pk)
            made.append(code)
            kept.append(words)
    world.make("code", made, kept)
    for code in made:
        world.model.codes[code.pk] = code.property_id
        world.keep_version(("code", code.pk))


def _notes(world: World) -> None:
    """A note on every other home, plan, booking and task, by somebody who sees it."""
    made, kept, on = [], [], []
    for kind, relation in ON.items():
        for pk in world.ids(kind)[::2]:
            seers = [p for p in world.model.people if world.model.may(p, "add", "note")]
            seers = [p for p in seers if world.model.may_see(p, (kind, pk))]
            words, texts = world.texts("text")
            record = MODELS[kind].objects.get(pk=pk)
            home = record if kind == "home" else record.property
            place = {"property": home, "zip_code_id": home.zip_code_id}
            note = tables.RecordNote(written_by_id=world.draw.choice(seers), **place, **texts)
            if relation:
                setattr(note, relation, record)
            made.append(note)
            kept.append(words)
            on.append((kind, pk))
    for pk, row, note in zip(world.make("note", made, kept), on, made, strict=True):
        world.model.notes[pk] = Note(row, note.written_by_id)


def _import_home(world: World, who: int) -> None:
    """A file with a new home, uploaded and previewed by this person."""
    owner = world.draw.choice(world.of_role("rerenter"))
    email = world.model.words["user", owner]["email"]
    name, reference, street = (world.words.word() for _ in range(3))
    content = (
        "Reference,Name,Owner,Street,ZIP code,Type\n"
        f"{reference},{name},{as_text('email', email)},7 {street} Street,00001,House\n"
    )
    words = {"name": name, "reference": reference, "street": street}
    batch = _import(world, who, PropertyResource(), content, words)
    world.owners_named[batch] = owner, email


def _import_plan(world: World, who: int) -> None:
    """A file with a plan for some home."""
    home, notes = world.draw.choice(world.ids("home")), world.words.word()
    starts = datetime.date.today() + days(700)
    reference = world.model.words["home", home]["external_ref"]
    content = f"Property,Away from,Back on,Notes\n{reference},{starts},{starts + days(9)},{notes}\n"
    _import(world, who, AwayPlanResource(), content, {"notes": notes})


def _import(
    world: World, who: int, resource: ImportResource, content: str, words: dict[str, str]
) -> int:
    person, file = User.objects.get(pk=who), world.words.word()
    batch = steps.upload(resource, person, f"{file}.csv", content.encode())
    steps.preview(batch, resource, person)
    world.model.batches[batch.pk] = who
    world.model.words["batch", batch.pk] = {"file_name": file}
    for row in batch.staged.all():
        world.model.staged[row.pk] = batch.pk
        world.model.words["staged", row.pk] = words
    return int(batch.pk)


def _signed_in(user: User) -> str:
    """A session of this person, whoever it is, without the ceremony of signing in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[2]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)
