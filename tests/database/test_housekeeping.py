"""What the worker does now and then."""

from __future__ import annotations

import pytest

from bookings.tasks import letting_go
from opsconsole.database import housekeeping
from opsconsole.history import sealing
from opsconsole.imports import jobs, keeping
from opsconsole.notices import telling


def test_a_chore_is_done_at_once_and_when_it_is_due_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now, done = [100.0], []
    monkeypatch.setattr(housekeeping.time, "monotonic", lambda: now[0])
    chore = housekeeping.Chore(lambda: done.append(now[0]), seconds=60)

    for at in (100.0, 130.0, 160.0, 200.0, 220.0):
        now[0] = at
        chore.do_if_due()

    assert done == [100.0, 160.0, 220.0]


def test_a_chore_that_failed_waits_for_its_next_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping.time, "monotonic", lambda: 100.0)
    chore = housekeeping.Chore(lambda: 1 / 0, seconds=60)  # type: ignore[arg-type]

    with pytest.raises(ZeroDivisionError):
        chore.do_if_due()

    assert chore.done_at == 100.0


def test_nothing_that_has_to_be_looked_after_is_forgotten() -> None:
    works = {chore.work for chore in housekeeping.chores()}

    assert works == {
        jobs.take_up_again, keeping.forget_old, telling.forget_old, sealing.seal,
        letting_go.let_go_everywhere,
    }  # fmt: skip
