"""django-simple-history's models and managers, with the database doing the writing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from opsconsole.history.guard import guards
from opsconsole.history.stories import telling_of


class Version(models.Model):
    """What each version keeps besides django-simple-history's own columns."""

    changed_fields = ArrayField(
        models.CharField(max_length=63), default=list, help_text="Names of the fields that changed."
    )
    source = models.CharField(
        max_length=100, help_text="console, import, command, task, or database:<its user>."
    )
    request_id = models.UUIDField(null=True, help_text="Ties together the changes of one request.")
    batch_id = models.BigIntegerField(null=True, help_text="The import that wrote it, if one did.")

    class Meta:
        abstract = True


class TriggerHistory(HistoricalRecords):
    """`history = TriggerHistory()` on a model, with `history_triggers()` in its Meta.

    Signals would miss update(), bulk_create(), raw SQL, cascades and set-based imports, and a
    database trigger misses nothing; so here the signals stay silent.

    `left_out` names the fields that no version keeps, and for each the reason why not.
    """

    def __init__(self, *, left_out: dict[str, str] | None = None, **kwargs: Any) -> None:
        self.left_out = left_out or {}
        super().__init__(
            bases=(Version,),
            excluded_fields=list(self.left_out),
            history_id_field=models.BigAutoField(),
            history_change_reason_field=models.TextField(null=True),
            **kwargs,
        )

    def post_save(self, *args: Any, **kwargs: Any) -> None:
        """Silent: the database has written the version already."""

    def post_delete(self, *args: Any, **kwargs: Any) -> None:
        """Silent: the database has written the version already."""

    def get_extra_fields(self, model: type[models.Model], fields: dict[str, Any]) -> dict[str, Any]:
        """django-simple-history's own, and why fields are left out, for the system check."""
        return {**super().get_extra_fields(model, fields), "left_out": self.left_out}

    def _get_history_user_fields(self) -> dict[str, Any]:
        # People are deactivated, not deleted: an actor must never fall out of the history.
        actor = models.ForeignKey(
            settings.AUTH_USER_MODEL,
            null=True,
            related_name="+",
            on_delete=models.PROTECT,
            db_index=False,  # there is one with the date, which the planner would pass over
        )
        return {"history_user": actor}

    def copy_fields(self, model: type[models.Model]) -> dict[str, Any]:
        """Copies of the tracked fields, without the indexes that nobody queries by."""
        fields = super().copy_fields(model)
        for field in fields.values():
            field.db_index = False
        return fields

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        """The options, with the indexes that reviews use: by object, person, ZIP code, time.

        What is gone is found by what it belonged to.
        """
        options = super().get_meta_options(model)
        pk, table = model._meta.pk.attname, model._meta.model_name
        indexes: list[models.Index] = [
            models.Index(fields=[pk, "-history_date"], name=f"hist_{table}_object"),
            models.Index(fields=["history_user", "-history_date"], name=f"hist_{table}_person"),
            BrinIndex(fields=["history_date"], name=f"hist_{table}_date"),
            GinIndex(fields=["changed_fields"], name=f"hist_{table}_fields"),
            models.Index(
                fields=["batch_id"],
                condition=Q(batch_id__isnull=False),
                name=f"hist_{table}_import",
            ),
        ]
        if zip_code := zip_code_field(model):
            indexes.append(
                models.Index(fields=[zip_code, "-history_date"], name=f"hist_{table}_zip")
            )
        indexes += [
            models.Index(
                fields=[name], condition=Q(history_type="-"), name=f"hist_{table}_gone_{number}"
            )
            for number, name in enumerate(telling_of(model).part_of, 1)
        ]
        return {**options, "indexes": indexes, "triggers": guards()}


def zip_code_field(model: type[models.Model]) -> str | None:
    """The name of the field that holds a row's ZIP code, None where the model has none."""
    for field in model._meta.concrete_fields:
        if field.column == "zip_code_id":
            return field.name
    return None
