"""What the records are called that versions speak of: those that are there, and those that were."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models

from opsconsole.access import registry
from opsconsole.access.people import sees_everything
from opsconsole.history.changes import NEWEST_FIRST
from opsconsole.history.stories import last_words_of, telling_of
from opsconsole.history.versions import history_of, is_kept
from opsconsole.history.words import HIDDEN, told_fields

GONE = " (deleted)"

type Wanted = dict[type[models.Model], set[Any]]


def named_in(model: type[models.Model], records: Iterable[Any]) -> Wanted:
    """The ids by which these records, or versions of records, refer to others."""
    wanted: Wanted = defaultdict(set)
    relations: list[Any] = [field for field in told_fields(model) if field.is_relation]
    for record in records:
        for field in relations:
            if pk := getattr(record, field.attname, None):
                wanted[field.related_model].add(pk)
    return wanted


class Names:
    """The names of some records, in a few queries for each model, none outside the scope.

    Colleagues (all people but ReRenters) are named to everybody: the history would be mute
    without its actors. What is gone has the name of its last version, for those who see
    everything.
    """

    def __init__(
        self,
        person: Any,
        wanted: Mapping[type[models.Model], set[Any]],
        clock: datetime.tzinfo,
        known: Iterable[models.Model] = (),
    ) -> None:
        """`known` are records of these that are at hand, in this person's scope."""
        self.person, self.clock = person, clock
        self.names: dict[tuple[Any, Any], str] = {(type(r), r.pk): str(r) for r in known}
        self.there: set[tuple[Any, Any]] = {*self.names}
        for model, pks in wanted.items():
            self._name(model, {pk for pk in pks - {None} if (model, pk) not in self.names})

    def of(self, model: Any, pk: Any) -> str:
        """The name of a record, or words that say it can't be named."""
        return self.names.get((model, pk), HIDDEN)

    def is_there(self, model: Any, pk: Any) -> bool:
        """Whether this person may see the record itself, now."""
        return (model, pk) in self.there

    def _name(self, model: type[models.Model], pks: set[Any]) -> None:
        found = registry.visible(named_rows(model).filter(pk__in=pks), self.person)
        names = {row.pk: str(row) for row in found.order_by()}
        self.there |= {(model, pk) for pk in names}
        if model is get_user_model() and (missing := pks - names.keys()):
            names |= model.names_of(missing)
        if sees_everything(self.person) and (missing := pks - names.keys()):
            names |= {pk: name + GONE for pk, name in self._last_names(model, missing).items()}
        self.names |= {(model, pk): name for pk, name in names.items()}

    def _last_names(self, model: type[models.Model], pks: set[Any]) -> dict[Any, str]:
        if last_words := last_words_of(model):
            return last_words(pks, self.person)
        return {pk: str(record) for pk, record in self._as_last_seen(model, pks).items()}

    def _as_last_seen(self, model: type[models.Model], pks: set[Any]) -> dict[Any, Any]:
        """Records that are gone, as they were at last, with what their names are made of."""
        if not is_kept(model) or not pks:
            return {}
        records = {pk: record_of(version) for pk, version in last_versions(model, pks, self.person)}
        for name in telling_of(model).named_with:
            field: Any = model._meta.get_field(name)
            others = {getattr(record, field.attname) for record in records.values()}
            rows = registry.visible(field.related_model._base_manager.all(), self.person)
            known = rows.in_bulk(others)
            known |= self._as_last_seen(field.related_model, others - known.keys())
            for pk, record in [*records.items()]:
                if other := known.get(getattr(record, field.attname)):
                    setattr(record, name, other)
                else:
                    del records[pk]  # nobody knows all of its name any more
        return records


def named_rows(model: type[models.Model]) -> models.QuerySet[Any]:
    """The records of a model, with what their names are made of."""
    named_with = telling_of(model).named_with
    rows = model._base_manager.all()
    return rows.select_related(*named_with) if named_with else rows  # without any it means all


def last_versions(model: type[models.Model], pks: set[Any], person: Any) -> list[tuple[Any, Any]]:
    """The last version of each of these records that this person may read, by their ids."""
    pk = model._meta.pk.attname
    rows = registry.visible_versions(history_of(model).filter(**{f"{pk}__in": pks}), person)
    found = rows.order_by(pk, *NEWEST_FIRST).distinct(pk)
    return [(getattr(version, pk), version) for version in found]


def record_of(version: Any) -> Any:
    """The record that a version is of, as it was then, in memory alone."""
    fields = version.tracked_fields
    return version.instance_type(**{f.attname: getattr(version, f.attname) for f in fields})
