"""Which column is which field."""

from __future__ import annotations

import pytest

from bookings.resources import PropertyResource
from opsconsole.imports.mapping import Mapping, MappingProblem, check, decide, guess

HEADER = ["Reference", "Owner", "ADDRESS", "ZIP CODE", "Kind of home"]


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("ZIP CODE", "zip_code"),
        ("Postal code", "zip_code"),
        ("zipcode", "zip_code"),
        ("zip_code", "zip_code"),
        ("ADDRESS", "street"),
        ("Apartment Number", "unit"),
        ("accommodates", "max_guests"),
        ("Price", "nightly_rate"),
        ("Owner e-mail", "owner"),
        ("external-ref", "external_ref"),
        ("Check-in from", "check_in_from"),
    ],
)
def test_usual_names_are_known_whatever_their_case_and_punctuation(column: str, field: str) -> None:
    assert guess(PropertyResource(), ["x", column]) == {column: field}


def test_each_field_is_guessed_once_and_its_own_name_first() -> None:
    assert guess(PropertyResource(), ["address", "Street", "price", "SALE PRICE"]) == {
        "Street": "street",
        "price": "nightly_rate",
    }


def test_every_title_is_an_alias_so_that_an_export_maps_itself() -> None:
    resource = PropertyResource()
    titles = {column.title: name for name, column in resource.fields.items()}

    assert guess(resource, list(titles)) == titles


def test_what_a_person_says_overrules_the_guess() -> None:
    said = {"kind of home": "property_type", "Reference": ""}

    mapping = decide(PropertyResource(), HEADER, said, {"owner": "rosa@example.com"})

    assert mapping.columns == {
        "ADDRESS": "street",
        "ZIP CODE": "zip_code",
        "Kind of home": "property_type",
    }
    assert mapping.constants == {"owner": "rosa@example.com"}


@pytest.mark.parametrize(
    ("columns", "constants", "says"),
    [
        ({"Colour": "name"}, {}, "The file has no column “Colour”"),
        ({"Kind of home": "colour"}, {}, "There is no field colour"),
        ({}, {"colour": "red"}, "There is no field colour"),
        ({}, {}, "Nothing gives Type (property_type)"),
        ({"Kind of home": "property_type"}, {"external_ref": "A"}, "can't be the same"),
    ],
)
def test_a_mapping_that_cannot_be_used(
    columns: dict[str, str], constants: dict[str, str], says: str
) -> None:
    with pytest.raises(MappingProblem, match=says.replace("(", r"\(").replace(")", r"\)")):
        decide(PropertyResource(), HEADER, columns, constants)


def test_a_value_for_every_row_has_an_end() -> None:
    columns = {"Kind of home": "property_type"}

    assert decide(PropertyResource(), HEADER, columns, {"amenities": "x" * 500})
    with pytest.raises(MappingProblem, match="Amenities for every row has 501 characters"):
        decide(PropertyResource(), HEADER, columns, {"amenities": "x" * 501})


def test_a_long_column_name_is_cut_where_it_is_quoted() -> None:
    with pytest.raises(MappingProblem) as refused:
        check(PropertyResource(), ["x" * 400, "y"], Mapping({"z" * 400: "name"}))

    assert len(str(refused.value)) < 250


def test_two_columns_for_one_field_or_a_column_and_a_value() -> None:
    resource = PropertyResource()

    with pytest.raises(MappingProblem, match="“a” and “b” are both mapped to Name"):
        check(resource, ["a", "b"], Mapping({"a": "name", "b": "name"}))
    with pytest.raises(MappingProblem, match="Name has a column, “a”, and one value"):
        check(resource, ["a"], Mapping({"a": "name"}, {"name": "x"}))


def test_without_a_reference_the_address_is_needed() -> None:
    constants = {"owner": "rosa@example.com", "property_type": "house"}

    with pytest.raises(MappingProblem, match="Nothing gives Street"):
        decide(PropertyResource(), ["ZIP", "Rooms"], {}, constants)
    assert decide(PropertyResource(), ["ZIP", "Street"], {}, constants)
