"""Attacks that guess: lookups, searches and keys in the address that answer yes or no."""

from __future__ import annotations

from functools import partial

from bookings.models import Property
from tests.access.leak_map import attack
from tests.access.leaks.asking import ANA, get, page, pages, tells_ana_nothing
from tests.access.world import FAR, World
from tests.factories import assign, make_property


def is_refused(world: World, path: str, query: str) -> None:
    """A lookup that no filter of the list has: 400, to a manager too."""
    for kind in (ANA, "manager"):
        assert get(world, path, kind).status == 200
        assert get(world, f"{path}?{query}", kind).status == 400


for name, path, query in (
    ("lookup-owner-password", "/bookings/property/", "owner__password__startswith=m"),
    ("lookup-hidden-local", "/bookings/property/", "amenities__startswith=F"),
    ("lookup-m2m-sibling", "/staffing/user/", "properties__street__startswith=2"),
):
    attack(name)(partial(is_refused, path=path, query=query))


@attack("lookup-via-filter")
def a_filter_with_a_foreign_id(world: World) -> None:
    make_property("06515", name="Other home")
    assign(world.people[ANA], "06515")  # with one choice alone Django ignores a filter
    there = f"/bookings/property/?zip_code__id__exact={world.far.zip_code.pk}"
    absent = "/bookings/property/?zip_code__id__exact=99999999"

    tells_ana_nothing(world, there)
    assert "Nearwood" not in get(world, there).text
    assert get(world, there).looks() == get(world, absent).looks()


@attack("search-fields-sibling")
def a_search_through_what_a_person_also_owns(world: World) -> None:
    make_property("06511", owner=world.far.owner)
    owner = world.far.owner.email

    assert owner in get(world, "/staffing/user/").text
    for path in ("/staffing/user/?q=farmarsh home", "/staffing/user/?q=20 farmarsh road"):
        assert owner not in get(world, path).text
    names = {"viewer_name", "person_name", "exporter", "uploader"}  # of colleagues, in the logs
    for console_page in pages():
        for field in {*console_page.search_fields} - names:
            first = console_page.opts.get_field(field.split("__")[0])
            assert first.concrete, f"{field} searches rows that may be foreign."


@attack("to-field-oracle")
def another_field_than_the_key(world: World) -> None:
    path = f"/bookings/property/{world.far.home.external_ref}/change/?_to_field=external_ref"
    absent = "/bookings/property/NO-SUCH/change/?_to_field=external_ref"

    for kind in (ANA, "manager"):
        assert get(world, path, kind).status == get(world, absent, kind).status == 400
        assert get(world, path, kind).tells([f"{FAR} home".lower()]) == []
    assert get(world, page(world.far.home), "manager").status == 200
    assert Property.objects.filter(external_ref=world.far.home.external_ref).exists()
