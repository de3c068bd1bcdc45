"""The triggers that keep history as it was written: nobody changes, deletes or empties it.

They stop the tables' owner too, who has rights that no request's role has. What may still be done
to history, the end of its retention and the erasure of a person, has to be recorded first, in the
same transaction: see `opsconsole/history/recording.py`.
"""

from __future__ import annotations

from typing import Any

import pgtrigger

from opsconsole.history.unignored import Unignored

RECORD = "console.history_record"  # the setting that names the record of what is being done
REFUSED = "history is append-only: versions are not changed, deleted or emptied"

# A record bears the time of its transaction: an old one opens nothing.
IS_RECORDED = f"""EXISTS (
                SELECT FROM public.history_seal s
                WHERE s.id = nullif(current_setting('{RECORD}', true), '')::bigint
                    AND s.kind <> 'seal' AND s.made_at = transaction_timestamp()
            )"""


class Guard(Unignored):
    """Refuses one kind of statement on a history table."""

    when = pgtrigger.Before
    level = pgtrigger.Statement

    def __init__(self, name: str, operation: Any, *, unless_recorded: bool) -> None:
        self.unless_recorded = unless_recorded
        super().__init__(name=f"append_only_{name}", operation=operation)

    def get_func(self, model: Any) -> str:
        """Raise, unless this very transaction recorded why."""
        refuse = f"RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'insufficient_privilege';"
        if not self.unless_recorded:
            return refuse
        return f"IF NOT {IS_RECORDED} THEN {refuse} END IF; RETURN NULL;"


def guards() -> list[Guard]:
    """The triggers of a history table."""
    return [
        Guard("update", pgtrigger.Update, unless_recorded=True),
        Guard("delete", pgtrigger.Delete, unless_recorded=True),
        Guard("truncate", pgtrigger.Truncate, unless_recorded=False),
    ]
