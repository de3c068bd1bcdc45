"""Attacks that read: lists, forms, choices, searches, deletion pages, the palette."""

from __future__ import annotations

from functools import partial

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import IntegrityError, transaction

from bookings.admin.imports import KindFilter, ProblemsFilter
from bookings.admin.properties import ReadinessFilter
from bookings.admin.tasks import WhenFilter, WhoseFilter
from bookings.admin.waiting_filter import WaitsFilter
from bookings.models import AwayPlan, Booking, Property
from opsconsole.admin import RelatedRows
from opsconsole.admin.filters import ScopedRelatedFilter
from staffing.models import User
from tests.access.leak_map import attack
from tests.access.leaks.asking import (
    ANA,
    get,
    page,
    page_of,
    pages,
    post,
    request_of,
    tells_ana_nothing,
)
from tests.access.world import FAR, World
from tests.factories import assign, days, make_booking, make_plan, make_property, today

AUTOCOMPLETE = "/autocomplete/?app_label={}&model_name={}&field_name={}&term=farmars"
PATHS = {
    "changelist": "/bookings/property/",
    "changelist-rows": "/bookings/awayplan/",
    "list-filter-options": "/bookings/booking/",
    "facets": "/bookings/property/?_facets=True",
    "raw-id-popup": "/bookings/property/?_popup=1",
    "autocomplete-owner": AUTOCOMPLETE.format("bookings", "property", "owner"),
    "autocomplete-property": AUTOCOMPLETE.format("bookings", "awayplan", "property"),
    "autocomplete-anyfield": AUTOCOMPLETE.format("guardian", "userobjectpermission", "user"),
    "order-o": "/bookings/property/?o=1.-2.3.99",
}
for name, path in PATHS.items():
    attack(name)(partial(tells_ana_nothing, path=path))

for name, record, which in (
    ("change-view", "plan", "change"),
    ("logentry-history", "home", "history"),
    ("history-list-foreign", "plan", "history"),
):

    @attack(name)
    def foreign_page(world: World, record: str = record, which: str = which) -> None:
        tells_ana_nothing(world, page(getattr(world.far, record), which))


for name, path in {
    "autocomplete-initial-label": "/bookings/booking/add/?away_plan={far.plan.pk}",
    "raw-id-label": "/bookings/awayplan/add/?property={far.home.pk}",
    "saveas-popup-add": "/bookings/awayplan/add/?_popup=1&property={far.home.pk}",
}.items():

    @attack(name)
    def preset_form(world: World, path: str = path) -> None:
        tells_ana_nothing(world, path.format(far=world.far))


@attack("fk-select-add")
def choices_of_a_form(world: World) -> None:
    def choices(kind: str) -> list[Property]:
        field = AwayPlan._meta.get_field("property")
        request = request_of(world.people[kind])
        return list(page_of(AwayPlan).get_field_queryset(None, field, request))

    assert choices(ANA) == [world.near.home]
    assert world.far.home in choices("manager")


@attack("fk-select-zip")
def zip_codes_to_choose(world: World) -> None:
    own_form, new_form = page(world.near.home), "/bookings/property/add/"

    assert get(world, own_form).tells([str(world.far.zip_code).lower()]) == []
    assert 'name="zip_code"' not in get(world, own_form).text
    assert 'name="zip_code"' in get(world, own_form, "manager").text
    assert get(world, new_form).status == 403


@attack("inline-rows", "inline-fk-choices")
def related_rows(world: World) -> None:
    """Of a ZIP code in scope, staff read their own assignment; nobody gets fields to choose in."""
    path, colleague = page(world.near.zip_code), str(world.near.colleague)
    told_to_ana, told_to_a_manager = get(world, path), get(world, path, "manager")

    assert "Ana Here" in told_to_ana.text
    assert told_to_ana.tells([colleague.lower()]) == []
    assert told_to_a_manager.tells([colleague.lower()])
    assert "assignments-0-user" not in told_to_a_manager.text
    for console_page in pages():
        assert all(issubclass(inline, RelatedRows) for inline in console_page.inlines)


OF_WORDS = (KindFilter, ProblemsFilter, ReadinessFilter, WaitsFilter, WhenFilter, WhoseFilter)


@attack("list-filter-allvalues")
def filters_over_values(world: World) -> None:
    """A filter over a relation is scoped; none lists the values of a column."""
    for console_page in pages():
        for entry in console_page.list_filter:
            if isinstance(entry, type):
                # They offer kinds of file, and what wants to be looked at, whatever there is.
                assert entry in OF_WORDS
                continue
            name, kind = entry if isinstance(entry, tuple) else (entry, None)
            assert "__" not in name
            if console_page.opts.get_field(name).is_relation:
                assert issubclass(kind, ScopedRelatedFilter)
            assert "AllValues" not in getattr(kind, "__name__", "")


@attack("date-hierarchy")
def years_of_foreign_rows(world: World) -> None:
    start = today() + days(800)
    plan = make_plan(
        world.far.home,
        status="approved",
        hosting_allowed=True,
        starts_on=start,
        ends_on=start + days(9),
    )
    make_booking(plan)
    year = f"arrives_on__year={start.year}"

    assert year not in get(world, "/bookings/booking/").text
    assert year in get(world, "/bookings/booking/", "manager").text


@attack("delete-related-listing")
def what_a_deletion_names(world: World) -> None:
    make_property("06511", owner=world.far.owner)
    people = page_of(User)

    def named(kind: str) -> str:
        request = request_of(world.people[kind])
        return str(people.get_deleted_objects([world.far.owner], request))

    assert get(world, page(world.far.owner, "delete")).status == 403
    assert "Farmarsh home" not in named(ANA)
    assert "Farmarsh home" in named("manager")


@attack("index-recent-actions")
def ones_own_log(world: World) -> None:
    LogEntry.objects.create(
        user=world.people[ANA],
        content_type=ContentType.objects.get_for_model(Property),
        object_id=str(world.far.home.pk),
        object_repr=f"{FAR} home",
        action_flag=CHANGE,
    )

    assert get(world, "/").tells([FAR.lower()]) == []
    assert FAR in get(world, "/", "manager").text  # the page does name plans that wait


@attack("search-palette", "search-palette-2", "search-palette-addonly")
def the_palette(world: World) -> None:
    """It finds pages, and of records those that the lists find."""
    assert "Away plans" in get(world, "/search/?s=plan").text
    assert "Nearwood" in get(world, "/search/?s=nearwoo").text
    assert FAR in get(world, "/search/?s=farmars", "manager").text
    for kind in (ANA, "staff without assignment"):
        for query in ("s=farmars", "s=farmars&extended=1", "s=cal"):
            answer = get(world, f"/search/?{query}", kind)
            assert "Nothing matched" in answer.text
            assert answer.tells([FAR.lower()]) == []


@attack("search-palette-cache", "permission-revoked-live")
def an_ended_assignment(world: World) -> None:
    own = (page(world.near.plan), "/search/?s=nearwoo", "/bookings/property/?q=nearwoo")
    assert get(world, own[0]).status == 200
    assert "Nearwood" in get(world, own[2]).text
    cache.clear()
    get(world, own[1])
    assert not getattr(cache, "_cache", {})  # the palette keeps nothing

    world.people[ANA].zip_assignments.update(ends_on=today())

    for path in own:
        assert "Nearwood" not in get(world, path).text
    assert get(world, own[0]).location == "/"


@attack("sections")
def rows_under_a_row(world: World) -> None:
    """They are fetched by scope, and what hangs from a home can lie nowhere else anyway."""
    for above in ("home", "plan"):
        near, far, absent = (getattr(p, above) for p in (world.near, world.far, world.absent))
        below = page_of(type(near)).rows_below
        assert below.under(near, world.people[ANA])
        assert not below.under(far, world.people[ANA])
        there, nowhere = get(world, page(far, "below")), get(world, page(absent, "below"))
        assert there.status == 404
        assert there.looks() == nowhere.looks()
    for stray in (world.near.waiting, world.near.booking):
        try:
            with transaction.atomic():
                rows = type(stray).objects.filter(pk=stray.pk)
                rows.update(zip_code=world.far.zip_code)
        except IntegrityError:
            continue
        raise AssertionError(f"{stray} lies where its home does not.")
    assert "Open away plans" in get(world, page(world.far.home, "below"), "manager").text


@attack("msg-doesnt-exist")
def the_words_of_the_redirect(world: World) -> None:
    there, absent = (get(world, page(p.plan)) for p in (world.far, world.absent))

    assert there.messages == absent.messages
    assert there.looks() == absent.looks()
    assert get(world, page(world.far.plan), "manager").status == 200


@attack("unique-oracle")
def a_reference_that_is_taken(world: World) -> None:
    """Residual: a channel's reference is unique everywhere, so a taken one can't be used."""
    assign(world.people[ANA], "06515")
    stay = {
        "away_plan": world.near.plan.pk,
        "arrives_on": today() + days(15),
        "departs_on": today() + days(17),
        "guest_name": "Gus",
        "party_size": 1,
        "channel": world.far.booking.channel,
    }
    path = "/bookings/booking/add/"
    taken = post(world, path, {**stay, "source_ref": world.far.booking.source_ref})
    free = post(world, path, {**stay, "source_ref": "free-one"})

    assert "This reference can’t be used" in taken.text.replace("&#x27;", "’")
    assert taken.tells(["exists", "another booking", "farmarsh guest", "farmarsh home"]) == []
    assert any(table == "bookings_booking" for table, _ in free.changed)
    assert Booking.objects.filter(source_ref=world.far.booking.source_ref).count() == 1
