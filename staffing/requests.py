"""Who asks."""

import unicodedata
from collections.abc import Mapping
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest

from staffing.models import User


def person(request: HttpRequest) -> User:
    """The person who asks for an admin page; the site let nobody else through."""
    return cast(User, request.user)


def colleague(pk: int | None) -> str:
    """The name of a colleague, whoever asks; empty where nobody is meant."""
    return User.names_of([pk]).get(pk, "") if pk else ""


def email_to_sign_in(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """The email that is signed in with, however it is spelled: attempts are counted by it."""
    given = (credentials or request.POST).get("username") or ""
    return unicodedata.normalize("NFKC", str(given)).strip().casefold()[:254]


def address_of(request: HttpRequest) -> str:
    """The address that signs in: behind the proxy, the one that the proxy itself saw.

    Only the last hop is the proxy's word; what stands before it anybody can write.
    """
    if settings.BEHIND_PROXY:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        return hops[-1].strip() or request.META["REMOTE_ADDR"]
    return request.META.get("REMOTE_ADDR", "")
