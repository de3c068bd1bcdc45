"""`python -m tests.proofs.kills [HOW_MANY] [--seed N]`: kill -9 who does an import or its undo.

At any moment, and in turn the web process while it takes a file in, the worker, a process of
PostgreSQL, upon which the server throws every connection out and recovers, and PostgreSQL as a
whole, which is started again. After each kill the database must hold an import wholly or not at
all, and say so; in the end it goes on, or fails plainly. Exit 1 where it does not.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from opsconsole.database import postmaster
from opsconsole.database.account import account_for_new_data
from opsconsole.database.place import Place
from opsconsole.database.server import EmbeddedServer
from tests.scale import SEED
from tests.throwaway_supervisor import make_home

ROWS = 20_000
LONGEST = 6.0  # seconds until a kill: an import takes about as long
CHECKOUT = Path(__file__).resolve().parents[2]
UNDONE = 0.3  # of the imports that are done, at each look
NEXT = {"uploaded": "preview", "previewed": "commit"}
VICTIMS = ("web", "worker", "a process of PostgreSQL", "PostgreSQL")
TAKE_IN = """
import io, time
import django; django.setup()
from django.db import transaction
from bench.files import file_of
from bookings.resources import PropertyResource
from opsconsole.imports import jobs, steps
from staffing.models import User
mona = User.objects.get(user_type="manager")
own = b"%d" % time.time_ns()  # no home of another file
text = file_of({rows}).getvalue().replace(b"I-", own + b"-").replace(b"Main", own)
with transaction.atomic():
    batch = steps.upload(PropertyResource(), mona, "homes.csv", io.BytesIO(text))
    jobs.ask(batch, "preview", mona)
"""


def main(kills: int, seed: int) -> int:
    """Kill so often, and tell what became of the imports."""
    account = account_for_new_data()
    home = make_home(account)
    # Only the machine itself could lose what is not synced.
    server = EmbeddedServer(Place(home, account), settings=("fsync=off", "max_connections=200"))
    try:
        account.take(home)
        server.ensure_running()
        os.environ |= {
            "DATABASE_URL": server.url,
            "DEBUG": "1",
            "DJANGO_SETTINGS_MODULE": "opsconsole.settings",
        }
        return _run(kills, seed, server)
    finally:
        server.stop("immediate")
        shutil.rmtree(home)


def _run(kills: int, seed: int, server: EmbeddedServer) -> int:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from bench.company import PEOPLE, ZIP_CODES
    from tests.factories import make_manager

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(ZIP_CODES, {"zips": 3_000})
        cursor.execute(PEOPLE, {"owners": 3_000})
    make_manager()
    draw, seen = random.Random(seed), Counter[str]()
    for number in range(kills):
        victim = VICTIMS[number % len(VICTIMS)]
        _kill_one(victim, draw, server)
        seen[f"killed {victim}"] += 1
        connection.close()
        seen.update(_look())
        _go_on(draw)
    _finish()
    seen.update(_look())
    for what, condition in (
        ("imports done", "status IN ('committed', 'undone')"),
        ("imports done and then undone", "status = 'undone'"),
        ("imports not done", "status NOT IN ('committed', 'undone')"),
        ("imports whose last step a worker died over", "attempts > 1"),
    ):
        [(seen[what],)] = _ask(f"SELECT count(*) FROM imports_importbatch WHERE {condition}")
    for what, count in sorted(seen.items()):
        print(f"{count:6}  {what}")
    return 1 if any(what.startswith("WRONG") for what in seen) or not seen["imports done"] else 0


def _kill_one(victim: str, draw: random.Random, server: EmbeddedServer) -> None:
    if victim == "web":
        process = _start(sys.executable, "-c", TAKE_IN.format(rows=ROWS))
        time.sleep(draw.uniform(0.5, LONGEST))
    else:
        process = _start(sys.executable, "manage.py", "worker", "--no-reload", "--interval", "0.1")
        time.sleep(draw.uniform(1.0, LONGEST))
    if victim == "a process of PostgreSQL" and (pid := _backend_of_the_worker()):
        os.kill(pid, signal.SIGKILL)
        time.sleep(1)  # the worker has to notice and outlive it
    if victim == "PostgreSQL" and (pid := postmaster.running_pid(server.place)):
        os.kill(pid, signal.SIGKILL)
        time.sleep(1)
        server.ensure_running()
    process.kill()
    process.wait()


def _start(*command: str) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=CHECKOUT, stdout=quiet, stderr=quiet)


def _backend_of_the_worker() -> int | None:
    """The process of the server that is busiest for somebody else."""
    rows = _ask(
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' "
        "AND pid <> pg_backend_pid() ORDER BY xact_start NULLS LAST LIMIT 1"
    )
    return int(rows[0][0]) if rows else None


def _look() -> Counter[str]:
    """What the database holds of each import, beside what it says of it."""
    found = Counter[str]()
    for status, create, kept, size, made, versions in _ask(
        "SELECT b.status, b.create, (SELECT coalesce(sum(length(content)), 0) FROM "
        "imports_uploadedpart p WHERE p.batch_id = b.id), b.size, "
        "(SELECT count(*) FROM bookings_property h WHERE h.import_batch_id = b.id), "
        "(SELECT count(*) FROM bookings_historicalproperty v WHERE v.batch_id = b.id) "
        "FROM imports_importbatch b"
    ):
        if kept != size:
            found["WRONG: a file in parts"] += 1
        if (made, versions) not in ((0, 0), (create, create), (0, 2 * create)):
            found["WRONG: partly imported or undone"] += 1
        says = {"committed": (create, create), "undone": (0, 2 * create)}.get(status, (0, 0))
        if (made, versions) != says:
            found["WRONG: says it is done and is not, or the other way round"] += 1
    return found


def _go_on(draw: random.Random) -> None:
    """As people would: import what is previewed, undo one or the other, try again what failed."""
    from opsconsole.imports import jobs
    from opsconsole.imports.models import ImportBatch
    from staffing.models import User

    mona = User.objects.get(user_type="manager")
    # The next worker need not wait until it can be sure that the last one is dead.
    _ask("UPDATE imports_importbatch SET asked_at = asked_at - interval '1 minute' RETURNING id")
    for batch in ImportBatch.objects.filter(in_progress="").exclude(status="undone"):
        if batch.status != "committed":
            jobs.ask(batch, NEXT[batch.status], mona)
        elif draw.random() < UNDONE:
            jobs.ask(batch, "undo", mona)


def _finish() -> None:
    """Let a worker do what is left."""
    process = _start(sys.executable, "manage.py", "worker", "--no-reload", "--interval", "0.1")
    ends = time.monotonic() + 120
    while time.monotonic() < ends and _ask(
        "SELECT 1 FROM imports_importbatch WHERE in_progress <> '' LIMIT 1"
    ):
        time.sleep(1)
    process.kill()
    process.wait()


def _ask(sql: str) -> list[tuple[object, ...]]:
    from django.db import OperationalError, connection

    for _ in range(100):
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall())
        except OperationalError:  # recovering
            connection.close()
            time.sleep(0.2)
    raise RuntimeError("The database did not come back.")


if __name__ == "__main__":
    asked = argparse.ArgumentParser(prog="python -m tests.proofs.kills")
    asked.add_argument("kills", nargs="?", type=int, default=100)
    asked.add_argument("--seed", type=int, default=SEED)
    sys.exit(main(**vars(asked.parse_args())))
