"""Signing in and out, and setting passwords."""

from __future__ import annotations

from django.utils.http import urlsafe_base64_encode

from bookings.oracle.judge import Effect, Probe
from bookings.oracle.pages import target
from bookings.oracle.world import PASSWORD, World, as_text

NEW_PASSWORD = "another-long-walk-home"  # noqa: S105  (of people who exist for a moment)


def sign_in(world: World, who: int | None, name: str) -> Probe:
    """Sign in as somebody, with the right password or a wrong one."""
    person = world.draw.choice(world.ids("user"))
    right = world.draw.random() < 0.7
    email = as_text("email", world.model.words["user", person]["email"])
    succeeds = right and world.model.people[person].here
    return Probe(
        who,
        name,
        "/login/",
        data={
            "username": email,
            "password": PASSWORD if right else "wrong",
            "next": "/password_change/",
        },
        signs_in=person if succeeds else None,
        must_show=({world.model.words["user", person]["full_name"]} if succeeds else set()),
    )


def sign_out(world: World, who: int | None, name: str) -> Probe:
    """Sign out."""
    return Probe(who, name, "/logout/", data={})


def own_password(world: World, who: int | None, name: str) -> Probe:
    """Change one's own password, knowing the old one or not."""
    knows = world.draw.random() < 0.7
    data = {
        "old_password": PASSWORD if knows else "wrong",
        "new_password1": NEW_PASSWORD,
        "new_password2": NEW_PASSWORD,
    }
    here = who is not None and world.model.people[who].here
    done = [Effect("user", who, {}, changed="password")] if knows and here else []
    return Probe(who, name, "/password_change/", data=data, effects=done)


def link_page(world: World, who: int | None, name: str) -> Probe:
    """The page that makes a one-time link for somebody."""
    shown, _ = target(world, who, "user")
    return Probe(who, name, f"/staffing/user/{shown}/link/")


def link(world: World, who: int | None, name: str) -> Probe:
    """Make a one-time link for somebody."""
    shown, pk = target(world, who, "user")
    other = pk is not None and pk != who and world.model.may(who, "change", "user", pk)
    them = world.model.people[pk] if other and pk is not None else None
    may = them is not None and them.here
    done = [Effect("user", pk, {}, changed="link_made_at")] if may else []
    return Probe(who, name, f"/staffing/user/{shown}/link/", data={}, effects=done)


def follow(world: World, who: int | None, name: str) -> Probe:
    """Follow a link that nobody made."""
    uid = urlsafe_base64_encode(str(world.draw.choice(world.ids("user"))).encode())
    token = world.draw.choice(["set-password", "c1a2b3-0123456789abcdef", "-", "x" * 300])
    new = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    return Probe(who, name, f"/sign-in-link/{uid}/{token}/", data=world.draw.choice([None, new]))
