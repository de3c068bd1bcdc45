"""Every rule that can be taken out: of access (policies, scopes, hooks, checks), of undoing, of
restoring, of tasks, of door codes, of notes, of serving ZIP codes.
"""

from __future__ import annotations

import datetime
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.db.models import Q

from bookings import guards as plan_guards
from bookings import readiness, services
from bookings import restoring as homes
from bookings.admin import at_hand, bulk_edit, bulk_forms, code_forms, many
from bookings.admin import codes as code_pages
from bookings.calendar import services as calendar_services
from bookings.codes import checks as code_checks
from bookings.codes import cipher
from bookings.codes import rule as code_rule
from bookings.codes import services as code_services
from bookings.models import AccessSecret, Booking, RecordNote, Task
from bookings.notes import services as note_services
from bookings.plan_resources import AwayPlanResource
from bookings.resources import PropertyResource
from bookings.tasks import guards as task_guards
from bookings.tasks import letting_go, planning
from opsconsole import calendar_pages, secret_addresses, site
from opsconsole.access import backends, checks, middleware, policies, registry, standing
from opsconsole.access.scopes import Everybody
from opsconsole.admin import (
    base,
    filters,
    history,
    holding,
    inlines,
    links,
    reading,
    restoring,
    scope,
    view_pages,
    views,
)
from opsconsole.history import restoring as restoring_of
from opsconsole.history.versions import as_number
from opsconsole.home import days, telling
from opsconsole.imports import undoing
from opsconsole.imports.classifying import Classifier
from opsconsole.notices import pages as notices
from staffing import backends as roles
from staffing import serving, sign_in_links, view_as, zip_reference
from staffing.admin import people, zip_codes
from staffing.admin import serving as serving_page
from staffing.models import User
from staffing.people_resources import PeopleResource
from staffing.resources import AssignmentResource
from staffing.zip_resources import ZipCodeResource

CODES = ("tests/bookings/test_door_codes.py",)
CALENDAR = ("tests/bookings/test_calendar.py",)
NOTES = ("tests/bookings/test_notes.py",)
PEOPLE = ("tests/imports/test_people.py",)
LINKS = ("tests/staffing/test_sign_in_links.py",)
LOCK = ("tests/access/test_lock.py",)
CHECKS = ("tests/access/test_checks.py", "tests/access/test_lock.py")
HOME_PAGES = ("tests/bookings/test_readiness.py", "tests/admin/test_at_hand.py", "tests/home")
SERVING = ("tests/imports/test_zip_codes.py", "tests/staffing/test_serving.py")
BULK = ("tests/admin/test_bulk_edit.py",)
RESTORING = ("tests/bookings/test_restoring.py", "tests/bookings/test_races.py")
TASKS = ("tests/bookings/tasks", "tests/admin/test_task_page.py")
STEPS = ("tests/bookings/test_every_step.py", "tests/bookings/tasks/test_steps.py")
UNDOING = (
    "tests/imports/test_undoing.py",
    "tests/imports/test_undoing_plans.py",
    "tests/imports/test_undoing_assignments.py",
)
PAGES = (  # the quick ones first; no folder twice, or pytest would choose the order
    "tests/access/test_console_admin.py",
    "tests/access/test_registry.py",
    "tests/access/test_revocation.py",
    "tests/access/test_pages.py",
    "tests/access/test_access_pages.py",
    "tests/access/test_checks.py",
    "tests/access/test_lock.py",
    "tests/admin",
    "tests/notices",
    "tests/staffing",
    "tests/history",
    "tests/access/test_each_lock_alone.py",
    "tests/access/test_leak_map.py",
    "tests/oracle/test_oracle.py",
    "tests/test_access.py",
    "tests/imports",
    "tests/test_queries.py",
)


@dataclass(frozen=True)
class Removal:
    """A rule, how to take it out in this process, and the tests that should miss it."""

    name: str
    take_out: Callable[[], object]
    tests: tuple[str, ...]


def removals() -> list[Removal]:
    """All of them, each under a name of its own."""
    return [
        *_policies(), *_scopes(), *_hooks(), *_checks(), *_others(), *_undoing(), *_restoring(),
        *_tasks(), *_codes(), *_steps(), *_home_pages(), *_bulk_edit(), *_notes(), *_people(),
        *_serving(),
    ]  # fmt: skip


# Lock 2


def _policies() -> Iterator[Removal]:
    for policy in policies.policies():
        name = f"policy {policy.name} on {policy.table}"
        yield Removal(f"{name}: dropped", _without(policy), LOCK)
        if not policy.rows.startswith("true") or "is_superuser" in policy.rows:
            yield Removal(f"{name}: open", _with(policy, replace(policy, rows="true")), LOCK)
        # Of people, staff may write three columns of their own: none that a check could be about.
        if policy.command == "ALL" and policy.rows != "true":
            yield Removal(f"{name}: no check", _with(policy, Unchecked(**vars(policy))), LOCK)


class Unchecked(policies.Policy):
    """A policy that reads as it should and lets anything be written."""

    @property
    def sql(self) -> str:
        """With a check that always holds."""
        return f"{super().sql.split(' WITH CHECK')[0]} WITH CHECK (true)"


def _without(policy: policies.Policy) -> Callable[[], None]:
    return _standing_as(lambda found: [p for p in found if _key(p) != _key(policy)])


def _with(policy: policies.Policy, other: policies.Policy) -> Callable[[], None]:
    return _standing_as(lambda found: [other if _key(p) == _key(policy) else p for p in found])


def _key(policy: policies.Policy) -> tuple[str, str]:
    return policy.table, policy.name


def _standing_as(change: Callable[[list[Any]], list[Any]]) -> Callable[[], None]:
    def take_out() -> None:
        asked = policies.policies
        standing.policies = lambda: change(asked())  # type: ignore[attr-defined]

    return take_out


# Lock 1


class Wide:
    """A scope whose condition has been forgotten, in the application alone."""

    def __init__(self, scope: Any) -> None:
        self.policy, self.version_policy = scope.policy, scope.version_policy

    def rows_for(self, *args: Any) -> Any:
        """Everything."""
        return registry.EVERYTHING

    versions_for = rows_for

    def ids_of(self, obj: Any) -> None:
        """Nobody knows."""

    def is_opened_by(self, field: Any) -> bool:
        """As everything is."""
        return True


def _scopes() -> Iterator[Removal]:
    for model, entry in registry.entries():
        if isinstance(entry.scope, Everybody):  # as wide as it gets: only the entry can be missed
            forget = partial(registry._scopes.pop, model)
            yield Removal(f"entry of {model._meta.label}", forget, CHECKS)
            continue
        yield Removal(f"scope of {model._meta.label}", _widened(model, entry), PAGES)
        if entry.private:
            yield Removal(
                f"privacy of {model._meta.label}",
                _registered_as(model, replace(entry, private=False)),
                PAGES,
            )
        if entry.engineers:
            yield Removal(
                f"engineers of {model._meta.label}",
                _registered_as(model, replace(entry, engineers=None)),
                PAGES,
            )


def _widened(model: Any, entry: registry.Registered) -> Callable[[], None]:
    return _registered_as(model, replace(entry, scope=Wide(entry.scope)))


def _registered_as(model: Any, entry: registry.Registered) -> Callable[[], None]:
    return lambda: registry._scopes.update({model: entry})


# Pages: a hook that is taken out leaves what Django's or unfold's own would do.

HOOKED = (
    scope.Scoped,
    scope.SearchBox,
    base.ConsoleAdmin,
    base.ForgivingList,
    history.HistoryPage,
    links.Links,
    inlines.RelatedRows,
    reading.ReadOnly,
    inlines.Pages,
    filters.ScopedRelatedFilter,
    site.ConsoleSite,
    people.PersonAdmin,
    roles.RoleBackend,
)
# What these decide is how a page looks or reads, not who sees or changes what.
LOOKS = {
    "__init__", "get_changelist", "get_form", "get_fieldsets", "get_inlines", "role", "reason",
    "log_addition", "log_change", "log_deletions", "save_record", "password_change_done",
    "record_links", "list_links", "formfield_for_foreignkey", "get_page", "has_permission",
}  # fmt: skip


def _hooks() -> Iterator[Removal]:
    for cls in HOOKED:
        for name, hook in vars(cls).items():
            pages = {*base.ConsoleAdmin.__mro__, *cls.__mro__} - {cls}
            inherited = any(name in vars(parent) for parent in pages)
            if inspect.isfunction(hook) and inherited and name not in LOOKS:
                yield Removal(
                    f"hook {cls.__name__}.{name}",
                    lambda cls=cls, name=name: delattr(cls, name),  # type: ignore[misc]
                    PAGES,
                )


def _checks() -> Iterator[Removal]:
    for name in dir(checks):
        if name.startswith("check_"):
            yield Removal(f"check {name}", _replaced(checks, name, lambda *a, **k: []), CHECKS)


def _others() -> Iterator[Removal]:
    """Rules that override nothing: what they become when they are forgotten."""
    yes = lambda *args, **kwargs: True  # noqa: E731
    nothing = lambda *args, **kwargs: None  # noqa: E731
    for where, name, instead in (
        (scope.Scoped, "allows", yes),
        (scope.Scoped, "_in_scope", yes),
        (scope.Scoped, "_role_allows", yes),
        (base.ConsoleAdmin, "refuse_out_of_scope", nothing),
        (registry, "in_scope", yes),
        (registry, "may_become", yes),
        (registry, "visible_versions", lambda versions, person: versions),
        (backends.ScopeVeto, "has_perm", lambda *args, **kwargs: False),
        (middleware, "as_held", lambda person: {"role": "none"}),
        (middleware, "stands", yes),
        (middleware.OneTransactionPerRequest, "process_exception", nothing),
        (middleware.RefuseNul, "__call__", lambda self, request: self.get_response(request)),
        (standing, "holes", list),
        (view_as.ViewAs, "process_view", nothing),
        (view_as, "may_be_viewed_as", lambda manager: view_as.User.objects.all()),
        (site.ConsoleSite, "has_permission", lambda self, request: request.user.is_active),
        (notices, "notices_of", lambda request: notices.Notice.objects.visible_to(request.user)),
        (links, "_offer", nothing),
        (views, "_is_viewing", lambda request: False),
        (view_pages, "_editable", view_pages.views_of),
    ):
        called = getattr(where, "__name__", where).split(".")[-1]
        yield Removal(f"rule {called}.{name}", _replaced(where, name, instead), PAGES)


# Undoing an import

KINDS = (PropertyResource, AwayPlanResource, AssignmentResource)
# Whatever kind of record it is: who may undo, and what keeps a record.
OF_UNDOING = ("_refuse_unless_allowed", "_hold")
KEEPS = (
    "It came in before",
    "It was changed",
    "Nobody knows",
    "There are away plans",
    "What it was",
)


def _undoing() -> Iterator[Removal]:
    for name in OF_UNDOING:
        yield Removal(
            f"undoing {name}", _replaced(undoing, name, lambda *args, **kwargs: None), UNDOING
        )
    for sentence in KEEPS:
        yield Removal(f"undoing: {sentence}", _reasons_without(sentence), UNDOING)
    for resource in KINDS:
        for rule in resource.undo_rules:
            left = tuple(other for other in resource.undo_rules if other is not rule)
            name = f"undoing {resource.kind}: {rule.code}"
            yield Removal(name, _replaced(resource, "undo_rules", left), UNDOING)


def _reasons_without(sentence: str) -> Callable[[], None]:
    asked = undoing._reasons

    def left(resource: Any) -> list[tuple[str, str]]:
        return [reason for reason in asked(resource) if sentence not in reason[1]]

    return _replaced(undoing, "_reasons", left)


# Restoring a version


def _restoring() -> Iterator[Removal]:
    nothing = lambda *args, **kwargs: None  # noqa: E731
    yes = lambda *args, **kwargs: True  # noqa: E731
    for where, name, instead in (
        (restoring.Restorable, "has_restore_permission", yes),
        (restoring.Restorable, "is_newest", lambda *args: False),
        (restoring.Restorable, "newest_of", _whatever_was_sent),
        (restoring.AskWhy.base_fields["reason"], "required", False),
        (holding, "_lock", nothing),
        (restoring_of, "_refuse_what_no_form_takes", nothing),
        (restoring_of.Restoring, "kept", lambda self, record, version: {}),
        (homes.services, "revise", lambda plan, **kwargs: plan.save()),
        (homes.services, "change_booking", lambda booking, **kwargs: booking.save()),
        (homes.services, "allow_lifecycle", nothing),
    ):
        called = getattr(where, "__name__", type(where).__name__).split(".")[-1]
        yield Removal(f"restoring {called}.{name}", _replaced(where, name, instead), RESTORING)


# Tasks


def _tasks() -> Iterator[Removal]:
    nothing = lambda *args, **kwargs: None  # noqa: E731
    for where, name, instead in (
        (services, "plan_work", nothing),
        (services, "let_go_at", nothing),
        (plan_guards, "_what_is_missing", lambda plan: ""),
        (planning, "_hand_out", nothing),
        (planning, "_flag", nothing),
        (planning, "checklist_of", lambda task: []),
        (letting_go, "_let_go", lambda tasks: 0),
        (task_guards, "allow", nothing),
        (PropertyResource, "follow", nothing),
        (AssignmentResource, "follow", nothing),
    ):
        called = where.__name__.split(".")[-1]
        yield Removal(f"tasks {called}.{name}", _replaced(where, name, instead), TASKS)


# Door codes


def _codes() -> Iterator[Removal]:
    for where, name, instead in (
        (code_services, "why_not", lambda code, visit: ""),
        (code_services, "visit_of", lambda person, home: code_rule.Visit(needs_reason=True)),
        (code_rule, "NEAR", datetime.timedelta(days=30)),
        (code_rule, "WORKED_ON", tuple(code_rule.Task.Status)),
        (code_forms.NeverShown, "format_value", lambda self, value: value),
        (code_pages, "_version_of", lambda code: ""),
        (cipher, "sealed_anew", lambda sealed: None),
        (code_checks, "problem_with_keys", lambda: ""),
    ):
        called = getattr(where, "__name__", "").split(".")[-1]
        yield Removal(f"codes {called}.{name}", _replaced(where, name, instead), CODES)
    readable = replace(registry.registered(AccessSecret), unread=())
    yield Removal("codes unread", _registered_as(AccessSecret, readable), CODES)


# Steps


def _steps() -> Iterator[Removal]:
    """Each guard of each step; a step with two loses one at a time."""
    tables = {"plan": plan_guards.PLAN, "booking": plan_guards.BOOKING, "task": task_guards.STEPS}
    for kind, table in tables.items():
        for name, step in table.items():
            for number in range(len(step.guards)):
                left = (*step.guards[:number], *step.guards[number + 1 :])
                changed = {**table, name: step._replace(guards=left)}
                yield Removal(
                    f"steps {kind} {name}, guard {number + 1}", _updated(table, changed), STEPS
                )


# Changing many records at once


def _bulk_edit() -> Iterator[Removal]:
    for where, name, instead in (
        (bulk_edit.BulkEdit, "may_change_many", lambda self, request: True),
        (many, "refuse_changed", lambda record, seen, viewer: None),
        (bulk_forms, "_is_otherwise", lambda day, now: False),
    ):
        called = where.__name__.split(".")[-1]
        yield Removal(f"many at once {called}.{name}", _replaced(where, name, instead), BULK)


# The home pages, and the readiness of homes


def _home_pages() -> Iterator[Removal]:
    whenever = lambda self, field, at: Q()  # noqa: E731
    for where, name, instead in (
        (at_hand.StepsAtHand, "_is_as_seen", lambda *args: True),
        (readiness, "_shut_out", lambda at: Booking.objects.none()),
        (readiness, "_shut", lambda stay, today: False),
        (readiness, "_waits", lambda task, today: True),
        (readiness, "before_arrivals", Task.objects.open),
        (readiness, "_is_before_arrivals", lambda: Q(pk__isnull=False)),
        (days.Days, "on", whenever),
        (telling.Telling, "_has_come", lambda self, record, day: True),
        (telling.Telling, "_may", lambda self, presses: presses),
    ):
        called = where.__name__.split(".")[-1]
        yield Removal(f"home pages {called}.{name}", _replaced(where, name, instead), HOME_PAGES)


# Notes


def _notes() -> Iterator[Removal]:
    for where, name, instead in (
        (note_services, "colleagues_who_see", lambda code, asker: User.names_of(_everybody())),
        (note_services, "mentioned_in", lambda text, people: (set(), [])),
        (RecordNote, "may_still_be_withdrawn", True),
    ):
        called = getattr(where, "__name__", "").split(".")[-1]
        yield Removal(f"notes {called}.{name}", _replaced(where, name, instead), NOTES)
    for where, name, instead in (
        (
            secret_addresses.WithoutSession,
            "__call__",
            lambda self, request: self.get_response(request),
        ),
        (calendar_services, "works_here", lambda person: True),
        (calendar_pages, "hold_to", lambda person: None),
    ):
        called = getattr(where, "__name__", "").split(".")[-1]
        yield Removal(f"calendar {called}.{name}", _replaced(where, name, instead), CALENDAR)


# People by file, and their one-time links


def _people() -> Iterator[Removal]:
    codes = ("own", "has_homes", "above", "becomes_rerenter", "is_engineer", "inactive")
    for code in codes:
        yield Removal(f"people rule {code}", _without_rule(PeopleResource, code), PEOPLE)
    for name, instead in (
        ("undo_rules", ()),
        ("told_if_missing", ""),
        ("permission", "staffing.view_user"),
        ("undo_permission", "staffing.view_user"),
    ):
        yield Removal(f"people {name}", _replaced(PeopleResource, name, instead), PEOPLE)
    yield Removal("people hanging", _replaced(undoing, "_hanging_from", lambda *args: {}), PEOPLE)
    for where, name, instead in (
        (sign_in_links, "_allow", lambda person, by: None),
        (sign_in_links.LinkTokens, "_make_hash_value", lambda self, user, timestamp: ""),
        (secret_addresses, "hidden", lambda text: text),
    ):
        called = getattr(where, "__name__", "").split(".")[-1]
        yield Removal(f"links {called}.{name}", _replaced(where, name, instead), LINKS)


def _without_rule(resource: Any, code: str) -> Callable[[], None]:
    rules_for = resource.rules_for

    def others(self: Any, person: Any) -> tuple[Any, ...]:
        return tuple(rule for rule in rules_for(self, person) if rule.code != code)

    return _replaced(resource, "rules_for", others)


def _everybody() -> list[int]:
    return list(User.objects.values_list("pk", flat=True))


def _whatever_was_sent(page: Any, request: Any, obj: Any) -> Any:
    """The version of the page taken for the newest."""
    return as_number(request.POST.get("newest"))


def _updated(table: dict[str, Any], changed: dict[str, Any]) -> Callable[[], None]:
    return lambda: table.update(changed)


def _serving() -> Iterator[Removal]:
    for where, name, instead in (
        (serving, "refuse_unexplained", lambda serving, reason: None),
        (serving, "_drift", lambda serving, shown: ()),
        (serving_page, "_asked", lambda form: []),
        (serving_page, "_salt", lambda viewer: ""),
        (zip_codes, "refuse_unexplained", lambda serving, reason: None),
        (zip_reference, "_is_taken", lambda place, withdraw: True),
        (zip_reference, "_not_a_range", lambda text, first, last: ""),
        (zip_reference, "_contradictions", lambda place, beside: ()),
        (ZipCodeResource, "_hanging", lambda self, place, is_served: ()),
        (Classifier, "_refuse_unknown", lambda self: None),
    ):
        called = where.__name__.rpartition(".")[2]
        yield Removal(f"serving {called}.{name}", _replaced(where, name, instead), SERVING)


def _replaced(where: Any, name: str, instead: Any) -> Callable[[], None]:
    def take_out() -> None:
        if not hasattr(where, name):
            raise LookupError(f"There is no {name} to take out.")
        setattr(where, name, instead)

    return take_out
