"""Fixtures for the whole suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client


def pytest_configure() -> None:
    """Cheap hashes: the suite signs in hundreds of times with passwords that guard nothing."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The test database; each process looks once whether lock 2 stands, and here it has."""
    from opsconsole.access.standing import stands

    with django_db_blocker.unblock():
        assert stands()


@pytest.fixture
def sign_in() -> Callable[[Any], Client]:
    """A client signed in as a person, through the session and not the form."""

    def signed_in(person: Any) -> Client:
        client = Client()
        client.force_login(person, backend="staffing.backends.RoleBackend")
        return client

    return signed_in


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """One world of tests/access/world.py for a whole module; what its tests write is taken back."""
    from tests.access.world import World

    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)
