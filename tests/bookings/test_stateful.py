"""Whatever people try, one after the other or at once, while days go by: the rules hold."""

from __future__ import annotations

import datetime
import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from bookings.models import Property
from bookings.readiness import State, not_ready, with_readiness
from bookings.tasks.letting_go import let_go_everywhere
from staffing.models import User
from tests.bookings.at_random import STEPS as KINDS
from tests.bookings.at_random import Company, Try, tries
from tests.bookings.invariants import OPEN, Diary, Rows, hold_all, today_at
from tests.clock import clock_at
from tests.scale import IS_WHOLE, size

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = size(40, 2_000)
IN_A_ROW = min(STEPS, 40)
RIVALS = 3
BEGINS = datetime.datetime(2026, 10, 29, 22, tzinfo=datetime.UTC)  # the clocks go back on Nov 1
came_of_it: Counter[tuple[str, str]] = Counter()
EVENTS: dict[str, st.SearchStrategy[Any]] = {
    "one": st.tuples(tries),
    "at_once": st.lists(tries, min_size=2, max_size=RIVALS),
    "time_goes_by": st.tuples(st.integers(1, 30)),
}
events = st.sampled_from(["one"] * 6 + ["at_once"] * 2 + ["time_goes_by"]).flatmap(
    lambda kind: st.tuples(st.just(kind), EVENTS[kind])
)


def readiness_is_found_as_it_is_shown(rows: Rows) -> None:
    """The filter of homes that are not ready, in SQL, and the word in the list agree."""
    homes, now = Property.objects.filter(pk__in=rows.homes), timezone.now()
    shown = {home.pk for home in with_readiness(homes, now) if home.readiness == State.NOT_READY}
    assert shown == set(not_ready(homes, now).values_list("pk", flat=True))


class Life(RuleBasedStateMachine):
    """A company from one evening on."""

    def __init__(self) -> None:
        super().__init__()
        self.ends = ExitStack()
        self.clock = self.ends.enter_context(clock_at(BEGINS))
        self.company = Company()
        self.diary = Diary(self.company.homes)
        self.rivals = ThreadPoolExecutor(RIVALS)

    @rule(what=events)
    def happens(self, what: Any) -> None:
        """One of the three, in a fixed proportion."""
        kind, given = what
        getattr(self, kind)(*given)

    def one(self, tried: Try) -> None:
        """Somebody tries a step: it is taken as the rules have it, or nothing has changed."""
        before, tried = self.company.rows, self.company.what_fits(tried)
        answer = self.company.take(tried)
        came_of_it[tried.step, answer] += 1
        after = self.look()
        if answer == "done":
            was_allowed(before, after, tried, self.company)
        elif tried.step != "tick":  # of many lines some are ticked before one is refused
            assert before.kept() == after.kept()

    def at_once(self, *rivals: Try) -> None:
        """Several try at the same moment, each on a connection of their own."""
        start = Barrier(len(rivals))
        rivals = tuple(map(self.company.what_fits, rivals))

        def rival(tried: Try) -> str:
            start.wait()
            return self.company.take(tried)

        answers = list(self.rivals.map(rival, rivals))
        came_of_it.update(zip([tried.step for tried in rivals], answers, strict=True))
        came_of_it["at once", "done"] += 1
        self.look()

    def time_goes_by(self, hours: int) -> None:
        """Hours later the worker has come along."""
        self.clock.set(self.clock.moment + datetime.timedelta(hours=hours))
        let_go_everywhere()
        came_of_it["time goes by", "done"] += 1
        self.look()

    def look(self) -> Rows:
        """All rules hold, and the history tells what led here."""
        rows = self.company.look()
        hold_all(rows)
        readiness_is_found_as_it_is_shown(rows)
        self.diary.follow(rows)
        return rows

    def teardown(self) -> None:
        """No connection stays behind, nor the clock."""
        parting = Barrier(RIVALS)

        def leave(_: int) -> None:
            parting.wait()
            connection.close()

        list(self.rivals.map(leave, range(RIVALS)))
        self.rivals.shutdown()
        self.ends.close()


def was_allowed(before: Rows, after: Rows, tried: Try, company: Company) -> None:
    """What only holds at the moment of a step: guests come in, never came, a plan is filed."""
    by = User.objects.get(pk=company.people[tried.who % len(company.people)])
    may_override = by.user_type == "manager" and tried.why.strip()
    for pk, now in after.bookings.items():
        was = before.bookings[pk].status if pk in before.bookings else None
        if now.status == "checked_in" != was:
            plan = before.plans[now.away_plan_id]
            tasks = [t for t in before.tasks.values() if t.away_plan_id == plan.pk]
            is_prepared = not any(t.kind == "prepare" and t.status in OPEN for t in tasks)
            assert may_override or (plan.status == "active" and is_prepared)
        if now.status == "no_show" != was:
            assert now.arrives_on <= today_at(after.homes[now.property_id])
    for pk in after.plans.keys() - before.plans.keys():
        if tried.step == "file_plan":
            plan = after.plans[pk]
            assert plan.ends_on > today_at(after.homes[plan.property_id])
            assert after.homes[plan.property_id].lifecycle == "active"


def test_the_rules_hold_whatever_people_try() -> None:
    came_of_it.clear()
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=max(1, STEPS // IN_A_ROW),
            stateful_step_count=IN_A_ROW,
            database=None,
            deadline=None,
            phases=[Phase.generate],  # what raced comes out otherwise each time: no shrinking
            suppress_health_check=list(HealthCheck),
        ),
    )

    for answer in ("done", "refused", "not found"):
        told = {step: n for (step, which), n in sorted(came_of_it.items()) if which == answer}
        logging.getLogger(__name__).info("%s: %s %s", answer, sum(told.values()), told)
    if IS_WHOLE:  # which kinds get through differs from one start to the next
        taken = [kind for kind in KINDS if came_of_it[kind, "done"]]
        assert len(taken) > len(KINDS) * 3 / 4
