"""ZIP assignments from a file: what becomes of each row, under the services' own rules."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from opsconsole.imports import steps
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.problems import Drifted
from staffing import services
from staffing.models import User, ZipAssignment
from staffing.models.assignments import operate_zip_code
from staffing.resources import AssignmentResource
from tests.factories import (
    assign,
    days,
    make_manager,
    make_property,
    make_rerenter,
    make_staff,
    make_zip,
    today,
)
from tests.imports.files import actions, codes, imported, previewed, sentence, staged

pytestmark = pytest.mark.django_db

FIRST = today() + days(30)


def duty(
    email: str = "ana@example.com", code: str = "06511", starts: int = 0, **more: str
) -> dict[str, str]:
    """A row; it starts so many days after FIRST, and stays open."""
    start = (FIRST + days(starts)).isoformat()
    return {"Email": email, "ZIP code": code, "From": start, "Until": "", **more}


def until(offset: int) -> dict[str, str]:
    return {"Until": (FIRST + days(offset)).isoformat()}


def looked_at(person: User, *rows: dict[str, str], **how: Any) -> ImportBatch:
    return previewed(person, *rows, resource=AssignmentResource(), **how)


def written(person: User, *rows: dict[str, str], **how: Any) -> ImportBatch:
    return imported(person, *rows, resource=AssignmentResource(), **how)


def refused(step: Any, *args: Any, **kwargs: Any) -> str:
    """What the service says of it."""
    with pytest.raises(services.Refused) as refusal:
        step(*args, **kwargs)
    return str(refusal.value)


@pytest.fixture
def covered(db: None) -> None:
    """By nobody: what is assigned here is all there is."""
    make_zip("06511")


@pytest.fixture
def ana(mona: User) -> User:
    make_zip("06510")
    return make_staff("Ana Staff", email="ana@example.com")


def held(person: User, starts: int = 0, ends: int | None = None, **fields: Any) -> ZipAssignment:
    """An assignment to 06511 that a file finds."""
    end = None if ends is None else FIRST + days(ends)
    assign(person, "06511", starts_on=FIRST + days(starts), ends_on=end, **fields)
    return person.zip_assignments.get(starts_on=FIRST + days(starts))


# New assignments


def test_new_assignments_open_their_zip_code(mona: User, ana: User) -> None:
    start = {"From": today().isoformat()}
    home = make_property("06511")

    batch = written(
        mona,
        duty("ANA@example.com", Note="Holidays", **start),
        duty(code="06510", Duty="temporary cover", **until(9)),
    )

    first, second = ana.zip_assignments.order_by("starts_on")
    assert actions(batch) == ["create", "create"]
    assert (first.duty, first.ends_on, first.note) == ("primary", None, "Holidays")
    assert (first.granted_by, first.permission) == (mona, operate_zip_code())
    assert (second.duty, second.ends_on) == ("cover", FIRST + days(9))
    assert User.objects.get(pk=ana.pk).zip_code_ids() == [home.zip_code_id]
    assert first.history.get().source == "import"


def test_the_same_file_again_changes_nothing(mona: User, ana: User) -> None:
    rows = [duty(), duty(code="06510", Duty="Backup", **until(9))]
    written(mona, *rows)

    batch = written(mona, *rows)

    assert actions(batch) == ["unchanged", "unchanged"]
    assert {a.history.count() for a in ZipAssignment.objects.all()} == {1}


def test_the_preview_names_the_assignment(mona: User, ana: User) -> None:
    batch = looked_at(mona, duty(Duty="backup", **until(9)))

    row = staged(batch)[2]
    assert row.key == f"ana@example.com, 06511, from {FIRST}"
    assert row.sketch.startswith("Backup from ")


def test_only_active_staff_get_a_zip_code(mona: User, ana: User) -> None:
    make_manager("Max Manager", email="max@example.com")
    make_staff("Gil Gone", email="gil@example.com", is_active=False)
    make_rerenter(email="owner@example.com")
    someone = User.objects.get(email="gil@example.com")
    wish = ZipAssignment(user=someone, content_object=make_zip("06511"), starts_on=FIRST)

    batch = looked_at(
        mona, *map(duty, ("max@example.com", "gil@example.com", "owner@example.com", "x@y.zz"))
    )

    assert sentence(batch, "user.not_staff", 2).startswith("Max Manager is not active staff")
    assert sentence(batch, "user.not_staff", 3) == refused(services.assign, wish, by=mona)
    assert codes(batch, 4) == codes(batch, 5) == {"user.unknown"}
    assert sentence(batch, "user.unknown", 5) == (
        "No colleague with the email x@y.zz is known here."
    )


def test_who_left_keeps_what_was_theirs(mona: User, ana: User) -> None:
    held(ana)
    User.objects.filter(pk=ana.pk).update(is_active=False)

    assert actions(looked_at(mona, duty())) == ["unchanged"]


def test_zip_codes_are_known_and_whole(mona: User, ana: User) -> None:
    make_zip("06512", is_served=False)

    batch = looked_at(
        mona, duty(code="6511"), duty(code="02999"), duty(code="06512"), duty(code="06510-1234")
    )

    assert actions(batch) == ["reject", "reject", "create", "create"]
    assert codes(batch, 2) == {"zip_code.not_a_zip_code"}
    assert codes(batch, 3) == {"zip_code.unknown"}
    assert codes(batch, 5) == {"zip_code.read_out"}  # that nobody is there yet is why it comes
    assert sentence(batch, "zip_code.not_served", 4) == "ZIP code 06512 is not served yet."


def test_dates_that_are_over(mona: User, ana: User) -> None:
    start = today() - days(9)
    wish = ZipAssignment(
        user=ana, content_object=make_zip("06511"), starts_on=start, ends_on=today()
    )
    over = {"From": str(start), "Until": str(today())}

    batch = looked_at(mona, duty(**over), duty(code="06510", From=str(start)))

    assert sentence(batch, "ends_on.over") == refused(services.assign, wish, by=mona)
    assert actions(batch) == ["reject", "create"]  # begun already, as the form has it


@pytest.mark.parametrize(
    ("more", "code", "fields"),
    [
        (until(0), "ends_on.before_start", {"ends_on": FIRST}),
        ({"Duty": "cover"}, "ends_on.needs_end", {"duty": "cover"}),
    ],
)
def test_what_the_database_would_refuse_is_said_in_its_words(
    mona: User, ana: User, more: dict[str, str], code: str, fields: dict[str, Any]
) -> None:
    wish = ZipAssignment(
        user=ana, content_object=make_zip("06511"), **{"starts_on": FIRST, **fields}
    )

    batch = looked_at(mona, duty(**more))

    assert sentence(batch, code) == refused(services.assign, wish, by=mona)


# Assignments that are there


def test_duty_end_and_note_are_changed(mona: User, ana: User) -> None:
    there = held(ana, 0, 10)

    batch = written(mona, duty(Duty="backup", Note="Longer", **until(20)))

    assert set(staged(batch)[2].changes) == {"duty", "ends_on", "note"}
    there.refresh_from_db()
    assert (there.duty, there.ends_on, there.note) == ("backup", FIRST + days(20), "Longer")
    assert there.granted_by is None


def test_a_blank_end_leaves_it_and_a_token_opens_it(mona: User, ana: User) -> None:
    held(ana, 0, 10)

    assert actions(looked_at(mona, duty())) == ["unchanged"]
    assert staged(looked_at(mona, duty(Until="(clear)")))[2].changes["ends_on"][1] is None


@pytest.mark.parametrize("ends", [10, None])
def test_days_are_not_taken_away_without_a_reason(mona: User, ana: User, ends: int | None) -> None:
    there = held(ana, 0, ends)
    there.ends_on = FIRST + days(5)
    said = refused(services.change, there, by=mona)

    batch = looked_at(mona, duty(**until(5)))

    assert said == "Say why it is shortened."
    assert sentence(batch, "ends_on.shortened") == (
        "Say why it is shortened. A file can’t: end it on its page."
    )


def test_an_assignment_that_is_over_is_not_made_longer_in_the_past(mona: User, ana: User) -> None:
    start = today() - days(50)
    assign(ana, "06511", starts_on=start, ends_on=today() - days(20))
    there = {"From": str(start)}

    past = looked_at(mona, duty(**there, Until=str(today() - days(9))))
    on = looked_at(mona, duty(**there, Until=str(today() + days(9))))
    same = looked_at(mona, duty(**there, Until=str(today() - days(20))))

    assert sentence(past, "ends_on.over").startswith("An assignment can’t end before today")
    assert (actions(on), actions(same)) == (["update"], ["unchanged"])


def test_who_stands_in_for_a_colleague_goes_on_covering(mona: User, ana: User) -> None:
    held(ana, 0, 10, duty="cover", covers_for=make_staff("Ben"))

    batch = looked_at(mona, duty(Duty="primary"))

    assert sentence(batch, "duty.stands_in").startswith("Only a temporary cover stands in")


# Overlaps


def test_rows_of_one_person_and_zip_code_that_overlap_name_each_other(
    mona: User, ana: User
) -> None:
    make_staff("Ben", email="ben@example.com")

    batch = looked_at(
        mona,
        duty(**until(10)),
        duty("ben@example.com"),
        duty(code="06510"),
        duty(starts=9),
        duty(starts=-20, **until(0)),
    )

    assert actions(batch) == ["reject", "create", "create", "reject", "create"]
    assert "This row and line 5 give one person" in sentence(batch, "starts_on.overlaps_in_file", 2)
    assert "line 2" in sentence(batch, "starts_on.overlaps_in_file", 5)


def test_an_open_row_overlaps_with_all_after_it(mona: User, ana: User) -> None:
    batch = looked_at(mona, duty(), duty(starts=400), duty(starts=800, **until(900)))

    assert actions(batch) == ["reject"] * 3


def test_a_row_that_overlaps_with_an_assignment_says_what_the_service_says(
    mona: User, ana: User
) -> None:
    there = held(ana, -5, 5, duty="backup")
    wish = ZipAssignment(user=ana, content_object=there.zip_code, starts_on=FIRST)

    batch = looked_at(mona, duty(), duty(starts=5), duty(code="06510"))

    said = refused(services.assign, wish, by=mona)
    assert actions(batch) == ["reject", "reject", "create"]  # the first two share days as well
    assert sentence(batch, "starts_on.overlaps") == (
        f"{said} It is theirs as backup {there.dates}."
    )
    assert "starts_on.overlaps" not in codes(batch, 3)


def test_one_that_goes_on_is_said_so(mona: User, ana: User) -> None:
    there = held(ana, -5)

    batch = looked_at(mona, duty())

    assert sentence(batch, "starts_on.overlaps").endswith(f"as primary {there.dates}.")


def test_what_is_assigned_meanwhile_is_drift_and_nothing_is_written(mona: User, ana: User) -> None:
    batch = looked_at(mona, duty(), duty(code="06510"))
    held(ana, 3)

    with pytest.raises(Drifted) as drifted:
        steps.commit(batch, AssignmentResource(), mona)

    assert "already: change its dates instead" in drifted.value.lines[0][1]
    assert ZipAssignment.objects.count() == 1


def test_without_the_permission_to_change_nothing_is_changed(
    mona: User, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    held(ana, 0, 10)
    allowed = User.has_perm
    monkeypatch.setattr(
        User,
        "has_perm",
        lambda self, perm, obj=None: "change" not in perm and allowed(self, perm, obj),
    )

    batch = looked_at(mona, duty(**until(20)), duty(code="06510"))

    assert actions(batch) == ["reject", "create"]
    assert codes(batch) == {"may_not_change"}


def test_the_number_of_queries_does_not_depend_on_the_rows(mona: User, ana: User) -> None:
    def queries(first: int, rows: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            rows_ = (duty(starts=3 * n, **until(3 * n + 2)) for n in range(first, first + rows))
            written(mona, *rows_)
        return len(captured)

    queries(0, 1)

    assert queries(10, 3) == queries(100, 100)
