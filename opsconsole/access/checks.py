"""System checks that refuse to start a console with a hole in its scope."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import FieldDoesNotExist
from django.db import Error as DatabaseError
from django.db import models
from django.db.models.constants import LOOKUP_SEP
from import_export.resources import ModelResource

from opsconsole.access.registry import scope_of
from opsconsole.access.standing import holes

FIRST_BACKEND = "opsconsole.access.backends.ScopeVeto"
UNSAFE = ("actions_list", "actions_detail", "actions_row", "change_form_datasets")


type Hole = tuple[Any, str]  # what has it, and what is wrong with that


def refuse(number: int, hint: str) -> Callable[[Callable[[], Iterable[Hole]]], Any]:
    """Make a system check of what finds holes: each is an error with this number and hint."""

    def as_check(find: Callable[[], Iterable[Hole]]) -> Any:
        def check(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
            return [
                Error(f"{_called(which)} {wrong}.", hint, which, f"access.E{number:03}")
                for which, wrong in find()
            ]

        check.__name__, check.__doc__ = find.__name__, find.__doc__
        return register(check, Tags.security)

    return as_check


@refuse(1, "Put it first: behind another backend, a stray object permission widens a scope.")
def check_veto_is_first() -> Iterator[Hole]:
    """access.E001: the veto must be asked before any backend that could say yes."""
    if settings.AUTHENTICATION_BACKENDS[0] != FIRST_BACKEND:
        yield "AUTHENTICATION_BACKENDS", f"does not start with {FIRST_BACKEND}"


@refuse(2, "Decorate the model with @scoped(...) from opsconsole.access.registry.")
def check_registered_models_are_scoped() -> Iterator[Hole]:
    """access.E002: a model with a page, or an inline, must say how it reaches its ZIP code."""
    for model in dict.fromkeys(page.model for page in _pages()):
        if scope_of(model) is None:
            yield model, "has an admin page and no scope"


@refuse(3, "Use autocomplete_fields: they are scoped.")
def check_no_raw_ids() -> Iterator[Hole]:
    """access.E003: a raw id widget prints the label of any id it is given."""
    for page in _pages():
        if page.raw_id_fields:
            yield type(page), "uses raw_id_fields"


@refuse(4, "Search and filter by what a row has one of.")
def check_no_way_back() -> Iterator[Hole]:
    """access.E004: a search or filter through many rows finds a record by its foreign rows."""
    for page in admin.site._registry.values():
        for path in [*page.search_fields, *(path for path, _ in _filters(page.list_filter))]:
            if _leads_to_many(page.model, path):
                yield type(page), f"searches or filters by {path}, which leads through many rows"


@refuse(5, "List in Meta.fields what a file may hold, without the primary key.")
def check_resources_name_their_fields() -> Iterator[Hole]:
    """access.E005: a resource without explicit fields exports every column, and imports by id."""
    for resource in _resources(ModelResource):
        if (model := resource._meta.model) is None:
            continue
        fields = {*(resource._meta.fields or ())}
        if not fields or {"id", "pk", model._meta.pk.name} & fields:
            yield resource, "does not name its fields, or names the primary key"


@refuse(6, "Offer a Link (opsconsole.admin.links) to a page that changes things by POST.")
def check_nothing_is_done_by_a_link() -> Iterator[Hole]:
    """access.E006: unfold's actions are GET links that check no object, as are datasets."""
    for page in admin.site._registry.values():
        for name in UNSAFE:
            if getattr(page, name, None):
                yield type(page), f"uses {name}"


@refuse(7, "Name them: @action(permissions=[...]).")
def check_actions_declare_permissions() -> Iterator[Hole]:
    """access.E007: Django offers an action without permissions to everybody who may look."""
    for page in admin.site._registry.values():
        for action in [*(page.actions or ()), *getattr(page, "actions_submit_line", ())]:
            if not getattr(_method(page, action), "allowed_permissions", None):
                yield type(page), f"has the action {action} without permissions"


@refuse(8, "Use ScopedRelatedFilter (opsconsole.admin).")
def check_filters_are_scoped() -> Iterator[Hole]:
    """access.E008: Django's and unfold's filters of a relation name every related row."""
    for page in admin.site._registry.values():
        for path, kind in _filters(page.list_filter):
            if _is_relation(page.model, path) and not getattr(kind, "is_scoped", False):
                yield type(page), f"filters by the relation {path} unscoped"


@register(Tags.database, deploy=True)  # not before a migrate, which is what mends it
def check_lock_2_stands(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """access.E009: a policy, role or grant is missing or altered, or the login can't SET ROLE."""
    if not databases:
        return []
    try:
        return [Error(hole, hint="Run `manage.py migrate`.", id="access.E009") for hole in holes()]
    except DatabaseError as error:
        return [Error(f"Lock 2 could not be looked at: {error}", id="access.E009")]


def _pages() -> Iterator[Any]:
    """Every page of the site and every inline on one."""
    for page in admin.site._registry.values():
        yield page
        yield from (inline(page.model, admin.site) for inline in page.inlines)


def _called(which: Any) -> str:
    if isinstance(which, type) and issubclass(which, models.Model):
        return which._meta.label
    return which if isinstance(which, str) else which.__name__


def _filters(list_filter: Any) -> Iterator[tuple[str, Any]]:
    """The paths that a list is filtered by, each with its filter class if one is named."""
    for entry in list_filter:
        if isinstance(entry, type) and issubclass(entry, SimpleListFilter):
            continue
        yield (entry[0], entry[1]) if isinstance(entry, list | tuple) else (entry, None)


def _fields(model: type[models.Model], path: str) -> Iterator[Any]:
    """The fields along a lookup such as owner__full_name__startswith."""
    at: Any = model
    for name in path.lstrip("^=@").split(LOOKUP_SEP):
        try:
            field = at._meta.pk if name == "pk" else at._meta.get_field(name)
        except FieldDoesNotExist:
            return
        yield field
        at = field.related_model
        if at is None:
            return


def _leads_to_many(model: type[models.Model], path: str) -> bool:
    return any(field.one_to_many or field.many_to_many for field in _fields(model, path))


def _is_relation(model: type[models.Model], path: str) -> bool:
    fields = list(_fields(model, path))
    return bool(fields and (fields[-1].is_relation or len(fields) > 1))


def _method(page: Any, action: Any) -> Any:
    return action if callable(action) else getattr(page, action, None)


def _resources(base: Any) -> Iterator[Any]:
    for resource in base.__subclasses__():
        yield resource
        yield from _resources(resource)
