"""Files that go out in the shape in which they come in; the template is one of examples."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.http import content_disposition_header

from opsconsole.access.roles import role_required
from opsconsole.imports.formulas import guarded
from opsconsole.imports.resource import Column, DateColumn, ImportResource

BYTE_ORDER_MARK = "\ufeff"  # tells spreadsheets that the file is UTF-8
CSV = "text/csv; charset=utf-8"


def header_of(resource: ImportResource, fields: Iterable[str]) -> str:
    """The first line: column titles, by which the file maps itself when it is imported."""
    line = io.StringIO(newline="")
    csv.writer(line).writerow(guarded(resource.fields[name].title) for name in fields)
    return BYTE_ORDER_MARK + line.getvalue()


def template_of(resource: ImportResource, today: datetime.date) -> str:
    """Every column, and the example rows, whose dates are ahead of today."""
    lines, columns = io.StringIO(newline=""), columns_in_template(resource)
    writer = csv.writer(lines)
    for row in resource.examples:
        writer.writerow(
            _example(column, row.get(name, ""), today) for name, column in columns.items()
        )
    return header_of(resource, columns) + lines.getvalue()


def columns_in_template(resource: ImportResource) -> dict[str, Column]:
    """The columns that most files have."""
    return {n: c for n, c in resource.fields.items() if n not in resource.not_in_template}


def _example(column: Column, text: str, today: datetime.date) -> str:
    if text and isinstance(column, DateColumn):
        return str(today + datetime.timedelta(days=int(text)))
    return text if column.widget.bare else guarded(text)


def line_sql(cells: Sequence[tuple[str, bool]]) -> str:
    """SQL of a line of RFC 4180, without its end, from SQL of the cells and whether each is bare.

    To put marks around every text costs less than to look which one needs them. An only cell has
    them too: without, an empty one would be an empty line, which is no row.
    """
    written = [
        f"coalesce({cell}, '')"
        if is_bare and len(cells) > 1
        else f"""'"' || replace(coalesce({cell}, ''), '"', '""') || '"'"""
        for cell, is_bare in cells
    ]
    return f"concat_ws(',', {', '.join(written)})"


def attachment(name: str) -> str:
    """The header that makes a browser save the answer under this name."""
    return content_disposition_header(True, name) or ""


def template_url(model_admin: ModelAdmin[Any], resource_class: type[ImportResource]) -> URLPattern:
    """A file with every column and two example rows, to be replaced, as a URL pattern."""

    @role_required(resource_class.permission, to=f"import {resource_class.kind}")
    def view(request: HttpRequest) -> HttpResponse:
        resource = resource_class()
        text = template_of(resource, timezone.localdate())
        response = HttpResponse(text, content_type=CSV)
        response["Content-Disposition"] = attachment(f"{resource.kind} template.csv")
        return response

    opts = model_admin.opts
    name = f"{opts.app_label}_{opts.model_name}_import_template"
    return path("import/template/", model_admin.admin_site.admin_view(view), name=name)
