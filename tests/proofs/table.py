"""The proofs: what each shows, at which size, in which time, and after which change to run it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

type Command = list[str]

MODULE = [sys.executable, "-m"]
LOCKS = ("both", "app", "db")


@dataclass(frozen=True)
class Proof:
    """One line of the table. `minutes` is its budget on a quiet machine with two cores."""

    name: str
    shows: str
    size: str
    minutes: float
    change: str
    commands: Callable[[int, list[str]], list[Command]]
    takes_words: bool = False


def of_tests(*tests: str) -> Callable[[int, list[str]], list[Command]]:
    """Tests of the suite, at their whole size."""
    return lambda seed, words: [[*MODULE, "pytest", "-n", "0", "-q", *tests]]


def _oracle(seed: int, words: list[str]) -> list[Command]:
    asked = ["--probes", "2500", "--workers", "2", "--seed", str(seed)]
    return [[*MODULE, "tests.oracle", *asked, "--lock", lock] for lock in LOCKS]


PROOFS = [
    Proof(
        "oracle",
        "answers to random requests are those of an independent model of who may see and do what",
        "2,500 probes with both locks, 2,500 with each alone",
        15,
        "who sees or changes what: scopes, policies, roles, pages",
        _oracle,
    ),
    Proof(
        "addresses",
        "what becomes of everybody at every address, also with one of the locks alone",
        "every address, person and method",
        15,
        "an address, a role, a scope",
        of_tests("tests/test_access.py", "tests/access/test_each_lock_alone.py"),
    ),
    Proof(
        "removals",
        "each rule, taken out by itself, makes a test fail",
        "every rule of tests/proofs/removals",
        30,
        "any rule, or its tests",
        lambda seed, words: [[*MODULE, "tests.proofs.removals", *words]],
        takes_words=True,
    ),
    Proof(
        "kills",
        "an import is wholly there or not at all, whoever is killed at it",
        "100 kills of web, worker and PostgreSQL",
        20,
        "how imports are written and undone, the worker, the embedded server",
        lambda seed, words: [[*MODULE, "tests.proofs.kills", "100", "--seed", str(seed)]],
    ),
    Proof(
        "steps",
        "the invariants of bookings hold whatever people try, at once and while days go by",
        "2,000 steps",
        15,
        "steps, guards, tasks, readiness",
        of_tests("tests/bookings/test_stateful.py"),
    ),
    Proof(
        "racing-bookings",
        "nobody gets a night that is somebody else's",
        "50,000 bookings by eight at once",
        20,
        "how bookings are held, moved and cancelled, their constraints",
        of_tests("tests/bookings/test_racing_bookings.py"),
    ),
    Proof(
        "racing-edits",
        "no edit of many at once is lost",
        "10,000 edits of a home, 10,000 of a booking",
        30,
        "forms of records, and how they notice other changes",
        of_tests("tests/admin/test_freshness_races.py"),
    ),
    Proof(
        "tamperings",
        "every change of the sealed history is named, and nothing else",
        "1,000 tamperings",
        10,
        "how the history is sealed and verified",
        of_tests("tests/history/test_sealing.py"),
    ),
    Proof(
        "second-opinion",
        "the model of access agrees with the workbench, under both locks and under each",
        "3,600 probes",
        10,
        "who sees and reviews which changes",
        of_tests("tests/workbench/test_second_opinion.py"),
    ),
    Proof(
        "malformed",
        "each file that nobody should send is answered, none breaks a page",
        "500 files of each kind of import",
        20,
        "how files are read, mapped and judged; a kind of import",
        of_tests(
            "tests/imports/test_malformed.py",
            "tests/imports/test_zip_codes.py::test_each_file_gets_an_answer",
        ),
    ),
    Proof(
        "damaged-tables",
        "no row is swallowed by a quotation mark out of place",
        "2,000 tables",
        5,
        "how rows and quotation marks of a file are read",
        of_tests("tests/imports/test_quotes.py"),
    ),
    Proof(
        "undoing",
        "an import and its undo leave every byte as it was",
        "300 files of homes, of plans, of assignments",
        10,
        "columns of an import, how it is undone",
        of_tests(
            *(
                f"tests/imports/test_undoing{kind}.py::test_import_then_undo_leaves_every_byte"
                for kind in ("", "_plans", "_assignments")
            )
        ),
    ),
    Proof(
        "planning",
        "the tasks of a plan are those that are wanted, whatever happens to its bookings",
        "1,000 courses of events",
        10,
        "which tasks plans and bookings bring",
        of_tests("tests/bookings/tasks/test_planning.py"),
    ),
    Proof(
        "explanations",
        "what a page says of somebody's access is what is enforced",
        "100 companies, 200 for each date",
        10,
        "how access is explained",
        of_tests("tests/access/test_explanations.py"),
    ),
    Proof(
        "first-day",
        "the commands of docs/first-day.md make the company, each a process of its own",
        "every command",
        5,
        "the commands, the settings, docs/first-day.md",
        of_tests("tests/test_first_day.py"),
    ),
    Proof(
        "queries",
        "a page asks the database as often for 300 rows as for 3",
        "every list and form at 3 and 300 rows",
        10,
        "a page or list",
        of_tests("tests/test_queries.py"),
    ),
]
