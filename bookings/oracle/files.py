"""The steps of an import, of one's own file and of others'."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from bookings.oracle.judge import Effect, Probe
from bookings.oracle.pages import target
from bookings.oracle.world import World


def upload(world: World, who: int | None, name: str) -> Probe:
    """Upload a file."""
    word = world.words.word()
    content = (
        f"Reference,Name,Owner,Street,ZIP code,Type\nR-1,{word},x@example.com,7 A St,00001,House\n"
    )
    file = SimpleUploadedFile(f"{word}.csv", content.encode(), content_type="text/csv")
    may = world.model.may(who, "import", "home")
    made = Effect("batch", None, {"file_name": f"{word}.csv", "uploaded_by_id": who})
    return Probe(
        who, name, "/bookings/property/import/", data={"file": file}, effects=[made] if may else []
    )


def map_columns(world: World, who: int | None, name: str) -> Probe:
    """Map columns, or read the file with another header line."""
    shown, _ = target(world, who, "batch")
    data: Any = world.draw.choice([{"header_row": 2}, {"header_row": "x"}, {"column_name": "Name"}])
    return Probe(who, name, f"/bookings/property/import/{shown}/mapping/", data=data)


def preview(world: World, who: int | None, name: str) -> Probe:
    """Look at everything again."""
    shown, _ = target(world, who, "batch")
    return Probe(who, name, f"/bookings/property/import/{shown}/preview/", data={})


def commit(world: World, who: int | None, name: str) -> Probe:
    """Write what was previewed."""
    shown, pk = target(world, who, "batch")
    own = pk is not None and world.model.batches[pk] == who
    may = own and world.model.may(who, "import", "home")
    done = Effect("batch", pk, {"status": "committed", "committed_by_id": who})
    return Probe(
        who,
        name,
        f"/bookings/property/import/{shown}/commit/",
        data={},
        effects=[done] if may else [],
    )


def stop(world: World, who: int | None, name: str) -> Probe:
    """Ask a worker to stop, where none is at it."""
    shown, _ = target(world, who, "batch")
    return Probe(who, name, f"/bookings/property/import/{shown}/stop/", data={})


def undo(world: World, who: int | None, name: str) -> Probe:
    """Undo an import: of anybody's, for those who may; what hangs from a home keeps it."""
    shown, _ = target(world, who, "batch")
    return Probe(who, name, f"/bookings/property/import/{shown}/undo/", data={})
