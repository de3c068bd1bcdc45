"""What a balancer is told: that the process is alive, and whether it can serve pages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from opsconsole import health
from opsconsole.access import standing
from opsconsole.database.checks import check_migrations_are_applied
from opsconsole.health import check_static_files_are_collected
from opsconsole.imports.management.commands import worker

pytestmark = pytest.mark.django_db

MANIFEST = "whitenoise.storage.CompressedManifestStaticFilesStorage"
READY = (200, "ready\n")


@pytest.fixture
def static_root(settings, tmp_path):
    """A console that looks its static files up in a manifest, none of them collected yet."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": MANIFEST}}
    return tmp_path


def collect(root: Any, **paths: str) -> None:
    paths = paths or {"console/console.css": "console/console.1.css"}
    (root / "staticfiles.json").write_text(json.dumps({"version": "1.1", "paths": paths}))


def start_anew(settings: Any) -> None:
    """Forget what the process has read of its static files."""
    settings.STORAGES = {**settings.STORAGES}


def ready(client: Client | None = None) -> tuple[int, str]:
    """What a process says that was not asked before, or one that was."""
    response = (client or Client()).get("/health/ready")
    assert response["Content-Type"] == "text/plain"
    return response.status_code, response.content.decode()


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


# Whoever asks


@pytest.mark.parametrize("path", ["/health/alive", "/health/ready"])
def test_health_is_told_whatever_host_asks(client, path):
    assert client.get(path, headers={"host": "10.0.0.7:8000"}).status_code == 200
    assert client.head(path, headers={"host": "10.0.0.7:8000"}).status_code == 200
    assert client.post(path).status_code == 405


def test_without_its_database_the_process_is_alive_and_not_ready(client, monkeypatch):
    def no_answer(self):
        raise OperationalError

    monkeypatch.setattr("opsconsole.health.connection.cursor", no_answer.__get__(connection))

    assert client.get("/health/alive").status_code == 200
    assert ready(client) == (503, "no database\n")


def test_a_look_that_waits_for_a_lock_is_given_up(monkeypatch):
    monkeypatch.setattr(health, "PATIENCE", 0.1)
    monkeypatch.setattr(health, "what_is_wrong", lambda: run("SELECT pg_sleep(60)"))

    assert ready() == (503, "no database\n")
    monkeypatch.undo()
    assert ready() == READY


def test_a_server_that_hangs_is_not_waited_for():
    def hang() -> None:
        try:
            with health._answered_in(0.1):
                run("SELECT pg_sleep(60)")
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as another, pytest.raises(OperationalError):
        another.submit(hang).result()  # its connection is broken off, and not the test's
    left = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query ~ "
    run(left + "'^SELECT pg_sleep'")


def test_a_refusal_of_the_database_is_told_and_logged(monkeypatch, caplog):
    monkeypatch.setattr(health, "what_is_wrong", lambda: run("SELECT no_such_function()"))

    assert ready() == (503, "database error\n")
    assert "no_such_function" in caplog.text


# The states


def test_missing_migrations_are_told():
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("bookings", "0001_initial")

    assert ready() == (503, "migrations missing\n")
    [error] = check_migrations_are_applied(None, databases=["default"])
    assert (error.id, "bookings.0001_initial" in error.msg) == ("database.E002", True)

    recorder.record_applied("bookings", "0001_initial")
    assert ready() == READY
    assert check_migrations_are_applied(None, databases=["default"]) == []


@pytest.mark.parametrize(
    "hole",
    [
        "ALTER TABLE bookings_property DISABLE ROW LEVEL SECURITY",
        "DROP POLICY staff_keep_to_their_rows ON bookings_booking",
    ],
)
def test_a_hole_in_lock_2_is_told(hole, caplog):
    run(hole)

    assert ready() == (503, "lock 2 has a hole\n")
    assert "bookings_" in caplog.text

    standing.put_up()
    assert ready() == READY


def test_a_hole_made_at_run_time_is_seen_when_the_last_look_is_old(client, monkeypatch, caplog):
    assert ready(client) == READY
    run("ALTER TABLE bookings_property DISABLE ROW LEVEL SECURITY")
    assert ready(client) == READY

    monkeypatch.setattr(health, "LOOK_EVERY", 0)
    assert ready(client) == ready(client) == (503, "lock 2 has a hole\n")
    assert caplog.text.count("Row-level security is off on bookings_property.") == 1

    standing.put_up()
    assert ready(client) == READY
    assert "Ready again." in caplog.text


def test_between_two_looks_the_database_is_only_asked_whether_it_answers(
    client, django_assert_num_queries
):
    ready(client)

    with django_assert_num_queries(1):
        assert ready(client) == READY


def test_static_files_that_were_not_collected_are_told(static_root, settings):
    assert ready() == (503, "static files missing\n")
    [error] = check_static_files_are_collected(None)
    assert (error.id, error.hint) == ("health.E001", "Run `manage.py collectstatic`.")

    start_anew(settings)
    collect(static_root)
    assert ready() == READY

    (static_root / "staticfiles.json").unlink()
    assert ready() == (503, "static files missing\n")


def test_a_process_that_read_no_manifest_has_to_be_started_anew(static_root, settings, caplog):
    ready()
    collect(static_root)

    assert ready() == (503, "static files missing\n")
    assert "start it anew" in caplog.text

    start_anew(settings)
    assert ready() == READY


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"version": "7", "paths": {"a": "b"}}',
        b'{"version": "1.1", "paths": {}}',
        b'{"version": "1.1", "paths": [1]}',
    ],
)
def test_a_manifest_that_names_nothing_is_told(static_root, content):
    (static_root / "staticfiles.json").write_bytes(content)

    assert ready() == (503, "static files missing\n")
    assert [error.id for error in check_static_files_are_collected(None)] == ["health.E001"]


def test_a_manifest_that_cannot_be_read_is_told(static_root):
    (static_root / "staticfiles.json").mkdir()

    assert ready() == (503, "static files missing\n")


def test_files_that_came_after_the_last_collecting_are_told_by_the_check(static_root):
    collect(static_root, **{"admin/css/base.css": "admin/css/base.1.css"})

    found = check_static_files_are_collected(None)

    assert len(found) == health.NAMED
    assert found[0].msg.endswith(" was not collected.")


def test_what_is_collected_is_enough(static_root, settings):
    call_command("collectstatic", interactive=False, verbosity=0)
    start_anew(settings)

    assert check_static_files_are_collected(None) == []
    assert ready() == READY


def test_without_a_manifest_in_the_settings_nothing_has_to_be_collected(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path

    assert ready() == READY
    assert check_static_files_are_collected(None) == []


def test_all_that_is_wrong_is_told(static_root):
    MigrationRecorder(connection).record_unapplied("bookings", "0001_initial")
    run("ALTER TABLE bookings_property DISABLE ROW LEVEL SECURITY")

    assert ready() == (503, "migrations missing\nlock 2 has a hole\nstatic files missing\n")


def test_the_check_of_a_deployment_asks_for_each_of_them():
    names = (
        "import django; django.setup(); from django.core.checks.registry import registry; "
        "print(*(check.__name__ for check in registry.get_checks(include_deployment_checks=True)))"
    )

    asked = subprocess.run(
        [sys.executable, "-c", names],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "opsconsole.settings"},
        check=True,
        capture_output=True,
        text=True,
    )

    assert {
        "check_migrations_are_applied",
        "check_lock_2_stands",
        "check_static_files_are_collected",
    } <= set(asked.stdout.split())


# The worker


def test_the_worker_waits_for_the_migrations(monkeypatch, caplog):
    recorder, waited = MigrationRecorder(connection), []
    recorder.record_unapplied("bookings", "0001_initial")

    def migrate_at_last(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            recorder.record_applied("bookings", "0001_initial")

    monkeypatch.setattr(worker.time, "sleep", migrate_at_last)
    worker.wait_for_migrations()

    assert len(waited) == 3
    assert caplog.text.count("run `manage.py migrate`, 1 migrations are missing.") == 1
