"""Passwords, notices and views: one's own, and attempts at those of others."""

from __future__ import annotations

from django.utils.http import urlsafe_base64_encode

from tests.oracle.judge import Effect, Probe
from tests.oracle.pages import target, words_of
from tests.oracle.world import PASSWORD, World, as_text

NEW_PASSWORD = "another-long-walk-home"


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


# Notices and the calendar


def notices(world: World, who: int | None, name: str) -> Probe:
    """The page of one's own notices: all of them are on its first page."""
    must: set[str] = set()
    for pk in world.ids("notice"):
        if world.model.may_see(who, ("notice", pk)):
            must |= words_of(world, "notice", pk, "sentence")
    return Probe(who, name, "/notices/", must_show=must)


def mark(world: World, who: int | None, name: str) -> Probe:
    """Mark a notice as read, one's own or somebody else's, and perhaps open it."""
    shown, pk = target(world, who, "notice")
    data = world.draw.choice([{}, {"open": ""}])
    mine = pk is not None and world.model.may_see(who, ("notice", pk))
    unread = mine and world.rows["notice", pk or 0]["read_at"] is None
    read = Effect("notice", pk, {}, changed="read_at")
    effects = [read] if unread else []
    return Probe(who, name, f"/notices/{shown}/read/", data=data, effects=effects)


def mark_all(world: World, who: int | None, name: str) -> Probe:
    """Mark all of one's own as read."""
    mine = [pk for pk in world.ids("notice") if world.model.may_see(who, ("notice", pk))]
    unread = [pk for pk in mine if world.rows["notice", pk]["read_at"] is None]
    effects = [Effect("notice", pk, {}, changed="read_at") for pk in unread]
    return Probe(who, name, "/notices/read/", data={}, effects=effects)


def calendar(world: World, who: int | None, name: str) -> Probe:
    """Make or end the address of one's own calendar."""
    return Probe(who, name, f"/calendar/{name.split('_')[1]}/", data={})


def feed(world: World, who: int | None, name: str) -> Probe:
    """A calendar that nobody has."""
    return Probe(who, name, f"/calendar/{world.words.word()}.ics")


def mute(world: World, who: int | None, name: str) -> Probe:
    """Mute a kind of notices, or something that is none."""
    kind = world.draw.choice(["note", "import", "mention", world.words.word()])
    here = who is not None and world.model.people[who].here
    effects = [Effect("mute", None, {"person_id": who, "kind": kind})]
    has = any(row["kind"] == kind and row["person_id"] == who for row in _mutes(world))
    wanted = here and kind in ("note", "import") and not has
    return Probe(
        who, name, "/notices/mute/", data={"kind": kind}, effects=effects if wanted else []
    )


def unmute(world: World, who: int | None, name: str) -> Probe:
    """Be told again, oneself or somebody else."""
    shown, pk = target(world, who, "mute")
    gone = ("mute", pk) if pk is not None and world.model.may_see(who, ("mute", pk)) else None
    return Probe(who, name, f"/notices/muted/{shown}/end/", data={}, gone=gone)


def _mutes(world: World) -> list[dict[str, object]]:
    return [row for (kind, _), row in world.rows.items() if kind == "mute"]


# Views of lists

OF = "bookings.property"


def views(world: World, who: int | None, name: str) -> Probe:
    """The page of the views of homes: one's own, and those that are shared."""
    must: set[str] = set()
    for pk in world.ids("view"):
        if world.model.may_see(who, ("view", pk)):
            must |= words_of(world, "view", pk, "name")
    return Probe(who, name, f"/views/?of={OF}", must_show=must)


def count_view(world: World, who: int | None, name: str) -> Probe:
    """How many homes a view has, whatever it asks for."""
    asks = world.draw.choice(["q%3Da", "o%3D1", "zip_code__id__exact%3D1", "owner__email%3Da", ""])
    return Probe(who, name, f"/views/count/?of={OF}&asks={asks}")


def save_view(world: World, who: int | None, name: str) -> Probe:
    """Save a view without a name, which is refused."""
    return Probe(who, name, "/views/save/", data={"of": OF, "asks": "q=a", "name": ""})


def first_view(world: World, who: int | None, name: str) -> Probe:
    """Choose a view that is not there."""
    return Probe(who, name, "/views/first/", data={"of": OF, "view": "gone"})


def rename_view(world: World, who: int | None, name: str) -> Probe:
    """Rename a view, one's own, a shared one, or somebody else's."""
    shown, pk = target(world, who, "view")
    row, word = ("view", pk or 0), world.words.word()
    may = pk is not None and world.model.may_change(who, row, {"name"})
    effects = [Effect("view", pk, {"name": word})] if may else []
    data = {"step": "rename", "name": word}
    return Probe(who, name, f"/views/{shown}/", data=data, effects=effects)
