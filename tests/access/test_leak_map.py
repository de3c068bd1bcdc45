"""Every attack of the leak map is made here, under its own name."""

from __future__ import annotations

import pytest

from tests.access import leaks
from tests.access.leak_map import ATTACKS, CASES

pytestmark = pytest.mark.django_db

assert leaks.__all__


def test_every_attack_has_a_case():
    assert len(set(ATTACKS)) == len(ATTACKS) == 107
    assert sorted(set(ATTACKS) - set(CASES)) == []
    assert sorted(set(CASES) - set(ATTACKS)) == []


@pytest.mark.parametrize("name", ATTACKS)
def test_leak_map(world, name):
    CASES[name](world)
