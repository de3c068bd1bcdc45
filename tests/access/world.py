"""The world of the access tests: homes in two places, everybody who could ask, and words to find.

Each place has a word that stands in every text of its records. Who may not see a place must meet
its word nowhere.
"""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone

from bookings.models import AccessSecret, AwayPlan, Booking, Property, RecordNote, Task
from bookings.plan_resources import AwayPlanResource
from bookings.tasks.planning import plan_work
from opsconsole.access.acting import Source, acting
from opsconsole.exports.models import Export
from opsconsole.imports.models import ImportBatch
from opsconsole.notices.models import Mute, Notice
from opsconsole.notices.telling import notify
from opsconsole.saved_views.models import SavedView
from staffing.models import User, Viewing, ZipAssignment, ZipCode
from staffing.people_resources import PeopleResource
from staffing.resources import AssignmentResource
from staffing.zip_resources import ZipCodeResource
from tests.access.rows import Rows
from tests.factories import (
    assign,
    days,
    make_auditor,
    make_booking,
    make_code,
    make_item,
    make_manager,
    make_note,
    make_person,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_task,
    make_view,
    make_zip,
    today,
)
from tests.imports.files import home as file_row
from tests.imports.files import previewed

NEAR, FAR, MOVED = "Nearwood", "Farmarsh", "Movedhill"
PAST = "Oldfen"  # what the moved home said while it lay elsewhere: for the office alone
DESK = "Deskword"  # colleagues' contact data and notes: for the office alone
ABSENT = 99_999_999

# each for who sent it alone, and the same as the office sees them
UPLOADS = ("upload", "plan_upload", "duty_upload", "person_upload", "zip_upload")
BATCHES = ("batch", "plan_batch", "duty_batch", "person_batch", "zip_batch")
RESTORED = ("home", "plan", "booking")
NOTED = ("home", "plan", "booking", "task")
VERSIONED = ("home", "plan", "booking", "task", "secret", "owner", "assignment", "zip_code")
OFFICE = ("auditor", "manager", "engineer")
OUTSIDERS = ("anonymous", "ReRenter", "deactivated")
STAFF = (
    "staff here",
    "staff elsewhere",
    "staff without assignment",
    "staff whose assignment ended",
    "staff whose assignment is to come",
    "staff who had it before it moved",
)
PEOPLE = (*STAFF, *OFFICE, *OUTSIDERS)
IN_SCOPE = {"staff here": {NEAR}, "staff elsewhere": {FAR, MOVED}}


class Past:
    """An earlier version of a record: its address names both."""

    def __init__(self, record: Any, version: Any) -> None:
        self.record, self.pk = record, (record.pk, version.pk)


class Nowhere:
    """An address that leads nowhere: nobody has it."""

    def __init__(self, *parts: str) -> None:
        self.pk = parts


class Below:
    """What an address names with the record that it belongs to: a door code, a note."""

    def __init__(self, record: Any, part: Any) -> None:
        self.part, self.pk = part, (record.pk, part.pk)


class Place:
    """A home and all that hangs from it, each text marked with the place's word."""

    def __init__(self, word: str, code: str, number: int, manager: User, **dates: Any) -> None:
        self.word, self.number = word, number
        self.owner = make_rerenter(
            f"{word} Owner", email=f"{word}@owner.example".lower(), phone=f"+12035550{number}1"
        )
        self.home = make_property(code, owner=self.owner, **home_texts(word, number))
        self.plan = make_plan(
            self.home,
            status="approved",
            hosting_allowed=True,
            notes=f"{word} notes",
            decision_reason=f"{word} decision",
        )
        self.waiting = make_plan(
            self.home,
            starts_on=today() + days(40),
            ends_on=today() + days(50),
            notes=f"{word} wish",
        )
        self.booking = make_booking(self.plan, **booking_texts(word, number))
        self.task = make_task(self.home, away_plan=self.plan, **task_texts(word))
        make_item(self.task, text=f"{word} line")
        self.secret = make_code(self.home, label=f"{word} porch")
        self.code = Below(self.home, self.secret)
        plan_work([self.home])
        self.batch = previewed(
            manager, file_row(f"{word}-{number}9", Owner=self.owner.email, **{"ZIP code": code})
        )
        ImportBatch.objects.filter(pk=self.batch.pk).update(file_name=f"{word}.csv")
        self.upload = self.batch  # as who uploaded it goes on with it
        for record, field in ((self.home, "amenities"), (self.plan, "notes")):
            change(record, **{field: f"{getattr(record, field)} now"})
        change(self.booking, guest_name=f"{self.booking.guest_name} now")
        self.zip_code = self.home.zip_code
        self.colleague = make_staff(
            f"Cal {number}", email=f"{DESK}.{word}@example.com".lower(), phone=f"+12035559{number}1"
        )
        assign(self.colleague, code, note=f"{DESK} note")
        self.assignment = self.colleague.zip_assignments.get()
        self.export = Export.objects.create(
            kind="properties",
            exported_by=manager,
            which=f"search “{word}”",
            query=f"q={word}",
            columns=["Name"],
        )
        self.viewing = Viewing.objects.create(
            viewer=manager, person=self.colleague, reason=f"{DESK} {word}", ended_at=timezone.now()
        )

    def bring_files(self, manager: User) -> None:
        """Files of plans for the home, of assignments, of the colleague, and of ZIP codes."""
        starts = {"From": str(today() + days(100)), "Until": str(today() + days(110))}
        plan = {"Property": self.home.external_ref, **starts}
        duty = {"Email": self.colleague.email, "ZIP code": make_zip("06510").code, **starts}
        self.plan_upload = previewed(manager, plan, resource=AwayPlanResource())
        self.duty_upload = previewed(manager, duty, resource=AssignmentResource())
        known = {"Email": self.colleague.email, "Name": str(self.colleague), "Role": "Staff"}
        self.person_upload = previewed(
            manager, {**known, "Phone": "203 555 0123"}, resource=PeopleResource()
        )
        place = {"ZIP code": make_zip("06512", is_served=False).code}
        self.zip_upload = previewed(manager, place, resource=ZipCodeResource())
        for kind in ("plan", "duty", "person", "zip"):
            batch = getattr(self, f"{kind}_upload")
            setattr(self, f"{kind}_batch", batch)  # as others see it
            ImportBatch.objects.filter(pk=batch.pk).update(file_name=f"{self.word}.csv")

    feed, link = Nowhere("no-such-token"), Nowhere("MQ", "no-such-token")

    def be_noted(self, person: User) -> None:
        """A note on each record, by this person, who has time to withdraw it."""
        later = timezone.now() + datetime.timedelta(hours=9)
        for name in NOTED:
            record = getattr(self, name)
            text = f"{self.word} remark"
            note = make_note(record, text=text, written_by=person, written_at=later)
            setattr(self, f"{name}_note", Below(record, note))

    def __getattr__(self, name: str) -> Any:
        """`plan_version` is the newest version of `plan`, `plan_past` its first, and so on."""
        record, _, kind = name.rpartition("_")
        if kind not in ("version", "past"):
            raise AttributeError(name)
        obj = getattr(self, record)
        versions = type(obj).history.filter(id=obj.pk)
        return versions.latest() if kind == "version" else Past(obj, versions.earliest())

    @property
    def aside(self) -> str:
        """The word of what one person alone is told about the place."""
        return f"Aside{self.number}"

    def words(self) -> list[str]:
        """Everything that gives this place away."""
        return [self.word, f"+12035550{self.number}", str(self.zip_code)]


def home_texts(word: str, number: int) -> dict[str, Any]:
    return {
        "name": f"{word} home",
        "external_ref": f"{word}-{number}",
        "street": f"{number} {word} Road",
        "unit": f"{word} unit",
        "amenities": f"{word} pool",
    }


def booking_texts(word: str, number: int) -> dict[str, Any]:
    return {
        "guest_name": f"{word} guest",
        "guest_email": f"guest@{word}.example".lower(),
        "guest_phone": f"+12035550{number}2",
        "source_ref": f"{word}-source",
        "cancel_reason": f"{word} reason",
    }


def task_texts(word: str) -> dict[str, Any]:
    return {"notes": f"{word} errand", "reason": f"{word} obstacle", "flag": f"{word} flag"}


class NoPlace:
    """Records that do not exist, for comparing what is out of scope with what is absent."""

    word, feed, link = "absent", Nowhere("no-such-token"), Nowhere("MQ", "no-such-token")

    def __init__(self) -> None:
        self.home = Property(pk=ABSENT, zip_code_id=ABSENT, owner_id=ABSENT)
        self.plan = self.waiting = AwayPlan(pk=ABSENT, property_id=ABSENT)
        self.booking = Booking(pk=ABSENT, away_plan_id=ABSENT)
        self.task = Task(pk=ABSENT, property_id=ABSENT)
        self.secret = AccessSecret(pk=ABSENT, property_id=ABSENT)
        self.code = Below(self.home, self.secret)
        for record in NOTED:
            setattr(self, f"{record}_note", Below(getattr(self, record), RecordNote(pk=ABSENT)))
        self.owner = self.colleague = User(pk=ABSENT)
        self.zip_code = ZipCode(pk=ABSENT)
        self.assignment = ZipAssignment(pk=ABSENT, user_id=ABSENT, content_object_id=ABSENT)
        self.batch = self.upload = ImportBatch(pk=ABSENT)
        for kind in ("plan", "duty", "person", "zip"):
            setattr(self, f"{kind}_batch", self.batch)
            setattr(self, f"{kind}_upload", self.batch)
        self.export = Export(pk=ABSENT)
        self.viewing = Viewing(pk=ABSENT)
        self.notice, self.mute = Notice(pk=ABSENT), Mute(pk=ABSENT)
        self.view = SavedView(pk=ABSENT)
        for record in VERSIONED:
            version = type(getattr(self, record)).history.model(history_id=ABSENT)
            setattr(self, f"{record}_version", version)
        for record in RESTORED:
            of = getattr(self, record)
            setattr(self, f"{record}_past", Past(of, getattr(self, f"{record}_version")))


class World:
    """Two places, a home that moved from a third to the second, and one person of each kind."""

    def __init__(self) -> None:
        self.people = make_people()
        manager = self.people["manager"]
        with acting(manager, source=Source.COMMAND, reason=f"{NEAR} beginning"):
            self.near = Place(NEAR, "06511", 10, manager)
        with acting(manager, source=Source.COMMAND, reason=f"{FAR} beginning"):
            self.far = Place(FAR, "02116", 20, max_manager := make_manager("Max Manager"))
        self.moved = moved_place(manager)
        for place, uploader in (
            (self.near, manager), (self.far, max_manager), (self.moved, manager)
        ):  # fmt: skip
            place.bring_files(uploader)
        self.near.be_noted(self.people["staff here"])
        for place in (self.far, self.moved):
            place.be_noted(self.people["staff elsewhere"])
        self.near.assignment = self._own("staff here", NEAR)
        self.far.assignment = self._own("staff elsewhere", FAR)
        self.absent = NoPlace()
        self.places = {place.word: place for place in (self.near, self.far, self.moved)}
        for kind, place in self.told.items():
            person = self.people[kind]
            place.notice = notify(person, f"{place.aside} is done", "/bookings/")
            place.mute = Mute.objects.create(person=person, kind="task")
            place.view = make_view(person, f"{place.aside} view")
        self.clients = {kind: client_of(person) for kind, person in self.people.items()}
        self.rows_at_first = Rows()

    def _own(self, kind: str, word: str) -> ZipAssignment:
        self.people[kind].zip_assignments.update(note=f"{word} duty")
        return self.people[kind].zip_assignments.get()

    @property
    def told(self) -> dict[str, Place]:
        """Who was told something about a place: nobody else reads it, whatever their role."""
        return {"staff here": self.near, "staff elsewhere": self.far, "manager": self.moved}

    def sees(self, kind: str, record: str, place: Place) -> bool:
        """Whether this person may see this record of the place: what the console promises."""
        if record in ("notice", "mute", "view"):
            return self.told.get(kind) is place
        record = record.removesuffix("_version").removesuffix("_past").removesuffix("_note")
        if kind in OFFICE:
            return record not in UPLOADS or (kind == "manager" and place.word != FAR)
        if record == "zip_code":  # one's own assignments name theirs, whatever the dates
            person = self.people[kind]
            rows = person.zip_assignments.all() if person.is_authenticated else ()
            return place.zip_code in {row.zip_code for row in rows}
        if record in ("colleague", "viewing", "export", *BATCHES, *UPLOADS) or (
            record == "assignment" and place is self.moved
        ):
            return False
        return place.word in IN_SCOPE.get(kind, ())

    def secrets_from(self, kind: str) -> list[str]:
        """The words that this person must not meet, in small letters."""
        asides = [p.aside for p in self.places.values() if self.told.get(kind) is not p]
        if kind in OFFICE:
            return [word.lower() for word in asides]
        secret = [PAST, DESK, "+12035559", *asides]
        for word, place in self.places.items():
            if word not in IN_SCOPE.get(kind, ()):
                secret += place.words()
        # One's own assignments name their ZIP codes, whatever the dates.
        person = self.people[kind]
        rows = person.zip_assignments.all() if person.is_authenticated else ()
        own = {str(row.zip_code) for row in rows}
        return [word.lower() for word in secret if word not in own]


def make_people() -> dict[str, Any]:
    ended = {"starts_on": today() - days(30), "ends_on": today() - days(1)}
    people = {
        "anonymous": AnonymousUser(),
        "staff here": make_staff("Ana Here", zips=("06511",)),
        "staff elsewhere": make_staff("Ben Elsewhere", zips=("02116",)),
        "staff without assignment": make_staff("Nia Nowhere"),
        "staff whose assignment ended": make_staff("Eve Ended"),
        "staff whose assignment is to come": make_staff("Tom Tomorrow"),
        "staff who had it before it moved": make_staff("Fay Former", zips=("60601",)),
        "auditor": make_auditor(),
        "manager": make_manager(),
        "engineer": make_person("Erin Engineer", "manager", is_superuser=True),
        "ReRenter": make_rerenter("Rob Rerenter"),
        "deactivated": make_staff("Gil Gone", zips=("06511",)),
    }
    assign(people["staff whose assignment ended"], "06511", **ended)
    assign(people["staff whose assignment is to come"], "06511", starts_on=today() + days(1))
    return people


def moved_place(manager: User) -> Place:
    """A home that lay in 60601, with texts of its own then, and lies in 02116 now."""
    with acting(manager, source=Source.COMMAND, reason=f"{PAST} beginning"):
        place = Place(MOVED, "60601", 30, manager)
        past, now = home_texts(PAST, 30), home_texts(MOVED, 30)
        change(place.home, **past)
        change(place.plan, notes=f"{PAST} notes")
        change(place.plan, notes=f"{MOVED} notes", decision_reason=f"{PAST} decision")
        change(place.plan, decision_reason=f"{MOVED} decision")
        change(place.booking, **booking_texts(PAST, 30))
        change(place.booking, **booking_texts(MOVED, 30))
        change(place.secret, label=f"{PAST} porch")
        change(place.secret, label=f"{MOVED} porch")
        change(place.task, **task_texts(PAST))
        change(place.task, **task_texts(MOVED))
    with acting(manager, source=Source.COMMAND, reason=f"{MOVED} moves"):
        change(place.home, **now, zip_code=make_zip("02116"))
    for record in (place.plan, place.waiting, place.booking, place.task, place.secret):
        record.refresh_from_db()
    place.zip_code = place.home.zip_code
    return place


def change(record: Any, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(record, name, value)
    record.save()


def client_of(person: Any) -> Client:
    """A client with a session of this person, forced upon those who could not sign in."""
    client = Client()
    if person.is_authenticated:
        client.force_login(person, backend="staffing.backends.RoleBackend")
    if person.is_authenticated and person.full_name == "Gil Gone":
        User.objects.filter(pk=person.pk).update(is_active=False)
    return client
