"""The steps of an import, of one's own file and of others'."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.oracle.judge import Effect, Probe
from tests.oracle.pages import target, words_of
from tests.oracle.world import World

# Under which pages what is imported, and as what a file keeps it.
PAGES = {
    "bookings_property": ("/bookings/property/import/", "home", "properties"),
    "bookings_awayplan": ("/bookings/awayplan/import/", "plan", "away plans"),
    "staffing_zipassignment": (
        "/staffing/zipassignment/import/",
        "assignment",
        "ZIP assignments",
    ),
    "staffing_user": ("/staffing/user/import/", "user", "people"),
    "staffing_zipcode": ("/staffing/zipcode/import/", "zip", "ZIP codes"),
}


OWN = 0.4  # of the steps, how many are asked for by whose import it is


def form(world: World, who: int | None, name: str) -> Probe:
    """The page that takes a file."""
    path, _, _ = _pages_of(name)
    return Probe(who, name, path)


def upload(world: World, who: int | None, name: str) -> Probe:
    """Upload a file."""
    path, kind, resource = _pages_of(name)
    word = world.words.word()
    content = (
        f"Reference,Name,Owner,Street,ZIP code,Type\nR-1,{word},x@example.com,7 A St,00001,House\n"
    )
    file = SimpleUploadedFile(f"{word}.csv", content.encode(), content_type="text/csv")
    kept = {"file_name": f"{word}.csv", "uploaded_by_id": who, "resource": resource}
    effects = [Effect("batch", None, kept)] if _may(world, who, kind) else []
    return Probe(who, name, path, data={"file": file}, effects=effects)


def look(world: World, who: int | None, name: str) -> Probe:
    """A step of an import, one's own or somebody else's."""
    who, path, shown, mine = _step(world, who, name)
    step = name.rpartition("_")[2]
    must = words_of(world, "batch", mine, "file_name") if step in ("preview", "mapping") else set()
    return Probe(who, name, f"{path}{shown}/{step}/", must_show=must)


def map_columns(world: World, who: int | None, name: str) -> Probe:
    """Map columns, or read the file with another header line."""
    who, path, shown, _ = _step(world, who, name)
    data: Any = world.draw.choice([{"header_row": 2}, {"header_row": "x"}, {"column_name": "Name"}])
    return Probe(who, name, f"{path}{shown}/mapping/", data=data)


def preview(world: World, who: int | None, name: str) -> Probe:
    """Look at everything again."""
    who, path, shown, _ = _step(world, who, name)
    return Probe(who, name, f"{path}{shown}/preview/", data={})


def commit(world: World, who: int | None, name: str) -> Probe:
    """Write what was previewed."""
    who, path, shown, mine = _step(world, who, name)
    done = Effect("batch", mine, {"status": "committed", "committed_by_id": who})
    effects = [done] if mine is not None and _is_as_previewed(world, mine) else []
    return Probe(who, name, f"{path}{shown}/commit/", data={}, effects=effects)


def _is_as_previewed(world: World, batch: int) -> bool:
    """Whether nothing that the file names is another one by now: of a plan's home, nobody knows."""
    owner, email = world.owners_named.get(batch, (0, ""))
    return owner != 0 and world.model.words["user", owner]["email"] == email


def _may(world: World, who: int | None, kind: str) -> bool:
    """Whether this person imports such files: of ZIP codes, whoever changes them."""
    return world.model.may(who, "change" if kind == "zip" else "import", kind)


def _pages_of(name: str) -> tuple[str, str, str]:
    return PAGES[name.partition("_import")[0]]


def _step(world: World, who: int | None, name: str) -> tuple[int | None, str, Any, int | None]:
    """Who asks, where, for which import, and its id if it is there for who asks.

    Often its own person asks: nobody else may, and few would hit upon it.
    """
    path, kind, resource = _pages_of(name)
    shown, pk = target(world, who, "batch")
    if pk is not None and world.draw.random() < OWN:
        of_this = [b for b in world.ids("batch") if world.rows["batch", b]["resource"] == resource]
        shown = pk = world.draw.choice(of_this or [pk])
        who = world.model.batches[pk]
    mine = (
        pk is not None
        and world.model.batches[pk] == who
        and world.rows["batch", pk]["resource"] == resource
        and _may(world, who, kind)
    )
    return who, path, shown, pk if mine else None


def stop(world: World, who: int | None, name: str) -> Probe:
    """Ask a worker to stop, where none is at it."""
    who, path, shown, _ = _step(world, who, name)
    return Probe(who, name, f"{path}{shown}/stop/", data={})


def undo(world: World, who: int | None, name: str) -> Probe:
    """Undo an import: of anybody's, for those who may; what hangs from a home keeps it."""
    path, _, _ = _pages_of(name)
    shown, _ = target(world, who, "batch")
    data: Any = world.draw.choice([None, {}, {"reason": "To see what happens"}])
    return Probe(who, name, f"{path}{shown}/undo/", data=data)


def links(world: World, who: int | None, name: str) -> Probe:
    """Links for those whom an import made: there are none, none of these was written."""
    path, _, _ = _pages_of(name)
    shown, _ = target(world, who, "batch")
    return Probe(who, name, f"{path}{shown}/links/", data=world.draw.choice([None, {}]))


def template(world: World, who: int | None, name: str) -> Probe:
    """The empty file with all columns."""
    return Probe(who, name, f"{_pages_of(name)[0]}template/")


STEPS: dict[str, list[Callable[[World, int | None, str], Probe]]] = {
    "": [form, upload],
    "_template": [template],
    "_mapping": [look, map_columns],
    "_preview": [look, preview],
    "_commit": [look, commit],
    "_progress": [look],
    "_stop": [look, stop],
    "_report": [look],
    "_rejects": [look],
    "_undo": [undo],
}
