"""What an empty list says: what would be here, what comes before it, and the ways to bring it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.views.main import ORDER_VAR
from django.http import HttpRequest
from django.urls import reverse

from opsconsole.access.people import sees_everything, zip_code_ids
from opsconsole.admin.links import Link
from opsconsole.admin.views import EVERYTHING

NO_ZIP_CODE = (
    "No ZIP code is assigned to you today, so you see no records. Ask an operations manager to "
    "assign you one."
)


@dataclass(frozen=True)
class Empty:
    """A sentence in place of rows, and where to go from it."""

    title: str
    text: str = ""
    links: Sequence[Link] = ()


def empty_list(page: Any, request: HttpRequest) -> Empty:
    """Why a list has no rows: nobody could see any, there are none yet, or none is like this."""
    plural = page.opts.verbose_name_plural
    is_limited = not sees_everything(request.user)
    if is_limited and not zip_code_ids(request.user):
        return Empty(f"No {plural}", NO_ZIP_CODE)
    if _is_filtered(page, request) and page.get_queryset(request).exists():
        reset = Link("Reset filters", EVERYTHING, "filter_list_off")
        return Empty("Nothing matches these filters", links=[reset])
    where = " in your ZIP codes" if is_limited else ""
    return Empty(f"No {plural}{where} yet", page.if_empty, page.ways_to_fill(request))


def ways_to_fill(page: Any, request: HttpRequest) -> list[Link]:
    """The ways in which records come here, as far as the person may use them."""
    opts, links = page.opts, list[Link]()
    name = f"{opts.app_label}_{opts.model_name}"
    if page.imports and request.user.has_perm(page.imports.permission):
        links += [
            way(f"Import {opts.verbose_name_plural}", f"{name}_import", "upload_file"),
            way(f"Template for {opts.verbose_name_plural}", f"{name}_import_template", "download"),
        ]
    if page.has_add_permission(request):
        links.insert(1, way(f"Add {opts.verbose_name}", f"{name}_add", "add"))
    return links


def way(title: str, name: str, icon: str) -> Link:
    """The link to a page of the site."""
    return Link(title, reverse(f"admin:{name}"), icon)


def _is_filtered(page: Any, request: HttpRequest) -> bool:
    return any(name != ORDER_VAR for name, _ in page.asked_for(request, request.GET))
