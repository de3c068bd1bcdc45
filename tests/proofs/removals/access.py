"""Rules of access: policies, scopes, hooks of pages, checks, and what else holds people apart."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from django.utils.http import urlsafe_base64_decode

from bookings.calendar import services as calendar_services
from opsconsole import calendar_pages, health, secret_addresses, site
from opsconsole.access import backends, checks, commands, middleware, policies, registry, standing
from opsconsole.access.scopes import Everybody
from opsconsole.admin import (
    base,
    filters,
    history,
    inlines,
    links,
    reading,
    scope,
    view_pages,
    views,
)
from opsconsole.notices import pages as notices
from opsconsole.saved_views import saving
from staffing import backends as roles
from staffing import sign_in_link_pages, sign_in_links, view_as
from staffing.admin import people
from staffing.models import User
from tests.proofs.removals.removal import Removal, each, no, nothing, registered_as, replaced, yes

LOCK = ("tests/access/test_lock.py",)
CHECKS = ("tests/access/test_checks.py", "tests/access/test_lock.py")
PAGES = (  # the quick ones first; no folder twice, or pytest would choose the order
    "tests/access/test_console_admin.py",
    "tests/access/test_registry.py",
    "tests/access/test_revocation.py",
    "tests/access/test_pages.py",
    "tests/access/test_access_pages.py",
    "tests/access/test_checks.py",
    "tests/access/test_lock.py",
    "tests/notices",
    "tests/access/test_leak_map.py",
    "tests/access/test_each_lock_alone.py",
    "tests/admin",
    "tests/staffing",
    "tests/history",
    "tests/oracle/test_oracle.py",
    "tests/test_access.py",
    "tests/imports",
    "tests/test_queries.py",
)
LINKS = ("tests/staffing/test_sign_in_links.py",)
COMMANDS = ("tests/imports/test_import_records.py", "tests/bookings/test_plans_command.py")
CALENDAR = ("tests/bookings/test_calendar.py",)
HEALTH = ("tests/test_health.py",)


def removals() -> Iterator[Removal]:
    """All of this file."""
    yield from _policies()
    yield from _scopes()
    yield from _hooks()
    yield from _checks()
    yield from _rules()


# Lock 2


def _policies() -> Iterator[Removal]:
    for policy in policies.policies():
        name = f"policy {policy.name} on {policy.table}"
        if not policy.rows.startswith("(false)"):  # it opens nothing: without a policy, no row
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
                registered_as(model, replace(entry, private=False)),
                PAGES,
            )
        if entry.engineers:
            yield Removal(
                f"engineers of {model._meta.label}",
                registered_as(model, replace(entry, engineers=None)),
                PAGES,
            )


def _widened(model: Any, entry: registry.Registered) -> Callable[[], None]:
    return registered_as(model, replace(entry, scope=Wide(entry.scope)))


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
            yield Removal(f"check {name}", replaced(checks, name, lambda *a, **k: []), CHECKS)


def _rules() -> Iterator[Removal]:
    """Rules that override nothing: what they become when they are forgotten."""
    passed_on = lambda self, request: self.get_response(request)  # noqa: E731
    yield from each(
        "rule",
        PAGES,
        (scope.Scoped, "allows", yes),
        (scope.Scoped, "_in_scope", yes),
        (scope.Scoped, "_role_allows", yes),
        (base.ConsoleAdmin, "refuse_out_of_scope", nothing),
        (registry, "in_scope", yes),
        (registry, "may_become", yes),
        (registry, "visible_versions", lambda versions, person: versions),
        (backends.ScopeVeto, "has_perm", no),
        (middleware, "as_held", lambda person: {"role": "none"}),
        (middleware, "stands", yes),
        (middleware.OneTransactionPerRequest, "process_exception", nothing),
        (middleware.RefuseNul, "__call__", passed_on),
        (standing, "holes", list),
        (view_as.ViewAs, "process_view", nothing),
        (view_as, "may_be_viewed_as", lambda manager: view_as.User.objects.all()),
        (site.ConsoleSite, "has_permission", lambda self, request: request.user.is_active),
        (notices, "notices_of", lambda request: notices.Notice.objects.visible_to(request.user)),
        (links, "_offer", nothing),
        (views, "_is_viewing", no),
        (view_pages, "_editable", view_pages.views_of),
        (saving, "MOST", 10**6),
        (saving, "LONGEST_ADDRESS", 10**6),
    )
    yield from each(
        "links",
        LINKS,
        (sign_in_links, "_allow", nothing),
        (sign_in_links, "in_reach", lambda people, by: list(people)),
        (sign_in_link_pages, "person_of", _whoever_it_is),
        (sign_in_links, "hold_to", nothing),
        (sign_in_links.LinkTokens, "_make_hash_value", lambda self, user, timestamp: ""),
        (secret_addresses, "hidden", lambda text: text),
    )
    yield from each(
        "commands",
        COMMANDS,
        (commands, "colleague_with", lambda email: commands.person_with(email)),
        (commands, "refuse_unreadable", nothing),
    )
    yield from each(
        "health",
        HEALTH,
        (health, "unapplied_migrations", list),
        (health, "holes", list),
        (health, "static_problems", list),
    )
    yield from each(
        "calendar",
        CALENDAR,
        (secret_addresses.WithoutSession, "__call__", passed_on),
        (calendar_services, "works_here", yes),
        (calendar_pages, "hold_to", nothing),
    )


def _whoever_it_is(uid: str) -> Any:
    return User._base_manager.filter(pk=urlsafe_base64_decode(uid).decode()).first()
