"""`manage.py rotate_door_codes`: all door codes, encrypted with the newest key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bookings.codes.cipher import Unopened, problem_with_keys, sealed_anew
from bookings.models import AccessSecret
from opsconsole.access.acting import Source, acting

REASON = "Encrypted with the newest key; the code stayed as it was"


class Command(BaseCommand):
    """Rewrites what an older key encrypted, a code at a time, beside whoever sets new ones."""

    help = "Encrypt all door codes with the first key of DOOR_CODE_KEYS. Safe to run at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        """Each code in a transaction of its own; tell how many, and which ones no key opens."""
        if problem := problem_with_keys():
            raise CommandError(f"{problem}.")
        done, lost = 0, []
        for pk in AccessSecret.objects.order_by("pk").values_list("pk", flat=True):
            try:
                done += _rotate(pk)
            except Unopened:
                lost.append(pk)
        self.stdout.write(f"{done:,} codes encrypted with the newest key.")
        if lost:
            raise CommandError(
                f"No key opens these codes: {', '.join(map(str, lost))}. Put the key that they "
                "were set with back into DOOR_CODE_KEYS, or have them set anew."
            )


def _rotate(pk: int) -> int:
    """Encrypt one anew, where it has to be; who sets another code meanwhile waits, and wins."""
    with acting(source=Source.COMMAND, reason=REASON):
        rows = AccessSecret.objects.filter(pk=pk)
        [old] = rows.select_for_update(no_key=True).values_list("sealed", flat=True)
        new = sealed_anew(old)
        return rows.update(sealed=new) if new else 0
