"""System checks that refuse to start a console with a hole in its scope."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.checks import CheckMessage, Error, Tags, register

from opsconsole.access.registry import scope_of

FIRST_BACKEND = "opsconsole.access.backends.ScopeVeto"


@register(Tags.security)
def check_veto_is_first(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """access.E001: the veto must be asked before any backend that could say yes."""
    if settings.AUTHENTICATION_BACKENDS[0] == FIRST_BACKEND:
        return []
    return [
        Error(
            f"AUTHENTICATION_BACKENDS does not start with {FIRST_BACKEND}.",
            hint="Put it first: behind another backend, a stray object permission widens a scope.",
            id="access.E001",
        )
    ]


@register(Tags.security)
def check_registered_models_are_scoped(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """access.E002: a model with an admin page must say how it reaches its ZIP code."""
    return [
        Error(
            f"{model._meta.label} has an admin page and no scope.",
            hint="Decorate the model with @scoped(...) from opsconsole.access.registry.",
            obj=model,
            id="access.E002",
        )
        for model in admin.site._registry
        if scope_of(model) is None
    ]


@register(Tags.security)
def check_no_raw_ids(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """access.E003: a raw id widget prints the label of any id it is given."""
    return [
        Error(
            f"{type(model_admin).__name__} uses raw_id_fields.",
            hint="Use autocomplete_fields: they ask the related admin, which is scoped.",
            obj=type(model_admin),
            id="access.E003",
        )
        for model_admin in admin.site._registry.values()
        if model_admin.raw_id_fields
    ]
