"""JIT is off wherever the console asks its database, whatever the server or the session says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connection

from bookings.management.commands import sync_tasks
from opsconsole.access import local, lock
from opsconsole.access.acting import Source, acting
from opsconsole.access.lock import held_to, unlocked
from opsconsole.imports import jobs
from opsconsole.imports.models import ImportBatch
from tests.factories import make_manager, make_plan, make_staff
from tests.imports.files import home, uploaded

pytestmark = pytest.mark.django_db

CHOSEN = """
    SELECT setconfig FROM pg_db_role_setting
    WHERE setrole = (SELECT oid FROM pg_roles WHERE rolname = session_user)
    AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def asked(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def jit() -> str:
    [(value,)] = asked("SHOW jit")
    return value


def alter_login(how: str) -> None:
    run(local.CHOOSE_JIT.replace("SET jit = off", how))


@pytest.fixture
def seen():
    """A session that begins with JIT; what was found then."""
    run("SET jit = on")
    return []


def test_in_a_request(sign_in, seen, monkeypatch):
    monkeypatch.setattr(
        "opsconsole.site.ConsoleSite.get_sidebar_list", lambda *_: seen.append(jit()) or []
    )

    sign_in(make_staff()).get("/")

    assert seen == ["off"]


def test_in_a_stream(seen):
    assert list(lock.stream(make_manager(), lambda person: iter([jit()]))) == ["off"]


def test_in_a_job(seen, monkeypatch):
    mona = make_manager()
    batch = uploaded(mona, home("H-1"))
    monkeypatch.setitem(jobs.DO, ImportBatch.Step.PREVIEW, lambda *_: seen.append(jit()))

    jobs.ask(batch, ImportBatch.Step.PREVIEW, mona)
    jobs.do_step.call(batch.pk)

    assert seen == ["off"]


def test_in_a_command(seen, monkeypatch):
    make_plan()
    monkeypatch.setattr(
        sync_tasks, "plan_work", lambda homes: seen.append(jit()) or SimpleNamespace(counts={})
    )

    call_command("sync_tasks", stdout=StringIO())

    assert seen == ["off"]


@pytest.mark.parametrize(
    "around", [lambda: acting(source=Source.COMMAND), lambda: held_to(make_staff()), unlocked]
)
def test_in_a_block_under_settings(seen, around):
    with around():
        assert jit() == "off"


def test_the_end_of_the_transaction_is_the_end_of_it():
    def outside_of_any_transaction() -> list[str]:
        run("SET jit = on")
        with acting(source=Source.COMMAND):
            inside = jit()
        try:
            return [inside, jit()]
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as another:
        assert another.submit(outside_of_any_transaction).result() == ["off", "on"]


# The login


def test_sessions_begin_without_it_once_migrated():
    def new_session() -> str:
        try:
            return jit()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as another:
        assert another.submit(new_session).result() == "off"
    assert asked(CHOSEN) == [(["jit=off"],)]


def test_a_migrate_chooses_once():
    alter_login("RESET jit")
    assert asked(CHOSEN) == []

    local.switch_jit_off()
    written = asked("SELECT xmin, setconfig FROM pg_db_role_setting")
    assert asked(CHOSEN) == [(["jit=off"],)]

    local.switch_jit_off()
    assert asked("SELECT xmin, setconfig FROM pg_db_role_setting") == written


def test_what_somebody_chose_stays():
    alter_login("SET jit = on")

    local.switch_jit_off()

    assert asked(CHOSEN) == [(["jit=on"],)]


def test_a_server_that_refuses_it_stops_no_migrate(monkeypatch, caplog):
    alter_login("RESET jit")
    monkeypatch.setattr(local, "CHOOSE_JIT", "ALTER ROLE nobody_of_this_name SET jit = off")

    local.switch_jit_off()

    assert "JIT stays as the server has it" in caplog.text
    assert asked(CHOSEN) == []
