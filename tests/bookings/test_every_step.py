"""Every step in every state by everybody: what becomes of it, or with which words it is refused.

The tables are what staff were promised, written out by hand; nothing in them is worked out from
the code. A cell without a line in a table is a state from which nobody takes the step.

Who there is, each about a home in 06511:
    ana   staff there; she has the task and has done it, and filed the plan where it says "own"
    ben   staff there too
    cem   staff of another ZIP code
    mona  a manager; she filed the plan where it says "hers"
    otto  an auditor
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from bookings import services
from bookings.guards import why_not
from bookings.models import AwayPlan, Booking, Task
from bookings.steps import Attempt
from bookings.tasks import steps
from opsconsole.database.refusals import Refused
from opsconsole.notices.models import Notice
from tests.factories import (
    days,
    loaded,
    make_auditor,
    make_booking,
    make_item,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_task,
)

pytestmark = pytest.mark.django_db

WHY = "Because"

# Plans. A line: the step, the state, the situation, who; then "-> state" or the sentence.
# Situations: own (Ana filed it), hers (Mona did), taken (another plan has its dates), guests (a
# live booking lies in it), no reason (none is given), and "-": nothing of these.
PLANS = """
submit          | draft     | -         | everybody | -> submitted
submit          | draft     | taken     | everybody | Another plan of this property covers some of these dates. Change the dates, or withdraw the other plan first.
approve         | submitted | -         | everybody | -> approved
approve         | submitted | no reason | everybody | -> approved
approve         | submitted | own       | ana       | You filed this plan yourself: somebody else has to approve it.
approve         | submitted | own       | ben mona  | -> approved
approve         | submitted | hers      | mona      | -> approved
approve         | submitted | hers, no reason | mona | You filed this plan yourself: say why you approve it all the same.
approve         | submitted | hers      | ana ben   | -> approved
decline         | submitted | -         | everybody | -> declined
decline         | submitted | own       | ana       | -> declined
decline         | submitted | no reason | everybody | Say why it is declined.
withdraw        | draft     | -         | everybody | -> withdrawn
withdraw        | submitted | -         | everybody | -> withdrawn
start_preparing | approved  | -         | everybody | -> preparing
start           | preparing | -         | everybody | -> active
complete        | active    | -         | everybody | -> completed
complete        | active    | guests    | everybody | This plan has bookings that would fall outside of it. Move or cancel them first.
cancel          | approved  | -         | everybody | -> cancelled
cancel          | approved  | guests    | everybody | This plan has bookings that would fall outside of it. Move or cancel them first.
cancel          | approved  | no reason | everybody | Say why it is cancelled.
cancel          | preparing | -         | everybody | -> cancelled
"""
# In every other state: "already" where the plan is so, else that it can't become so.
PLAN_WORDS = {
    "submit": "submitted", "approve": "approved", "decline": "declined", "withdraw": "withdrawn",
    "start_preparing": "preparing", "start": "active", "complete": "completed",
    "cancel": "cancelled",
}  # fmt: skip

# Bookings. Situations: too soon (the guests arrive tomorrow), preparing (so is the plan), not ready
# (the home is not prepared), no reason.
BOOKINGS = """
confirm   | held       | -              | everybody | -> confirmed
check_in  | confirmed  | -              | everybody | -> checked_in
check_in  | confirmed  | no reason      | everybody | -> checked_in
check_in  | confirmed  | preparing      | ana ben   | The away plan is preparing: guests come in once it is on. A manager may let them in earlier, with a reason.
check_in  | confirmed  | preparing      | mona      | -> checked_in
check_in  | confirmed  | preparing, no reason | mona | The away plan is preparing: guests come in once it is on. A manager may let them in earlier, with a reason.
check_in  | confirmed  | not ready      | ana ben   | The home is not prepared yet: guests come in once that task is done. A manager may let them in earlier, with a reason.
check_in  | confirmed  | not ready      | mona      | -> checked_in
check_in  | confirmed  | not ready, no reason | mona | The home is not prepared yet: guests come in once that task is done. A manager may let them in earlier, with a reason.
check_out | checked_in | -              | everybody | -> checked_out
cancel    | held       | -              | everybody | -> cancelled
cancel    | held       | no reason      | everybody | Say why it is cancelled.
cancel    | confirmed  | -              | everybody | -> cancelled
no_show   | confirmed  | -              | everybody | -> no_show
no_show   | confirmed  | too soon       | everybody | The guests arrive on {tomorrow}: too soon.
"""
BOOKING_WORDS = {
    "confirm": "confirmed", "check_in": "checked in", "check_out": "checked out",
    "cancel": "cancelled", "no_show": "no show",
}  # fmt: skip

# Tasks. Ana has it, but for what is unassigned. Situations: left (a required line of the checklist
# is not ticked), no reason, to cem (of another ZIP code).
TASKS = """
take      | unassigned  | -         | ana ben   | -> assigned
take      | unassigned  | -         | cem       | Cem does not look after 06511 New Haven on {today}: only who does can have the task.
take      | unassigned  | -         | mona      | Mona does not look after 06511 New Haven on {today}: only who does can have the task.
take      | assigned    | -         | ana       | This task is yours already.
take      | assigned    | -         | ben       | -> assigned
assign    | unassigned  | -         | everybody | -> assigned
assign    | unassigned  | to cem    | everybody | Cem does not look after 06511 New Haven on {today}: only who does can have the task.
assign    | assigned    | -         | everybody | -> assigned
give_back | assigned    | -         | ana mona  | -> unassigned
give_back | assigned    | -         | ben cem   | This is a task of Ana: take it first, or ask a manager.
begin     | assigned    | -         | ana mona  | -> in_progress
begin     | assigned    | -         | ben cem   | This is a task of Ana: take it first, or ask a manager.
finish    | in_progress | -         | ana mona  | -> done
finish    | in_progress | -         | ben cem   | This is a task of Ana: take it first, or ask a manager.
finish    | in_progress | left      | ana mona  | Not all of its checklist is done: “Keys”.
verify    | done        | -         | ana       | You did this task yourself: somebody else has to look at it.
verify    | done        | -         | ben mona  | -> verified
send_back | done        | -         | ana       | You did this task yourself: somebody else has to look at it.
send_back | done        | -         | ben mona  | -> in_progress
send_back | done        | gone      | ben mona  | -> unassigned
send_back | done        | no reason | ben mona  | Say why it is sent back.
block     | unassigned  | -         | everybody | -> blocked
block     | assigned    | -         | everybody | -> blocked
block     | in_progress | -         | everybody | -> blocked
block     | in_progress | no reason | everybody | Say why it is blocked.
unblock   | blocked     | -         | everybody | -> assigned
cancel    | unassigned  | -         | everybody | -> cancelled
cancel    | assigned    | -         | everybody | -> cancelled
cancel    | in_progress | -         | everybody | -> cancelled
cancel    | blocked     | -         | everybody | -> cancelled
cancel    | assigned    | no reason | everybody | Say why it is cancelled.
"""
TASK_WORDS = {
    "take": "unassigned or assigned is taken",
    "assign": "unassigned or assigned is assigned",
    "give_back": "assigned is given back",
    "begin": "assigned is begun",
    "finish": "in progress is finished",
    "verify": "done is verified",
    "send_back": "done is sent back",
    "block": "unassigned, assigned or in progress is blocked",
    "unblock": "blocked is taken up again",
    "cancel": "unassigned, assigned, in progress or blocked is cancelled",
}
EVERYBODY = "ana ben mona"


class Company:
    """The people of the tables, and records of theirs in any state."""

    def __init__(self) -> None:
        self.ana = make_staff("Ana", zips=("06511",))
        self.ben = make_staff("Ben", zips=("06511",))
        self.cem = make_staff("Cem", zips=("02116",))
        self.mona, self.otto = make_manager("Mona"), make_auditor("Otto")
        self.home = make_property()
        self.today = self.home.today

    def plan(self, state: str, *situation: str) -> AwayPlan:
        filed_by = self.ana if "own" in situation else self.mona if "hers" in situation else None
        plan = make_plan(
            self.home,
            status=state,
            filed_by=filed_by,
            hosting_allowed=True,
            decision_reason="Earlier",
        )
        if "taken" in situation:
            make_plan(self.home, status="approved")
        if "guests" in situation:
            make_booking(plan)
        return plan

    def booking(self, state: str, *situation: str) -> Booking:
        plan = make_plan(
            self.home,
            status="preparing" if "preparing" in situation else "active",
            hosting_allowed=True,
            starts_on=self.today,
            ends_on=self.today + days(9),
        )
        left = "not ready" in situation
        make_task(
            self.home,
            kind="prepare",
            away_plan=plan,
            generated_key=f"plan {plan.pk} prepare",
            status="unassigned" if left else "done",
            done_by=None if left else self.ben,
        )
        return make_booking(
            plan,
            status=state,
            arrives_on=self.today + days("too soon" in situation),
            departs_on=self.today + days(5),
            cancel_reason="Earlier",
        )

    def task(self, state: str, *situation: str) -> Task:
        has_it = self.cem if "gone" in situation else self.ana
        task = make_task(
            self.home,
            status=state,
            starts_on=self.today,
            due_on=self.today,
            assignee=None if state == "unassigned" else has_it,
            done_by=self.ana if state in ("done", "verified") else None,
            verified_by=self.mona if state == "verified" else None,
            reason="Earlier" if state in ("blocked", "cancelled") else "",
        )
        make_item(task, text="Keys", done="left" not in situation, done_by=self._ticked(situation))
        return task

    def _ticked(self, situation: tuple[str, ...]) -> Any:
        return None if "left" in situation else self.ana


@pytest.fixture
def company() -> Company:
    return Company()


NOW = timezone.now
# How each step is taken; w is why.
CALLS: dict[str, dict[str, Callable[..., Any]]] = {
    "plan": {
        "submit": lambda plan, by, w: services.submit(plan, by=by),
        "approve": lambda plan, by, w: services.approve(plan, by=by, reason=w),
        "decline": lambda plan, by, w: services.decline(plan, by=by, reason=w),
        "withdraw": lambda plan, by, w: services.withdraw(plan, by=by, reason=w),
        "start_preparing": lambda plan, by, w: services.start_preparing(plan, by=by),
        "start": lambda plan, by, w: services.start(plan, by=by),
        "complete": lambda plan, by, w: services.complete(plan, by=by),
        "cancel": lambda plan, by, w: services.cancel(plan, by=by, reason=w),
    },
    "booking": {
        "confirm": lambda stay, by, w: services.confirm(stay, by=by),
        "check_in": lambda stay, by, w: services.check_in(stay, by=by, at=NOW(), reason=w),
        "check_out": lambda stay, by, w: services.check_out(stay, by=by, at=NOW()),
        "cancel": lambda stay, by, w: services.cancel_booking(stay, by=by, reason=w),
        "no_show": lambda stay, by, w: services.mark_no_show(stay, by=by),
    },
    "task": {
        "take": lambda task, by, w: steps.take(task, by=by),
        "assign": lambda task, by, w, to: steps.assign(task, by=by, to=to),
        "give_back": lambda task, by, w: steps.give_back(task, by=by, reason=w),
        "begin": lambda task, by, w: steps.begin(task, by=by),
        "finish": lambda task, by, w: steps.finish(task, by=by),
        "verify": lambda task, by, w: steps.verify(task, by=by),
        "send_back": lambda task, by, w: steps.send_back(task, by=by, reason=w),
        "block": lambda task, by, w: steps.block(task, by=by, reason=w),
        "unblock": lambda task, by, w: steps.unblock(task, by=by, reason=w),
        "cancel": lambda task, by, w: steps.cancel_task(task, by=by, reason=w),
    },
}
TABLES = {"plan": PLANS, "booking": BOOKINGS, "task": TASKS}
STATES = {
    "plan": "draft submitted approved preparing active completed declined withdrawn cancelled",
    "booking": "held confirmed checked_in checked_out cancelled no_show",
    "task": "unassigned assigned in_progress blocked done verified cancelled",
}
EACH = [(kind, step) for kind, calls in CALLS.items() for step in calls]


def cells(kind: str, step: str) -> Iterator[tuple[str, tuple[str, ...], str, str]]:
    """State, situation, who, and what is expected: the lines of a table, then all the rest."""
    listed = set()
    for line in TABLES[kind].strip().splitlines():
        name, state, situation, people, expected = (part.strip() for part in line.split("|"))
        if name == step:
            listed.add(state)
            for who in (EVERYBODY if people == "everybody" else people).split():
                yield state, tuple(situation.split(", ")), who, expected
    for state in STATES[kind].split():
        if state not in listed:
            for who in EVERYBODY.split():
                yield state, ("-",), who, _not_from(kind, step, state)


def _not_from(kind: str, step: str, state: str) -> str:
    now = state.replace("_", " ")
    if kind == "task":
        return f"This task is {now}: only what is {TASK_WORDS[step]}."
    name, word = {
        "plan": ("away plan", PLAN_WORDS.get(step)),
        "booking": ("booking", BOOKING_WORDS.get(step)),
    }[kind]
    already = f"This {name} is {now} already."
    return already if word == now else f"This {name} is {now}: it can't become {word}."


def said(expected: str, today: datetime.date) -> str:
    tomorrow = today + days(1)
    return expected.format(
        today=f"{today:%b} {today.day}, {today.year}", tomorrow=f"{tomorrow:%B} {tomorrow.day}"
    )


@pytest.mark.parametrize(("kind", "step"), EACH, ids=lambda part: part)
def test_every_step_in_every_state_by_everybody(company, kind, step):
    wrong = []
    for state, situation, who, expected in cells(kind, step):
        with transaction.atomic():
            record = getattr(company, kind)(state, *situation)
            outcome, asked = attempted(company, kind, step, record, situation, who)
            transaction.set_rollback(True)
        expected = said(expected, company.today)
        beforehand = None if expected.startswith("->") else expected
        if outcome != expected or asked != beforehand:
            wrong.append(f"{state} ({', '.join(situation)}) by {who}: {outcome!r}, asked {asked!r}")

    assert wrong == []


def attempted(company, kind, step, record, situation, who) -> tuple[str, str | None]:
    """What became of it, and what was said to who asked beforehand."""
    by, why = getattr(company, who), "" if "no reason" in situation else WHY
    to = company.cem if "to cem" in situation else company.ben
    extra = {"to": to} if step == "assign" else {}
    refusal = why_not(step, record, Attempt(by, why, to=extra.get("to")))
    asked = str(refusal) if refusal else None
    state = record.status
    try:
        CALLS[kind][step](record, by, why, **extra)
    except Refused as refused:
        record.refresh_from_db(fields=["status"])
        return (str(refused) if record.status == state else "changed though refused"), asked
    record.refresh_from_db(fields=["status"])
    return f"-> {record.status}", asked


def test_the_tables_know_every_step_and_every_state():
    assert STATES["plan"].split() == AwayPlan.Status.values
    assert STATES["booking"].split() == Booking.Status.values
    assert set(STATES["task"].split()) == set(Task.Status.values)
    for kind, table in TABLES.items():
        assert {line.split("|")[0].strip() for line in table.strip().splitlines()} == {*CALLS[kind]}


# Through the pages: a step, its state, and what becomes of it by whom. Cem, who looks after
# another ZIP code, is led home as from what is not there; Otto only reads; Rosa, a ReRenter, is let
# in nowhere.
PAGES = """
plan    | submit          | draft       | ana ben mona
plan    | approve         | submitted   | ana ben mona
plan    | decline         | submitted   | ana ben mona
plan    | cancel          | approved    | ana ben mona
plan    | complete        | active      | ana ben mona
booking | confirm         | held        | ana ben mona
booking | check_in        | confirmed   | ana ben mona
booking | no_show         | confirmed   | ana ben mona
task    | take            | unassigned  | ana ben
task    | begin           | assigned    | ana mona
task    | finish          | in_progress | ana mona
task    | verify          | done        | ben mona
task    | send_back       | done        | ben mona
task    | cancel          | assigned    | ana ben mona
"""
MODELS = {"plan": "awayplan", "booking": "booking", "task": "task"}


def sent(kind: str, record: Any, step: str) -> dict[str, Any]:
    """The form of a record as its page shows it, and the button of a step."""
    fields = {
        "plan": ("starts_on", "ends_on", "notes"),
        "booking": ("arrives_on", "departs_on", "party_size", "guest_name", "channel"),
        "task": ("starts_on", "due_on", "priority", "notes"),
    }[kind]
    form = {name: getattr(record, name) for name in fields}
    inlines = {f"bookings-{part}_FORMS": 0 for part in ("TOTAL", "INITIAL")}
    ticked = [line.pk for line in record.checklist.all()] if kind == "task" else []
    button = {f"bookings_{MODELS[kind]}_{step}": ""}
    both = {"ticked": ticked, "initial-ticked": ticked, "hosting_allowed": "on"}
    has_it = {"assignee": record.assignee_id or ""} if kind == "task" else {}
    return {**form, **inlines, **both, **has_it, **loaded(record), **button, "change_reason": WHY}


@pytest.mark.parametrize("line", PAGES.strip().splitlines(), ids=lambda line: line[:28])
def test_the_buttons_of_the_pages_by_every_role(company, sign_in, line):
    kind, step, state, people = (part.strip() for part in line.split("|"))
    becomes = {who: e for s, sit, who, e in cells(kind, step) if (s, sit) == (state, ("-",))}
    rosa = company.home.owner
    wrong = []

    for who in ("ana", "ben", "cem", "mona", "otto", "rosa"):
        with transaction.atomic():
            record = getattr(company, kind)(state)
            path = f"/bookings/{MODELS[kind]}/{record.pk}/change/"
            client = sign_in(rosa if who == "rosa" else getattr(company, who))
            response = client.post(path, sent(kind, record, step))
            record.refresh_from_db()
            got = (response.status_code, response.get("Location", "")[:7], record.status)
            transaction.set_rollback(True)
        if who in people.split():
            expected = (302, "/bookin", becomes[who].removeprefix("-> "))
        elif who in ("ana", "ben", "mona"):
            expected = (200, "", state)
        else:
            outside = {"cem": (302, "/"), "otto": (403, ""), "rosa": (302, "/login/")}
            expected = (*outside[who], state)
        if got != expected:
            wrong.append(f"{who}: {got}, not {expected}")

    assert wrong == []


NOT_NOW = """
plan    | submitted   | own       | ana  | Approve | You filed this plan yourself: somebody else has to approve it.
plan    | submitted   | hers      | mona |         |
plan    | active      | guests    | ben  | Hand back | This plan has bookings that would fall outside of it. Move or cancel them first.
booking | confirmed   | not ready | ana  | Check in | The home is not prepared yet: guests come in once that task is done. A manager may let them in earlier, with a reason.
booking | confirmed   | too soon  | ana  | No show | The guests arrive on {tomorrow}: too soon.
task    | in_progress | left      | ana  | Finish | Not all of its checklist is done: “Keys”.
task    | assigned    | -         | cem  | elsewhere |
task    | assigned    | -         | otto |         |
"""


@pytest.mark.parametrize("line", NOT_NOW.strip().splitlines(), ids=lambda line: line[:38])
def test_a_page_says_which_steps_are_not_to_be_taken_now(company, sign_in, line):
    kind, state, situation, who, step, sentence = (part.strip() for part in line.split("|"))
    record = getattr(company, kind)(state, situation)
    path = f"/bookings/{MODELS[kind]}/{record.pk}/change/"

    response = sign_in(getattr(company, who)).get(path)

    if step == "elsewhere":
        assert response.status_code == 302
        return
    told = response.context["not_now"]
    expected = [(step, said(sentence, company.today))] if step else []
    assert [tuple(each) for each in told] == expected
    offered = [button.description for button in response.context["actions_submit_line"]]
    assert (step in offered) == (step == "Finish")  # its checklist is ticked in the same go
    assert not step or "Not now" in response.content.decode()


def test_who_goes_on_with_a_task_that_was_sent_back_is_told_why(company):
    task = company.task("done")

    steps.send_back(task, by=company.ben, reason="The beds are not made")

    [notice] = Notice.objects.all()
    assert notice.person == company.ana
    assert notice.sentence == f"{task} was sent back to you by Ben: The beds are not made"
    assert notice.link == f"/bookings/task/{task.pk}/change/"
    assert (task.done_by, task.done_at, task.assignee) == (None, None, company.ana)
    assert task.history.latest().history_change_reason == "The beds are not made"


def test_a_refused_button_says_why_and_saves_nothing(company, sign_in):
    plan = company.plan("submitted", "own")
    path = f"/bookings/awayplan/{plan.pk}/change/"

    response = sign_in(company.ana).post(path, {**sent("plan", plan, "approve"), "notes": "Typed"})

    plan.refresh_from_db()
    assert "somebody else has to approve it." in response.content.decode()
    assert (plan.status, plan.notes) == ("submitted", "")
