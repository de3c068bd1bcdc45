"""The second opinion on who may see what: the console agrees with it, and it can disagree."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace

import pytest
from django.db import connection, transaction
from django.db.models import Q

from bookings.models import Property
from bookings.resources import PropertyResource
from opsconsole.access.scopes import ByZipCode
from opsconsole.imports import steps
from tests.factories import make_manager, make_property
from tests.oracle import __main__ as command
from tests.oracle import endpoints
from tests.oracle.judge import Finding, Probe, Tally, judge_write
from tests.oracle.model import Assignment, Home, Model, Note, Person, Plan
from tests.oracle.run import Share, UnknownEndpoints, run, shares
from tests.oracle.tables import REFERENCE, Watch, empty, strays, tables
from tests.scale import SEED, size

pytestmark = pytest.mark.django_db

PROBES = size(120, 2_500)


@pytest.mark.parametrize("lock", ["both", "app", "db"])
def test_with_both_locks_and_with_each_alone_the_console_answers_as_the_model_says(lock):
    tally = run(shares(PROBES, SEED, lock))

    assert tally.findings == []
    assert tally.probes == PROBES
    assert tally.shown + tally.effects > 0  # or nothing would have been denied wrongly


# It finds what is wrong


# In two worlds of three or more, one of 60 probes shows what is weakened below: that none of 30
# worlds does is less likely than one in a hundred million. As a rule the first world does.
WORLDS, EACH = 30, 60
FEW, MANY = 12, 80  # events before the first probe


def found(lock: str, about: str, kind: str = "", events: int = FEW) -> bool:
    """Whether there is a wrong answer of this kind in one of many worlds; the first ends it."""

    def is_meant(finding: Finding) -> bool:
        return finding.kind.startswith(kind)

    worlds = [
        replace(share, events=events) for share in shares(WORLDS * EACH, SEED, lock, EACH, about)
    ]
    return any(map(is_meant, run(worlds, is_meant).findings))


@pytest.mark.parametrize("kind", ["leak", "foreign write"])
def test_without_locks_it_reports_leaks_and_foreign_writes(kind):
    assert found("none", "bookings_", kind)


# A statement, the pages to ask for, and how much should have happened before.
WEAKENED = [
    ("ALTER TABLE bookings_booking DISABLE ROW LEVEL SECURITY", "bookings_booking", FEW),
    (
        "ALTER POLICY staff_keep_to_their_rows ON bookings_property USING (true)",
        "bookings_property_change",
        FEW,
    ),
    (
        "ALTER POLICY staff_read_their_versions ON bookings_historicalproperty USING (true)",
        "bookings_property_history",
        MANY,  # homes that moved and were rewritten have versions that are not their staff's
    ),
    ("DROP POLICY staff_keep_to_their_rows ON bookings_awayplan", "bookings_awayplan", FEW),
]


@pytest.mark.parametrize(("statement", "about", "events"), WEAKENED)
def test_one_policy_missing_is_found_where_lock_2_stands_alone(statement, about, events):
    with connection.cursor() as cursor:
        cursor.execute(statement)

    assert found("db", about, events=events)


def test_the_scope_of_lock_1_missing_is_found_where_it_stands_alone(monkeypatch):
    monkeypatch.setattr(ByZipCode, "rows_for", lambda scope, model, person: Q())

    assert found("app", "bookings_", "leak")


def whenever_a_home_is_changed(statement):
    """Have the database do something more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION something_more() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql "
            f"AS $$ BEGIN {statement}; RETURN NULL; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER zz_more AFTER UPDATE ON bookings_property "
            "FOR EACH ROW EXECUTE FUNCTION something_more()"
        )


NOTES_FOLLOW = "notes_lie_in_their_propertys_zip_code"


def test_a_note_that_leaves_its_home_is_found():
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE bookings_recordnote DROP CONSTRAINT notes_lie_in_their_propertys_zip_code"
        )
    whenever_a_home_is_changed(
        "UPDATE bookings_recordnote n SET zip_code_id = (SELECT min(id) FROM staffing_zipcode "
        "WHERE id <> n.zip_code_id) WHERE property_id = NEW.id"
    )

    assert found("both", "bookings_property_change", "foreign write")


def test_a_write_to_a_table_that_no_request_writes_to_is_found():
    whenever_a_home_is_changed(
        "INSERT INTO auth_group (name) VALUES (clock_timestamp()::text)",
    )

    assert found("both", "bookings_property_change", "foreign write")


# What may be taken along by a change


MAY, OTHER, HOME, AWAY, THERE = 1, 2, 3, 10, 11
HOME_ROW, NOTE_ROW, PLAN_ROW = ("home", HOME), ("note", 5), ("plan", 4)


@pytest.fixture
def company() -> Model:
    """A manager (1), and somebody of staff (2) who looks after where a home with its note lies."""
    model = Model(
        people={MAY: Person("manager"), OTHER: Person("staff"), 9: Person("rerenter")},
        zips={AWAY: "America/New_York", THERE: "America/New_York"},
        homes={HOME: Home(9, AWAY)},
        plans={4: Plan(HOME, "draft", None, hosting=True)},
        notes={5: Note(HOME_ROW, OTHER)},
    )
    today = model.today(AWAY)
    model.assignments[7] = Assignment(OTHER, AWAY, today, None)
    return model


def rows(home, note, plan=AWAY, **more):
    return {
        HOME_ROW: {"zip_code_id": home},
        NOTE_ROW: {"zip_code_id": note, "property_id": HOME, "text": "x", **more},
        PLAN_ROW: {"zip_code_id": plan, "property_id": HOME},
    }


@pytest.mark.parametrize(
    ("who", "after", "wrong"),
    [
        (MAY, rows(THERE, THERE, THERE), 0),
        (OTHER, rows(THERE, THERE, THERE), 3),  # staff move no home, nor what is its own
        (MAY, rows(AWAY, THERE), 1),  # without its home
        (MAY, rows(AWAY, AWAY, THERE), 1),
        (MAY, rows(THERE, 12, THERE), 1),  # not where its home went
        (MAY, rows(THERE, AWAY, THERE), 0),  # which the database refuses, not the model
        (MAY, rows(THERE, THERE, THERE, text="y"), 1),  # and something else with it
        (OTHER, rows(AWAY, AWAY, text="y"), 1),
    ],
)
def test_what_is_a_homes_own_goes_where_the_home_goes_and_nowhere_else(company, who, after, wrong):
    judged = judge_write(company, Probe(who, "", "/", data={}), rows(AWAY, AWAY), after)

    named = "; ".join(finding.detail for finding in judged)
    assert named.count("changed in") == wrong, named


@pytest.mark.parametrize(
    ("who", "person", "about", "wrong"),
    [
        (OTHER, MAY, "bookings.property:3", False),
        (MAY, OTHER, "bookings.awayplan:4", False),
        (MAY, 9, "bookings.property:3", True),  # who does not see the record
        (9, OTHER, "bookings.property:3", True),
        (OTHER, MAY, "", True),  # of nothing: one's own import alone
        (OTHER, OTHER, "", False),
    ],
)
def test_who_sees_a_record_is_told_of_it_and_nobody_else(company, who, person, about, wrong):
    after = {("notice", 1): {"person_id": person, "about": about}}

    judged = judge_write(company, Probe(who, "", "/", data={}), {}, after)

    assert bool(judged) is wrong


# The tables


def rows_of(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}"')
        return cursor.fetchone()[0]


def test_it_runs_where_files_were_imported():
    who = make_manager()
    steps.upload(PropertyResource(), who, "homes.csv", b"Reference,Name\nR-1,A\n")
    assert rows_of("imports_uploadedpart")

    assert run(shares(2, SEED)).probes == 2


def test_every_table_of_the_database_is_emptied():
    make_property()
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        there = {table for (table,) in cursor.fetchall()}
    kept = {model._meta.db_table for model in REFERENCE} | {"django_migrations"}

    empty()

    assert there == set(tables()) | {"django_migrations"}
    assert {table for table in there if rows_of(table)} == kept


def test_a_write_is_seen_in_its_table_also_after_one_that_was_taken_back():
    watch = Watch()
    watch.keep()
    with transaction.atomic():
        home = make_property()
        _, written = watch.look()
        transaction.set_rollback(True)

    assert "bookings_property" in written
    assert watch.look()[1] == set()

    home.pk = None
    home.owner.pk = home.zip_code.pk = None
    home = make_property()
    at, written = watch.look()

    assert at["home", home.pk]["name"] == home.name
    assert {"bookings_property", "bookings_historicalproperty"} <= written
    assert strays(written | {"auth_group"}) == {"auth_group"}


def test_nothing_is_left_behind():
    home = make_property()

    run(shares(20, SEED))

    assert list(Property.objects.values_list("pk", flat=True)) == [home.pk]


def test_a_world_is_the_same_each_time_and_whatever_was_asked_before():
    wanted = Share(seed=3, world=2, probes=20, locks="none")
    first = run([wanted])
    again = run([Share(seed=3, world=1, probes=5, locks="none"), wanted])

    told = [(f.probe, f.kind, f.person) for f in again.findings if f.world == wanted.world]
    assert [(f.probe, f.kind, f.person) for f in first.findings] == told
    assert told


def test_a_page_without_a_rule_stops_it(monkeypatch):
    monkeypatch.delitem(endpoints.OF_THEIR_OWN, "search")

    with pytest.raises(UnknownEndpoints, match="search"):
        run(shares(1, SEED))


# The command


def options(*arguments: str) -> argparse.Namespace:
    return command.parser().parse_args(arguments)


def test_the_command_asks_in_the_worlds_that_are_named():
    named = options("--seed", "7", "--probes", "450", "--lock", "all", "--about", "bookings_")

    asked = command.asked_for(named)

    assert [share.probes for share in asked] == [200, 200, 50] * 3
    assert {share.locks for share in asked} == {"both", "app", "db"}
    assert command.asked_for(options("--seed", "7", "--world", "4", "--lock", "db")) == [
        Share(seed=7, world=4, probes=200, locks="db")
    ]


def test_the_command_draws_its_seed():
    assert options().seed == SEED


def test_the_command_tells_how_to_repeat_what_it_found(capsys):
    [share, *_] = command.asked_for(options("--seed", "1", "--lock", "none"))
    tally = run([Share(share.seed, share.world, 20, share.locks)])

    total = command.collect([tally, Tally(probes=5)], 2, quiet=False)

    assert command.report(total, options("--seed", "1", "--lock", "none"), seconds=2.0) == 1
    told = capsys.readouterr().out
    assert "again: python -m tests.oracle --seed 1 --lock none --world 0" in told
    assert f"25 probes, {len(tally.findings)} wrong answers" in told


def test_the_command_is_content_without_a_wrong_answer(capsys):
    assert command.report(Tally(probes=5), options("--json", "--seed", "1"), seconds=2.0) == 0

    assert json.loads(capsys.readouterr().out)["probes"] == 5


def test_a_repeated_world_is_named_with_what_was_asked_about():
    line = command.again(Finding("leak", "", seed=1, world=3, lock="db", about="bookings_"))

    assert line == "python -m tests.oracle --seed 1 --lock db --about bookings_ --world 3"
