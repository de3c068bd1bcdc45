"""Forms that know which version they were loaded from, so that none overwrites a newer change.

A form says which version its page showed (`loaded_version`). It is saved if that is the record's
newest version still. If not, nothing is written: the page tells what changed meanwhile, field by
field, with all that was typed. What the person did not touch takes the value of now. Where both
changed a field, the person chooses whose value stays, and only then saves over the other.
"""

from __future__ import annotations

from copy import copy
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from opsconsole.admin.meanwhile import Row, tell_meanwhile
from opsconsole.history.versions import NONE_YET, as_number, version_of
from opsconsole.history.words import told_fields

LOADED, OPENED, SETTLE = "loaded_version", "opened_version", "settle"
MINE, THEIRS = "mine", "theirs"
CHANGED = "Somebody changed this record since you opened it. Nothing was saved: see what changed."
UNKNOWN = (
    "This page does not say which version of the record you opened. "
    "Nothing was saved: look at the record as it is now, and save again."
)
CHOOSE = "Both of you changed this: choose at the top of the page whose value stays."


class FreshForm(forms.ModelForm):
    """A form that is saved only over the version that its page showed.

    `newest` is the number of the record's newest version, None where none is asked for: a new
    record, or one without history. Whoever makes the form holds the record's row locked meanwhile.
    """

    newest: int | None = None
    viewer: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored = copy(self.instance)  # validating writes into the instance
        self.complaint = ""
        self.unsettled: list[str] = []
        self.opened = self.newest
        if self.newest is not None and self.is_bound:
            self.data: Any = self.data.copy()
            self._keep_line_ends()
            self._settle()
            self._meet(as_number(self.data.get(LOADED)))

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.complaint:
            raise ValidationError(self.complaint)
        for name in self.unsettled:
            self.add_error(name, CHOOSE)
        return cleaned

    # What the page shows of it

    @property
    def carried(self) -> list[tuple[str, Any]]:
        """The hidden fields: what this page shows, for when it is sent back."""
        if self.newest is None:
            return []
        settle = [(SETTLE, name) for name in self.unsettled]
        return [(LOADED, self.newest), (OPENED, self.opened), *settle]

    @property
    def meanwhile(self) -> list[Row]:
        """What changed since the record was opened, and what was typed: nothing if all is well."""
        if not (self.complaint or self.unsettled):
            return []
        return tell_meanwhile(self, self.opened, self.viewer)

    @property
    def versioned(self) -> list[models.Field[Any, Any]]:
        """The fields that are on the form and in the history."""
        return [field for field in told_fields(type(self.instance)) if field.name in self.fields]

    @property
    def typed(self) -> dict[models.Field[Any, Any], Any]:
        """What was typed that is not stored so now: values, or the text where it is none."""
        touched = [field for field in self.versioned if self._differs(field, self._now(field))]
        return {field: self._as_value(field) for field in touched}

    # How it meets what changed

    def _sent(self, field: models.Field[Any, Any]) -> Any:
        return self[field.name].data

    def _as_value(self, field: models.Field[Any, Any]) -> Any:
        try:
            value = self.fields[field.name].to_python(self._sent(field))
        except ValidationError:
            return self._sent(field)
        return value.pk if isinstance(value, models.Model) else value

    def _differs(self, field: models.Field[Any, Any], value: Any) -> bool:
        """Whether what was sent for a field is something else than this value."""
        return self.fields[field.name].has_changed(value, self._sent(field))

    def _keep_line_ends(self) -> None:
        """Browsers send line ends of their own: by them alone a text is not touched."""
        for field in self.versioned:
            if isinstance(field, models.TextField) and not self._is_retyped(field):
                self._put(field, self._now(field))

    def _is_retyped(self, field: models.Field[Any, Any]) -> bool:
        stored, sent = self._now(field) or "", self._sent(field) or ""
        return bool(_lines(stored) != _lines(sent))

    def _settle(self) -> None:
        """Take the value of now where the person chose it; who did not choose is asked again."""
        asked = self.data.getlist(SETTLE)
        for field in self.versioned:
            if field.name not in asked:
                continue
            choice = self.data.get(f"{SETTLE}_{field.name}")
            if choice == THEIRS:
                self._put(field, self._now(field))
            elif choice != MINE and self._differs(field, self._now(field)):
                self.unsettled.append(field.name)

    def _meet(self, loaded: int | None) -> None:
        """Compare the version that was loaded with the newest."""
        self.opened = as_number(self.data.get(OPENED)) or loaded
        if loaded == self.newest:
            return
        before = version_of(self.instance, loaded, self.viewer) if loaded else None
        self.complaint = CHANGED if before or loaded == NONE_YET else UNKNOWN
        for field in self.versioned:
            then = getattr(before, field.attname) if before else None
            if not self._differs(field, self._now(field)):
                continue
            if before and not self._differs(field, then):
                self._put(field, self._now(field))  # not touched
            elif not before or then != self._now(field):
                self.unsettled.append(field.name)
        self.unsettled = list(dict.fromkeys(self.unsettled))

    def _now(self, field: models.Field[Any, Any]) -> Any:
        return getattr(self.stored, field.attname)

    def _put(self, field: models.Field[Any, Any], value: Any) -> None:
        """Let the form read as if this value had been typed."""
        name = self.add_prefix(field.name)
        if value is False or value is None:
            self.data.pop(name, None)
        else:
            shown = self.fields[field.name].prepare_value(value)
            self.data[name] = "on" if shown is True else str(shown)


def _lines(text: str) -> list[str]:
    return text.strip().replace("\r\n", "\n").split("\n")
