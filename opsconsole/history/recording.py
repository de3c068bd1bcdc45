"""What may still be done to versions, each time recorded first as a link of the chain.

The record opens the guard (`opsconsole/history/guard.py`) for its own transaction, and says who did
it, when, why, and to which versions. Without it nothing opens.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from opsconsole.access.local import with_settings
from opsconsole.history.guard import RECORD
from opsconsole.history.models import Seal
from opsconsole.history.sealing import begin, finish, hold_the_chain, publish


@contextmanager
def recorded(kind: str, person: Any, reason: str) -> Iterator[Seal]:
    """Run a block that changes versions, all or nothing, under a link that its parts are added to.

    A block that sets its transaction back leaves no link either: so a dry run is made.
    """
    with transaction.atomic():
        hold_the_chain()
        link = begin(kind, person, reason)
        with with_settings({RECORD: str(link.pk)}):
            yield link
            is_kept = not transaction.get_rollback()
        if is_kept:
            finish(link)
            transaction.on_commit(lambda: publish(link))
        else:
            transaction.set_rollback(True)
