"""Every address of the console, asked by everybody: no leak, no foreign write, no wrong denial.

The table of outcomes is in tests/access/addresses.py; a page that it does not list fails here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db.models import CharField, TextField

from tests.access.addresses import ADDRESSES, ROUTES, Address, path_of
from tests.access.attempts import Answer, attempt, plain, taken_back
from tests.access.bodies import BODIES
from tests.access.rows import writes_so_far
from tests.access.tricks import TRICKS
from tests.access.world import DESK, FAR, IN_SCOPE, OUTSIDERS, PEOPLE, STAFF, UPLOADS, World
from tests.factories import make_zip, today
from tests.scale import draws, size

pytestmark = pytest.mark.django_db

FOR_OUTSIDERS = {
    ("login", "get"): "form",
    ("login", "post"): "form",
    ("logout", "get"): "moves",
    ("logout", "post"): "moves",
    ("calendar_feed", "get"): "404",
    ("calendar_feed", "post"): "405",
    ("sign_in_link", "get"): "form",
    ("sign_in_link", "post"): "form",
}
WITHOUT = (
    "staff without assignment",
    "staff whose assignment ended",
    "staff whose assignment is to come",
)
OTHER_METHODS = ("head", "options", "put", "patch", "delete")
MEANS = {"form": {"sees", "moves"}}
PEOPLES_TABLES = ("staffing_user", "staffing_historicaluser")
OWN_TABLES = (
    "notices_notice", "notices_mute", "bookings_calendarfeed",
    "saved_views_savedview", "saved_views_firstview",
)  # fmt: skip


def test_every_address_is_in_the_table():
    assert sorted(set(ROUTES) - set(ADDRESSES)) == []
    assert sorted(set(ADDRESSES) - set(ROUTES)) == []
    assert set(BODIES) <= set(ADDRESSES)


@pytest.mark.parametrize(
    "record", ["home", "plan", "booking", "task", "secret", "owner", "assignment"]
)
def test_every_text_of_the_far_place_is_marked(world, record):
    obj = getattr(world.far, record)

    texts = {
        field.name: getattr(obj, field.name).lower()
        for field in obj._meta.concrete_fields
        if isinstance(field, CharField | TextField) and not field.choices
    }

    plain_ones = {name for name, text in texts.items() if FAR.lower() not in text}
    assert plain_ones <= {
        "city",
        "state",
        "timezone",
        "phone",
        "guest_phone",
        "password",
        "generated_key",
    }


def who_asks(name: str) -> list[str]:
    """Everybody; of those who have no ZIP code today one in the suite, drawn for each address."""
    drawn = draws(name).sample(WITHOUT, size(1, len(WITHOUT)))
    return [kind for kind in PEOPLE if kind not in WITHOUT or kind in drawn]


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, kind) for name in ADDRESSES if name in ROUTES for kind in who_asks(name)],
)
def test_matrix(world, name, kind):
    address = ADDRESSES[name]

    wrong = [
        f"{method} {record} of {place.word}: {fault}"
        for method in ("get", "post")
        for record, place in asked_about(world, kind, address)
        for fault in faults(world, kind, address, method, record, place)
    ]

    assert not wrong, "\n".join(wrong)


def asked_about(world: World, kind: str, address: Address) -> list[tuple[str, Any]]:
    """The records to ask for: of each place by staff with one, else of the place that matters."""
    if not address.about:
        return [("", world.near)]
    places = [world.moved if kind == "staff who had it before it moved" else world.near]
    if kind in IN_SCOPE or {*UPLOADS} & {*address.about}:
        places = [world.near, world.far, world.moved]
    return [(record, place) for record in address.about for place in places]


def faults(
    world: World, kind: str, address: Address, method: str, record: str, place: Any
) -> Iterator[str]:
    """What is wrong with the answer to one request."""
    answer = ask(world, kind, address, method, record, place)
    expected = expect(world, kind, address, method, record, place)
    if (got := outcome(answer)) not in MEANS.get(expected, {expected}):
        yield f"expected {expected}, got {got}: {answer.messages} {answer.location}"
    if told := answer.tells(world.secrets_from(kind)):
        yield f"tells {told}"
    if expected == "sees" and not shows(world, kind, address, record, place, answer):
        yield "does not show the record"
    if expected == "writes" and kind in STAFF:
        yield from (f"writes {row}" for row in foreign(world.people[kind], answer.changed))
    if record and kind == "staff here" and place is world.far:
        absent = ask(world, kind, address, method, record, world.absent)
        if answer.looks() != absent.looks():
            yield "looks different from a record that does not exist"


def ask(world: World, kind: str, address: Address, method: str, record: str, place: Any) -> Answer:
    pk = getattr(place, record).pk if record else ""
    body = (
        BODIES[address.name](place, record) if method == "post" and address.name in BODIES else None
    )
    return attempt(world, kind, method, path_of(address.name, ROUTES[address.name], pk), body)


def expect(world: World, kind: str, address: Address, method: str, record: str, place: Any) -> str:
    """The outcome that the table promises."""
    if kind in OUTSIDERS:
        return FOR_OUTSIDERS.get((address.name, method), "sign-in")
    column = kind
    if kind == "manager" and record in UPLOADS and not world.sees(kind, record, place):
        return "404"  # another manager's
    if kind in STAFF:
        own = world.sees(kind, record, place) if record else kind in IN_SCOPE
        column = "own" if own else "other"
    return getattr(address, method)[column]


def outcome(answer: Answer) -> str:
    """The answer in the words of the table."""
    if answer.changed:
        return "writes"
    if answer.status != 302:
        return "sees" if answer.status == 200 else str(answer.status)
    if answer.location.startswith("/login/?next="):
        return "sign-in"
    is_away = any("That record is not here" in message for message in answer.messages)
    return "home" if answer.location == "/" and is_away else "moves"


def shows(
    world: World, kind: str, address: Address, record: str, place: Any, answer: Answer
) -> bool:
    """Whether a page shows its record, or a list the records that this person may see."""
    text = answer.text.replace("&#x27;", "'")
    if record:
        return name_of(place, record) in text or address.name.endswith("_add")
    return not address.lists or all(
        name_of(place, address.lists) in text
        for place in world.places.values()
        if world.sees(kind, address.lists, place)
    )


def name_of(place: Any, record: str) -> str:
    """Words that any page about a record has."""
    colleague = str(place.colleague)
    named = {"colleague": colleague, "viewing": colleague, "zip_code": place.zip_code.code}
    named["notice"] = named["view"] = place.aside
    record = record.removesuffix("_version").removesuffix("_past")
    return named.get(record) or (
        str(place.assignment.user) if record == "assignment" else place.word
    )


def foreign(person: Any, changed: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    """The changed rows that lie neither in this person's ZIP codes nor are the person's own."""
    zip_codes = person.zip_code_ids()
    return [
        (table, row)
        for table, row in changed
        if row.get("zip_code_id") not in zip_codes
        and not (table in PEOPLES_TABLES and row["id"] == person.pk)
        and not (table in OWN_TABLES and row["person_id"] == person.pk)
    ]


# What else an address, or a request, can be made of


def of_far(world: World, path: str) -> str:
    """An address with ids of the far place in it, or of the near one."""
    return path.format(far=world.far, near=world.near, year=today().year + 2)


@pytest.mark.parametrize("path", TRICKS)
def test_an_address_made_up_tells_nothing(world, path):
    path = of_far(world, path)

    answer = attempt(world, "staff here", "get", path)

    assert answer.status in (200, 302, 400, 403, 404)
    assert answer.tells(world.secrets_from("staff here")) == []
    assert answer.changed == []


@pytest.mark.parametrize("path", [path for path, visible in TRICKS.items() if visible])
def test_a_manager_would_read_it_so_the_test_can_fail(world, path):
    answer = attempt(world, "manager", "get", of_far(world, path))

    assert answer.tells([FAR.lower(), DESK.lower()])


@pytest.mark.parametrize("kind", ["staff here", "anonymous"])
@pytest.mark.parametrize("name", ROUTES)
def test_other_methods_neither_tell_nor_write(world, name, kind):
    record = (ADDRESSES[name].about or ("",))[0]
    path = path_of(name, ROUTES[name], getattr(world.far, record).pk if record else "")

    for method in draws(name).sample(OTHER_METHODS, size(2, len(OTHER_METHODS))):
        answer = attempt(world, kind, method, path)

        assert answer.status < 500
        assert answer.tells(world.secrets_from(kind)) == []
        assert answer.changed == []


def test_the_search_of_no_field_finds_what_is_foreign(world):
    fields = [
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.is_relation
    ]
    assert len(fields) > 40

    for model, field in fields:
        label, name = model._meta.app_label, model._meta.model_name
        path = f"/autocomplete/?app_label={label}&model_name={name}&field_name={field}&term="
        answer = attempt(world, "staff here", "get", path)
        assert answer.tells(world.secrets_from("staff here")) == [], path


@pytest.mark.parametrize("page", ["change", "history"])
@pytest.mark.parametrize(
    "record", ["home", "plan", "booking", "task", "owner", "colleague", "zip_code"]
)
def test_whom_it_sends_home_sees_the_same_home(world, record, page):
    def followed(place: Any) -> tuple[Any, ...]:
        obj = getattr(place, record)
        path = f"/{obj._meta.app_label}/{obj._meta.model_name}/{obj.pk}/{page}/"
        with taken_back():
            response = client.get(path, follow=True)
        return response.redirect_chain, plain(response.content.decode())

    client = world.clients["staff here"]

    assert followed(world.far) == followed(world.absent)
    assert followed(world.far)[0] == [("/", 302)]


def test_what_was_written_and_taken_back_counts_as_written(world):
    before = writes_so_far()

    with taken_back():
        make_zip("99501")

    assert writes_so_far() > before
