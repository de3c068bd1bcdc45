"""The files that away plans come in: what a row may say, and what it must not do."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.utils import timezone

from bookings.models import AwayPlan, Property
from bookings.services import ENDED, OVER, say_ended, say_not_active
from opsconsole.access.people import Person
from opsconsole.access.registry import visible
from opsconsole.imports.cells import Related, Text, YesNo
from opsconsole.imports.cleaning import Draft
from opsconsole.imports.problems import Level
from opsconsole.imports.resource import (
    Column,
    DateColumn,
    Identity,
    ImportResource,
    Overlap,
    Rule,
    refusal,
)

Status = AwayPlan.Status


class Home(NamedTuple):
    """What a home tells about the plans for it."""

    id: int
    external_ref: str
    name: str
    lifecycle: str
    timezone: str
    zip_code_id: int

    @property
    def today(self) -> datetime.date:
        """Today by the home's own clock."""
        return timezone.localdate(timezone=ZoneInfo(self.timezone))


class Homes(Related):
    """Homes by their reference, spelled exactly so."""

    def __init__(self) -> None:
        super().__init__(Property.objects.all(), "external_ref", "property")
        self.by_id: dict[int, Home] = {}

    def load(self, texts: Iterable[str], person: Person) -> None:
        rows = visible(self.queryset.all(), person).filter(external_ref__in=set(texts))
        homes = [Home(*row) for row in rows.values_list(*Home._fields)]
        self.by_id = {home.id: home for home in homes}
        self.known = {home.external_ref: home.id for home in homes}

    def spelled(self, text: str) -> str:
        """References differ by their case too."""
        return text


def _in(statuses: Iterable[str]) -> str:
    return ", ".join(f"'{status}'" for status in statuses)


def _kept(status: str, sentence: str) -> Rule:
    """A plan in this state is not changed by a file."""
    changed = "(n.ends_on, n.hosting_allowed, n.notes) IS DISTINCT FROM " + (
        "(p.ends_on, p.hosting_allowed, p.notes)"
    )
    return Rule(
        field="ends_on",
        code=f"is_{status}",
        broken=f"p.status = '{status}' AND {changed}",
        sentence=sentence,
    )


def _called(plan: str) -> str:
    """SQL for what a plan, or a row about one, is called: its home's reference and first day."""
    home = f"(SELECT external_ref FROM bookings_property WHERE id = {plan}.property_id)"  # noqa: S608
    return f"concat_ws(' from ', {home}, {plan}.starts_on::text)"


HOME, START = "d.property_id", "d.starts_on"
OPEN = _in(status for status in Status if status not in ENDED)
BLOCKING = _in(AwayPlan.BLOCKING)
# Of several plans from one day on, such as one that was withdrawn and filed anew: the open one.
THE_PLAN = f"""p.id = (
    SELECT q.id FROM bookings_awayplan q WHERE q.property_id = {HOME} AND q.starts_on = {START}
    ORDER BY (q.status IN ({OPEN})) DESC, q.id DESC LIMIT 1)"""  # noqa: S608

BY_HOME_AND_START = Identity(
    fields=("property", "starts_on"),
    what="property and first day",
    draft=f"{HOME} || ' ' || {START}",
    reference=HOME,
    label=_called("d"),
    matches=(THE_PLAN,),
)


class AwayPlanResource(ImportResource):
    """Away plans, one on each row. New ones are drafts: a status changes by its step alone."""

    kind = "away plans"
    slug = "plans"
    permission = "bookings.import_awayplan"
    undo_permission = "bookings.undo_awayplan"
    key_field = "property"
    key_is_unique = False
    label = _called("p")
    # Who changes what is still to be decided has filed it: somebody else decides.
    derived = ("zip_code_id", "filed_by_id")
    sketch = (
        "to_char(n.starts_on, 'Mon FMDD, YYYY') || ' – ' || to_char(n.ends_on, 'Mon FMDD, YYYY') "
        "|| CASE WHEN n.hosting_allowed THEN ', hosting allowed' ELSE '' END"
    )

    examples = (
        {
            "property": "EXAMPLE-1",
            "starts_on": "30",
            "ends_on": "44",
            "hosting_allowed": "yes",
            "notes": "Water the ferns",
        },
        {"property": "EXAMPLE-2", "starts_on": "60", "ends_on": "67", "hosting_allowed": "no"},
    )

    property = Column(
        "property__external_ref",
        "Property reference",
        aliases=("property", "reference", "external ref", "home", "listing id", "property id"),
        widget=Homes(),
        required=True,
    )
    starts_on = DateColumn(
        "starts_on",
        "Away from",
        aliases=("from", "start", "start date", "first day", "leaves on", "departure"),
        required=True,
    )
    ends_on = DateColumn(
        "ends_on",
        "Back on",
        aliases=("until", "to", "end", "end date", "day of return", "returns on", "return"),
        required=True,
    )
    hosting_allowed = Column(
        "hosting_allowed",
        "Hosting allowed",
        aliases=("hosting", "may host", "guests allowed"),
        widget=YesNo(),
    )
    notes = Column(
        "notes", "Notes", aliases=("note", "remarks", "comments"), widget=Text(lines=True)
    )

    overlaps = (
        Overlap(
            field="starts_on",
            of=("n.property_id",),
            days=f"CASE WHEN n.status IN ({OPEN}) AND n.starts_on < n.ends_on "
            "THEN daterange(n.starts_on, n.ends_on) END",
            in_file="cover the same days of one home: change the dates of one, or leave it out.",
            stored="'Another plan of this home, from ' || to_char(p.starts_on, 'Mon FMDD, YYYY') "
            "|| ' until ' || to_char(p.ends_on, 'Mon FMDD, YYYY') || ' (' || p.status || '), "
            "covers some of these days: change the dates, or withdraw the other plan first.'",
        ),
    )
    rules = (
        Rule(
            field="ends_on",
            code="before_start",
            broken="n.ends_on <= n.starts_on",
            sentence=refusal(AwayPlan, "plans_end_after_they_start"),
        ),
        *(_kept(status, say_ended(status)) for status in ENDED),
        *(
            _kept(
                status,
                f"This plan is {status.label.lower()}: change it on its page, and say why there.",
            )
            for status in AwayPlan.HOSTING
        ),
    )
    undo_rules = (
        Rule(  # what the database would refuse; drafts may share days with anything
            field="ends_on",
            code="days_taken",
            broken=f"n.status IN ({BLOCKING}) AND EXISTS (SELECT FROM bookings_awayplan q "
            f"WHERE q.property_id = n.property_id AND q.id <> n.id AND q.status IN ({BLOCKING}) "
            "AND daterange(q.starts_on, q.ends_on) && daterange(n.starts_on, n.ends_on))",
            sentence="Another plan of this home takes up days that it had before.",
        ),
    )

    class Meta:
        model = AwayPlan
        import_id_fields = ("property", "starts_on")
        fields = ("property", "starts_on", "ends_on", "hosting_allowed", "notes")

    def identity(self, mapped: Iterable[str]) -> Identity:
        """By its home and its first day."""
        return BY_HOME_AND_START

    def load(self, texts: dict[str, set[str]], person: Person) -> None:
        """Remember who imports, too."""
        super().load(texts, person)
        self.filed_by_id = person.pk

    def complete(self, row: Draft) -> None:
        """What follows from the home: the ZIP code, and whether a new plan may be filed for it."""
        homes: Any = self.fields["property"].widget
        home: Home | None = homes.by_id.get(row.given.get("property_id"))
        if home is None:
            return
        row.given |= {"zip_code_id": home.zip_code_id, "filed_by_id": self.filed_by_id}
        if home.lifecycle != Property.Lifecycle.ACTIVE:
            sentence = say_not_active(home.name, home.lifecycle)
            row.remark_if_new(Level.ERROR, "property", "not_active", sentence)
        if (row.given.get("ends_on") or "9999") <= home.today.isoformat():
            row.remark_if_new(Level.ERROR, "ends_on", "over", OVER)
