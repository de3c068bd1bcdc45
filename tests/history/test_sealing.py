"""The seal: what was tampered with is named, and nothing else ever is."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from bookings.models import Property
from opsconsole.history import sealing, verifying
from opsconsole.history.models import Seal, SealedPart
from tests.factories import make_manager, make_property, make_zip
from tests.scale import draws, size

HOMES = "bookings_historicalproperty"

pytestmark = pytest.mark.django_db


@pytest.fixture
def history() -> list[int]:
    """Forty versions of homes, in three seals; their ids."""
    make_zip("02116")
    for part in range(3):
        for n in range(10):
            make_property("02116", name=f"Home {part}.{n}")
        _draw_an_id()
        Property.objects.filter(name__startswith=f"Home {part}.1").update(bedrooms=part + 2)
        sealing.seal()
    return list(Property.history.order_by("history_id").values_list("history_id", flat=True))


def _draw_an_id() -> None:
    """As a transaction that is rolled back leaves a gap."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT nextval(pg_get_serial_sequence('{HOMES}', 'history_id'))")


def as_owner(sql: str, *params: object) -> None:
    """As the owner of the database can, with every trigger off."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, params or None)
        cursor.execute("SET LOCAL session_replication_role = origin")


def found(heads: Path | None = None) -> list[str]:
    return [str(finding) for finding in verifying.verify(heads)]


def test_a_history_nobody_touched_is_in_order(history: list[int]) -> None:
    make_property("02116")  # not sealed yet

    assert found() == []
    assert verifying.unsealed() == 2  # the home and its owner
    assert Seal.objects.count() == 3


def test_nothing_new_is_not_sealed(history: list[int]) -> None:
    assert sealing.seal() is None
    assert Seal.objects.count() == 3


def test_an_altered_version_is_named(history: list[int]) -> None:
    as_owner(f"UPDATE {HOMES} SET name = 'Forged' WHERE history_id = %s", history[7])

    assert found() == [f"{HOMES}, version {history[7]}: was altered."]


@pytest.mark.parametrize(
    "column",
    [
        "history_user_id", "history_date", "history_change_reason", "source", "changed_fields",
        "request_id", "batch_id", "history_type", "id", "zip_code_id", "bathrooms",
    ],
)  # fmt: skip
def test_no_column_can_change_unseen(history: list[int], column: str) -> None:
    other = {
        "history_date": "history_date + interval '1 microsecond'",
        "changed_fields": "ARRAY['name']",
        "request_id": "gen_random_uuid()",
        "history_type": "'-'",
        "source": "'task'",
        "history_change_reason": "'Because'",
    }.get(column, f"coalesce({column}, 0) + 1")
    as_owner(f"UPDATE {HOMES} SET {column} = {other} WHERE history_id = %s", history[3])

    assert found() == [f"{HOMES}, version {history[3]}: was altered."]


def test_a_removed_version_is_named(history: list[int]) -> None:
    as_owner(f"DELETE FROM {HOMES} WHERE history_id = %s", history[12])

    assert found() == [f"{HOMES}, version {history[12]}: was removed."]


@pytest.mark.parametrize("at", ["before the first", "in a gap"])
def test_an_added_version_is_named(history: list[int], at: str) -> None:
    place = history[0] - 5 if at == "before the first" else history[9] + 1
    as_owner(
        f"INSERT INTO {HOMES} SELECT (jsonb_populate_record(h, jsonb_build_object("
        f"'history_id', %s::bigint))).* FROM {HOMES} h WHERE history_id = %s",
        place,
        history[9],
    )

    assert found() == [
        f"{HOMES}, version {place}: was added after its place in the history was sealed."
    ]


def test_reordered_versions_are_named(history: list[int]) -> None:
    one, other = history[4], history[6]
    as_owner(
        f"UPDATE {HOMES} SET history_id = CASE history_id WHEN %s THEN -1 ELSE -2 END "
        f"WHERE history_id IN (%s, %s)",
        one, one, other,
    )  # fmt: skip
    as_owner(
        f"UPDATE {HOMES} SET history_id = CASE history_id WHEN -1 THEN %s::bigint ELSE %s END "
        "WHERE history_id < 0",
        other, one,
    )  # fmt: skip

    assert found() == [
        f"{HOMES}, version {one}: holds what version {other} held: they were reordered.",
        f"{HOMES}, version {other}: holds what version {one} held: they were reordered.",
    ]


def test_an_end_cut_off_with_its_seal_is_named_by_the_published_heads(
    history: list[int], tmp_path: Path, settings: Any
) -> None:
    heads = tmp_path / "heads"
    settings.HISTORY_HEADS = str(heads)
    make_property("02116")
    last = sealing.seal()
    assert last is not None
    assert found(heads) == []

    as_owner(f"DELETE FROM {HOMES} WHERE history_id > %s", history[-1])
    as_owner(
        "DELETE FROM staffing_historicaluser WHERE history_id IN "
        "(SELECT unnest(ids) FROM history_sealedpart "
        "WHERE \"table\" = 'staffing_historicaluser' AND seal_id = %s)",
        last.pk,
    )
    as_owner("DELETE FROM history_sealedpart WHERE seal_id = %s", last.pk)
    as_owner("DELETE FROM history_seal WHERE id = %s", last.pk)

    assert found() == []  # the database alone can't know
    [finding] = found(heads)
    assert finding.startswith(f"Seal {last.pk}: as it was published on ")
    assert finding.endswith("it is not there any more.")


def test_a_batch_rewritten_with_its_seal_breaks_the_chain(history: list[int]) -> None:
    first = Seal.objects.order_by("pk").first()
    assert first is not None
    as_owner(f"UPDATE {HOMES} SET name = 'Forged' WHERE history_id = %s", history[2])
    part = SealedPart.objects.get(seal=first, table=HOMES)
    SealedPart.objects.filter(pk=part.pk).delete()
    sealing.add_parts(first, HOMES, f"history_id <= {part.last_id}")
    forged = sealing.hash_of(first)
    Seal.objects.filter(pk=first.pk).update(hash=forged)

    [second] = Seal.objects.order_by("pk")[1:2]
    assert found() == [f"Seal {second.pk}: the seal before it was removed, added or changed."]


@pytest.mark.parametrize(
    "change",
    [
        {"reason": "Other"}, {"kind": "erasure"}, {"previous": "f" * 64}, {"hash": "f" * 64},
    ],
)  # fmt: skip
def test_a_changed_seal_is_named(history: list[int], change: dict[str, str]) -> None:
    [second] = Seal.objects.order_by("pk")[1:2]
    who_and_why = {"made_by": make_manager(), "reason": "Other"} if "kind" in change else {}
    Seal.objects.filter(pk=second.pk).update(**change | who_and_why)

    assert any(finding.startswith(f"Seal {second.pk}") for finding in found())


def test_a_removed_seal_is_named(history: list[int]) -> None:
    [second, third] = Seal.objects.order_by("pk")[1:3]
    SealedPart.objects.filter(seal=second).delete()
    Seal.objects.filter(pk=second.pk).delete()

    assert f"Seal {third.pk}: the seal before it was removed, added or changed." in found()


def test_a_column_added_later_changes_no_digest(history: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {HOMES} ADD COLUMN parking text NOT NULL DEFAULT 'none'")

    assert found() == []
    as_owner(f"UPDATE {HOMES} SET name = 'Forged' WHERE history_id = %s", history[7])
    assert found() == [f"{HOMES}, version {history[7]}: was altered."]


TAMPERINGS = size(50, 1_000)


def test_every_one_of_many_tamperings_is_named(history: list[int]) -> None:
    draw = draws("tamperings")
    tables = [HOMES, "staffing_historicaluser"]
    named = 0
    for _ in range(TAMPERINGS):
        named += _tamper(draw, tables)
    assert named == TAMPERINGS
    assert found() == []


def _tamper(draw: random.Random, tables: list[str]) -> bool:
    """Tamper with one version, look whether it is named, and take it back."""
    table = draw.choice(tables)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT history_id FROM {table} ORDER BY 1")
        ids = [pk for (pk,) in cursor.fetchall()]
    one, other = draw.sample(ids, 2)
    do: Callable[[], None] = draw.choice([
        lambda: as_owner(f"DELETE FROM {table} WHERE history_id = %s", one),
        lambda: as_owner(f"DELETE FROM {table} WHERE history_id >= %s", one),
        lambda: as_owner(f"UPDATE {table} SET source = 'forged' WHERE history_id = %s", one),
        lambda: as_owner(f"UPDATE {table} SET history_date = now() WHERE history_id = %s", one),
        lambda: as_owner(
            f"UPDATE {table} SET history_user_id = NULL, source = source || ' ' "
            "WHERE history_id = %s", one),
        lambda: as_owner(
            f"INSERT INTO {table} SELECT (jsonb_populate_record(h, jsonb_build_object("
            f"'history_id', -%s::bigint))).* FROM {table} h WHERE history_id = %s", one, other),
    ])  # fmt: skip
    point = transaction.savepoint()
    do()
    named = {finding.version for finding in verifying.verify()}
    transaction.savepoint_rollback(point)
    return one in named or -one in named


@pytest.mark.django_db(transaction=True)
def test_no_false_alarm_while_people_write_and_roll_back() -> None:
    make_zip("02116")
    homes = [make_property("02116").pk for _ in range(6)]
    over = threading.Event()
    failures: list[str] = []
    writers = [
        threading.Thread(target=_write, args=(pk, n, over, failures)) for n, pk in enumerate(homes)
    ]
    for writer in writers:
        writer.start()
    seals, alarms = 0, []
    try:
        for _ in range(25):
            seals += sealing.seal() is not None
            alarms += found()
    finally:
        over.set()
        for writer in writers:
            writer.join()
    sealing.seal()

    assert (alarms, failures) == ([], [])
    assert seals >= 20
    assert found() == []
    assert verifying.unsealed() == 0
    assert Property.history.count() > 100


@pytest.mark.django_db(transaction=True)
def test_one_process_at_a_time_adds_to_the_chain() -> None:
    make_property("02116")

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            sealing.hold_the_chain()
            other = pool.submit(_seal_and_leave)
            assert _somebody_waits_for_the_chain()
            assert Seal.objects.count() == 0
        assert other.result() is not None

    assert found() == []


def _seal_and_leave() -> Seal | None:
    try:
        return sealing.seal()
    finally:
        connection.close()


def _somebody_waits_for_the_chain() -> bool:
    """Look until somebody does, for four seconds."""
    waits = (
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
    )
    with connection.cursor() as cursor:
        for _ in range(200):
            cursor.execute("SELECT pg_sleep(0.02)")
            cursor.execute(waits)
            if cursor.fetchone()[0]:
                return True
    return False


def _write(pk: int, number: int, over: threading.Event, failures: list[str]) -> None:
    """Change a home until it is over, every third time in vain, some in long transactions."""
    draw = draws(number)
    try:
        for turn in range(100_000):
            if over.is_set():
                return
            with transaction.atomic():
                Property.objects.filter(pk=pk).update(bedrooms=turn % 50)
                over.wait(draw.choice([0, 0, 0.01, 0.05]))
                transaction.set_rollback(turn % 3 == 0)
    except Exception as error:  # a thread's error would be lost
        failures.append(repr(error))
    finally:
        connection.close()


# The commands


def test_the_commands_seal_and_verify(
    history: list[int], tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.HISTORY_HEADS = str(tmp_path / "heads")
    make_property("02116")

    call_command("seal_history")
    call_command("seal_history")
    call_command("verify_history")

    said = capsys.readouterr().out.splitlines()
    newest = Seal.objects.order_by("pk").last()
    assert newest is not None
    assert said[0] == f"Seal {newest.pk}: {newest.hash}"
    assert said[1] == "Nothing was written since the last seal."
    assert said[2] == "The history is as it was sealed; 0 versions are not sealed yet."
    assert len(said) == 3
    assert (tmp_path / "heads").read_text().split()[1:] == [str(newest.pk), newest.hash]


def test_verifying_fails_and_names_what_it_found(
    history: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    as_owner(f"DELETE FROM {HOMES} WHERE history_id = %s", history[12])

    with pytest.raises(CommandError, match="not as it was written: 1 findings"):
        call_command("verify_history")

    assert f"version {history[12]}: was removed." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "said"), [(None, "There is no file"), ("nonsense\n", "Line 1 of ")]
)
def test_bad_heads_are_told(tmp_path: Path, content: str | None, said: str) -> None:
    heads = tmp_path / "heads"
    if content:
        heads.write_text(content)

    with pytest.raises(CommandError, match=said):
        call_command("verify_history", heads=heads)


def test_a_table_that_is_never_free_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_settled", _never)

    with pytest.raises(CommandError, match="try again later"):
        call_command("seal_history")


def _never() -> dict[str, int]:
    raise sealing.Busy("The history is being written to without a gap: try again later.")
