"""The filters of the list of changes, and the sentences for what can't be read of them."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from bookings.models import Property
from opsconsole.access.people import sees_everything
from opsconsole.admin.choices import choice_field
from opsconsole.admin.days import day_field
from opsconsole.history.changes import readable_versions
from opsconsole.history.story import KINDS as VERBS
from opsconsole.imports.models import ImportBatch
from opsconsole.workbench.asking import ONE_DAY, Asked, from_day, in_words
from opsconsole.workbench.finding import Cursor
from opsconsole.workbench.flags import FLAGS
from opsconsole.workbench.kinds import PLAN, Kind, kinds_for
from staffing.models import Colleague, User, ZipCode

MOST_MATCHES = 50
SOURCES = {
    "console": "The console",
    "import": "An import",
    "command": "A command",
    "task": "The background",
    "reference": "The reference of ZIP codes",
    "restore": "The restoring of a version",
    "database": "Directly in the database",
}
ROLES = {
    **{str(role.value): str(role.label) for role in User.Type if role != User.Type.RERENTER},
    "nobody": "Nobody signed in",
}


def choice(label: str, choices: dict[str, str], no: str) -> forms.ChoiceField:
    """A box to choose from, or to leave alone."""
    return choice_field(label, [("", "Any"), *choices.items()], no)


def text(label: str, help_text: str = "", most: int = 150) -> forms.CharField:
    """A box to write in."""
    return forms.CharField(
        label=label,
        max_length=most,
        required=False,
        help_text=help_text,
        widget=UnfoldAdminTextInputWidget(),
    )


class ChangesForm(forms.Form):
    """What the list of changes is asked for in its address."""

    what = choice("Kind of record", {}, "There is no such kind of record: choose one of the list.")
    kind = choice("What happened", {k: v.capitalize() for k, v in VERBS.items()}, "")
    actor = text("Who", "The name, or a part of it.")
    role = choice("Role of who", ROLES, "There is no such role: choose one of the list.")
    property = text("Property", "Its reference, or how its name begins.")
    zip = text("ZIP code", most=10)
    field = choice("Changed field", {}, "There is no such field: choose one of the list.")
    source = choice("Where from", SOURCES, "There is no such source: choose one of the list.")
    file = text("Import", "The name of the file, or a part of it.")
    reason = text("Reason contains", most=200)
    flag = choice(
        "Flag",
        {flag.slug: flag.label for flag in FLAGS.values()},
        "There is no such flag: choose one of the list.",
    )
    since = day_field("From")
    until = day_field("Until", help_text="That day included, by the console’s clock.")
    request = forms.CharField(label="Request", required=False, max_length=100)
    record = forms.CharField(label="Record", required=False, max_length=100)
    after = forms.CharField(required=False, max_length=400)

    def __init__(self, data: Any, person: Any) -> None:
        super().__init__(data)
        self.person, self.kinds = person, kinds_for(person)
        fields: dict[str, Any] = self.fields
        if not sees_everything(person):  # roles, imports and flags are the office's to know
            del fields["role"], fields["file"], fields["flag"]
        names = {kind.slug: kind.many.capitalize() for kind in self.kinds}
        fields["what"].choices = [("", "Any"), *names.items()]
        fields["field"].choices = [("", "Any"), *map(_fields_of, self.kinds)]
        no_verb = "Nothing of the kind happens to records: choose one of the list."
        fields["kind"].error_messages["invalid_choice"] = no_verb

    def full_clean(self) -> None:
        """Also tell of names in the address that are no filter, which somebody may rely on."""
        super().full_clean()
        unknown = sorted(set(self.data) - set(self.fields))
        if unknown and hasattr(self, "cleaned_data"):
            known = ", ".join(name for name in self.fields if name != "after")
            self.add_error(None, f"There is no filter “{unknown[0][:40]}”. There are {known}.")

    def clean_actor(self) -> frozenset[int] | None:
        """The colleagues of that name."""
        name = self.cleaned_data["actor"]
        if not name:
            return None
        exact = list(Colleague.objects.filter(name__iexact=name).values_list("pk", flat=True)[:99])
        found = exact or self._ids(Colleague.objects.filter(name__icontains=name), "Who")
        return self._some(found, f"Nobody here is called “{name}”: check the name.")

    def clean_property(self) -> frozenset[int] | None:
        """The properties of that reference or name."""
        name = self.cleaned_data["property"]
        if not name or not self.person.has_perm("bookings.view_property"):
            return None
        homes = Property.objects.visible_to(self.person).order_by()
        exact = self._ids(homes.filter(external_ref=name), "Property")
        found = exact or self._ids(homes.filter(name__startswith=name), "Property")
        return self._some(
            found, f"No property has the reference “{name}” or a name that begins so."
        )

    def clean_zip(self) -> int | None:
        """The ZIP code of that code."""
        code = self.cleaned_data["zip"]
        if not code:
            return None
        found = ZipCode.objects.visible_to(self.person).filter(code=code).first()
        if found is None:
            raise forms.ValidationError(f"There is no ZIP code “{code}”: write five digits.")
        return found.pk

    def clean_file(self) -> frozenset[int] | None:
        """The imports of that file."""
        name = self.cleaned_data["file"]
        if not name:
            return None
        batches = ImportBatch.objects.visible_to(self.person).order_by()
        found = self._ids(batches.filter(file_name__icontains=name), "Import")
        return self._some(found, f"No import was made of a file called “{name}”.")

    def clean_request(self) -> uuid.UUID | None:
        """The request, as a link to it names it."""
        sent = self.cleaned_data["request"]
        try:
            return uuid.UUID(sent) if sent else None
        except ValueError:
            sentence = "That is no request: follow a link of a change to the others of its request."
            raise forms.ValidationError(sentence) from None

    def clean_record(self) -> tuple[Kind, int] | None:
        """The record, as a link to its changes names it."""
        sent = self.cleaned_data["record"]
        slug, _, pk = sent.partition("-")
        kinds = {kind.slug: kind for kind in self.kinds}
        if sent and not (slug in kinds and pk.isascii() and pk.isdigit() and len(pk) < 19):
            raise forms.ValidationError("That is no record: follow a link to its changes.")
        return (kinds[slug], int(pk)) if sent else None

    def clean_after(self) -> Cursor:
        """Where the page before ended."""
        try:
            return Cursor.read(self.cleaned_data["after"])
        except ValueError:
            sentence = "That page of the list is none: go back to the newest changes."
            raise forms.ValidationError(sentence) from None

    def clean(self) -> dict[str, Any]:
        """Days in their order."""
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", "The last day must not come before the first.")
        return cleaned

    def asked(self) -> Asked:
        """What a form without errors asks for."""
        sent = self.cleaned_data
        slug, _, changed = sent["field"].partition(".")
        record = sent["record"]
        flag = sent.get("flag", "")
        about = {sent["what"], slug, record[0].slug if record else "", PLAN.slug if flag else ""}
        chosen = about - {""}
        return Asked(
            kinds=tuple(kind for kind in self.kinds if chosen <= {kind.slug}),
            record=record[1] if record else None,
            people=sent["actor"],
            role=sent.get("role", ""),
            homes=sent["property"],
            places=self._places(sent["property"]),
            zip_code=sent["zip"],
            changed=changed,
            happened=sent["kind"],
            source=sent["source"],
            batches=sent.get("file"),
            request=sent["request"],
            reason=sent["reason"],
            flag=flag,
            since=from_day(sent["since"]),
            until=from_day(sent["until"] and sent["until"] + ONE_DAY),
            words=in_words(self),
        )

    def _places(self, homes: frozenset[int] | None) -> frozenset[int] | None:
        """The ZIP codes in which these homes lie and lay."""
        if homes is None:
            return None
        now = Property.objects.visible_to(self.person).filter(pk__in=homes).order_by()
        then = readable_versions(Property, self.person).filter(id__in=homes).order_by()
        zip_codes = now.values_list("zip_code_id").union(then.values_list("zip_code_id"))
        return frozenset(pk for (pk,) in zip_codes)

    def _ids(self, rows: Any, label: str) -> list[int]:
        found = list(rows.values_list("pk", flat=True)[: MOST_MATCHES + 1])
        if len(found) > MOST_MATCHES:
            raise forms.ValidationError(
                f"{label}: more than {MOST_MATCHES} match. Write more of the name."
            )
        return found

    def _some(self, found: list[int], sentence: str) -> frozenset[int]:
        if not found:
            raise forms.ValidationError(sentence)
        return frozenset(found)


def _fields_of(kind: Kind) -> tuple[str, list[tuple[str, str]]]:
    """The fields of a kind as a group of choices."""
    fields = [(f"{kind.slug}.{f.name}", str(f.verbose_name)) for f in kind.told_fields]
    return kind.many.capitalize(), [(name, label.capitalize()) for name, label in fields]
