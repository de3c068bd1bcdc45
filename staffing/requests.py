"""Who asks."""

from typing import cast

from django.http import HttpRequest

from staffing.models import User


def person(request: HttpRequest) -> User:
    """The person who asks for an admin page; the site let nobody else through."""
    return cast(User, request.user)
