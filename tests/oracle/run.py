"""The run: worlds, events and probes, each judged and then taken back."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.test import Client
from django.test.utils import override_settings

from opsconsole.access import lock, middleware, registry
from opsconsole.access.people import works_here
from tests.oracle import covering, events
from tests.oracle.endpoints import Endpoint, endpoints
from tests.oracle.founding import found
from tests.oracle.judge import Finding, Probe, Tally, judge_read, judge_write
from tests.oracle.tables import empty, strays

LOCKS = ("both", "app", "db", "none")
PER_WORLD = 200
PER_EVENT = 5
SELDOM = 0.2
KEPT_CONTEXTS = "django.test.client.store_rendered_templates"
VIEWED = 0.05  # of the requests, made by a manager who looks as somebody else


class UnknownEndpoints(Exception):
    """The console has addresses that no rule tells how to probe."""


@dataclass(frozen=True)
class Share:
    """Some probes of one world: what there is to ask depends on the seed and its number alone."""

    seed: int
    world: int
    probes: int
    locks: str = "both"
    about: str = ""  # the beginning of the names of the endpoints to ask
    events: int = 12  # that happen before the first probe


def shares(
    probes: int, seed: int, locks: str = "both", per_world: int = PER_WORLD, about: str = ""
) -> list[Share]:
    """So many probes, world by world."""
    worlds = range(-(-probes // per_world))
    return [
        Share(seed, number, min(per_world, probes - number * per_world), locks, about)
        for number in worlds
    ]


def run(asked: Iterable[Share], until: Callable[[Finding], bool] = lambda finding: False) -> Tally:
    """Ask random questions; what was found. Nothing is left behind.

    The first wrong answer that is such as `until` says ends it. Raises UnknownEndpoints.
    """
    tally = Tally()
    with _quiet(), _taken_back():
        empty()
        for share in asked:
            with _locked_by(share.locks), _taken_back():
                _World(share, _known(share.about), tally).ask(until)
            if any(map(until, tally.findings)):
                break
    return tally


def _known(about: str) -> list[Endpoint]:
    known, unknown = endpoints()
    if unknown:
        raise UnknownEndpoints(f"No rule tells how to probe: {', '.join(unknown)}.")
    return [endpoint for endpoint in known if endpoint.name.startswith(about)]


class _World:
    """One world and its probes."""

    def __init__(self, share: Share, known: list[Endpoint], tally: Tally) -> None:
        self.share, self.known, self.tally = share, known, tally
        self.draw = Random(f"{share.seed} {share.world}")
        self.world = found(self.draw)
        self.client = Client(raise_request_exception=False, SERVER_NAME="127.0.0.1")
        for _ in range(share.events):
            events.happen(self.world)

    def ask(self, until: Callable[[Finding], bool]) -> None:
        """Probe, and now and then let something happen."""
        for number in range(self.share.probes):
            if number % PER_EVENT == 0:
                self.world.model.looked_up.clear()
                events.happen(self.world)
                self.world.watch.keep()
            self._probe(number)
            if any(map(until, self.tally.findings)):
                break

    def _probe(self, number: int) -> None:
        model = self.world.model
        model.looked_up.clear()
        today, probe = model.days(), self._drawn()
        with _taken_back():
            status, text = self._answer(probe)
            after, written = self.world.watch.look()
        found = [
            *judge_read(model, probe, status, text),
            *judge_write(model, probe, self.world.rows, after, strays(written)),
        ]
        self._count(probe)
        if found and today == model.days():  # a clock that struck midnight makes no finding
            self._keep(number, probe, found)

    def _drawn(self) -> Probe:
        endpoint = self.draw.choices(self.known, [e.weight for e in self.known])[0]
        rule, who = self.draw.choice(endpoint.rules), self._somebody()
        probe = rule(self.world, who, endpoint.kind or endpoint.name)
        viewer = self._viewer_of(probe.who)
        if viewer is None or endpoint.name in ("login", "logout", "view_as_end"):
            return probe
        return covering.looked_at_as(self.world, viewer, probe)

    def _viewer_of(self, who: int | None) -> int | None:
        """Now and then a manager who looks at the console as this person."""
        if who is None or self.draw.random() > VIEWED:
            return None
        viewer = self.draw.choice(self.world.of_role("manager"))
        may = self.world.model.may(viewer, "add", "viewing")
        return viewer if may and covering.may_be_seen_as(self.world, viewer, who) else None

    def _somebody(self) -> int | None:
        """Mostly staff, and mostly those who have a ZIP code today."""
        model = self.world.model
        weights = [
            1 + 2 * (person.role == "staff") + 3 * bool(model.zips_of(pk))
            for pk, person in model.people.items()
        ]
        return self.draw.choices([None, *model.people], [1, *weights])[0]

    def _answer(self, probe: Probe) -> tuple[int, str]:
        self.client.cookies.clear()
        signed_in = probe.viewer or probe.who
        if signed_in is not None:
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.world.cookies[signed_in]
        if probe.viewer is not None:
            begin = f"/staffing/user/{probe.who}/view-as/"
            begun = self.client.post(begin, {"reason": "asked"})
            if begun.headers.get("Location") != "/":
                return begun.status_code, _text_of(begun)
        if probe.data is None:
            response: Any = self.client.get(probe.path)
        else:
            response = self.client.post(probe.path, probe.data)
        text = _text_of(response)
        if self._is_worth_following(response.headers.get("Location", "")):
            response = self.client.get(response.headers["Location"], follow=True)
            text += _text_of(response)
        return response.status_code, text

    def _is_worth_following(self, location: str) -> bool:
        """Where it leads: not each time home, where most of what is refused ends."""
        always = not location.startswith(("/login/", "/?")) and location != "/"
        return bool(location) and (always or self.draw.random() < SELDOM)

    def _count(self, probe: Probe) -> None:
        self.tally.probes += 1
        self.tally.reads += probe.data is None
        self.tally.writes += probe.data is not None
        self.tally.shown += bool(probe.must_show)
        self.tally.effects += bool(probe.effects or probe.gone)
        self.tally.endpoints[probe.endpoint] += 1

    def _keep(self, number: int, probe: Probe, found: list[Finding]) -> None:
        for finding in found:
            finding.seed, finding.world, finding.probe = self.share.seed, self.share.world, number
            finding.lock, finding.about = self.share.locks, self.share.about
            seen_by = f", seen by {self.world.label(probe.viewer)}" if probe.viewer else ""
            finding.person = self.world.label(probe.who) + seen_by
            finding.method, finding.url = probe.method, probe.path
            self.tally.findings.append(finding)


def _text_of(response: Any) -> str:
    content: bytes = response.getvalue() if response.streaming else response.content
    return content.decode(errors="replace")


# Around a run


@contextmanager
def _taken_back() -> Iterator[None]:
    """A block of which nothing is left."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def _quiet() -> Iterator[None]:
    """As in production, with cheap passwords; the log of refusals would be long."""
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    thresholds = gc.get_threshold()
    logging.disable(logging.CRITICAL)
    gc.set_threshold(200_000, 20, 100)  # rendering makes much garbage, and few circles
    try:
        with (
            override_settings(DEBUG=False, PASSWORD_HASHERS=hashers),
            patch(KEPT_CONTEXTS, _keep_none),
        ):
            yield
    finally:
        logging.disable(logging.NOTSET)
        gc.set_threshold(*thresholds)


def _keep_none(*args: Any, **kwargs: Any) -> None:
    """Nobody looks at the contexts of templates, which under pytest are copied one by one."""


@contextmanager
def _locked_by(locks: str) -> Iterator[None]:
    """Take lock 1's scope away, or lock 2, for this process and this block."""
    with ExitStack() as stack:
        if locks in ("db", "none"):
            stack.enter_context(patch.object(registry, "condition", _everything))
            stack.enter_context(patch.object(registry, "visible_versions", lambda rows, who: rows))
            stack.enter_context(patch.object(registry, "may_become", lambda who, obj: True))
        if locks in ("app", "none"):
            held = lock.as_held

            def as_owner(person: Any) -> dict[str, str]:
                return {**held(person), "role": "none"}

            stack.enter_context(patch.object(lock, "as_held", as_owner))
            stack.enter_context(patch.object(middleware, "as_held", as_owner))
        yield


def _everything(model: Any, person: Any) -> Q:
    return registry.EVERYTHING if works_here(person) else registry.NOTHING
