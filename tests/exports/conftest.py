"""Exports as a manager makes them."""

from __future__ import annotations

import pytest

from tests.factories import make_manager


@pytest.fixture
def mona(db):
    return make_manager()


@pytest.fixture
def client(sign_in, mona):
    return sign_in(mona)
