"""Rules of imports: reading, judging, writing and undoing files; people, owners, ZIP codes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from bookings import new_owners
from bookings.plan_resources import AwayPlanResource
from bookings.resources import PropertyResource
from opsconsole.imports import (
    cells,
    csv_rows,
    decoding,
    frame,
    jobs,
    keeping,
    mapping,
    reading,
    redacting,
    remembering,
    report,
    steps,
    undoing,
    writing,
)
from opsconsole.imports.classifying import Classifier
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.resource import ImportResource
from staffing import serving, zip_reference
from staffing.admin import serving as serving_page
from staffing.admin import zip_codes
from staffing.people_resources import PeopleResource
from staffing.resources import AssignmentResource
from staffing.zip_resources import ZipCodeResource
from tests.proofs.removals.removal import Removal, TakeOut, each, nothing, replaced, yes

KINDS: tuple[type[ImportResource], ...] = (
    PropertyResource,
    AwayPlanResource,
    AssignmentResource,
    PeopleResource,
    ZipCodeResource,
)
PEOPLE = ("tests/imports/test_people.py",)
OWNERS = ("tests/imports/test_new_owners.py",)
SERVING = ("tests/imports/test_zip_codes.py", "tests/staffing/test_serving.py")
READING = (
    "tests/imports/test_quotes.py",
    "tests/imports/test_reading.py",
    "tests/imports/test_mapping.py",
    "tests/imports/test_redacting.py",
    "tests/imports/test_remembering.py",
    "tests/imports/test_cells.py",
    "tests/imports/test_pages.py",
    "tests/exports",
)
WRITING = (
    "tests/imports/test_classifying.py",
    "tests/imports/test_commit.py",
    "tests/imports/test_jobs.py",
    "tests/imports/test_pages.py",
    "tests/imports/test_import_list.py",
    "tests/imports/test_import_records.py",
)
OF_KIND = {
    PropertyResource: ("tests/imports/test_classifying.py", "tests/imports/test_undoing.py"),
    AwayPlanResource: (
        "tests/imports/test_away_plans.py",
        "tests/imports/test_undoing_plans.py",
    ),
    AssignmentResource: (
        "tests/imports/test_assignments.py",
        "tests/imports/test_undoing_assignments.py",
    ),
    PeopleResource: PEOPLE,
    ZipCodeResource: SERVING,
}
MORE_OF_A_KIND = (
    "tests/imports/test_pages.py",
    "tests/imports/test_commit.py",
    "tests/imports/test_import_records.py",
)
UNDOING = (
    "tests/imports/test_undoing.py",
    "tests/imports/test_undoing_plans.py",
    "tests/imports/test_undoing_assignments.py",
)
# Whatever kind of record it is: what keeps one from being undone.
KEEPS = (
    "It came in before",
    "It was changed",
    "Nobody knows",
    "What it was",
)
OF_PEOPLE = ("own", "has_homes", "above")  # which depend on whose file it is


def removals() -> Iterator[Removal]:
    """All of this file."""
    yield from _reading()
    yield from _writing()
    for resource in KINDS:
        yield from _of_a_kind(resource)
    yield from _undoing()
    yield from _people()
    yield from _serving()


def _reading() -> Iterator[Removal]:
    as_it_is = lambda text: text  # noqa: E731
    yield from each(
        "reading",
        READING,
        (reading, "_refuse_large", nothing),
        (reading, "_refuse_names_within", nothing),
        (reading, "refuse_swallowed", nothing),
        (reading, "remarks_on", lambda *args: ()),
        (decoding, "_refuse_binary", nothing),
        (csv_rows, "_refuse_long", nothing),
        (csv_rows._Closely, "_refuse_text_after", nothing),
        (mapping, "_refuse_twice", nothing),
        (mapping, "_refuse_orders", nothing),
        (mapping, "_refuse_long", nothing),
        (redacting, "looks_secret", lambda column: False),
        (remembering, "mapped_before", nothing),
        (cells, "guarded_sql", as_it_is),
        (report, "guarded", as_it_is),
    )


def _writing() -> Iterator[Removal]:
    yield from each(
        "importing",
        WRITING,
        (steps, "limits", lambda: reading.Limits(10**12, 10**9, 10**6)),
        (steps, "_hold_open", nothing),
        (steps, "_as_of_now", lambda person, resource: person),
        (steps, "_queue_up", nothing),
        (writing, "refuse_drift", nothing),
        (Classifier, "_clash_in_identity", nothing),
        (Classifier, "_clash_on_hidden_keys", nothing),
        (Classifier, "_ask_permissions", nothing),
        (frame.Frame, "_batch", lambda self, request, pk: ImportBatch.objects.get(pk=pk)),
        (jobs, "ATTEMPTS", 10**6),
        (keeping, "forget_old", lambda: 0),
    )


def _of_a_kind(resource: type[ImportResource]) -> Iterator[Removal]:
    tests = (*OF_KIND[resource], *MORE_OF_A_KIND)
    label, name = resource._meta.model._meta.app_label, resource._meta.model._meta.model_name
    may_look = f"{label}.view_{name}"
    for right in ("permission", "undo_permission"):
        yield Removal(
            f"imports {resource.kind} {right}", replaced(resource, right, may_look), tests
        )
    for rule in resource.rules:
        called = f"imports {resource.kind} rule {rule.field}.{rule.code}"
        yield Removal(called, _without_rule(resource, rule.field, rule.code), tests)
    for several in ("uniques", "overlaps", "undo_rules"):
        for number, one in enumerate(kept := getattr(resource, several)):
            called = getattr(one, "code", f"{one.field} {number + 1}")
            left = tuple(other for other in kept if other is not one)
            yield Removal(
                f"imports {resource.kind} {several} {called}",
                replaced(resource, several, left),
                tests,
            )


def _undoing() -> Iterator[Removal]:
    yield from each(
        "undoing",
        UNDOING,
        (undoing, "_refuse_unless_allowed", nothing),
        (undoing, "_hold", nothing),
        (undoing, "_hanging_from", lambda *args: {}),
    )
    for sentence in KEEPS:
        yield Removal(f"undoing: {sentence}", _reasons_without(sentence), UNDOING)


def _reasons_without(sentence: str) -> TakeOut:
    asked = undoing._reasons
    if sentence not in inspect.getsource(asked):
        raise LookupError(f"Nothing is kept because {sentence!r}.")

    def left(resource: Any) -> list[tuple[str, str]]:
        return [reason for reason in asked(resource) if sentence not in reason[1]]

    return replaced(undoing, "_reasons", left)


def _people() -> Iterator[Removal]:
    for code in OF_PEOPLE:
        yield Removal(f"people rule {code}", _without_rule(PeopleResource, "", code), PEOPLE)
    yield from each("people", PEOPLE, (PeopleResource, "told_if_missing", ""))
    yield Removal("people hanging", replaced(undoing, "_hanging_from", lambda *args: {}), PEOPLE)
    yield from each(
        "owners",
        OWNERS,
        (new_owners, "may_make", yes),
        (new_owners, "_taken", lambda addresses: set()),
        (new_owners, "tellings", list),
        (new_owners, "also_makes", dict),
        (PropertyResource, "also_undone", ()),
    )
    yield Removal("owners nameless", _without_rule(PropertyResource, "owner", "nameless"), OWNERS)


def _without_rule(resource: Any, field: str, code: str) -> TakeOut:
    """Of any field, if none is named."""
    rules_for = resource.rules_for

    def others(self: Any, person: Any) -> tuple[Any, ...]:
        rules = rules_for(self, person)
        return tuple(r for r in rules if r.code != code or (field and r.field != field))

    return replaced(resource, "rules_for", others)


def _serving() -> Iterator[Removal]:
    yield from each(
        "serving",
        SERVING,
        (serving, "refuse_unexplained", nothing),
        (serving, "_drift", lambda serving, shown: ()),
        (serving_page, "_asked", lambda form: []),
        (serving_page, "_salt", lambda viewer: ""),
        (zip_codes, "refuse_unexplained", nothing),
        (zip_reference, "_is_taken", yes),
        (zip_reference, "_not_a_range", lambda text, first, last: ""),
        (zip_reference, "_contradictions", lambda place, beside: ()),
        (ZipCodeResource, "_hanging", lambda self, place, is_served: ()),
        (Classifier, "_refuse_unknown", nothing),
    )
