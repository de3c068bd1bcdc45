"""The files that homes come in: the columns, how each is read, and what a row must not do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from functools import lru_cache
from typing import Any, ClassVar

from bookings import new_owners
from bookings.models import Property
from bookings.new_owners import MakeOwners, Owners
from bookings.tasks.letting_go import let_go_at
from opsconsole.access.people import Person
from opsconsole.imports import addresses
from opsconsole.imports.cells import (
    CellWidget,
    Choice,
    Clock,
    DecimalCell,
    Halves,
    Money,
    Remarks,
    Text,
    WholeNumber,
    YesNo,
)
from opsconsole.imports.cleaning import Draft
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.problems import Level, Remark, Unacceptable, quoted, shortened
from opsconsole.imports.resource import (
    Column,
    Identity,
    ImportResource,
    Offer,
    Rule,
    Told,
    Unique,
)
from staffing.models import ZipCode
from staffing.people_resources import PeopleResource
from staffing.resources import Place, ZipCodes, not_served


def _padded(found: addresses.ZipText, place: Place, row: Mapping[str, str]) -> Remark:
    """Zeros are put back only where the row's state or city says that this place is meant."""
    state = addresses.read_state(row.get("state") or "")
    towns = addresses.towns_in(row.get("city") or "")
    if state != place.state and place.city.casefold() not in towns:
        raise Unacceptable(
            "too_short",
            f"“{found.digits}” has {len(found.digits)} digits, and neither the state nor the city "
            f"of the row fits {place.code}: write all five.",
        )
    sentence = f"“{found.digits}” is read as {place.code}, which lies in {place.state}."
    return Remark(Level.WARNING, "padded", sentence)


def _doubts(place: Place, row: Mapping[str, str]) -> Iterable[Remark]:
    state = addresses.read_state(row.get("state") or "")
    if place.kind == ZipCode.Kind.PO_BOX:
        yield Remark(Level.WARNING, "po_box", f"{place.code} is for PO boxes: is it a home's?")
    if place.kind == ZipCode.Kind.MILITARY:
        yield Remark(Level.WARNING, "military", f"{place.code} is military: is it a home's?")
    yield from not_served(place, row)
    if place.is_served and not place.has_staff:
        sentence = f"ZIP code {place.code} has no assigned staff."
        yield Remark(Level.WARNING, "no_staff", sentence)
    if state and state != place.state:
        sentence = f"{place.code} lies in {place.state}, and the row says {state}."
        yield Remark(Level.WARNING, "other_state", sentence)


class State(CellWidget):
    """A state by its two letters or its name."""

    def read(self, text: str, row: Mapping[str, str], remarks: Remarks) -> str:
        state = addresses.read_state(text)
        if state is None:
            raise Unacceptable(
                "unknown", f"{quoted(text)} is not a state, such as CT or Connecticut."
            )
        if "," in text:
            remarks.append(Remark(Level.NOTE, "read_out", f"{quoted(text)} is read as {state}."))
        return state


class City(Text):
    """A town; a text with digits is none, and leaves the field as it is."""

    def read(self, text: str, row: Mapping[str, str], remarks: Remarks) -> str | None:  # type: ignore[override]
        if any(map(str.isdigit, text)):
            remarks.append(
                Remark(Level.WARNING, "not_a_city", f"{quoted(text)} is no city: left out.")
            )
            return None
        return super().read(text.strip(" ,"), row, remarks)


class Amenities(Text):
    """A list on lines or between commas; `{TV,"Cable TV"}` loses its braces and quotes."""

    def read(self, text: str, row: Mapping[str, str], remarks: Remarks) -> str:
        if text.startswith("{") and text.endswith("}"):
            items = (item.strip(' "') for item in text[1:-1].split(","))
            text = ", ".join(item for item in items if item)
        return super().read(text, row, remarks)


TYPES = {
    "condo": "condo",
    "flat": "apartment",
    "apt": "apartment",
    "single family home": "house",
    "single family": "house",
    "row house": "townhouse",
    "town house": "townhouse",
    "guest house": "guesthouse",
    "in-law": "guest_suite",
    "cabin": "cottage",
}
LEAVES_DRAFT = {Property.Lifecycle.ACTIVE, Property.Lifecycle.PAUSED}
STREET, UNIT, ZIP = "d.street", "coalesce(d.unit, '')", "d.zip_code_id"
ADDRESS = f"nullif(address_key(nullif({STREET}, ''), {UNIT}), '')"
ZIP_TEXT = f"(SELECT code FROM staffing_zipcode WHERE id = {ZIP})"  # noqa: S608

TOO_SMALL = (
    "n.max_guests < p.max_guests AND EXISTS (SELECT FROM bookings_booking stay WHERE "
    "stay.property_id = p.id AND stay.status IN ('held', 'confirmed', 'checked_in') "
    "AND stay.party_size > n.max_guests)"
)

LONGEST = {
    name: int(getattr(Property._meta.get_field(name), "max_length"))  # noqa: B009
    for name in ("street", "unit")
}

BY_REFERENCE = Identity(
    fields=("external_ref",),
    what="reference",
    draft="d.external_ref",
    reference="d.external_ref",
    label="d.external_ref",
    matches=("p.external_ref = d.reference", "p.external_ref = d.as_written->>'external_ref'"),
)
# A home without a reference gets one from its address, the same at every import of the file.
BY_ADDRESS = Identity(
    fields=("street", "unit", "zip_code"),
    what="address",
    draft=f"{ADDRESS} || ' ' || {ZIP}",
    reference=f"'A-' || upper(left(encode(sha256(convert_to({ADDRESS} || ' ' || {ZIP_TEXT}, 'UTF8'"
    ")), 'hex'), 20))",
    label=f"concat_ws(', ', {STREET}, nullif({UNIT}, ''))",
    matches=(
        f"address_key(p.street, p.unit) = {ADDRESS} AND p.zip_code_id = {ZIP} "
        "AND p.lifecycle <> 'archived' AND p.street <> ''",
        "p.external_ref = d.reference",
    ),
)


class PropertyResource(ImportResource):
    """Homes, one on each row."""

    kind = "properties"
    slug = "properties"
    permission = "bookings.import_property"
    undo_permission = "bookings.undo_property"
    export_permission = "bookings.export_property"
    key_field = "external_ref"
    also_undone = (PeopleResource,)
    not_in_template = (new_owners.OPTION,)
    derived = ("timezone",)
    split_off: ClassVar = {"unit": "street"}
    if_new = ("name", "city", "state")
    sketch = (
        "concat_ws(', ', nullif(n.name, concat_ws(', ', n.street, nullif(n.unit, ''))), "
        "nullif(n.street, ''), nullif(n.unit, ''), n.city, n.state)"
    )

    examples = (
        {
            "external_ref": "EXAMPLE-1",
            "name": "Blue house",
            "owner": "example.owner@example.com",
            "is_default": "yes",
            "street": "12 Orange Street",
            "city": "New Haven",
            "state": "CT",
            "zip_code": "06511",
            "latitude": "41.30993",
            "longitude": "-72.92276",
            "property_type": "House",
            "bedrooms": "3",
            "bathrooms": "1.5",
            "max_guests": "6",
            "nightly_rate": "185.00",
            "check_in_from": "15:00",
            "check_out_until": "11:00",
            "amenities": "Wifi, Parking",
            "lifecycle": "Active",
        },
        {
            "external_ref": "EXAMPLE-2",
            "name": "Flat above the bakery",
            "owner": "example.owner@example.com",
            "is_default": "no",
            "street": "48 Chapel Street",
            "unit": "4B",
            "city": "New Haven",
            "state": "CT",
            "zip_code": "06510",
            "property_type": "Apartment",
            "bedrooms": "1",
            "bathrooms": "1",
            "max_guests": "2",
            "nightly_rate": "$1,120.50",
            "lifecycle": "Active",
        },
    )

    external_ref = Column(
        "external_ref",
        "Reference",
        aliases=("external reference", "external id", "ref", "property id", "listing id"),
        widget=Text(64),
        required=True,
    )
    name = Column(
        "name",
        "Name",
        aliases=("property name", "listing name", "title"),
        widget=Text(150),
    )
    owner = Column(
        "owner__email",
        "Owner's email",
        aliases=("owner", "owner email", "rerenter", "rerenter email", "email", "host email"),
        widget=Owners(),
        required=True,
    )
    owner_name = Column(
        "owner_name",
        "Owner's name",
        aliases=("owner name", "owner full name", "rerenter name", "host name", "owner"),
        stored=False,
    )
    owner_phone = Column(
        "owner_phone",
        "Owner's phone",
        aliases=("owner phone", "owner phone number", "owner mobile", "rerenter phone"),
        stored=False,
    )
    make_owners = Column(
        new_owners.OPTION, "Make unknown owners (yes or no)", widget=MakeOwners(), stored=False
    )
    is_default = Column(
        "is_default", "Owner's default", aliases=("default", "is default"), widget=YesNo()
    )
    street = Column(
        "street",
        "Street",
        aliases=("address", "street address", "address line 1", "address 1", "address1"),
    )
    unit = Column(
        "unit",
        "Unit",
        aliases=(
            "apartment number",
            "apartment",
            "apt",
            "unit number",
            "address line 2",
            "address2",
        ),
    )
    city = Column("city", "City", aliases=("town",), widget=City(60))
    state = Column("state", "State", aliases=("state code", "province"), widget=State())
    zip_code = Column(
        "zip_code__code",
        "ZIP code",
        aliases=("zip", "zipcode", "postal code", "postcode", "zip 5"),
        widget=ZipCodes(_doubts, _padded),
        required=True,
        reads=("state", "city"),
    )
    latitude = Column(
        "latitude",
        "Latitude",
        aliases=("lat",),
        widget=DecimalCell(-90, 90, 5, warn_rounding=False),
    )
    longitude = Column(
        "longitude",
        "Longitude",
        aliases=("lng", "lon", "long"),
        widget=DecimalCell(-180, 180, 5, warn_rounding=False),
    )
    property_type = Column(
        "property_type",
        "Type",
        aliases=("type", "home type"),
        widget=Choice(Property.Type, TYPES, otherwise=Property.Type.OTHER),
        required=True,
    )
    bedrooms = Column(
        "bedrooms", "Bedrooms", aliases=("beds", "br", "bedroom"), widget=WholeNumber(0, 50)
    )
    bathrooms = Column("bathrooms", "Bathrooms", aliases=("baths", "bath"), widget=Halves())
    max_guests = Column(
        "max_guests",
        "Guests at most",
        aliases=("accommodates", "guests", "maximum guests", "capacity", "sleeps"),
        widget=WholeNumber(1),
    )
    nightly_rate = Column(
        "nightly_rate",
        "Nightly rate",
        aliases=("price", "rate", "price per night", "nightly price"),
        widget=Money(),
    )
    check_in_from = Column(
        "check_in_from", "Check-in from", aliases=("check in", "check in time"), widget=Clock()
    )
    check_out_until = Column(
        "check_out_until",
        "Check-out until",
        aliases=("check out", "check out time"),
        widget=Clock(),
    )
    amenities = Column("amenities", "Amenities", widget=Amenities(lines=True))
    lifecycle = Column(
        "lifecycle", "Lifecycle", aliases=("status",), widget=Choice(Property.Lifecycle)
    )

    uniques = (
        Unique(
            field="street",
            derived={"address": "address_key(n.street, n.unit)"},
            key="CASE WHEN n.street <> '' AND n.lifecycle <> 'archived' "
            "THEN n.address || ' ' || n.zip_code_id END",
            match="address_key(p.street, p.unit) = n.address "
            "AND p.zip_code_id = n.zip_code_id AND p.lifecycle <> 'archived' AND p.street <> '' "
            "AND n.lifecycle <> 'archived' AND n.street <> ''",
            in_file="have one address under different references: keep one row for each home.",
            stored="'“' || p.external_ref || '” has this address (street, unit and ZIP code).'",
        ),
        Unique(
            field="is_default",
            key="CASE WHEN n.is_default THEN n.owner_id::text END",
            match="p.is_default AND n.is_default AND p.owner_id = n.owner_id",
            in_file="name two default properties of one owner: choose one.",
            stored="'This owner has another default property.'",
        ),
    )
    rules = (
        Rule(
            field="lifecycle",
            code="needs_street",
            broken="n.street = '' AND n.lifecycle NOT IN ('draft', 'archived')",
            sentence="A home needs its street before it leaves draft.",
        ),
        Rule(
            field="lifecycle",
            code="no_way_back",
            broken="p.id IS NOT NULL AND n.lifecycle <> p.lifecycle "
            "AND (p.lifecycle = 'archived' OR n.lifecycle = 'draft')",
            sentence="An archived home stays archived, and no home goes back to draft.",
        ),
        Rule(
            field="lifecycle",
            code="open_plans",
            broken="n.lifecycle = 'archived' AND p.lifecycle <> 'archived' AND EXISTS (SELECT FROM "
            "bookings_awayplan plan WHERE plan.property_id = p.id AND plan.status IN "
            "('draft', 'submitted', 'approved', 'preparing', 'active'))",
            sentence="This home has open away plans: end them before it is archived.",
        ),
        Rule(
            field="max_guests",
            code="booked_for_more",
            broken=TOO_SMALL,
            sentence="It is booked for more guests: change or cancel that booking first.",
        ),
    )

    undo_rules = (
        Rule(
            field="lifecycle",
            code="has_plans",
            broken="n.lifecycle = 'draft' AND EXISTS "
            "(SELECT FROM bookings_awayplan plan WHERE plan.property_id = p.id)",
            sentence="It has away plans by now, and was a draft before.",
        ),
        Rule(
            field="max_guests",
            code="booked_for_more",
            broken=TOO_SMALL,
            sentence="It is booked for more guests by now than it had room for.",
        ),
    )

    class Meta:
        model = Property
        import_id_fields = ("external_ref",)
        fields = (
            "external_ref",
            "name",
            "owner",
            "owner_name",
            "owner_phone",
            "make_owners",
            "is_default",
            "street",
            "unit",
            "city",
            "state",
            "zip_code",
            "latitude",
            "longitude",
            "property_type",
            "bedrooms",
            "bathrooms",
            "max_guests",
            "nightly_rate",
            "check_in_from",
            "check_out_until",
            "amenities",
            "lifecycle",
        )

    def identity(self, mapped: Iterable[str]) -> Identity:
        """By its reference; without that column, by its address."""
        return BY_REFERENCE if "external_ref" in mapped else BY_ADDRESS

    def required(self, mapped: Iterable[str]) -> list[str]:
        """Without a reference, a row needs the address it is recognised by."""
        required = super().required(mapped)
        if "external_ref" in mapped or not {"street", "zip_code"} & set(mapped):
            return required
        return [name for name in required if name != "external_ref"] + ["street"]

    def follow(self, batch: ImportBatch) -> None:
        """Homes that were moved have tasks of people who do not look after them there."""
        versions = Property.history.filter(batch_id=batch.pk, changed_fields__contains=["zip_code"])
        let_go_at(versions.order_by().values_list("id", flat=True))

    def aliases_of(self, name: str) -> list[str]:
        """A column called “owner” has the email, unless another one says that it does."""
        aliases = super().aliases_of(name)
        return sorted(aliases, key=lambda alias: alias == "owner") if name == "owner" else aliases

    # Owners who are not known yet

    @property
    def _owners(self) -> Owners:
        widget: Any = self.fields["owner"].widget
        return widget

    def load(self, texts: dict[str, set[str]], person: Person) -> None:
        """Know, too, who the owners are whom nobody here knows."""
        super().load(texts, person)
        if new_owners.wants(texts, person):
            self._owners.load_new(texts.get("owner", set()))

    def rules_for(self, person: Any) -> tuple[Rule, ...]:
        """Who is made needs a name."""
        return (*self.rules, new_owners.NAMELESS) if self._owners.new else self.rules

    def before_judging(self) -> None:
        """The new owners, where the statements find them."""
        if self._owners.new:
            self._owners.stage()

    def tellings(self) -> list[Told]:
        """Each new owner."""
        return new_owners.tellings() if self._owners.new else []

    def also_makes(self) -> dict[str, Any]:
        """The new owners of the homes that are imported."""
        return new_owners.also_makes() if self._owners.new else {}

    def before_writing(self, batch: ImportBatch) -> None:
        """The owners come before their homes."""
        if self._owners.new:
            new_owners.make(batch)

    def offers(self, batch: ImportBatch, person: Any) -> list[Offer]:
        """To make the owners whom nobody knows, out of the file's own columns."""
        is_asked = new_owners.OPTION in {*batch.constants, *batch.mapping.values()}
        if "owner.unknown" not in batch.reasons or is_asked or not new_owners.may_make(person):
            return []
        if "owner_name" in {*batch.mapping.values(), *batch.constants}:
            return [Offer("Make the owners who are not known yet", new_owners.OPTION, "yes")]
        return [
            Offer(
                "Owners who are not known yet can be made from this file: change the columns, and "
                "say which one has the owner's name. Or import the people first."
            )
        ]

    def complete(self, row: Draft) -> None:
        """Address, name and lifecycle, which several cells tell together."""
        if self._owners.new:
            self._owners.complete(row)
        place = self._place_of(row)
        self._split_street(row, place)
        _refuse_long(row)
        self._stay_in_draft(row)
        if place:
            row.given["timezone"] = place.timezone
            if "city" not in row.given:
                row.if_new["city"] = place.city
            if "state" not in row.given:
                row.if_new["state"] = place.state
        if not row.given.get("name"):
            row.if_new["name"] = _name_for(row)
        if not row.is_mapped("external_ref"):
            self._need_address(row)

    def _place_of(self, row: Draft) -> Place | None:
        widget: Any = self.fields["zip_code"].widget
        if row.given.get("city", "") is None:
            del row.given["city"]  # it was no city
        return widget.by_id.get(row.given.get("zip_code_id"))

    def _split_street(self, row: Draft, place: Place | None) -> None:
        """The street without the town behind it; its unit goes where units are."""
        text = row.given.get("street")
        if not text or addresses.is_street_alone(text):
            return
        street, unit = addresses.read_street(text, *_names_of(row, place))
        if not street:
            del row.given["street"]
            row.remark(
                "street",
                Remark(Level.WARNING, "only_town", f"{quoted(text)} names no street: left out."),
            )
            return
        given = row.given.get("unit")
        if unit and given and not addresses.same_unit(unit, given):
            sentence = (
                f"The street names unit {unit} and the unit column {shortened(given)}: "
                "both are kept."
            )
            row.remark("unit", Remark(Level.WARNING, "two_units", sentence))
            street = f"{street}, {unit}"
        elif unit and not given:
            row.given["unit"], row.as_written["unit"] = unit, None
        if street != text:
            row.as_written.setdefault("street", text)
        row.given["street"] = street

    def _stay_in_draft(self, row: Draft) -> None:
        if row.given.get("street") or not row.is_mapped("street"):
            return
        if row.given.get("lifecycle") in LEAVES_DRAFT:
            del row.given["lifecycle"]
            sentence = "A home needs its street before it leaves draft: left as it is."
            row.remark("lifecycle", Remark(Level.WARNING, "stays", sentence))

    def _need_address(self, row: Draft) -> None:
        if not row.given.get("street") and not row.is_refused("street"):
            sentence = "Without a reference a row is recognised by its street, and has none."
            row.refuse("street", "blank", sentence)


def _names_of(row: Draft, place: Place | None) -> list[Set[str]]:
    """What the row and its ZIP code call the place."""
    said: list[Set[str]] = [_towns(row.text("city"), row.text("state"))]
    return [*said, place.names] if place else said


_towns = lru_cache(maxsize=1_000)(addresses.towns_in)


def _refuse_long(row: Draft) -> None:
    for name, longest in LONGEST.items():
        text = row.given.get(name)
        if text and len(text) > longest:
            row.refuse(name, "too_long", f"{len(text)} characters are too many: {longest} fit.")
            row.given[name] = ""


def _name_for(row: Draft) -> str:
    """What a home is called until somebody names it: its address, or town and reference."""
    address = [row.given.get("street"), row.given.get("unit")]
    town = [row.given.get("city") or row.if_new.get("city"), row.given.get("external_ref")]
    parts = address if row.given.get("street") else town
    return ", ".join(part for part in parts if part)[:150]
