"""Steps in the background: done once, taken up again, stopped, and told of when they end."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django_tasks_db.models import DBTaskResult

from bookings.models import Property
from bookings.resources import PropertyResource
from opsconsole.imports import jobs, progress, steps
from opsconsole.imports.models import ImportBatch, Progress
from opsconsole.imports.problems import Drifted
from opsconsole.notices.models import Notice
from staffing.models import User
from tests.factories import make_manager, make_property
from tests.imports.files import home, imported, previewed, uploaded

pytestmark = pytest.mark.django_db

Step = ImportBatch.Step


def work() -> None:
    """What a worker does with the tasks that are ready."""
    for result in list(DBTaskResult.objects.ready()):
        result.task.call(*result.args_kwargs["args"])
        result.set_successful(None)


def state(batch: ImportBatch) -> tuple[str, str, str]:
    batch.refresh_from_db()
    return batch.status, batch.in_progress, batch.failure


def test_each_step_can_be_done_by_a_worker(mona: User) -> None:
    batch = uploaded(mona, home("H-1"))

    jobs.ask(batch, Step.PREVIEW, mona)
    assert state(batch) == ("uploaded", "preview", "")
    work()
    assert state(batch) == ("previewed", "", "")

    jobs.ask(batch, Step.COMMIT, mona)
    work()
    assert state(batch) == ("committed", "", "")
    assert Property.objects.get().history.get().history_user == mona

    jobs.ask(batch, Step.UNDO, mona)
    work()
    assert state(batch) == ("undone", "", "")
    assert not Property.objects.exists()


def test_who_undid_anothers_import_is_led_to_what_was_undone(mona: User) -> None:
    batch, max_ = imported(mona, home("H-1")), make_manager("Max")
    jobs.ask(batch, Step.UNDO, max_)
    work()

    notice = Notice.objects.get()
    assert (notice.person, notice.link) == (max_, f"/bookings/property/import/{batch.pk}/undo/")
    assert notice.sentence.endswith("homes.csv: 1 deleted, 0 as before, 0 kept.")


def test_who_asked_is_told_when_it_ends(mona: User, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = previewed(mona, home("H-1"))
    jobs.ask(batch, Step.COMMIT, mona)
    work()
    jobs.ask(batch, Step.PREVIEW, mona)
    work()

    failed, done = Notice.objects.order_by("-pk")
    assert {failed.person, done.person} == {mona}
    assert done.sentence.startswith("Imported homes.csv: 1 row: 1 new")
    assert "ended: " in failed.sentence
    assert done.link == f"/bookings/property/import/{batch.pk}/progress/"


def test_one_step_at_a_time(mona: User) -> None:
    batch = previewed(mona, home("H-1"))
    jobs.ask(batch, Step.COMMIT, mona)

    with pytest.raises(Drifted, match="nothing was imported") as busy:
        jobs.ask(batch, Step.PREVIEW, mona)

    assert busy.value.lines == [(None, "This import is busy: Importing.")]


def test_a_task_too_many_does_nothing(mona: User) -> None:
    batch = previewed(mona, home("H-1"))
    jobs.ask(batch, Step.COMMIT, mona)
    jobs.do_step.enqueue(batch.pk)

    work()

    assert state(batch) == ("committed", "", "")
    assert Property.history.count() == 1  # type: ignore[attr-defined]


def test_what_drifted_is_told_and_nothing_written(mona: User) -> None:
    batch = previewed(mona, home("H-1"))
    jobs.ask(batch, Step.COMMIT, mona)
    make_property(external_ref="H-9", street="1 Olive St")

    work()

    status, in_progress, failure = state(batch)
    assert (status, in_progress) == ("previewed", "")
    assert "Line 2: was new, is now rejected" in failure
    assert Property.objects.count() == 1


def test_somebody_who_left_imports_nothing(mona: User) -> None:
    batch = previewed(mona, home("H-1"))
    jobs.ask(batch, Step.COMMIT, mona)
    User.objects.filter(pk=mona.pk).update(is_active=False)

    work()

    assert state(batch)[2] == "Who asked for this does not work here any more: nothing was done."
    assert not Property.objects.exists()


def test_a_step_whose_worker_died_is_taken_up_again(mona: User) -> None:
    batch = previewed(mona, home("H-1"))
    jobs.ask(batch, Step.COMMIT, mona)
    DBTaskResult.objects.all().delete()  # claimed by a worker that is no more

    assert jobs.take_up_again() == 0, "a worker may just be beginning"
    long_ago = batch.asked_at - 2 * jobs.PATIENCE  # type: ignore[operator]
    ImportBatch.objects.update(asked_at=long_ago)
    assert jobs.take_up_again() == 1
    work()

    assert state(batch) == ("committed", "", "")


def test_a_step_that_kills_its_workers_is_given_up(mona: User) -> None:
    batch = previewed(mona, home("H-1"))
    jobs.ask(batch, Step.COMMIT, mona)
    ImportBatch.objects.update(attempts=jobs.ATTEMPTS)

    work()

    assert state(batch) == ("previewed", "", jobs.GAVE_UP)
    assert not Property.objects.exists()


def test_what_breaks_is_told_plainly(mona: User, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = previewed(mona, home("H-1"))
    jobs.ask(batch, Step.COMMIT, mona)
    monkeypatch.setitem(jobs.DO, Step.COMMIT, lambda *args: 1 / 0)

    work()

    assert state(batch) == ("previewed", "", jobs.BROKE)


def test_a_lost_database_leaves_the_step_to_be_taken_up(
    mona: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*args: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    batch = previewed(mona, home("H-1"))
    jobs.ask(batch, Step.COMMIT, mona)
    monkeypatch.setitem(jobs.DO, Step.COMMIT, lose)

    with pytest.raises(OperationalError):
        work()

    assert state(batch) == ("previewed", "commit", "")


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_outside_and_a_stop_heard_inside(
    mona: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(batch: ImportBatch, resource: PropertyResource, person: Any) -> None:
        Property.objects.all().delete()
        progress.tell("Reading the rows", 2000)
        seen.append(Progress.objects.get(batch=batch).done)
        ask_to_stop_elsewhere()
        progress.tell("Writing")

    seen: list[int] = []
    monkeypatch.setattr(jobs, "BEAT", 0.0)
    monkeypatch.setitem(jobs.DO, Step.COMMIT, slow)
    make_property()
    batch = uploaded(mona, home("H-1"))
    jobs.ask(batch, Step.COMMIT, mona)

    work()

    assert seen == [2000]
    assert state(batch)[1:] == ("", jobs.STOPPED)
    assert Property.objects.count() == 1


def ask_to_stop_elsewhere() -> None:
    """As from the web: on another connection."""
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("UPDATE imports_progress SET asked_to_stop = true")
    other.close()


def test_a_stop_within_a_copy_is_a_stop(mona: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(doing: str, done: int) -> None:
        raise jobs.Stopped

    batch = uploaded(mona, home("H-1"))

    with pytest.raises(Exception, match=r"Stopped|COPY"), progress.told_to(stop):
        steps.preview(batch, PropertyResource(), mona)

    assert state(batch)[0] == "uploaded"


def test_an_import_that_is_undone_stays_undone(mona: User) -> None:
    batch = imported(mona, home("H-1"))
    jobs.ask(batch, Step.UNDO, mona)
    work()
    jobs.ask(batch, Step.UNDO, mona)

    work()

    assert "only what is imported can be undone" in state(batch)[2]
