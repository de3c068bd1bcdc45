"""`manage.py worker`: django-tasks' worker, which outlives its database and other workers."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django_tasks_db.management.commands import db_worker

from opsconsole.database import housekeeping
from opsconsole.database.checks import unapplied_migrations

logger = logging.getLogger(__name__)

LOOK_EVERY = 5.0  # seconds
LOST = (OperationalError, InterfaceError)


class Worker(db_worker.Worker):
    """Goes on when the database comes back."""

    def run(self) -> None:
        while self.running:
            try:
                super().run()
            except LOST as error:
                logger.warning("The database can't be reached, trying again: %s", error)
                connection.close()
                time.sleep(self.interval or 1)
            else:
                return


class Command(db_worker.Command):
    """Does what the console leaves to the background."""

    help = "Do the console's background work: imports, and what has to be looked after."

    def handle(self, **options: Any) -> None:
        wait_for_migrations()
        db_worker.Worker = Worker  # type: ignore[misc]
        threading.Thread(target=look_after, daemon=True).start()
        super().handle(**options)


def wait_for_migrations() -> None:
    """Begin once the database is as far as this code: a deployment may start the worker first."""
    told = ""
    while saying := _what_to_wait_for():
        if saying != told:
            logger.warning("The worker waits: %s", saying)
        told = saying
        time.sleep(LOOK_EVERY)


def _what_to_wait_for() -> str:
    try:
        missing = unapplied_migrations()
    except LOST as error:
        connection.close()
        return f"the database can't be reached: {error}"
    return f"run `manage.py migrate`, {len(missing)} migrations are missing." if missing else ""


def look_after() -> None:
    """Do the console's housekeeping as long as the process lives."""
    chores = housekeeping.chores()
    while True:
        for chore in chores:
            try:
                close_old_connections()
                chore.do_if_due()
            except LOST:
                connection.close()  # the worker itself says so
            except Exception:
                logger.exception("A chore failed: %s", chore)
        time.sleep(LOOK_EVERY)
