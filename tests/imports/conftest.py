"""The people that every import needs."""

from __future__ import annotations

import pytest

from staffing.models import User
from tests.factories import make_manager, make_rerenter, make_zip


@pytest.fixture
def mona(db: None) -> User:
    """A manager, and 06511 with its owner Rosa to import into."""
    make_zip("06511")
    make_rerenter(email="rosa@example.com")
    return make_manager()
