"""Erasing a person: a ReRenter, or a colleague who left, becomes somebody without a name.

Their row stays, and with it every id that points to it: what they did and what was theirs can be
told as that of "a person who was erased". Their name, email, phone and what was noted about them
is gone from it, from every version and from every other text of the database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models.functions import Lower

from opsconsole.access.acting import Source, acting
from opsconsole.database.refusals import ReasonMissing, Refused
from opsconsole.history.erasing import Erasing
from opsconsole.history.mentions import ERASED, ERASED_PART, Mentions
from opsconsole.history.models import Seal
from opsconsole.history.recording import recorded
from opsconsole.history.sealing import seal
from opsconsole.imports.keeping import forget_mentioning
from opsconsole.notices.models import Mute, Notice
from opsconsole.saved_views.models import FirstView, SavedView
from staffing.belongings import Belonging, Whom, belongings, has_namesakes, what_is_open
from staffing.models import User
from staffing.roles import rank_of

NAME = ERASED[0].upper() + ERASED[1:]
DOMAIN = "erased.invalid"  # a name that the internet promises never to have
PEOPLE, VERSIONS = User._meta.db_table, User.history.model._meta.db_table


@dataclass
class Erased:
    """What was erased: rows by table, files of imports; and what could not be."""

    rows: dict[str, int] = field(default_factory=dict)
    files: int = 0
    left: list[str] = field(default_factory=list)


def is_erased(person: User) -> bool:
    """Whether this person was erased before."""
    return person.email.endswith(f"@{DOMAIN}")


def erase(person: User, *, by: User, reason: str, is_dry_run: bool = False) -> Erased:
    """Erase a person; nothing happens where they are erased already.

    What was written since the last seal is sealed first. Raises Refused where something of theirs
    is still open, and Busy where the history is written to without a gap.
    """
    _allow(person, by, reason)
    if is_erased(person):
        return Erased()
    if not is_dry_run:
        seal()
    with (
        acting(by, source=Source.COMMAND, reason=reason.strip()),
        recorded(Seal.Kind.ERASURE, by, reason.strip()) as link,
    ):
        whom = Whom(person, _mentions_of(_held(person)))
        _allow_reason(whom, reason)
        _allow_open(whom)
        done = _erase(whom, Erasing(link))
        if is_dry_run:
            transaction.set_rollback(True)
    return done


# Whether they may be erased


def _allow(person: User, by: User, reason: str) -> None:
    if not by.is_manager:
        raise Refused(f"{by} is not a manager: only managers erase people.")
    if person == by:
        raise Refused("Nobody erases themselves: ask another manager.")
    if rank_of(person) > rank_of(by):
        raise Refused(f"{person} has a higher role than {by}: ask an engineer.")
    if person.is_staff and person.is_active:
        raise Refused(f"{person} still works here: set them inactive first.")
    if not reason.strip():
        raise ReasonMissing("Say why they are erased.")


def _allow_reason(whom: Whom, reason: str) -> None:
    if whom.mentions.are_in(reason):
        raise Refused("The reason names them, and is kept: write it without saying who it is.")


def _allow_open(whom: Whom) -> None:
    if phrases := what_is_open(whom):
        raise Refused(f"{whom.person} still has {' and '.join(phrases)}: end that first.")


def _held(person: User) -> User:
    """The person as they are, locked against whoever would change them meanwhile."""
    return User.objects.select_for_update(no_key=True).get(pk=person.pk)


def _mentions_of(person: User) -> Mentions:
    """What the person was ever called."""
    versions = User.history.filter(id=person.pk).values_list("full_name", "email", "phone")
    ever = zip((person.full_name, person.email, person.phone), *versions, strict=True)
    names, emails, phones = (tuple({text.strip() for text in texts} - {""}) for texts in ever)
    return Mentions(names, emails, phones, f"erased-{person.pk}@{DOMAIN}")


# Erasing


def _erase(whom: Whom, erasing: Erasing) -> Erased:
    _erase_row(whom, erasing)
    for belonging in belongings():
        for table in belonging.tables:
            _erase_belonging(whom, erasing, belonging, table)
    names_mean_them = all(" " in name for name in whom.mentions.names) and not has_namesakes(whom)
    files = forget_mentioning(whom.mentions.are_in)
    _forget_signing_in(whom)
    SavedView.objects.filter(person=whom.person, is_shared=False).delete()
    FirstView.objects.filter(person=whom.person).delete()
    for model in (Notice, Mute):
        model.objects.filter(person=whom.person).delete()
    erasing.sweep(
        whom.mentions,
        {PEOPLE: "", VERSIONS: "history_change_reason"},
        with_names=names_mean_them,
    )
    erasing.finish()
    return Erased(dict(sorted(erasing.counts.items())), files, _left(whom))


def _erase_row(whom: Whom, erasing: Erasing) -> None:
    values: dict[str, Any] = {"full_name": NAME, "email": whom.mentions.email_after, "phone": ""}
    closed = {"is_active": False, "password": make_password(None), "last_login": None}
    theirs = ("r.id = %s", [whom.person.pk])
    erasing.put(PEOPLE, {**values, **closed}, *theirs)
    erasing.put(VERSIONS, values, *theirs)


def _erase_belonging(whom: Whom, erasing: Erasing, belonging: Belonging, table: str) -> None:
    where, params = belonging.whose(whom)
    columns = list(belonging.mentioning)
    if table == belonging.versions:
        columns.append("history_change_reason")
    pairs = whom.mentions.replacements()
    erasing.replace(table, columns, pairs, where, params, flags="gi")
    if parts := whom.mentions.parts():
        erasing.replace(table, columns, [(parts, ERASED_PART)], where, params)
    values = dict.fromkeys(belonging.emptied, "") | dict.fromkeys(belonging.renamed, NAME)
    if values:  # last: what is emptied no longer tells whose it was
        erasing.put(table, values, where, params)


def _forget_signing_in(whom: Whom) -> None:
    """When, from where and with what they signed in, or tried to."""
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        rows = model.objects.annotate(name=Lower("username"))
        rows.filter(name__in=whom.emails).delete()


def _left(whom: Whom) -> list[str]:
    """Records of the chain can't be changed: those that mention the person are told."""
    links = Seal.objects.exclude(reason="").order_by("pk")
    return [
        f"The reason of seal {s.pk} names them." for s in links if whom.mentions.are_in(s.reason)
    ]
