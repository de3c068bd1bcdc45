"""How the changes of a model are told: with what it belongs to, and by which verbs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models

type LastWords = Callable[[set[Any], Any], dict[Any, str]]


@dataclass(frozen=True)
class Telling:
    """`story = Telling(…)` on a model: what its story needs to know besides the fields.

    `part_of` names the relations to what it belongs to: its changes are told there as well.
    `named_with` names the relations that its own name is made of. `deeds` are the verbs for a
    field that took a value: `{"status": {"approved": "approved"}}`.
    """

    part_of: tuple[str, ...] = ()
    named_with: tuple[str, ...] = ()
    deeds: Mapping[str, Mapping[Any, str]] = field(default_factory=dict)


def telling_of(model: type[models.Model]) -> Telling:
    """How a model is told; plainly, where nothing was said."""
    return getattr(model, "story", None) or Telling()


def parts_of(model: type[models.Model]) -> list[tuple[type[models.Model], str]]:
    """The models that belong to this one, each with its relation, in a lasting order."""
    return [
        (part, name)
        for part in sorted(apps.get_models(), key=lambda part: part._meta.label)
        for name in telling_of(part).part_of
        if part._meta.get_field(name).related_model is model
    ]


_last_words: dict[type[models.Model], LastWords] = {}


def call_when_gone(model: type[models.Model], last_words: LastWords) -> None:
    """Say what records without history are called once they are gone: by their ids, to whom."""
    _last_words[model] = last_words


def last_words_of(model: type[models.Model]) -> LastWords | None:
    """What names such records of this model, None if nothing does."""
    return _last_words.get(model)
