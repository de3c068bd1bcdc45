"""The words that explanations are made of."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Model
from django.utils.text import get_text_list

from opsconsole.dates import say_date
from staffing.models import User, ZipAssignment

PLURALS = {"Staff": "staff", "Manager": "managers", "Auditor": "auditors", "Engineer": "engineers"}


@dataclass(frozen=True)
class Subject:
    """Whom a sentence is about, with the forms that follow: "Maya is", "you are"."""

    name: str
    inside: str
    be: str
    own: str
    ending: str

    def do(self, verb: str) -> str:
        """The verb with its ending: "sees", "see"."""
        return f"{verb}{self.ending}"


def subject(person: User, asker: User) -> Subject:
    """A person as the asker calls them: "you" where they ask about themselves."""
    if person == asker:
        return Subject("You", "you", be="are", own="your own", ending="")
    return Subject(str(person), str(person), be="is", own="their own", ending="s")


def say_role(person: User) -> str:
    """Everybody of the person's role: "staff", "managers"."""
    return PLURALS.get(person.role_name, f"{person.role_name}s")


def say_verb(verb: str) -> str:
    """A permission's verb as staff say it."""
    return "see" if verb == "view" else verb


def say_permissions(names: Iterable[str]) -> list[tuple[str, str]]:
    """Permissions by what they are about: ("properties", "see, change and import")."""
    verbs: dict[str, list[str]] = {}
    for name in names:
        app_label, _, codename = name.partition(".")
        verb, _, model_name = codename.partition("_")
        plural = str(apps.get_model(app_label, model_name)._meta.verbose_name_plural)
        verbs.setdefault(plural, []).append(say_verb(verb))
    return [(plural, say_list(said)) for plural, said in verbs.items()]


def say_list(words: Iterable[str], last: str = "and") -> str:
    """Words in a row: "a, b and c"."""
    return str(get_text_list(list(words), last))


def say_until(last_day: datetime.date | None) -> str:
    """Until when, the last day included; nothing for what has no end."""
    return f" until the end of {say_date(last_day)}" if last_day else ""


def say_assignments(assignments: Iterable[ZipAssignment]) -> str:
    """The duties and their ZIP codes: "primary in 06511 and backup in 06510"."""
    return say_list(
        dict.fromkeys(f"{a.get_duty_display().lower()} in {a.zip_code.code}" for a in assignments)
    )


def say_model(model: type[Model]) -> str:
    """One object of a model: "property", "ZIP code"."""
    return str(model._meta.verbose_name)
