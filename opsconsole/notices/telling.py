"""How other code tells somebody something, and how what is old is forgotten."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import Model, Q
from django.utils import timezone

from opsconsole.access.lock import unlocked
from opsconsole.database.housekeeping import HOUR, every
from opsconsole.notices.models import MUTABLE, Mute, Notice

LONGEST = int(Notice._meta.get_field("sentence").max_length or 0)
KEPT = datetime.timedelta(days=90)


def notify(
    person: Any, sentence: str, link: str = "", *, kind: str = "", about: Model | None = None
) -> Notice:
    """Tell a person something, with the path of the page it is about.

    A sentence that is too long loses its end. The notice is written past lock 2: whoever causes
    it need not be the one it is for. What they muted, by its kind or by the record that it is
    about, is read already.
    """
    if len(sentence) > LONGEST:
        sentence = f"{sentence[: LONGEST - 1]}…"
    told = {"kind": kind, "about": name_of(about) if about else ""}
    with unlocked():
        read_at = timezone.now() if is_muted(person, **told) else None
        return Notice.objects.create(
            person_id=person.pk, sentence=sentence, link=link, read_at=read_at, **told
        )


def name_of(record: Model) -> str:
    """A record as a notice and a mute name it: bookings.awayplan:12."""
    return f"{record._meta.label_lower}:{record.pk}"


def is_muted(person: Any, kind: str, about: str) -> bool:
    """Whether a person asked not to be told such things; who is mentioned is always told."""
    if kind not in MUTABLE:
        return False
    which = Q(kind=kind) | (Q(about=about) if about else Q(pk__in=[]))
    return Mute.objects.filter(which, person_id=person.pk).exists()


@every(HOUR)
def forget_old() -> int:
    """Delete the notices of everybody that are older than 90 days, read or not; how many.

    For housekeeping, by the tables' owner: held to a person, it would find theirs alone.
    """
    return Notice.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]
