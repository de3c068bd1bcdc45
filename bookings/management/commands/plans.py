"""`manage.py plans`: a step on away plans, as their list takes it on many."""

from __future__ import annotations

import argparse
import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.models import Q

from bookings import guards, services
from bookings.admin.plans import AwayPlanAdmin
from bookings.models import AwayPlan, Property
from opsconsole.access.acting import Source, acting
from opsconsole.access.commands import (
    add_who,
    colleague_with,
    failing_as_json,
    reason_of,
    refuse_unreadable,
    shown,
)
from opsconsole.access.lock import held_to
from opsconsole.admin.base import NOT_HERE
from opsconsole.database.refusals import Refused, told_as_refusals


@dataclass
class Outcome:
    """What came of a step: on how many plans it was taken, and why not on the others."""

    done: int = 0
    refused: list[tuple[AwayPlan, str]] = field(default_factory=list)


class Command(BaseCommand):
    """Each plan by itself: where one is refused, the others are done all the same."""

    help = "Take a step on away plans: submit drafts, approve or decline what was submitted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "step", choices=guards.PLAN, metavar="STEP", help=", ".join(guards.PLAN)
        )
        add_who(parser)
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--all", action="store_true", help="Every plan that can take the step.")
        which.add_argument("--import", dest="number", type=int, help="The plans of this import.")
        which.add_argument(
            "--home", action="append", metavar="REFERENCE", help="The plans of this property."
        )
        parser.add_argument(
            "--from", dest="day", type=_day, metavar="DATE", help="With --home: the plan from then."
        )
        parser.add_argument("--reason", default="", help="Why. It is recorded.")
        parser.add_argument("--dry-run", action="store_true", help="Only tell what would happen.")
        parser.add_argument("--json", action="store_true", help="Print the outcome as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take it on all of them, tell what came of it, and fail where one was refused."""
        step = options["step"]
        with failing_as_json(self.stdout, options["json"], step=step):
            _refuse_misunderstood(options)
            person, reason = colleague_with(options["email_of_who"]), reason_of(options)
            _refuse_unless_allowed(person, step)
            try:
                with (
                    told_as_refusals(),
                    held_to(person),
                    acting(person, source=Source.COMMAND, reason=reason),
                ):
                    outcome = _take_on_each(step, _plans(person, options), person, reason)
                    transaction.set_rollback(options["dry_run"])
            except Refused as refused:
                raise CommandError(str(refused)) from refused
        self.stdout.write(
            _as_json(outcome, options) if options["json"] else _told(outcome, options)
        )
        if outcome.refused:
            count = len(outcome.refused)
            raise CommandError(f"{count:,} of {count + outcome.done:,} plans stay as they were.")


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("write the date as 2026-01-31.") from None


def _refuse_misunderstood(options: dict[str, Any]) -> None:
    refuse_unreadable(options["email_of_who"], *(options["home"] or []))
    if options["day"] and not options["home"]:
        raise CommandError("--from says which plan of a property is meant: name that with --home.")


def _permissions(step: str) -> list[str]:
    """What the button of the step asks for."""
    verbs = getattr(AwayPlanAdmin, step).allowed_permissions
    return [f"bookings.{verb}_awayplan" for verb in verbs]


def _refuse_unless_allowed(person: Any, step: str) -> None:
    if not all(map(person.has_perm, _permissions(step))):
        raise CommandError(f"{person} may not take the step {step} on away plans.")


# Which plans


def _plans(person: Any, options: dict[str, Any]) -> list[AwayPlan]:
    """The plans that are meant, among those that the person may see, in the order of locks."""
    able = Q(status__in=guards.PLAN[options["step"]].allowed_from)
    plans = AwayPlan.objects.visible_to(person).select_related("property")
    plans = plans.order_by("property_id", "pk")
    if options["all"]:
        return list(plans.filter(able))
    if options["home"]:
        return [
            plan
            for home in _homes(person, options["home"])
            for plan in _of_home(plans.filter(property=home), able, home, options)
        ]
    found = list(plans.filter(able, import_batch=options["number"]))
    return found or _refuse_none(f"Import {options['number']}", options["step"])


def _homes(person: Any, references: list[str]) -> list[Property]:
    """In the order of their locks, too; one outside the person's ZIP codes is unknown."""
    known = Property.objects.visible_to(person).filter(external_ref__in=references).order_by("pk")
    homes = list(known)
    found = {home.external_ref for home in homes}
    for reference in references:
        if reference not in found:
            raise CommandError(
                f"No property with the reference “{shown(reference)}” is known here."
            )
    return homes


def _of_home(plans: Any, able: Q, home: Property, options: dict[str, Any]) -> list[AwayPlan]:
    """Those that can take the step; with a day, the plan from then on, whatever its state."""
    day, step = options["day"], options["step"]
    if day is None:
        return list(plans.filter(able)) or _refuse_none(home.external_ref, step)
    of_that_day = plans.filter(starts_on=day)
    found = of_that_day.filter(able).first() or of_that_day.last()
    if found is None:
        raise CommandError(f"{home.external_ref} has no plan from {day} on.")
    return [found]


def _refuse_none(whose: str, step: str) -> list[AwayPlan]:
    states = " or ".join(AwayPlan.Status(s).label.lower() for s in guards.PLAN[step].allowed_from)
    raise CommandError(f"{whose} has no plan here that is {states}.")


# The step


def _take_on_each(step: str, plans: list[AwayPlan], person: Any, reason: str) -> Outcome:
    outcome = Outcome()
    for plan in plans:
        try:
            if not all(person.has_perm(name, plan) for name in _permissions(step)):
                raise Refused(NOT_HERE)
            services.take_plan_step(step, plan, by=person, reason=reason)
        except Refused as refused:
            outcome.refused.append((plan, str(refused)))
        else:
            outcome.done += 1
    return outcome


# What is told


def _as_json(outcome: Outcome, options: dict[str, Any]) -> str:
    refused = [
        {"home": plan.property.external_ref, "from": plan.starts_on.isoformat(), "why": why}
        for plan, why in outcome.refused
    ]
    said = {"step": options["step"], "dry_run": options["dry_run"]}
    return json.dumps({**said, "done": outcome.done, "refused": refused})


def _told(outcome: Outcome, options: dict[str, Any]) -> str:
    return "\n".join(_lines(outcome, options))


def _lines(outcome: Outcome, options: dict[str, Any]) -> Iterator[str]:
    done = AwayPlanAdmin.bulk[options["step"]].done
    yield f"{outcome.done:,} away plan{'' if outcome.done == 1 else 's'}: {done}."
    for plan, why in outcome.refused:
        yield f"{plan.property.external_ref} from {plan.starts_on}: {why}"
    if options["dry_run"]:
        yield "A dry run: this is what would happen, and nothing has."
