"""The people that every import needs."""

from __future__ import annotations

import pytest

from staffing.models import User
from tests.factories import make_manager, make_rerenter, make_staff


@pytest.fixture
def covered(db: None) -> None:
    """06511 with somebody who looks after it, so that no row is doubted for that."""
    make_staff("Sam Staff", zips=("06511",))


@pytest.fixture
def mona(covered: None) -> User:
    """A manager, and 06511 with its owner Rosa to import into."""
    make_rerenter(email="rosa@example.com")
    return make_manager()
