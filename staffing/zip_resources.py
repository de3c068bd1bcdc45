"""The files that say which ZIP codes are served: a code, a range, a town or a county a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from opsconsole.access.people import Person
from opsconsole.imports.addresses import read_state
from opsconsole.imports.cells import CellWidget, Remarks, YesNo
from opsconsole.imports.cleaning import Draft
from opsconsole.imports.problems import Level, Remark, Unacceptable, quoted
from opsconsole.imports.resource import Column, Identity, ImportResource
from staffing import care
from staffing.care import Counted
from staffing.models import ZipCode
from staffing.zip_parser import Phrase, area_of, parse
from staffing.zip_reference import Beside, Found, Place, Reference

MOST = 200_000  # ZIP codes that the rows of one file name, each as often as they do
NO_PLACE = "ZIP code is blank, and so are town and county: each row needs one of them."


class Words(CellWidget):
    """A text that is read with the rest of its row."""

    def read(self, text: str, row: Mapping[str, str], remarks: Remarks) -> str:
        return " ".join(text.split())


class Lines(CellWidget):
    """Several codes, ranges and places; each line of the cell may have one."""

    def read(self, text: str, row: Mapping[str, str], remarks: Remarks) -> str:
        return text


class State(CellWidget):
    """A state by its two letters or its name."""

    def read(self, text: str, row: Mapping[str, str], remarks: Remarks) -> str:
        if (state := read_state(text)) is None:
            raise Unacceptable("unknown", f"{quoted(text)} is not a state, such as CT.")
        return state


class ZipCodeResource(ImportResource):
    """Which ZIP codes the company serves. The codes come from the reference: a file makes none."""

    kind = "ZIP codes"
    slug: ClassVar[str] = "zip-codes"
    # No permission of its own: to import is to change these records, and lock 2 would let whoever
    # may import them add and delete ZIP codes.
    permission = "staffing.change_zipcode"
    undo_permission = "staffing.change_zipcode"
    key_field = "code"
    only_changes = True
    is_spread = True
    examples: ClassVar[tuple[dict[str, str], ...]] = (
        {"code": "06510–06519", "is_served": "yes"},
        {"town": "Hartford", "state": "CT", "is_served": "yes"},
    )

    code = Column(
        "code",
        "ZIP code",
        aliases=(
            "zip", "zips", "zipcode", "zip codes", "zipcodes", "postal code", "postcode", "zip 5",
            "range", "zip code range", "zip range",
        ),
        widget=Lines(),
    )  # fmt: skip
    town = Column("city", "Town", aliases=("city", "place", "city town"), widget=Words())
    county = Column("county", "County", aliases=("parish", "borough"), widget=Words())
    state = Column("state", "State", aliases=("state code", "st"), widget=State())
    is_served = Column(
        "is_served", "Served", aliases=("is served", "service", "serve"), widget=YesNo()
    )

    class Meta:
        model = ZipCode
        import_id_fields = ("code",)
        fields = ("code", "town", "county", "state", "is_served")

    def identity(self, mapped: Iterable[str]) -> Identity:
        """By the code; the other columns only say which codes are meant."""
        return Identity(
            fields=("code", "town", "county", "state"),
            what="ZIP code",
            draft="d.code",
            reference="d.code",
            label="d.code",
            matches=("p.code = d.code",),
        )

    def required(self, mapped: Iterable[str]) -> list[str]:
        """A code, a town or a county."""
        return [] if {"code", "town", "county"} & set(mapped) else ["code"]

    def load(self, texts: dict[str, set[str]], person: Person) -> None:
        """Look up the reference, and what hangs from the ZIP codes that are served."""
        super().load(texts, person)
        self.reference, self.named = Reference(person), 0
        served = [place.id for place in self.reference.places if place.is_served]
        viewer: Any = person
        self.counts: dict[int, list[Counted]] = care.counts_in(served, viewer)

    def complete(self, row: Draft) -> None:
        """Who lists ZIP codes and no more wants them served."""
        if not row.is_mapped("is_served"):
            row.given["is_served"] = True

    def spread(self, row: Draft) -> Iterator[Draft]:
        """The ZIP codes that a row names; one that can't be read is rejected as a whole."""
        is_served = row.given.get("is_served")
        found = Found() if _is_refused(row) else self._found(row, withdraw=is_served is False)
        for remark in found.remarks:
            row.remark(_field_of(row), remark)
        self.named += len(found.places)
        if self.named > MOST:
            sentence = f"The rows up to here name more than {MOST:,} ZIP codes: split the file."
            row.refuse("code", "too_many", sentence)
        if _is_refused(row):
            yield row.of_record({}, row.problems)
            return
        said = {} if is_served is None else {"is_served": is_served}
        before = row.problems  # said once, at the first of the ZIP codes
        for place, remarks in found.places.items():
            own = [*remarks, *self._hanging(place, is_served)]
            noted = [row.noted(_field_of(row), remark) for remark in own]
            yield row.of_record({"code": place.code, **said}, [*before, *noted])
            before = []

    def _found(self, row: Draft, *, withdraw: bool) -> Found:
        """What the code says; without one, the town; without that, the county."""
        code, town, county, state = (
            row.given.get(column) or "" for column in ("code", "city", "county", "state")
        )
        if code:
            phrases: list[Phrase] = parse(code)
            found = Found()
            for phrase in phrases:
                beside = Beside(town, county, state)
                found.add(self.reference.find(phrase, beside, withdraw=withdraw))
            return found if phrases else found.refuse("none", f"{quoted(code)} names no ZIP code.")
        if town:
            return self.reference.in_town(area_of(town, state), county, withdraw=withdraw)
        if county:
            return self.reference.in_county(area_of(county, state), withdraw=withdraw)
        return Found().refuse("blank", NO_PLACE)

    def _hanging(self, place: Place, is_served: bool | None) -> Iterator[Remark]:
        """Who withdraws service is told what lies there."""
        there = [counted for counted in self.counts.get(place.id, ()) if counted.number]
        if is_served is False and there:
            counts = " and ".join(filter(None, [", ".join(map(str, there[:-1])), str(there[-1])]))
            sentence = f"{place} still has {counts}, and nobody would look after them."
            yield Remark(Level.WARNING, "still_needed", sentence)


def _is_refused(row: Draft) -> bool:
    return any(problem["level"] == Level.ERROR for problem in row.problems)


def _field_of(row: Draft) -> str:
    """The field that names the ZIP codes of a row."""
    named = (("code", "code"), ("town", "city"), ("county", "county"))
    return next((field for field, column in named if row.given.get(column)), "code")
