"""Each lock is enough: the whole table of addresses again, with the other lock taken away."""

from __future__ import annotations

from typing import Any

import pytest

from opsconsole.access import middleware, registry
from opsconsole.access.people import works_here
from tests.access.addresses import ADDRESSES
from tests.access.world import World
from tests.scale import IS_WHOLE
from tests.test_access import ask, asked_about, expect, faults, foreign, outcome

pytestmark = pytest.mark.django_db

STAFF = ("staff here", "staff who had it before it moved")
REFUSED = {"403", "405"}


def depends_on_scope(name: str) -> bool:
    """Whether staff get anything at an address; what their role refuses needs neither lock."""
    address = ADDRESSES[name]
    answers = {way[column] for way in (address.get, address.post) for column in ("own", "other")}
    return not answers <= REFUSED


SCOPED = [name for name in ADDRESSES if IS_WHOLE or depends_on_scope(name)]


@pytest.fixture
def lock_1_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests run as the owner of the tables, whom no policy holds."""
    monkeypatch.setattr(middleware, "as_held", lambda person: {"role": "none"})


@pytest.fixture
def lock_2_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The application has forgotten every scope; what roles may do it still knows."""

    def everything(model: Any, person: Any) -> Any:
        return registry.EVERYTHING if works_here(person) else registry.NOTHING

    monkeypatch.setattr(registry, "condition", everything)
    monkeypatch.setattr(registry, "visible_versions", lambda versions, person: versions)
    monkeypatch.setattr(registry, "may_become", lambda person, obj: True)


@pytest.mark.parametrize("kind", STAFF)
@pytest.mark.parametrize("name", SCOPED)
def test_the_application_alone(world: World, lock_1_alone: None, name: str, kind: str) -> None:
    address = ADDRESSES[name]

    wrong = [
        f"{method} {record} of {place.word}: {fault}"
        for method in ("get", "post")
        for record, place in asked_about(world, kind, address)
        for fault in faults(world, kind, address, method, record, place)
    ]

    assert wrong == []


@pytest.mark.parametrize("kind", STAFF)
@pytest.mark.parametrize("name", SCOPED)
def test_the_database_alone(world: World, lock_2_alone: None, name: str, kind: str) -> None:
    """How it refuses is lock 1's to choose; that it refuses, and no more than it must, is not."""
    address = ADDRESSES[name]

    for method in ("get", "post"):
        for record, place in asked_about(world, kind, address):
            answer = ask(world, kind, address, method, record, place)
            expected = expect(world, kind, address, method, record, place)
            assert answer.tells(world.secrets_from(kind)) == []
            assert foreign(world.people[kind], answer.changed) == []
            assert answer.status < 500
            assert expected not in ("sees", "writes") or outcome(answer) == expected


def test_with_neither_lock_there_is_something_to_see(
    world: World, lock_1_alone: None, lock_2_alone: None
) -> None:
    for name in ("bookings_property_changelist", "bookings_awayplan_changelist"):
        answer = ask(world, "staff here", ADDRESSES[name], "get", "", world.near)
        assert answer.tells(world.secrets_from("staff here"))
