"""Pages of their own among the pages of a model."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.options import BaseModelAdmin
from django.http import HttpRequest
from django.template.response import TemplateResponse


def show(
    model_admin: BaseModelAdmin[Any], request: HttpRequest, template: str, **context: Any
) -> TemplateResponse:
    """A template in the frame of a model's pages: with its sidebar, header and way back."""
    frame = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts}
    return TemplateResponse(request, template, {**frame, **context})
