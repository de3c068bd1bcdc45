"""The files that ZIP assignments come in: what a row may say, and what it must not do."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone

from opsconsole.access.people import Person
from opsconsole.access.registry import visible
from opsconsole.imports import addresses
from opsconsole.imports.cells import Choice, Related, Remarks, Text
from opsconsole.imports.cleaning import Draft
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.problems import Level, Remark, Unacceptable, quoted
from opsconsole.imports.resource import (
    Column,
    DateColumn,
    Identity,
    ImportResource,
    Overlap,
    Rule,
    refusal,
)
from staffing.followers import assignments_changed
from staffing.models import OnDuty, User, ZipAssignment, ZipCode
from staffing.models.assignments import has_not_begun, operate_zip_code, today_there
from staffing.querysets import TodayIn
from staffing.services import OVER, say_not_staff


class Colleague(NamedTuple):
    """Whom an email names."""

    id: int
    address: str
    full_name: str
    user_type: str
    is_active: bool

    @property
    def looks_after(self) -> bool:
        """Whether this person may be given a ZIP code."""
        return self.is_active and self.user_type == User.Type.STAFF


class Colleagues(Related):
    """People who work here, by their email."""

    def __init__(self) -> None:
        people = User.objects.colleagues().annotate(address=Lower("email"))
        super().__init__(people, "address", "colleague with the email")
        self.by_id: dict[int, Colleague] = {}

    def load(self, texts: Iterable[str], person: Person) -> None:
        rows = visible(self.queryset.all(), person).filter(
            address__in=set(map(self.spelled, texts))
        )
        people = [Colleague(*row) for row in rows.values_list(*Colleague._fields)]
        self.by_id = {colleague.id: colleague for colleague in people}
        self.known = {self.spelled(colleague.address): colleague.id for colleague in people}


class Place(NamedTuple):
    """What a ZIP code tells about what lies in it. `has_staff`: today, or from a later day on."""

    id: int
    code: str
    city: str
    state: str
    timezone: str
    kind: str
    is_served: bool
    has_staff: bool

    @property
    def today(self) -> datetime.date:
        """Today by the clock of the ZIP code."""
        return timezone.localdate(timezone=ZoneInfo(self.timezone))

    @property
    def names(self) -> frozenset[str]:
        """What an address calls it, in lower case."""
        return frozenset({self.city.casefold(), self.state.casefold(), self.code})


type Row = Mapping[str, str]


def not_served(place: Place, row: Row) -> Iterable[Remark]:
    """Told wherever a file names a ZIP code in which the company does not work."""
    if not place.is_served:
        sentence = f"ZIP code {place.code} is not served yet."
        yield Remark(Level.WARNING, "not_served", sentence)


class ZipCodes(Related):
    """ZIP codes as text.

    `doubts` says what is to be remarked of one in its row. `pad` says the same of one that a
    spreadsheet took the zeros of, or refuses it; without, all five digits are asked for.
    """

    def __init__(
        self,
        doubts: Callable[[Place, Row], Iterable[Remark]] = not_served,
        pad: Callable[[addresses.ZipText, Place, Row], Remark] | None = None,
    ) -> None:
        super().__init__(ZipCode.objects.all(), "code", "ZIP code")
        self.doubts, self.pad = doubts, pad
        self.by_id: dict[int, Place] = {}
        self.places: dict[str, Place] = {}

    def load(self, texts: Iterable[str], person: Person) -> None:
        codes = {found.padded for text in texts if (found := addresses.read_zip_code(text))}
        staff = OnDuty.objects.visible_to(person).filter(
            Q(ends_on__isnull=True) | Q(ends_on__gt=TodayIn(OuterRef("timezone"))),
            zip_code=OuterRef("pk"),
        )
        rows = visible(self.queryset.all(), person).filter(code__in=codes)
        known = rows.annotate(has_staff=Exists(staff)).values_list(*Place._fields)
        self.by_id = {row[0]: Place(*row) for row in known}
        self.places = {place.code: place for place in self.by_id.values()}

    def read(self, text: str, row: Row, remarks: Remarks) -> int:
        found = addresses.read_zip_code(text)
        if found is None or (found.is_short and self.pad is None):
            raise Unacceptable(
                "not_a_zip_code",
                f"{quoted(text)} is not a ZIP code: those have five digits, as 06511.",
            )
        place = self.places.get(found.padded)
        if place is None:
            raise self.unknown(found.padded)
        if found.is_short and self.pad:
            remarks.append(self.pad(found, place, row))
        if found.read_out:
            remarks.append(
                Remark(Level.NOTE, "read_out", f"{quoted(text)} is read as {place.code}.")
            )
        remarks.extend(self.doubts(place, row))
        return place.id


def _called(duty: str) -> str:
    """SQL for what an assignment, or a row about one, is called: person, ZIP code, first day."""
    email = f"(SELECT email FROM staffing_user WHERE id = {duty}.user_id)"  # noqa: S608
    code = f"(SELECT code FROM staffing_zipcode WHERE id = {duty}.zip_code_id)"  # noqa: S608
    return f"concat_ws(', ', {email}, {code}, 'from ' || {duty}.starts_on)"


WHO, WHERE, START = "d.user_id", "d.zip_code_id", "d.starts_on"
TODAY_THERE = today_there("n")
DUTY = "CASE n.duty {} END".format(
    " ".join(f"WHEN '{duty.value}' THEN '{duty.label}'" for duty in ZipAssignment.Duty)
)
TAKEN = refusal(ZipAssignment, "one_assignment_of_a_zip_code_at_a_time").replace("'", "''")

BY_PERSON_PLACE_AND_START = Identity(
    fields=("user", "zip_code", "starts_on"),
    what="person, ZIP code and first day",
    draft=f"{WHO} || ' ' || {WHERE} || ' ' || {START}",
    reference=WHO,
    label=_called("d"),
    matches=(f"p.user_id = {WHO} AND p.zip_code_id = {WHERE} AND p.starts_on = {START}",),
)


class AssignmentResource(ImportResource):
    """Who looks after which ZIP code, one assignment on each row; under the services' rules."""

    kind = "ZIP assignments"
    slug = "assignments"
    permission = "staffing.import_zipassignment"
    undo_permission = "staffing.undo_zipassignment"
    key_field = "user"
    key_is_unique = False
    label = _called("p")
    if_new = ("permission_id", "granted_by_id")
    sketch = DUTY + (
        " || ' from ' || to_char(n.starts_on, 'Mon FMDD, YYYY') "
        "|| coalesce(' until ' || to_char(n.ends_on, 'Mon FMDD, YYYY'), ' on')"
    )

    examples = (
        {
            "user": "example.staff@example.com",
            "zip_code": "06511",
            "duty": "Primary",
            "starts_on": "0",
        },
        {
            "user": "example.staff@example.com",
            "zip_code": "06510",
            "duty": "Backup",
            "starts_on": "7",
            "ends_on": "21",
            "note": "While the primary is away",
        },
    )

    user = Column(
        "user__email",
        "Email",
        aliases=("staff email", "email address", "staff", "staff member", "person", "colleague"),
        widget=Colleagues(),
        required=True,
    )
    zip_code = Column(
        "content_object__code",
        "ZIP code",
        aliases=("zip", "zipcode", "postal code", "postcode", "zip 5"),
        widget=ZipCodes(),
        required=True,
    )
    duty = Column(
        "duty", "Duty", aliases=("role", "kind", "type"), widget=Choice(ZipAssignment.Duty)
    )
    starts_on = DateColumn(
        "starts_on",
        "From",
        aliases=("start", "start date", "first day", "since", "starts"),
        required=True,
    )
    ends_on = DateColumn("ends_on", "Until", aliases=("to", "end", "end date", "ends"))
    note = Column("note", "Note", aliases=("notes", "remark", "comment"), widget=Text(200))

    overlaps = (
        Overlap(
            field="starts_on",
            of=("n.user_id", "n.zip_code_id"),
            days="CASE WHEN n.starts_on < coalesce(n.ends_on, 'infinity') "
            "THEN daterange(n.starts_on, n.ends_on) END",
            in_file="give one person one ZIP code on the same days: change the dates of one.",
            stored=f"'{TAKEN} It is theirs as ' || p.duty || ' from ' "
            "|| to_char(p.starts_on, 'Mon FMDD, YYYY') "
            "|| coalesce(' until ' || to_char(p.ends_on, 'Mon FMDD, YYYY'), ' on') || '.'",
        ),
    )
    rules = (
        Rule(
            field="ends_on",
            code="before_start",
            broken="n.ends_on <= n.starts_on",
            sentence=refusal(ZipAssignment, "assignments_end_after_they_start"),
        ),
        Rule(
            field="ends_on",
            code="needs_end",
            broken="n.duty = 'cover' AND n.ends_on IS NULL",
            sentence=refusal(ZipAssignment, "temporary_covers_end"),
        ),
        Rule(
            field="duty",
            code="stands_in",
            broken="n.duty <> 'cover' AND n.covers_for_id IS NOT NULL",
            sentence=refusal(ZipAssignment, "only_covers_stand_in_for_a_colleague"),
        ),
        Rule(
            field="ends_on",
            code="shortened",
            broken="p.id IS NOT NULL AND "
            "coalesce(n.ends_on, 'infinity') < coalesce(p.ends_on, 'infinity')",
            sentence="Say why it is shortened. A file can’t: end it on its page.",
        ),
        Rule(
            field="ends_on",
            code="over",
            broken=f"p.ends_on < n.ends_on AND n.ends_on < {TODAY_THERE}",
            sentence="An assignment can’t end before today: until then the ZIP code was open to "
            "its person.",
        ),
    )
    # Days on which somebody was responsible stay on record, as when an assignment is ended.
    undo_rules = (
        Rule(
            field="starts_on",
            code="has_begun",
            broken=f"n.id IS NULL AND NOT ({has_not_begun('p')})",
            sentence="It has begun, and who was responsible stays on record: end it on its page.",
        ),
        Rule(
            field="ends_on",
            code="over",
            broken=f"n.ends_on IS DISTINCT FROM p.ends_on AND n.ends_on < {TODAY_THERE}",
            sentence="Its end before the import is over by now, and who was responsible stays on "
            "record: end it on its page.",
        ),
    )

    class Meta:
        model = ZipAssignment
        import_id_fields = ("user", "zip_code", "starts_on")
        fields = ("user", "zip_code", "duty", "starts_on", "ends_on", "note")

    def identity(self, mapped: Iterable[str]) -> Identity:
        """By whose it is, where, and from when on."""
        return BY_PERSON_PLACE_AND_START

    def load(self, texts: dict[str, set[str]], person: Person) -> None:
        """Remember, too, what every new assignment has."""
        super().load(texts, person)
        self.for_new = {"permission_id": operate_zip_code().pk, "granted_by_id": person.pk}

    def follow(self, batch: ImportBatch) -> None:
        """Whose ZIP codes were changed, whose work may have to be handed back."""
        versions = ZipAssignment.history.filter(batch_id=batch.pk).order_by()
        assignments_changed(set(versions.values_list("content_object_id", flat=True)))

    def complete(self, row: Draft) -> None:
        """What may not become of a new assignment."""
        colleagues: Any = self.fields["user"].widget
        zip_codes: Any = self.fields["zip_code"].widget
        colleague: Colleague | None = colleagues.by_id.get(row.given.get("user_id"))
        place: Place | None = zip_codes.by_id.get(row.given.get("zip_code_id"))
        row.if_new |= self.for_new
        if colleague and not colleague.looks_after:
            sentence = say_not_staff(colleague.full_name or colleague.address)
            row.remark_if_new(Level.ERROR, "user", "not_staff", sentence)
        if place and (row.given.get("ends_on") or "9999") <= place.today.isoformat():
            row.remark_if_new(Level.ERROR, "ends_on", "over", OVER)
