"""Files that nobody should send, fifty at a time: each is answered, none breaks a page."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import Client

from bookings.models import Property
from opsconsole.imports.models import ImportBatch, StagedRow
from staffing.models import User
from tests.imports.files import as_csv, home

pytestmark = pytest.mark.django_db

BATCHES, OF = int(os.environ.get("MALFORMED", "2")), 50  # MALFORMED=10 is all of them
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


def plain(draw: Random) -> bytes:
    """A file of a few rows with a nasty text in any cell."""
    rows = [home(f"H-{n}", City="New Haven", Bedrooms="2", price="$9") for n in range(1, 5)]
    for row in rows:
        row[draw.choice(list(row))] = draw.choice(NASTY)
    return as_csv(*rows)


def broken_bytes(draw: Random) -> bytes:
    content = bytearray(plain(draw))
    for _ in range(draw.randint(1, 8)):
        content[draw.randrange(len(content))] = draw.randrange(256)
    return bytes(content)


def other_encoding(draw: Random) -> bytes:
    name = draw.choice(["utf-16", "utf-16-le", "utf-32", "cp1252", "utf-7", "shift_jis", "koi8-r"])
    mark = draw.choice([b"", codecs.BOM_UTF8, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE])
    return mark + plain(draw).decode().encode(name, "replace")


def cut_off(draw: Random) -> bytes:
    content = plain(draw)
    return content[: draw.randrange(len(content))]


def open_quotes(draw: Random) -> bytes:
    at = draw.randrange(len(content := plain(draw)))
    return content[:at] + draw.choice([b'"', b'""', b',"', b'\n"']) + content[at:]


def with_nul(draw: Random) -> bytes:
    at = draw.randrange(len(content := plain(draw)))
    return content[:at] + b"\0" * draw.randint(1, 300) + content[at:]


def wide(draw: Random) -> bytes:
    columns = draw.choice([199, 200, 201, 10_000])
    return (",".join(f"c{n}" for n in range(columns)) + "\n" + ",".join("1" * columns)).encode()


def twice_named(draw: Random) -> bytes:
    return plain(draw).replace(b"Name", draw.choice([b"reference", b"Reference", b" Owner ", b""]))


def long_cell(draw: Random) -> bytes:
    return plain(draw).replace(
        b"Blue house", b"x" * draw.choice([151, 131_072, 131_073, 2_000_000])
    )


def too_large(draw: Random) -> bytes:
    return b"Name,Owner\n" + b'"' + b"x" * 26_500_000 + b'",y\n'


def bomb(draw: Random) -> bytes:
    return draw.choice([b"\n", b",", b'"', b"\r", b";\n", b'"",']) * draw.randint(1, 200_000)


def not_csv(draw: Random) -> bytes:
    start = draw.choice(
        [b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-1.7\n", b"\x89PNG\r\n", b"\x1f\x8b"]
    )
    return start + draw.randbytes(draw.randint(0, 4_000))


def ragged(draw: Random) -> bytes:
    lines = plain(draw).splitlines()
    return b"\n".join(line + b"," * draw.randrange(5) * draw.randrange(9) for line in lines)


def nasty_header(draw: Random) -> bytes:
    return plain(draw).replace(b"Name", draw.choice(NASTY).encode("utf-8", "replace"), 1)


KINDS = [
    plain, plain, broken_bytes, broken_bytes, other_encoding, cut_off, open_quotes, with_nul, wide,
    twice_named, long_cell, bomb, not_csv, ragged, nasty_header,
]  # fmt: skip


@pytest.mark.parametrize("number", range(BATCHES))
def test_each_file_gets_an_answer(manager: Client, number: int) -> None:
    draw = Random(number)  # noqa: S311
    contents = [KINDS[n % len(KINDS)](draw) for n in range(OF)]
    if number == 0:
        contents[0] = too_large(draw)

    for content in contents:
        go_through(manager, content, draw)

    allowed = {"Blue house"}
    assert StagedRow.objects.exists()
    assert all(home_.import_batch_id for home_ in Property.objects.exclude(name__in=allowed))


def go_through(client: Client, content: bytes, draw: Random) -> None:
    """Upload, map, preview, commit and report, as far as the file lets one come."""
    name = draw.choice(["homes.csv", MARK + ".csv", "=1.csv", "x" * 250 + ".csv", "naïve.txt"])
    file = SimpleUploadedFile(name, content, content_type="text/csv")
    response = client.post("/bookings/property/import/", {"file": file})
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
    told(client.post(f"/bookings/property/import/{batch.pk}/commit/"))
    told(client.get(f"/bookings/property/import/{batch.pk}/report/", follow=True))
    rejects = client.get(f"/bookings/property/import/{batch.pk}/rejects/")
    assert rejects.status_code < 500
    b"".join(rejects.streaming_content) if rejects.streaming else None  # type: ignore[attr-defined]


def told(response: HttpResponseBase | Any) -> None:
    assert response.status_code < 500
    if not response.streaming:
        text = response.content.decode()
        assert MARK not in text
        assert "<img src=x" not in text
