"""The model of access agrees with the workbench, under both locks and under each alone."""

from __future__ import annotations

import pytest

from tests.oracle.run import run, shares
from tests.scale import SEED

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("lock", ["both", "app", "db"])
@pytest.mark.parametrize("about", ["changes", "review"])
def test_the_workbench_tells_what_the_model_says(lock, about):
    tally = run(shares(60, SEED, lock, about=about))

    assert tally.findings == []
    assert tally.shown + tally.effects > 0
