"""Fixtures for the whole suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, TransactionTestCase


def pytest_configure() -> None:
    """Cheap hashes: the suite signs in hundreds of times with passwords that guard nothing."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The test database; each process looks once whether lock 2 stands, and here it has."""
    from opsconsole.access.standing import stands
    from tests.flush import Flush

    with django_db_blocker.unblock():
        assert stands()
        flush = Flush()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: flush())
        yield


@pytest.fixture
def sign_in() -> Callable[[Any], Client]:
    """A client signed in as a person, through the session and not the form."""

    def signed_in(person: Any) -> Client:
        client = Client()
        client.force_login(person, backend="staffing.backends.RoleBackend")
        return client

    return signed_in


@pytest.fixture(params=["both locks", "lock 1 alone", "lock 2 alone"])
def locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both locks, and each with the other taken away, in requests and in streams."""
    from opsconsole.access import lock, middleware, registry

    if request.param == "lock 1 alone":
        for module in (middleware, lock):
            monkeypatch.setattr(module, "as_held", lambda person: {"role": "none"})
    if request.param == "lock 2 alone":
        monkeypatch.setattr(registry, "condition", lambda model, person: registry.EVERYTHING)
        monkeypatch.setattr(registry, "_no_engineers", lambda entry: registry.EVERYTHING)
    return str(request.param)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """One world of tests/access/world.py for a whole module; what its tests write is taken back."""
    from tests.access.world import World

    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)
