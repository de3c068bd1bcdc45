"""The end of retention: versions that were over by a date are removed, and that is recorded."""

# ruff: noqa: S608  (the SQL is put together from the models' own names)

from __future__ import annotations

import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from opsconsole.access.people import is_engineer
from opsconsole.database.refusals import ReasonMissing, Refused
from opsconsole.dates import say_date
from opsconsole.history.models import Seal
from opsconsole.history.recording import recorded
from opsconsole.history.sealing import add_parts, seal
from opsconsole.history.standing import tracked


def end_retention(
    before: datetime.date, *, by: Any, reason: str, is_dry_run: bool = False
) -> dict[str, int]:
    """Remove the versions that were over before a date; how many of each table.

    A version is over once the next one takes its place, so that what a record was on that date, and
    ever since, can still be told: the newest version of a record that exists is never over. Of
    what was deleted before that date nothing is left.

    What was written since the last seal is sealed first: nothing goes that was not attested.
    Raises Refused, and Busy where the history is written to without a gap.
    """
    _allow(before, by, reason)
    if not is_dry_run:
        seal()
    why = f"Versions that were over before {before}. {reason.strip()}"
    with recorded(Seal.Kind.RETENTION, by, why) as link:
        removed = {
            model.history.model._meta.db_table: _remove(link, model, _midnight(before))
            for model in tracked()
        }
        if is_dry_run or not any(removed.values()):
            transaction.set_rollback(True)
    return removed


def _allow(before: datetime.date, by: Any, reason: str) -> None:
    """Engineers alone: what managers did is what auditors review."""
    if not is_engineer(by):
        raise Refused(f"{by} is not an engineer: only engineers end the retention of versions.")
    if not reason.strip():
        raise ReasonMissing("Say why the versions are removed.")
    kept_from = timezone.localdate() - datetime.timedelta(days=settings.HISTORY_KEPT_DAYS)
    if before > kept_from:
        raise Refused(
            f"Versions are kept for {settings.HISTORY_KEPT_DAYS} days at least "
            f"(HISTORY_KEPT_DAYS): choose {say_date(kept_from)} or an earlier day."
        )


def _midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(), timezone.get_default_timezone())


def _remove(link: Seal, model: Any, moment: datetime.datetime) -> int:
    table = model.history.model._meta.db_table
    add_parts(link, table, _over(model), [moment, moment], are_kept=False)
    with connection.cursor() as cursor:
        cursor.execute(
            f'DELETE FROM "{table}" WHERE history_id IN (SELECT unnest(ids) '
            'FROM history_sealedpart WHERE seal_id = %s AND "table" = %s)',
            [link.pk, table],
        )
        return int(cursor.rowcount)


def _over(model: Any) -> str:
    """The condition on a version `h`: replaced, or the end of its record, before the moment."""
    table, pk = model.history.model._meta.db_table, model._meta.pk.column
    return f"""
        EXISTS (
            SELECT FROM "{table}" n WHERE n."{pk}" = h."{pk}" AND n.history_date < %s
                AND (n.history_date, n.history_id) > (h.history_date, h.history_id)
        ) OR h.history_type = '-' AND h.history_date < %s AND NOT EXISTS (
            SELECT FROM "{model._meta.db_table}" r WHERE r."{pk}" = h."{pk}"
        )
    """
