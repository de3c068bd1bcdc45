"""The end of retention: what was over goes, what was so on that day stays, the chain tells."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from bookings.models import Property
from opsconsole.history import retaining, sealing, verifying
from opsconsole.history.models import Seal, SealedPart
from staffing.models import User
from tests.factories import days, make_auditor, make_manager, make_property, make_staff
from tests.history.test_sealing import HOMES, as_owner, found

pytestmark = pytest.mark.django_db

DAY = datetime.date(2020, 1, 1)
LONG_AGO = datetime.datetime(2019, 6, 1, 12, tzinfo=datetime.UTC)


@pytest.fixture
def eve() -> User:
    return User.objects.create_superuser(
        "eve@example.com", "a-long-enough-password", full_name="Eve"
    )


@pytest.fixture
def home() -> Property:
    """Named A, B and C in 2019, D in 2021; all of it sealed."""
    home = make_property(name="A")
    for name in "BCD":
        Property.objects.filter(pk=home.pk).update(name=name)
    year = [LONG_AGO, LONG_AGO + days(1), LONG_AGO + days(2), LONG_AGO + days(700)]
    for name, at in zip("ABCD", year, strict=True):
        date("name = %s", at, name)
    sealing.seal()
    return home


def date(which: str, at: datetime.datetime, *params: object, table: str = HOMES) -> None:
    as_owner(f"UPDATE {table} SET history_date = %s WHERE {which}", at, *params)


def names(home: Property) -> str:
    return "".join(home.history.order_by("history_id").values_list("name", flat=True))


def end(by: User, before: datetime.date = DAY, **more: Any) -> int:
    return sum(retaining.end_retention(before, by=by, reason="Policy", **more).values())


def test_what_was_over_by_then_is_removed_and_what_was_then_stays(
    home: Property, eve: User
) -> None:
    assert end(eve) == 2

    assert names(home) == "CD"
    at_midnight = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    assert Property.history.as_of(at_midnight).get(pk=home.pk).name == "C"  # type: ignore[attr-defined]


def test_the_newest_version_of_what_is_there_stays_however_old(home: Property, eve: User) -> None:
    assert end(eve, datetime.date(2022, 1, 1)) == 3

    assert names(home) == "D"


def test_nothing_is_left_of_what_was_deleted_by_then(home: Property, eve: User) -> None:
    Property.objects.filter(pk=home.pk).delete()
    date("history_type = '-'", LONG_AGO + days(800))
    sealing.seal()

    assert end(eve, datetime.date(2021, 6, 1)) == 3
    assert end(eve, datetime.date(2023, 1, 1)) == 2
    assert not Property.history.exists()  # type: ignore[attr-defined]


def test_what_is_back_under_its_id_keeps_its_newest_version(home: Property, eve: User) -> None:
    """As a deletion that a switched-off trigger did not see come back."""
    Property.objects.filter(pk=home.pk).delete()
    date("history_type = '-'", LONG_AGO + days(800))
    as_owner(
        f"INSERT INTO bookings_property SELECT (jsonb_populate_record(NULL::bookings_property, "
        f"to_jsonb(h))).* FROM {HOMES} h WHERE history_type = '-'"
    )
    sealing.seal()

    end(eve, datetime.date(2023, 1, 1))

    assert [version.history_type for version in home.history.all()] == ["-"]


def test_the_history_verifies_and_tells_of_it(home: Property, eve: User) -> None:
    end(eve)

    assert found() == []
    [told] = verifying.records()
    assert told.endswith(
        "UTC: end of retention, 2 versions, by Eve. "
        "Versions that were over before 2020-01-01. Policy"
    )


def test_it_is_one_link_that_says_who_why_when_and_which(home: Property, eve: User) -> None:
    gone = list(home.history.filter(name__in="AB").values_list("history_id", flat=True))

    end(eve)

    link = Seal.objects.get(kind="retention")
    assert (link.made_by, link.reason.endswith("Policy")) == (eve, True)
    assert timezone.now() - link.made_at < datetime.timedelta(minutes=1)
    [part] = link.parts.all()
    assert (part.table, sorted(part.ids), bytes(part.digests)) == (HOMES, sorted(gone), b"")
    assert link.hash == sealing.hash_of(link)


def test_tampering_afterwards_is_named(home: Property, eve: User) -> None:
    end(eve)
    left = home.history.get(name="C").history_id

    as_owner(f"UPDATE {HOMES} SET name = 'Forged' WHERE history_id = %s", left)
    assert found() == [f"{HOMES}, version {left}: was altered."]


def test_what_was_removed_does_not_come_back(home: Property, eve: User) -> None:
    first = home.history.get(name="A").history_id
    as_owner(f"CREATE TEMPORARY TABLE kept AS SELECT * FROM {HOMES} WHERE history_id = %s", first)
    end(eve)

    as_owner(f"INSERT INTO {HOMES} SELECT * FROM kept")

    [finding] = found()
    assert finding == (
        f"{HOMES}, version {first}: is back, although the end of its retention removed it."
    )


def test_a_record_with_more_versions_than_it_had_is_named(home: Property, eve: User) -> None:
    """Whoever removes more, and adds it to the record, breaks the chain."""
    end(eve)
    part = SealedPart.objects.get(seal__kind="retention")
    one = home.history.get(name="C").history_id
    as_owner(f"DELETE FROM {HOMES} WHERE history_id = %s", one)
    SealedPart.objects.filter(pk=part.pk).update(ids=[*part.ids, one], last_id=one)

    assert found() == [f"Seal {part.seal_id}: its content is not what it was sealed with."]


def test_what_was_not_sealed_yet_is_sealed_first(home: Property, eve: User) -> None:
    Property.objects.filter(pk=home.pk).update(name="E")

    end(eve)

    assert verifying.unsealed() == 0
    kinds = list(Seal.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds[-2:] == ["seal", "retention"]


def test_the_history_goes_on(home: Property, eve: User) -> None:
    end(eve)
    Property.objects.filter(pk=home.pk).update(name="E")
    sealing.seal()
    end(eve, datetime.date(2022, 1, 1))

    assert names(home) == "DE"
    assert found() == []


def test_the_newest_hash_is_published(home: Property, eve: User, tmp_path: Path, settings: Any,
    django_capture_on_commit_callbacks: Any) -> None:  # fmt: skip
    settings.HISTORY_HEADS = str(tmp_path / "heads")

    with django_capture_on_commit_callbacks(execute=True):
        end(eve)

    newest = Seal.objects.latest("pk")
    assert newest.kind == "retention"
    assert (tmp_path / "heads").read_text().splitlines()[-1].endswith(f"{newest.pk} {newest.hash}")
    assert found(tmp_path / "heads") == []


def test_a_dry_run_changes_nothing(home: Property, eve: User) -> None:
    before = Seal.objects.count()

    assert end(eve, is_dry_run=True) == 2

    assert (names(home), Seal.objects.count()) == ("ABCD", before)


def test_nothing_to_remove_leaves_no_record(home: Property, eve: User) -> None:
    assert end(eve, datetime.date(2000, 1, 1)) == 0
    assert not Seal.objects.filter(kind="retention").exists()


def test_the_guard_is_closed_again(home: Property, eve: User) -> None:
    end(eve)

    with (
        pytest.raises(ProgrammingError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"DELETE FROM {HOMES}")


@pytest.mark.parametrize("make", [make_manager, make_auditor, make_staff])
def test_only_engineers_do_it(home: Property, make: Any) -> None:
    with pytest.raises(CommandError, match="only engineers end the retention"):
        run(make())

    assert names(home) == "ABCD"


def test_recent_versions_stay(home: Property, eve: User, settings: Any) -> None:
    settings.HISTORY_KEPT_DAYS = 30
    kept_from = timezone.localdate() - days(30)

    with pytest.raises(CommandError, match="kept for 30 days at least"):
        run(eve, before=kept_from + days(1))
    run(eve, before=kept_from)

    assert names(home) == "D"


@pytest.mark.parametrize("reason", ["", "  "])
def test_it_says_why(home: Property, eve: User, reason: str) -> None:
    with pytest.raises(CommandError, match="Say why the versions are removed"):
        run(eve, reason=reason)
    with pytest.raises(IntegrityError, match="says_who_and_why"), transaction.atomic():
        sealing.begin(Seal.Kind.RETENTION, eve)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"--as": "nobody@example.com"}, "No active colleague has the email nobody@example.com"),
        ({"--before": "1/2/2020"}, "write the date as 2026-01-31"),
        ({"--as": "\udcff"}, "No active colleague has the email"),
    ],
)
def test_what_the_command_can_not_read_is_told(
    eve: User, options: dict[str, str], said: str
) -> None:
    asked = {"--before": "2020-01-01", "--as": eve.email, "--reason": "Policy", **options}

    with pytest.raises(CommandError, match=said):
        call_command("retain_history", *(part for pair in asked.items() for part in pair))


def test_who_left_does_it_no_more(home: Property, eve: User) -> None:
    User.objects.filter(pk=eve.pk).update(is_active=False)

    with pytest.raises(CommandError, match="No active colleague"):
        run(eve)


def test_the_command_counts_and_verify_history_tells(
    home: Property, eve: User, capsys: pytest.CaptureFixture[str]
) -> None:
    run(eve, "--dry-run")
    run(eve)
    run(eve)
    call_command("verify_history")

    said = capsys.readouterr().out
    assert "A dry run: 2 versions would be removed, and nothing was." in said
    assert f"          2  {HOMES}\n" in said
    assert "2 versions are removed, and verify_history tells of it." in said
    assert "No version was over by then: nothing was removed." in said
    assert "end of retention, 2 versions, by Eve." in said


def run(by: User, *more: str, before: datetime.date = DAY, reason: str = "Policy") -> None:
    options = ["--before", str(before), "--as", by.email, "--reason", reason]
    call_command("retain_history", *options, *more)
