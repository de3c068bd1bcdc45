"""System checks that no model, and no field of one, is forgotten by the history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, models

from opsconsole.access import policies, registry
from opsconsole.history.standing import gaps, tracked
from opsconsole.history.triggers import KINDS, HistoryTrigger

# Models that are scoped, or that some role may change, and that have no history: why not.
UNTRACKED = {
    "bookings.CalendarFeed": "A log itself: made and ended once, each by its own person.",
    "bookings.RecordNote": "A log itself: triggers keep what was written, and who withdrew it.",
    "bookings.SecretReveal": "A log itself: the database adds to it, and triggers keep it so.",
    "exports.Export": "A log itself: a row is written once, and then how it ended.",
    "imports.ImportBatch": "A log itself: who did which step is on it; what it wrote is tracked.",
    "imports.Progress": "How far a job is, while it runs.",
    "imports.StagedRow": "A preview, deleted after some days.",
    "imports.UploadedPart": "An uploaded file, deleted after some days.",
    "notices.Mute": "What one person does not want to be told, of which only they know.",
    "notices.Notice": "A sentence for one person, of which only they know.",
    "saved_views.FirstView": "Which view of a list opens first: one's own habit.",
    "saved_views.SavedView": "A filter of a list under a name, and no record.",
    "staffing.Viewing": "A log itself: a row is written once, and then when it ended.",
    "workbench.PlanReview": "A log itself: sign-offs are added, and triggers keep them so.",
}

type Hole = tuple[Any, str]  # what has it, and what is wrong with that


def refuse(number: int, hint: str) -> Callable[[Callable[[], Iterable[Hole]]], Any]:
    """Make a system check of what finds holes: each is an error with this number and hint."""

    def as_check(find: Callable[[], Iterable[Hole]]) -> Any:
        def check(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
            return [
                Error(f"{_called(which)} {wrong}.", hint, which, f"history.E{number:03}")
                for which, wrong in find()
            ]

        check.__name__, check.__doc__ = find.__name__, find.__doc__
        return register(check, Tags.models)

    return as_check


@refuse(
    1,
    "Give it `history = TriggerHistory()` and `*history_triggers()` in Meta.triggers, or say in "
    "UNTRACKED (opsconsole/history/checks.py) why it needs none.",
)
def check_models_are_tracked() -> Iterator[Hole]:
    """history.E001: what people may see by scope, or change, leaves versions or says why not."""
    for model in _changeable():
        if model not in tracked() and not UNTRACKED.get(model._meta.label):
            yield model, "is scoped or can be changed, and has no history"


@refuse(2, "Take it out of UNTRACKED (opsconsole/history/checks.py).")
def check_untracked_models_are_there() -> Iterator[Hole]:
    """history.E002: a reason that is out of date hides the next model of that name."""
    labels = {model._meta.label for model in _changeable() if model not in tracked()}
    for label in sorted({*UNTRACKED} - labels):
        yield label, "is listed as untracked, and is not there, is tracked or needs no reason"


@refuse(3, "Track it, or name it in TriggerHistory(left_out={field: reason}).")
def check_fields_are_tracked() -> Iterator[Hole]:
    """history.E003: a field that no version keeps says why; many-to-many ones are never kept."""
    for model in tracked():
        kept = {field.name for field in model.history.model.tracked_fields}
        kept &= {field.name for field in model.history.model._meta.concrete_fields}
        for field in [*model._meta.concrete_fields, *model._meta.many_to_many]:
            if field.name not in kept and not model.history.model.left_out.get(field.name):
                yield model, f"has the field {field.name}, which no version keeps"


@refuse(4, "Put `*history_triggers()` into Meta.triggers, and run makemigrations.")
def check_tracked_models_have_triggers() -> Iterator[Hole]:
    """history.E004: without its triggers a history stays empty."""
    for model in tracked():
        triggers = getattr(model._meta, "triggers", [])
        kinds = {trigger.kind for trigger in triggers if isinstance(trigger, HistoryTrigger)}
        if missing := [kind for kind in KINDS if kind not in kinds]:
            yield model, f"has a history and no trigger for {', '.join(missing)}"


@register(Tags.database, deploy=True)  # not before a migrate, which is what mends it
def check_history_stands(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """history.E005: in the database a trigger or a column of the history is missing or another."""
    if not databases:
        return []
    try:
        return [Error(gap, hint="Run `manage.py migrate`.", id="history.E005") for gap in gaps()]
    except DatabaseError as error:
        return [Error(f"The history could not be looked at: {error}", id="history.E005")]


def _changeable() -> list[Any]:
    """Models of the database that the registry scopes, or that some role may change."""
    return sorted(
        {model for model, _ in registry.entries() if model._meta.managed}
        | {model for model in apps.get_models() if _is_changed_by_people(model)},
        key=lambda model: model._meta.label,
    )


def _is_changed_by_people(model: type[models.Model]) -> bool:
    name = f"{model._meta.app_label}.change_{model._meta.model_name}"
    return bool(model._meta.managed) and policies.is_offered(name)


def _called(which: Any) -> str:
    return which if isinstance(which, str) else which._meta.label
