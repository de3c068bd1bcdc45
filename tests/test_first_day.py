"""The first day, by the commands of docs/first-day.md as they stand there.

In the suite they run inside this process, on the test's own database; as a proof every line by a
shell, from the SQL that makes a database on.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection

from bookings.demo.rows import rows_of
from bookings.models import AwayPlan, Property, Task
from opsconsole.imports.models import ImportBatch
from staffing.models import User, ZipAssignment, ZipCode
from tests.scale import IS_WHOLE

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "first-day.md").read_text()
MANAGE = [".venv/bin/python", "manage.py"]
# What only a whole deployment has: static files of its own, production's settings.
OF_A_DEPLOYMENT = {"migrate", "collectstatic", "check"}


def commands() -> list[str]:
    """The lines of the fenced shell blocks, in order, continued ones as one."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]


def taken_apart(line: str) -> tuple[dict[str, str], list[str]]:
    """The variables that a line sets, and its words."""
    words = shlex.split(line)
    count = next(at for at, word in enumerate(words) if not re.match(r"[A-Z_]+=", word))
    return dict(word.split("=", 1) for word in words[:count]), words[count:]


def run_here(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the shell would, but in this process."""
    variables, words = taken_apart(line)
    if words[:2] != MANAGE or words[2] in OF_A_DEPLOYMENT:
        return
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    call_command(*words[2:])


def made_of_fixtures() -> dict[str, int]:
    """The demo company, counted in fixtures/ without the console's help."""
    lifecycles = {home["external_ref"]: home["lifecycle"] for home in rows_of("properties")}
    return {
        "people": len(rows_of("people")),
        "served": len(rows_of("zip_codes_served")),
        "homes": len(rows_of("properties")),
        "assignments": sum(
            not row["ends_in_days"] or int(row["ends_in_days"]) > 0
            for row in rows_of("assignments")
        ),
        "plans": sum(
            int(row["starts_in_days"]) + int(row["nights"]) > 0
            and lifecycles[row["property"]] == "active"
            for row in rows_of("away_plans")
        ),
    }


def counted() -> dict[str, int]:
    """What is in the database, but for the engineer."""
    return {
        "people": User.objects.exclude(email="erin@example.com").count(),
        "served": ZipCode.objects.served().count(),
        "homes": Property.objects.count(),
        "assignments": ZipAssignment.objects.count(),
        "plans": AwayPlan.objects.count(),
    }


def check_the_day() -> None:
    """The company is there, from files alone, and its first plan is approved."""
    assert counted() == made_of_fixtures()
    assert User.objects.filter(import_batch=None).values_list("email").get() == (
        "erin@example.com",
    )
    assert not ImportBatch.objects.exclude(reject=0).exists()
    [plan] = AwayPlan.objects.filter(status="approved").select_related("property", "decided_by")
    assert plan.property.external_ref == "NH-0149"
    assert plan.decided_by.email == "kwame.asantereid@example.com"
    assert Task.objects.filter(away_plan=plan).exclude(assignee=None).exists()
    statuses = set(AwayPlan.objects.values_list("status", flat=True))
    assert statuses <= {"draft", "submitted", "approved"}
    assert AwayPlan.objects.filter(status="submitted").count() > 100


@pytest.mark.django_db
def test_the_first_day_by_its_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    if IS_WHOLE:
        by_a_shell(tmp_path)
        return
    monkeypatch.chdir(tmp_path)

    for line in commands():
        run_here(line, monkeypatch)

    check_the_day()
    printed = capfd.readouterr().out
    assert printed.count("https://console.example.com/sign-in-link/") == 12


def test_the_page_counts_what_the_fixtures_have() -> None:
    found = made_of_fixtures()

    for number, what in (
        (found["people"], "people"),
        (found["served"], "ZIP codes"),
        (found["homes"], "homes"),
        (found["plans"], "plans of active homes"),
    ):
        assert f"{number} {what}" in " ".join(PAGE.split())
    assert f"the {found['assignments']} assignments" in " ".join(PAGE.split())


def by_a_shell(tmp_path: Path) -> None:
    """A role and a database by the page's SQL, and every command a process of its own."""
    [sql] = re.findall(r"^```sql\n(.*?)^```", PAGE, re.M | re.S)
    name, role = f"console_{os.getpid()}", f"console_{os.getpid()}"
    server = connection.get_connection_params()
    for statement in sql.replace("console", name).split(";"):
        if statement.strip():
            _alone(server, statement)
    # The test's own database has made the console's two roles here already, as another user.
    _alone(server, f"GRANT console_staff, console_office TO {role}")
    [owner, password] = [role, "choose-a-long-one"]
    host, port = server["host"], server.get("port", 5432)
    environment = {
        **{key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG")},
        "DATABASE_URL": f"postgres://{owner}:{password}@/{name}?host={host}&port={port}",
        "SECRET_KEY": "a-long-one-for-this-day-alone" * 3,
        "DOOR_CODE_KEYS": Fernet.generate_key().decode(),
        "ALLOWED_HOSTS": "console.example.com",
    }
    folder = tmp_path / "first-day"
    try:
        for line in commands():
            line = line.replace("first-day", str(folder))
            done = subprocess.run(
                ["sh", "-c", line], cwd=ROOT, env=environment, capture_output=True, text=True
            )
            assert done.returncode == 0 or " plans submit " in line, f"{line}\n{done.stderr}"
        counts = _alone(
            {**server, "dbname": name},
            "SELECT (SELECT count(*) FROM staffing_user WHERE import_batch_id IS NOT NULL),"
            "(SELECT count(*) FROM staffing_zipcode WHERE is_served),"
            "(SELECT count(*) FROM bookings_property),"
            "(SELECT count(*) FROM staffing_zipassignment),"
            "(SELECT count(*) FROM bookings_awayplan),"
            "(SELECT count(*) FROM bookings_awayplan WHERE status = 'approved')",
        )
        assert counts == (*made_of_fixtures().values(), 1)
    finally:
        _alone(server, f"DROP DATABASE {name} WITH (FORCE)")
        _alone(server, f"DROP OWNED BY {role}")
        _alone(server, f"DROP ROLE {role}")


def _alone(server: dict[str, Any], statement: str) -> Any:
    """One statement as the server's superuser, outside any transaction."""
    known = ("host", "port", "user", "password", "dbname")
    link = psycopg2.connect(**{key: server[key] for key in known if server.get(key)})
    try:
        link.autocommit = True
        with link.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone() if cursor.description else None
    finally:
        link.close()
