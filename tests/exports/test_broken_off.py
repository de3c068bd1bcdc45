"""A download whose browser goes away in the middle, over a real socket."""

from __future__ import annotations

import http.client
import time
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings

from bookings.models import Property
from opsconsole.exports.models import Export
from tests.exports.files import COLUMNS, PAGE
from tests.factories import make_manager, make_property

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "a" * 32
HOMES, LONG = 6000, "pool " * 1000  # more than sockets hold back


def begin(live_server, client) -> http.client.HTTPResponse:
    """A download that is asked for like a browser does."""
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    connection = http.client.HTTPConnection(urlsplit(live_server.url).netloc, timeout=20)
    body = urlencode({"columns": COLUMNS, "csrfmiddlewaretoken": TOKEN}, doseq=True)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; csrftoken={TOKEN}",
    }
    connection.request("POST", PAGE, body, headers)
    return connection.getresponse()


def ended() -> Export:
    """The log, once it is completed."""
    until = time.monotonic() + 20
    while (export := Export.objects.get()).ended_at is None:
        assert time.monotonic() < until, "The log was never completed."
        time.sleep(0.05)
    return export


@pytest.mark.parametrize("is_read_to_its_end", [True, False])
def test_the_log_tells_how_it_ended(live_server, sign_in, is_read_to_its_end):
    home = make_property(amenities=LONG)
    fields = {
        field.attname: getattr(home, field.attname)
        for field in Property._meta.concrete_fields
        if not field.primary_key
    }
    Property.objects.bulk_create(
        Property(**{**fields, "external_ref": f"M-{number}", "street": f"{number} Main Street"})
        for number in range(HOMES - 1)
    )

    response = begin(live_server, sign_in(make_manager()))
    first = response.read(100)
    if is_read_to_its_end:
        while response.read(1 << 20):
            pass
    response.close()

    export = ended()
    assert (response.status, first[:13]) == (200, b"\xef\xbb\xbfReference,")
    if is_read_to_its_end:
        assert (export.status, export.rows) == ("finished", HOMES)
    else:
        assert export.status == "broken_off"
        assert 0 <= export.rows < HOMES
