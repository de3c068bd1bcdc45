"""`manage.py worker`: django-tasks' worker, which outlives its database and other workers."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django_tasks_db.management.commands import db_worker

from opsconsole.imports import jobs, keeping
from opsconsole.notices import telling

logger = logging.getLogger(__name__)

LOOK_EVERY = 5.0  # seconds
FORGET_EVERY = 60 * 60.0
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
        db_worker.Worker = Worker  # type: ignore[misc]
        threading.Thread(target=look_after, daemon=True).start()
        super().handle(**options)


def look_after() -> None:
    """Take up what other workers left, and forget old files, as long as the process lives."""
    forgot_at = -FORGET_EVERY
    while True:
        try:
            close_old_connections()
            jobs.take_up_again()
            if time.monotonic() - forgot_at > FORGET_EVERY:
                keeping.forget_old()
                telling.forget_old()
                forgot_at = time.monotonic()
        except LOST:
            connection.close()  # the worker itself says so
        except Exception:
            logger.exception("Looking after the imports failed")
        time.sleep(LOOK_EVERY)
