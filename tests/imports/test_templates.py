"""The templates: two example rows that could be imported, and are told from a company's own."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse

from bookings.admin.imports import RESOURCES
from bookings.models import AwayPlan, Property
from opsconsole.imports import mapping, steps
from opsconsole.imports.dates import read_date
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.outgoing import columns_in_template
from opsconsole.imports.resource import resource_of
from staffing.models import User, ZipAssignment
from tests.factories import make_manager, make_rerenter, make_zip, today
from tests.imports.files import actions, codes, sentence

pytestmark = pytest.mark.django_db


@pytest.fixture
def mona() -> User:
    """A manager of a company with the ZIP codes of the examples."""
    for code in ("06510", "06511"):
        make_zip(code)
    return make_manager()


def template(client: Client, kind: str) -> bytes:
    """The file as it is downloaded."""
    opts = resource_of(kind).model._meta
    name = f"admin:{opts.app_label}_{opts.model_name}_import_template"
    return bytes(client.get(reverse(name)).content)


def imported_as_it_is(person: User, client: Client, kind: str) -> ImportBatch:
    """The template, uploaded untouched, mapped by its names and committed."""
    resource = resource_of(kind)
    batch = steps.upload(resource, person, "template.csv", template(client, kind))
    steps.map_columns(batch, resource, mapping.decide(resource, batch.header, {}, {}))
    steps.preview(batch, resource, person)
    steps.commit(batch, resource, person)
    return batch


@pytest.mark.parametrize("kind", RESOURCES)
def test_each_kind_has_two_examples_of_columns_it_has(kind):
    resource = resource_of(kind)

    assert len(resource.examples) == 2
    for example in resource.examples:
        assert example.keys() <= resource.fields.keys()
        required = {name for name, column in resource.fields.items() if column.required}
        assert required <= example.keys()


@pytest.mark.parametrize("kind", RESOURCES)
def test_a_template_is_a_header_and_its_examples(sign_in, mona, kind):
    resource = resource_of(kind)

    header, *rows = csv.reader(io.StringIO(template(sign_in(mona), kind).decode("utf-8-sig")))

    columns = columns_in_template(resource)
    assert header == [column.title for column in columns.values()]
    assert len(rows) == len(resource.examples)
    for row, example in zip(rows, resource.examples, strict=True):
        told = dict(zip(columns, row, strict=True))
        assert {name for name, cell in told.items() if cell} == example.keys()
        for name in resource.date_columns.keys() & example.keys():
            assert (read_date(told[name]) - today()).days == int(example[name])


def test_the_templates_fit_together_and_every_row_of_them_could_be_imported(sign_in, mona):
    client = sign_in(mona)

    for kind in ("people", "ZIP assignments", "properties", "away plans"):
        batch = imported_as_it_is(mona, client, kind)
        assert (batch.create, batch.reject, actions(batch)) == (2, 0, ["create"] * 2), kind
        key = resource_of(kind).key_field
        assert codes(batch, 2) == codes(batch, 3) == {f"{key}.example"}  # and nothing else
        assert sentence(batch, f"{key}.example").startswith("This is an example row")

    assert ZipAssignment.objects.filter(user__full_name="Example Staff").count() == 2
    assert set(Property.objects.values_list("external_ref", "lifecycle")) == {
        ("EXAMPLE-1", "active"),
        ("EXAMPLE-2", "active"),
    }
    assert set(AwayPlan.objects.values_list("status", flat=True)) == {"draft"}


def test_a_row_of_the_company_s_own_is_not_taken_for_an_example(mona):
    make_rerenter("Example Owner", email="example.owner@example.com")
    resource = resource_of("properties")
    columns = "Reference,Owner,Street,ZIP,Type"
    text = columns + "\n{},example.owner@example.com,1 A St,06511,House\n"
    for reference, told in (("EXAMPLE-1", True), ("EXAMPLE-10", False), ("H-1", False)):
        batch = steps.upload(resource, mona, "homes.csv", text.format(reference).encode())
        steps.map_columns(batch, resource, mapping.decide(resource, batch.header, {}, {}))
        steps.preview(batch, resource, mona)
        assert ("external_ref.example" in codes(batch)) is told


def test_the_page_says_that_the_examples_are_to_be_replaced(sign_in, mona):
    page = sign_in(mona).get(reverse("admin:bookings_property_import")).content.decode()

    assert "two example rows, to be replaced by yours" in page
