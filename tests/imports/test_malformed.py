"""Files that nobody should send, of each kind: each is answered, none breaks a page."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from bookings.plan_resources import AwayPlanResource
from bookings.resources import PropertyResource
from opsconsole.imports.models import ImportBatch, StagedRow
from opsconsole.imports.resource import ImportResource
from staffing.models import User, ZipCode
from staffing.people_resources import PeopleResource
from staffing.resources import AssignmentResource
from staffing.zip_resources import ZipCodeResource
from tests.factories import make_property, make_staff, make_zip
from tests.imports.files import as_csv, home
from tests.imports.test_assignments import duty, until
from tests.imports.test_away_plans import plan
from tests.imports.test_people import person
from tests.scale import draws, size

pytestmark = pytest.mark.django_db

type Row = dict[str, str]


@dataclass(frozen=True)
class Kind:
    """A kind of file: a row of it that can be imported, by its number, and what it needs."""

    resource: type[ImportResource]
    row: Callable[[int], Row]
    needs: Callable[[], object] = lambda: None

    def url(self, step: str = "", *args: int) -> str:
        opts = self.resource().model._meta
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_import{step}", args=args)


KINDS = [
    Kind(PropertyResource, lambda n: home(f"H-{n}", City="New Haven", Bedrooms="2", price="$9")),
    Kind(
        AwayPlanResource,
        lambda n: plan(starts=20 * n, Notes="Water the ferns"),
        needs=lambda: make_property(external_ref="H-1"),
    ),
    Kind(
        AssignmentResource,
        lambda n: duty(starts=20 * n) | until(20 * n + 9),
        needs=lambda: make_staff(email="ana@example.com"),
    ),
    Kind(PeopleResource, lambda n: person(f"p{n}@example.com", Phone="(203) 555-0123")),
    Kind(
        ZipCodeResource,
        lambda n: {"ZIP code": f"0651{n}", "Town": "New Haven", "State": "CT", "Served": "yes"},
        needs=lambda: [make_zip(f"0651{n}", is_served=False) for n in range(1, 5)],
    ),
]
BATCHES, OF = size(1, 10), size(6, 50)
MARK = "<script>alert(1)</script>"
NASTY = [
    MARK, '"><img src=x onerror=alert(1)>', "=cmd|' /C calc'!A0", "+1+1", "-1", "@SUM(1)", "\t=1",
    "'=1", "{{ 7*7 }}", "{% debug %}", "%s%n", "\\N", "\\.", "$$", "'; DROP TABLE x; --", "1e400",
    "NaN", "∞", "٠٢١١٦", "\u202egnp", "\ufeff", "a\u0301" * 50, "🏠" * 40, "9" * 400, "-0", "0x10",
    "1,2,3", "(clear)", "(CLEAR)", " ", "null", "true", "02/30/2026", "\r", "line\nbreak", '""',
]  # fmt: skip


@pytest.fixture
def manager(mona: User, sign_in: Callable[[Any], Client]) -> Client:
    return sign_in(mona)


def spoiled(draw: Random, rows: list[Row]) -> list[Row]:
    """These rows, each with a nasty text in one cell."""
    return [row | {draw.choice(list(row)): draw.choice(NASTY)} for row in rows]


def plain(draw: Random, rows: list[Row]) -> bytes:
    return as_csv(*spoiled(draw, rows))


def renamed(draw: Random, rows: list[Row], name: str) -> bytes:
    """With another name for one of the columns."""
    column = draw.choice(list(rows[0])).encode()
    return plain(draw, rows).replace(column, name.encode("utf-8", "replace"), 1)


def broken_bytes(draw: Random, rows: list[Row]) -> bytes:
    content = bytearray(plain(draw, rows))
    for _ in range(draw.randint(1, 8)):
        content[draw.randrange(len(content))] = draw.randrange(256)
    return bytes(content)


def other_encoding(draw: Random, rows: list[Row]) -> bytes:
    name = draw.choice(["utf-16", "utf-16-le", "utf-32", "cp1252", "utf-7", "shift_jis", "koi8-r"])
    mark = draw.choice([b"", codecs.BOM_UTF8, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE])
    return mark + plain(draw, rows).decode().encode(name, "replace")


def cut_off(draw: Random, rows: list[Row]) -> bytes:
    content = plain(draw, rows)
    return content[: draw.randrange(len(content))]


def open_quotes(draw: Random, rows: list[Row]) -> bytes:
    at = draw.randrange(len(content := plain(draw, rows)))
    return content[:at] + draw.choice([b'"', b'""', b',"', b'\n"']) + content[at:]


def with_nul(draw: Random, rows: list[Row]) -> bytes:
    at = draw.randrange(len(content := plain(draw, rows)))
    return content[:at] + b"\0" * draw.randint(1, 300) + content[at:]


def wide(draw: Random, rows: list[Row]) -> bytes:
    columns = draw.choice([199, 200, 201, 10_000])
    return (",".join(f"c{n}" for n in range(columns)) + "\n" + ",".join("1" * columns)).encode()


def twice_named(draw: Random, rows: list[Row]) -> bytes:
    name = draw.choice(list(rows[0]))
    return renamed(draw, rows, draw.choice([name, name.lower(), f" {name} ", ""]))


def long_cell(draw: Random, rows: list[Row]) -> bytes:
    column = draw.choice(list(rows[0]))
    text = "x" * draw.choice([151, 131_072, 131_073, 2_000_000])
    return as_csv(*rows[1:], rows[0] | {column: text})


def too_large(draw: Random, rows: list[Row]) -> bytes:
    return b"Name,Owner\n" + b'"' + b"x" * 26_500_000 + b'",y\n'


def bomb(draw: Random, rows: list[Row]) -> bytes:
    return draw.choice([b"\n", b",", b'"', b"\r", b";\n", b'"",']) * draw.randint(1, 200_000)


def not_csv(draw: Random, rows: list[Row]) -> bytes:
    start = draw.choice(
        [b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-1.7\n", b"\x89PNG\r\n", b"\x1f\x8b"]
    )
    return start + draw.randbytes(draw.randint(0, 4_000))


def ragged(draw: Random, rows: list[Row]) -> bytes:
    lines = plain(draw, rows).splitlines()
    return b"\n".join(line + b"," * draw.randrange(5) * draw.randrange(9) for line in lines)


def nasty_header(draw: Random, rows: list[Row]) -> bytes:
    return renamed(draw, rows, draw.choice(NASTY))


WAYS = [
    plain, plain, broken_bytes, broken_bytes, other_encoding, cut_off, open_quotes, with_nul, wide,
    twice_named, long_cell, bomb, not_csv, ragged, nasty_header,
]  # fmt: skip


@pytest.mark.parametrize("number", range(BATCHES))
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.resource.kind)
def test_each_file_gets_an_answer(manager: Client, kind: Kind, number: int) -> None:
    draw = draws(f"{kind.resource.kind} {number}")
    kind.needs()
    records = kind.resource().model._base_manager
    before = set(records.values_list("pk", flat=True))
    rows = [kind.row(n) for n in range(1, 5)]
    first = KINDS.index(kind) * OF  # the few files of all kinds are made in each way
    contents = [WAYS[(first + n) % len(WAYS)](draw, rows) for n in range(OF)]
    if kind == KINDS[0] and number == 0:
        contents[0] = too_large(draw, rows)

    for content in [*contents, as_csv(*rows)]:
        go_through(manager, kind, content, draw)

    made = records.exclude(pk__in=before)
    assert StagedRow.objects.exists()
    if kind.resource.only_changes:
        assert not made.exists()
        assert ZipCode.objects.get(code="06514").is_served
    else:
        assert made.exists()
        assert not made.filter(import_batch=None).exists()


def go_through(client: Client, kind: Kind, content: bytes, draw: Random) -> None:
    """Upload, map, preview, commit and report, as far as the file lets one come."""
    name = draw.choice(["homes.csv", MARK + ".csv", "=1.csv", "x" * 250 + ".csv", "naïve.txt"])
    file = SimpleUploadedFile(name, content, content_type="text/csv")
    response = client.post(kind.url(), {"file": file})
    told(response)
    if response.status_code != 302:
        assert re.search(r'role="alert"[^>]*>\s*\S', response.content.decode()), content[:80]
        return
    batch = ImportBatch.objects.latest("pk")
    told(client.get(response["Location"]))
    mapping = {f"column_{field}": column for column, field in batch.mapping.items()}
    response = client.post(response["Location"], mapping)
    told(response)
    if response.status_code != 302:
        return
    for tab in ("", "?show=reject", "?show=create", "?show=warnings&q=%3Cscript%3E"):
        told(client.get(f"{response['Location']}{tab}"))
    told(client.post(kind.url("_commit", batch.pk)))
    told(client.get(kind.url("_report", batch.pk), follow=True))
    rejects = client.get(kind.url("_rejects", batch.pk))
    assert rejects.status_code < 500
    b"".join(rejects.streaming_content) if rejects.streaming else None  # type: ignore[attr-defined]


def told(response: HttpResponseBase | Any) -> None:
    assert response.status_code < 500
    if not response.streaming:
        text = response.content.decode()
        assert MARK not in text
        assert "<img src=x" not in text
