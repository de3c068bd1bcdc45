"""The last resort behind forms and services: some changes are not written without a reason.

The reason is the one that the history keeps, from `acting(…)` or `because(…)`; SQL by hand sets it
with `SET LOCAL console.reason = '…'`.
"""

from __future__ import annotations

import pgtrigger

from opsconsole.access.acting import REASON, RESTORE, SOURCE
from opsconsole.history.unignored import Unignored

NO_REASON = f"btrim(coalesce(current_setting('{REASON}', true), '')) = ''"
NO_REASON_TO_RESTORE = "Say why this version is restored."
IS_RESTORE = f"starts_with(current_setting('{SOURCE}', true), '{RESTORE}')"
IS_UNDO = (
    "EXISTS (SELECT FROM imports_importbatch b WHERE b.status = 'committed' "
    "AND b.id = nullif(current_setting('console.batch', true), '')::bigint)"
)


class SaysWhy(Unignored):
    """Refuses an UPDATE of rows that fit the condition, unless a reason is given.

    The condition compares OLD and NEW. `unless`, a second one, may ask other tables. PostgreSQL
    asks triggers in the order of their names: what can't be at all is told before what lacks a
    reason.
    """

    when = pgtrigger.After
    operation = pgtrigger.Update

    def __init__(self, name: str, sentence: str, *, changes: str, unless: str = "false") -> None:
        super().__init__(
            name=name,
            condition=pgtrigger.Condition(changes),
            func=f"{_refuse(sentence, f'NOT ({unless})')} RETURN NULL;",
        )


class UndoSaysWhy(Unignored):
    """Refuses what is written under an import that was committed before: that is its undo."""

    when = pgtrigger.Before
    level = pgtrigger.Statement
    operation = pgtrigger.Update | pgtrigger.Delete

    def __init__(self) -> None:
        sentence = "Say why the import is undone."
        super().__init__(name="unexplained_undo", func=f"{_refuse(sentence, IS_UNDO)} RETURN NULL;")


class RestoreSaysWhy(Unignored):
    """Refuses what restores an earlier version and does not say why."""

    when = pgtrigger.Before
    level = pgtrigger.Statement
    operation = pgtrigger.Update

    def __init__(self) -> None:
        func = f"{_refuse(NO_REASON_TO_RESTORE, IS_RESTORE)} RETURN NULL;"
        super().__init__(name="unexplained_restore", func=func)


def _refuse(sentence: str, when: str) -> str:
    return (
        f"IF {NO_REASON} AND {when} THEN "
        f"RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = '{sentence}'; END IF;"
    )
