"""One-time links by which colleagues get in: each sets their own password, nobody else knows it.

A link is shown to who made it and kept nowhere: it is a signature over the person as they are. It
ends when it is used, when a newer one is made, when its person signs in or is deactivated, and
after `PASSWORD_RESET_TIMEOUT` seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from opsconsole.access.acting import because
from opsconsole.access.local import with_settings
from opsconsole.access.lock import hold_to, unlocked
from opsconsole.database.refusals import Refused
from staffing.models import User
from staffing.querysets import UserQuerySet
from staffing.roles import rank_of

REASON = "One-time sign-in link made"


class LinkTokens(PasswordResetTokenGenerator):
    """Django's tokens for resets, of which the newest link of a person alone counts."""

    key_salt = "staffing.sign_in_links"

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        made = user.link_made_at.isoformat() if user.link_made_at else ""
        return f"{super()._make_hash_value(user, timestamp)}{made}"


tokens = LinkTokens()


def hours_valid() -> int:
    """How long a link can be used."""
    return int(settings.PASSWORD_RESET_TIMEOUT // 3600)


def make_links(people: Iterable[User], *, by: User) -> dict[User, str]:
    """Make a link for each of these colleagues, all or nothing: the path that opens it.

    For somebody whom an import made, and who never got in, it is part of that import, which can so
    still be undone. Raises Refused for who does not sign in, or has a role above that of who asks.
    """
    wanted = list(people)
    for person in wanted:
        _allow(person, by)
    now, groups = timezone.now(), defaultdict[int | None, list[User]](list)
    for person in wanted:
        groups[person.import_batch_id if _never_got_in(person) else None].append(person)
    with because(REASON, by=by):
        for batch, made in groups.items():
            with with_settings({"console.batch": str(batch)} if batch else {}):
                User.objects.filter(pk__in=[p.pk for p in made]).update(link_made_at=now)
    for person in wanted:
        person.link_made_at = now
    return {person: _path_for(person) for person in wanted}


def _never_got_in(person: User) -> bool:
    return person.password_set_at is None and person.last_login is None


def _allow(person: User, by: User) -> None:
    if person == by:
        raise Refused("Your own password is changed on a page of its own, with the old one.")
    if not (person.is_staff and person.is_active):
        raise Refused(f"{person} does not sign in: only active colleagues do.")
    if rank_of(person) > rank_of(by):
        raise Refused(f"The role of {person} is above yours.")


def _path_for(person: User) -> str:
    uid = urlsafe_base64_encode(force_bytes(person.pk))
    return reverse("admin:sign_in_link", args=[uid, tokens.make_token(person)])


def newcomers() -> UserQuerySet:
    """The active colleagues who never got in."""
    active = User.objects.colleagues().filter(is_active=True)
    return active.filter(password_set_at=None, last_login=None).order_by("full_name", "email")


def in_reach(people: Iterable[User], by: User) -> list[User]:
    """Those for whom this person may make a link: others, with no role above theirs."""
    return [them for them in people if them != by and rank_of(them) <= rank_of(by)]


def person_of(uid: str) -> User | None:
    """The active colleague for whom a link may have been made, whoever asks; None if nobody."""
    try:
        pk = int(urlsafe_base64_decode(uid).decode())
    except ValueError:
        return None
    with unlocked():
        found = User.objects.colleagues().filter(pk=pk, is_active=True)
        return found.exclude(link_made_at=None).first()


def set_password(person: User, password: str) -> None:
    """Set the password that a person chose by their link: from here on the request is theirs."""
    hold_to(person)
    with because(by=person):
        person.set_password(password)
        person.save(update_fields=["password", "password_set_at"])
