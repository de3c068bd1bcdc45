"""A record stands still while its form is saved, so that the form can be held against it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.admin.options import BaseModelAdmin
from django.db import models
from django.http import HttpRequest

from opsconsole.access import registry
from opsconsole.admin.scope import as_pk
from opsconsole.history.versions import is_kept, newest_version


class Holding(BaseModelAdmin):
    """Locks a record before it is loaded to be changed, and knows its newest version.

    `queues_at` names the record at which the services' steps queue up (a plan's home). It is
    locked first, as they do, so that a form and a step never wait for each other.
    """

    queues_at: ClassVar[str | None] = None

    def hold_to_change(self, request: HttpRequest, object_id: Any) -> None:
        """Lock the record for a change that is about to be saved; note its newest version."""
        if object_id is None or not self.has_change_permission(request, object_id):
            return
        if request.method == "POST":
            rows = registry.visible(self._rows(object_id), request.user)
            if self.queues_at:
                _lock(self._queue_of(rows))
            _lock(rows)
        self.note_newest(request, object_id)

    def note_newest(self, request: HttpRequest, object_id: Any) -> None:
        """Which version the page shows: asked before the record is loaded, never after.

        If somebody changes it in between, the page is taken for older than it is: nothing is lost.
        """
        if object_id is not None and is_kept(self.model):
            pk = as_pk(self.model, object_id)
            request.newest_version = newest_version(self.model, pk)  # type: ignore[attr-defined]

    def newest_of(self, request: HttpRequest, obj: Any) -> int | None:
        """The newest version of a record that this request may change; None for others."""
        if obj is None or not self.has_change_permission(request, obj):
            return None
        return getattr(request, "newest_version", None)

    def _rows(self, object_id: Any) -> models.QuerySet[Any]:
        return self.model._base_manager.filter(pk=as_pk(self.model, object_id)).order_by()

    def _queue_of(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        field: Any = self.opts.get_field(self.queues_at or "")
        return field.related_model._base_manager.filter(pk__in=rows.values(field.attname))


def _lock(rows: models.QuerySet[Any]) -> None:
    list(rows.order_by().select_for_update(no_key=True, of=("self",)).values_list("pk"))
