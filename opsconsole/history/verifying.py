"""Verifying: the history as it is, held against the chain and against what was published of it."""

# ruff: noqa: S608  (the SQL is put together from the models' own names)

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction
from django.db.models import F, Func, IntegerField, Sum

from opsconsole.history import sealing, standing
from opsconsole.history.models import Seal, SealedPart


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was sealed: of a version, or of the chain itself (no id)."""

    where: str
    version: int | None
    sentence: str

    def __str__(self) -> str:
        place = f"{self.where}, version {self.version}" if self.version is not None else self.where
        return f"{place}: {self.sentence}"


def verify(heads: Path | None = None) -> Iterator[Finding]:
    """What is wrong, in the order of the chain; nothing where all is as it was written.

    First whether the triggers that write and guard the history are there and on.
    Without the published `heads` the end of the history could be cut off together with its seals,
    or all of it be rewritten. Versions after the last seal are not spoken of.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL TIME ZONE 'UTC'")  # digests are of texts
        for gap in standing.gaps():
            yield Finding("The database", None, gap)
        yield from _broken_links()
        if heads:
            yield from _unpublished(heads)
        for table in sealing.tables():
            yield from _of_table(table)


def unsealed() -> int:
    """How many versions were written since the last seal."""
    count = 0
    for table in sealing.tables():
        with connection.cursor() as cursor:
            cursor.execute(
                f'SELECT count(*) FROM "{table}" WHERE history_id > %s',
                [sealing.sealed_up_to(table)],
            )
            count += int(cursor.fetchone()[0])
    return count


def records() -> Iterator[str]:
    """What was done to versions, a sentence for each record: when, by whom, to how many, why."""
    done = Seal.objects.exclude(kind=Seal.Kind.SEAL).select_related("made_by")
    sizes = Sum(Func(F("parts__ids"), function="cardinality"), output_field=IntegerField())
    for link in done.annotate(versions=sizes).order_by("pk"):
        what = f"{link.get_kind_display().lower()}, {link.versions or 0:,} versions"
        at = f"{link.made_at:%Y-%m-%d %H:%M} UTC"
        yield f"Seal {link.pk}, {at}: {what}, by {link.made_by}. {link.reason}"


def _broken_links() -> Iterator[Finding]:
    expected = sealing.BEGINNING
    for link in Seal.objects.order_by("pk").iterator():
        if link.previous != expected:
            yield Finding(
                f"Seal {link.pk}", None, "the seal before it was removed, added or changed."
            )
        if sealing.hash_of(link) != link.hash:
            yield Finding(f"Seal {link.pk}", None, "its content is not what it was sealed with.")
        expected = link.hash


def _unpublished(heads: Path) -> Iterator[Finding]:
    told = list(sealing.published(heads))  # first: another seal may come meanwhile
    hashes = dict(Seal.objects.values_list("pk", "hash"))
    for at, number, published in told:
        if hashes.get(number) != published:
            was = "is not there any more" if number not in hashes else "is another one now"
            yield Finding(
                f"Seal {number}", None, f"as it was published on {at:%Y-%m-%d %H:%M} UTC, it {was}."
            )


def _of_table(table: str) -> Iterator[Finding]:
    before = None
    parts = SealedPart.objects.filter(table=table, seal__kind=Seal.Kind.SEAL)
    for pk, sealed, last in parts.order_by("last_id", "pk").values_list("pk", "columns", "last_id"):
        yield from _of_part(table, pk, sealed, before, last)
        before = last


def _of_part(
    table: str, pk: int, sealed: list[str], before: int | None, last: int
) -> Iterator[Finding]:
    """The versions of one part, and those that lie between it and the one before."""
    now = sealing.digest_of("h", sealing.columns_of(table), sealed)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH said AS (
                SELECT p.id AS part, s.id, CASE WHEN length(p.digests) > 0 THEN
                    substr(p.digests, ((s.n - 1) * {sealing.DIGEST} + 1)::int, {sealing.DIGEST})
                    END AS digest
                FROM history_sealedpart p CROSS JOIN LATERAL
                    unnest(p.ids) WITH ORDINALITY AS s (id, n)
                WHERE p.id = %(pk)s OR ("table" = %(table)s AND p.id > %(pk)s
                    AND p.last_id >= %(first)s AND p.first_id <= %(last)s
                    AND p.seal_id IN (SELECT id FROM history_seal WHERE kind <> 'seal'))
            ), expected AS (
                SELECT DISTINCT ON (id) id, digest FROM said
                WHERE id > %(first)s AND id <= %(last)s ORDER BY id, part DESC
            ), found AS (
                SELECT history_id AS id, {now} AS digest FROM "{table}" h
                WHERE history_id > %(first)s AND history_id <= %(last)s
            )
            SELECT coalesce(e.id, f.id), e.id IS NULL, e.digest, f.digest
            FROM expected e FULL JOIN found f ON f.id = e.id
            WHERE e.digest IS DISTINCT FROM f.digest ORDER BY 1
            """,
            {
                "pk": pk,
                "table": table,
                "last": last,
                "first": -(2**63) if before is None else before,
            },
        )
        rows = cursor.fetchall()
    places = {bytes(expected): version for version, _, expected, _ in rows if expected}
    for version, is_added, expected, found in rows:
        yield Finding(table, version, _sentence(version, is_added, expected, found, places))


def _sentence(
    version: int,
    is_added: bool,
    expected: memoryview | None,
    found: memoryview | None,
    places: dict[bytes, int],
) -> str:
    if is_added:
        return "was added after its place in the history was sealed."
    if found is None:
        return "was removed."
    if expected is None:
        return "is back, although the end of its retention removed it."
    other = places.get(bytes(found))
    if other not in (None, version):
        return f"holds what version {other} held: they were reordered."
    return "was altered."
