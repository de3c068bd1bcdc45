"""The model of access agrees with the workbench, under both locks and under each alone."""

from __future__ import annotations

import pytest

from tests.oracle.run import run, shares
from tests.scale import SEED, size

pytestmark = pytest.mark.django_db

PROBES = size(30, 600)


def test_the_workbench_tells_what_the_model_says():
    asked = [
        share
        for lock in ("both", "app", "db")
        for about in ("changes", "review")
        for share in shares(PROBES, SEED, lock, about=about)
    ]

    tally = run(asked)

    assert tally.findings == []
    assert tally.probes == 6 * PROBES
    assert tally.shown + tally.effects > 0  # of some twenty
