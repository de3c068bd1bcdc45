"""The model of access agrees with the workbench, under both locks and under each alone."""

from __future__ import annotations

import pytest

from bookings.oracle.run import run

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("lock", ["both", "app", "db"])
@pytest.mark.parametrize("about", ["changes", "review"])
def test_the_workbench_tells_what_the_model_says(lock, about):
    tally = run(60, seed=31, locks=lock, per_world=30, about=about)

    assert tally.findings == []
    assert tally.shown + tally.effects > 0
