"""The home page: that of the person's role, made of what they may see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from opsconsole.home.auditors import for_auditors
from opsconsole.home.managers import for_managers
from opsconsole.home.my_day import my_day
from staffing.models import User
from staffing.requests import person

PAGES: dict[str, Callable[[HttpRequest], dict[str, Any]]] = {
    User.Type.STAFF: my_day,
    User.Type.MANAGER: for_managers,
    User.Type.AUDITOR: for_auditors,
}


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the context of the index page what its role's page shows."""
    return {**context, **PAGES[person(request).user_type](request)}
