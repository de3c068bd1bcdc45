"""Downloaded files, and what an import makes of them."""

from __future__ import annotations

import csv
import io
from typing import Any

from bookings.resources import PropertyResource
from opsconsole.imports import steps
from opsconsole.imports.models import ImportBatch

PAGE = "/bookings/property/export/"
COLUMNS = list(PropertyResource().stored)


def content_of(client: Any, query: str = "", **sent: Any) -> bytes:
    """The file as it comes; all columns unless others are asked for."""
    response = client.post(f"{PAGE}{query}", {"columns": COLUMNS, **sent})
    assert response.status_code == 200, response
    assert response.streaming, response.content.decode()
    return b"".join(response)


def rows_of(content: bytes) -> list[dict[str, str]]:
    """The records of a file by column titles."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def exported(client: Any, query: str = "", **sent: Any) -> list[dict[str, str]]:
    """The records of a download."""
    return rows_of(content_of(client, query, **sent))


def imported_again(person: Any, content: bytes) -> ImportBatch:
    """The preview of an import of a file, mapped by its own titles."""
    resource = PropertyResource()
    batch = steps.upload(resource, person, "again.csv", content)
    steps.preview(batch, resource, person)
    return batch
