"""Views that only some roles may open."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase


def role_required(permission: str, *, to: str) -> Callable[..., Any]:
    """Decorator for a view (a function, or a method): needs this permission.

    `to` says in words what is being done: "import properties". The access-denied page uses it.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> HttpResponseBase:
            request = next(arg for arg in args if isinstance(arg, HttpRequest))
            if not request.user.has_perm(permission):
                raise PermissionDenied(f"Your role may not {to}.")
            return view(*args, **kwargs)

        return guarded

    return decorate
