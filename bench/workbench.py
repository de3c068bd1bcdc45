"""The pages of the auditor's workbench over ten million versions, each as a whole request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlencode

from django.test import Client
from django.utils import timezone

from bench import company, versions
from bench.runner import Limit
from bench.timing import side_by_side
from bookings.models import AwayPlan, Property
from staffing.models import ZipCode
from tests.factories import assign, days, make_auditor, make_staff

GOAL = 300.0  # milliseconds
RUNS = 5
ZIP_CODES_OF_STAFF = 5


def rows() -> Iterator[Limit]:
    """A page after another, the way an auditor goes, and the list as staff have it."""
    company.fill()
    versions.fill()
    client = signed_in(make_auditor())
    for work, path in pages(client).items():
        yield measured(work, client, path)
    ana = make_staff()
    for zip_code in ZipCode.objects.filter(code__gt="10100")[:ZIP_CODES_OF_STAFF]:
        assign(ana, zip_code.code)
    yield measured("changes, as staff see them", signed_in(ana), "/changes/")


def measured(work: str, client: Client, path: str) -> Limit:
    """How long a page takes, warm."""

    def ask() -> None:
        if (response := client.get(path)).status_code != 200:
            raise RuntimeError(f"{path} answers {response.status_code}")

    ask()
    [seconds] = side_by_side(ask, runs=RUNS)
    return Limit(work, seconds * 1000, "ms", GOAL)


def pages(client: Client) -> dict[str, str]:
    """The pages, by what they are."""
    home = Property.objects.order_by("pk")[company.PROPERTIES // 2]
    version = AwayPlan.history.order_by("history_id")[versions.VERSIONS * 3 // 10]
    moment = urlencode({"at": version.history_date.isoformat()})
    then = timezone.localdate() - days(700)
    [older] = re.findall(r"\?(after=[^\"]+)\"[^>]*>Older", client.get("/changes/").content.decode())
    return {
        "changes, newest": "/changes/",
        "changes, the page after": f"/changes/?{older}",
        "changes until two years ago": f"/changes/?until={then}",
        "changes of one person": f"/changes/?actor=Actor 7&until={then}",
        "changes of a ZIP code": "/changes/?zip=10001",
        "changes of a home": f"/changes/?property={home.external_ref}",
        "changes of a record": f"/changes/?record=plan-{version.id}",
        "changes of a common field": "/changes/?field=plan.ends_on",
        "changes of a rare field": "/changes/?field=property.owner",
        "changes that imports made": "/changes/?source=import&kind=~",
        "reason contains, found nowhere": "/changes/?reason=nothing-like-it",
        "by role, kind and source": "/changes/?role=staff&kind=%2B&source=console",
        **{f"flag {slug}": f"/changes/?flag={slug}" for slug in ("quick", "reversed", "mass")},
        "one change": f"/changes/plan/{version.pk}/",
        "review queue": "/reviews/",
        "review queue, flagged": "/reviews/?tab=flagged",
        "review queue, signed off": "/reviews/?tab=ok",
        "review of a plan": f"/reviews/{version.id}/",
        "history of a plan, with its bookings": f"/bookings/awayplan/{version.id}/history/",
        "history of a home, with all of its": f"/bookings/property/{home.pk}/history/",
        "a plan as of a moment": f"/bookings/awayplan/{version.id}/as-of/?{moment}",
    }


def signed_in(person: object) -> Client:
    """A client of this person."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(person, backend="staffing.backends.RoleBackend")
    return client
