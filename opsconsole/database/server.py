"""The embedded server: started when first needed, left running, stopped on request."""

import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2
from psycopg2 import sql

from opsconsole.database import postmaster
from opsconsole.database.cluster import prepare_data, server_environment
from opsconsole.database.configuration import DATABASE_NAME, PORT, SUPERUSER
from opsconsole.database.errors import EmbeddedServerError
from opsconsole.database.place import Place, place_for
from opsconsole.database.private_folder import is_private, make_private
from opsconsole.database.start_lock import start_lock
from opsconsole.database.wheel import Programs, installed_programs, programs_for

PATIENCE = 60  # seconds for a start, crash recovery included
LARGEST_LOG = 5_000_000  # bytes; one older log is kept
WORTH_ANOTHER_TRY = ("pre-existing shared memory block", 'lock file "postmaster.pid"')


class Answer(IntEnum):
    """What pg_isready found, by its exit status."""

    ACCEPTING = 0
    REJECTING = 1
    SILENT = 2


class EmbeddedServer:
    """A PostgreSQL server of this checkout alone, reached by a socket in a private folder."""

    def __init__(
        self, place: Place, *, settings: Sequence[str] = (), initdb_options: Sequence[str] = ()
    ) -> None:
        self.place = place
        self.settings = settings
        self.initdb_options = initdb_options

    @property
    def url(self) -> str:
        """The address, as DATABASE_URL and psql take it."""
        folder = quote(str(self.place.socket_folder), safe="")
        return f"postgresql://{SUPERUSER}@{folder}:{PORT}/{DATABASE_NAME}"

    def answers(self) -> bool:
        """Whether the server accepts connections; no process id has a say in it."""
        return self._answer() is Answer.ACCEPTING

    def socket_is_safe(self) -> bool:
        """Whether there is a socket folder to connect through; an unsafe one is refused."""
        return is_private(self.place.socket_folder, self.place.account)

    def ensure_running(self) -> None:
        """Start the server unless it runs, and make the console's database unless it is there."""
        try:
            with start_lock(self.place):
                self._bring_up()
                self._ensure_database()
        except OSError as error:
            raise EmbeddedServerError(
                f"The embedded PostgreSQL cannot be started in {self.place.home} ({error}): make "
                "the folder writable, or set DATABASE_URL to a server of your own."
            ) from error

    def stop(self, mode: str = "fast") -> bool:
        """Stop the server and wait for its end; False when there was none to stop."""
        with start_lock(self.place):
            if self._answer() is Answer.SILENT and postmaster.running_pid(self.place) is None:
                return False
            self._stop(mode)
            return True

    def _answer(self) -> Answer:
        if not self.socket_is_safe():
            return Answer.SILENT
        command = [installed_programs().path("pg_isready"), "--quiet", f"--port={PORT}"]
        attempt = subprocess.run(  # noqa: S603
            [*command, f"--host={self.place.socket_folder}", f"--username={SUPERUSER}"],
            env=server_environment(),
        )
        return Answer(min(attempt.returncode, Answer.SILENT))

    def _bring_up(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while (answer := self._answer()) is not Answer.ACCEPTING:
            if answer is Answer.SILENT and postmaster.running_pid(self.place) is None:
                self._launch(deadline)
            if time.monotonic() > deadline:
                raise self._too_slow()
            time.sleep(0.05)

    def _launch(self, deadline: float) -> None:
        """Start the server once. A backend that outlived a crash is a reason to come again."""
        programs = programs_for(self.place.account, self.place.home)
        prepare_data(self.place, programs, *self.initdb_options)
        make_private(self.place.socket_folder, self.place.account)
        postmaster.disown(self.place)
        log_starts_at = self._trim_log()
        process = self._spawn(programs)
        while process.poll() is None and not self.answers() and time.monotonic() < deadline:
            time.sleep(0.02)
        said = self._log_tail(log_starts_at)
        if process.returncode is not None and not any(text in said for text in WORTH_ANOTHER_TRY):
            raise EmbeddedServerError(
                f"The embedded PostgreSQL did not start; the last lines of {self.place.log} "
                f"are:\n{said}"
            )
        if process.returncode is None:
            process.returncode = 0  # it is meant to outlive us: subprocess need not warn

    def _spawn(self, programs: Programs) -> "subprocess.Popen[bytes]":
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        log = os.open(self.place.log, flags, 0o600)
        self.place.account.take(self.place.log)
        try:
            return subprocess.Popen(  # noqa: S603
                [programs.path("postgres"), "-D", str(self.place.data), *self._settings()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.place.data,
                env=server_environment(),
                start_new_session=True,  # Ctrl-C in the terminal is not meant for it
                umask=0o077,
                **self.place.account.identity(),
            )
        finally:
            os.close(log)

    def _settings(self) -> list[str]:
        chosen = [
            "listen_addresses=",
            f"port={PORT}",
            f"unix_socket_directories={self.place.socket_folder}",
            "unix_socket_permissions=0700",
            "logging_collector=off",
            *self.settings,
        ]
        return [argument for setting in chosen for argument in ("-c", setting)]

    def _ensure_database(self) -> None:
        folder = str(self.place.socket_folder)
        try:
            with closing(
                psycopg2.connect(host=folder, port=PORT, user=SUPERUSER, dbname="postgres")
            ) as connection:
                connection.autocommit = True  # CREATE DATABASE runs in no transaction
                _create_if_missing(connection.cursor(), DATABASE_NAME)
        except psycopg2.Error as error:
            raise EmbeddedServerError(
                f"The embedded PostgreSQL in {self.place.home} runs, but the database "
                f"{DATABASE_NAME} could not be made: {' '.join(str(error).split())}"
            ) from error

    def _stop(self, mode: str) -> None:
        programs = programs_for(self.place.account, self.place.home)
        options = [f"--pgdata={self.place.data}", f"--mode={mode}", f"--timeout={PATIENCE}"]
        attempt = subprocess.run(  # noqa: S603
            [programs.path("pg_ctl"), "stop", "--wait", "--silent", *options],
            capture_output=True,
            text=True,
            cwd="/",
            env=server_environment(),
            **self.place.account.identity(),
        )
        if attempt.returncode != 0 and self._answer() is not Answer.SILENT:
            raise EmbeddedServerError(
                f"The embedded PostgreSQL did not stop: {' '.join(attempt.stderr.split())}"
            )

    def _trim_log(self) -> int:
        """Begin a new log when the old one is large; the answer is where this start's lines go."""
        size = self.place.log.stat().st_size if self.place.log.exists() else 0
        if size <= LARGEST_LOG:
            return size
        self.place.log.replace(self.place.log.with_suffix(".log.old"))
        return 0

    def _log_tail(self, start: int) -> str:
        with self.place.log.open("rb") as log:
            log.seek(start)
            lines = log.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-8:])

    def _too_slow(self) -> EmbeddedServerError:
        pid = postmaster.running_pid(self.place)
        remedy = f"end process {pid}" if pid else "wait for it"
        return EmbeddedServerError(
            f"The embedded PostgreSQL in {self.place.home} did not answer within {PATIENCE} "
            f"seconds: {remedy} and start again; the last lines of {self.place.log} are:\n"
            f"{self._log_tail(0)}"
        )


def _create_if_missing(cursor: Any, name: str) -> None:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    if cursor.fetchone() is None:
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


@cache
def server_of(checkout: Path) -> EmbeddedServer:
    """The embedded server of a checkout, the same object for the whole process."""
    try:
        return EmbeddedServer(place_for(checkout))
    except OSError as error:
        raise EmbeddedServerError(
            f"The embedded PostgreSQL has no place in {checkout} ({error}): make the folder "
            "writable, or set DATABASE_URL to a server of your own."
        ) from error
