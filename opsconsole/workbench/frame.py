"""The frame of the workbench's pages."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse


def show(site: AdminSite, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    """A template in the frame of the site."""
    return TemplateResponse(request, template, {**site.each_context(request), **context})
