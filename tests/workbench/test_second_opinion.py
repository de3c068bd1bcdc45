"""The model of access agrees with the pages of changes, under both locks and under each alone."""

from __future__ import annotations

import pytest

from bookings.oracle.run import run

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("lock", ["both", "app", "db"])
def test_the_pages_of_changes_tell_what_the_model_says(lock):
    tally = run(160, seed=31, locks=lock, per_world=40, about="changes")

    assert tally.findings == []
    assert tally.shown > 10
