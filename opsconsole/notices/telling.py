"""How other code tells somebody something, and how what is old is forgotten."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils import timezone

from opsconsole.access.lock import unlocked
from opsconsole.database.housekeeping import HOUR, every
from opsconsole.notices.models import Notice

LONGEST = int(Notice._meta.get_field("sentence").max_length or 0)
KEPT = datetime.timedelta(days=90)


def notify(person: Any, sentence: str, link: str = "") -> Notice:
    """Tell a person something, with the path of the page it is about.

    A sentence that is too long loses its end. The notice is written past lock 2: whoever causes
    it need not be the one it is for.
    """
    if len(sentence) > LONGEST:
        sentence = f"{sentence[: LONGEST - 1]}…"
    with unlocked():
        return Notice.objects.create(person_id=person.pk, sentence=sentence, link=link)


@every(HOUR)
def forget_old() -> int:
    """Delete the notices of everybody that are older than 90 days, read or not; how many.

    For housekeeping, by the tables' owner: held to a person, it would find theirs alone.
    """
    return Notice.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]
