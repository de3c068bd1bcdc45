"""How the cases of the leak map ask, and what they assert again and again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.test import RequestFactory

from tests.access.attempts import Answer, attempt
from tests.access.world import DESK, FAR, World

ANA = "staff here"


def get(world: World, path: str, kind: str = ANA) -> Answer:
    return attempt(world, kind, "get", path)


def post(world: World, path: str, data: Any = None, kind: str = ANA) -> Answer:
    return attempt(world, kind, "post", path, data)


def page(record: Any, name: str = "change") -> str:
    """The address of a record's page."""
    return f"/{record._meta.app_label}/{record._meta.model_name}/{record.pk}/{name}/"


def tells_ana_nothing(world: World, path: str) -> None:
    """Ana learns nothing of the far place there, and a manager does: so the case can fail."""
    told_to_ana = get(world, path)
    told_to_a_manager = get(world, path, "manager")

    assert told_to_ana.status < 500
    assert told_to_ana.tells(world.secrets_from(ANA)) == []
    assert told_to_a_manager.tells([FAR.lower(), DESK.lower(), str(world.far.zip_code).lower()])


def only_a_manager_writes(world: World, path: str, data: Any) -> None:
    """What Ana sends changes nothing; the same from a manager does: so the case can fail."""
    assert post(world, path, data).changed == []
    assert post(world, path, data, "manager").changed != []


def is_not_there(world: World, path: str) -> None:
    """Nothing answers at this address, whoever asks, and a post to it does nothing."""
    for kind in (ANA, "manager", "engineer"):
        for answer in (get(world, path, kind), post(world, path, {"post": "yes"}, kind)):
            assert answer.status in (302, 404)
            assert answer.changed == []
            assert answer.tells([FAR.lower()]) == []


def pages() -> list[Any]:
    """Every page of the site."""
    return list(admin.site._registry.values())


def page_of(model: Any) -> Any:
    return admin.site._registry[model]


def request_of(person: Any, path: str = "/") -> Any:
    request = RequestFactory().get(path)
    request.user = person
    return request
