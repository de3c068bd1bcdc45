"""A plain Django admin of properties: Django's own templates, middleware and site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import path

from bench.workbench import signed_in
from bookings.models import Property

MIDDLEWARE = [  # as `startproject` writes them
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
PER_PAGE = 100  # as many as the console, and as Django by itself


class PlainPropertyAdmin(ModelAdmin[Property]):
    """Properties as anybody would register them."""

    list_display = ("name", "owner", "zip_code", "property_type", "max_guests", "lifecycle")
    list_per_page = PER_PAGE
    list_select_related = ("owner", "zip_code")
    list_filter = ("lifecycle", "property_type")
    search_fields = ("name", "street", "external_ref", "owner__full_name", "owner__email")

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The list, in Django's templates and not in unfold's."""
        response: Any = super().changelist_view(request, *args, **kwargs)
        response.using = "plain"
        return response


def here(get_response: Callable[[HttpRequest], HttpResponse]) -> Any:
    """Middleware: the addresses are those below."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.urlconf = __name__
        return get_response(request)

    return middleware


def plain_client(person: Any) -> Client:
    """Somebody signed in to the plain admin."""
    client = signed_in(person)
    with override_settings(MIDDLEWARE=[f"{__name__}.here", *MIDDLEWARE]):
        client.handler.load_middleware()
    return client


site = AdminSite()
site.register(Property, PlainPropertyAdmin)
urlpatterns = [path("", site.urls)]
