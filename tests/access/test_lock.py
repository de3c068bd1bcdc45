"""Lock 2 alone: SQL that knows nothing of scopes, run as the database role of a request."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import Error, connection, transaction
from django.db.models import F
from django.utils import timezone

from bookings.models import (
    AccessSecret,
    AwayPlan,
    Booking,
    CalendarFeed,
    ChecklistItem,
    Property,
    RecordNote,
    SecretReveal,
    Task,
)
from opsconsole.access import lock, standing
from opsconsole.access.acting import Source, acting
from opsconsole.access.checks import check_lock_2_stands
from opsconsole.access.lock import held_to
from opsconsole.access.policies import policies
from opsconsole.database.errors import DatabaseProblem
from opsconsole.exports.models import Export
from opsconsole.imports.models import ImportBatch, Progress, StagedRow, UploadedPart
from opsconsole.notices.models import Mute, Notice
from opsconsole.notices.telling import notify
from opsconsole.saved_views.models import FirstView, SavedView
from opsconsole.workbench.models import PlanReview
from staffing.models import Colleague, User, Viewing, ZipAssignment, ZipCode
from tests.factories import (
    assign,
    days,
    make_auditor,
    make_booking,
    make_code,
    make_item,
    make_manager,
    make_note,
    make_person,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_task,
    make_view,
    today,
)

pytestmark = pytest.mark.django_db


class Two:
    """A home with all that hangs from it in Ana's ZIP code, and one in Ben's."""

    def __init__(self) -> None:
        self.ana, self.ben = make_staff("Ana", ("06511",)), make_staff("Ben", ("02116",))
        self.mine, self.theirs = self._home("06511", self.ana), self._home("02116", self.ben)

    def _home(self, code, person):
        home = make_property(code, owner=make_rerenter(f"Owner in {code}"))
        plan = make_plan(home, status="approved", hosting_allowed=True)
        batch = ImportBatch.objects.create(
            resource="properties", file_name=f"{code}.csv", uploaded_by=person
        )
        row = StagedRow.objects.create(batch=batch, row=1, line=2, action="create")
        export = Export.objects.create(kind="properties", exported_by=person, columns=[])
        task = make_task(home, away_plan=plan)
        return {
            Property: home,
            AwayPlan: plan,
            Booking: make_booking(plan),
            Task: task,
            ChecklistItem: make_item(task),
            AccessSecret: make_code(home),
            RecordNote: make_note(plan),
            ZipCode: home.zip_code,
            ZipAssignment: person.zip_assignments.get(),
            ImportBatch: batch,
            StagedRow: row,
            Progress: Progress.objects.create(batch=batch, doing="Writing"),
            UploadedPart: UploadedPart.objects.create(batch=batch, number=0, content=b"Name"),
            Export: export,
            User: home.owner,
        }


@pytest.fixture
def two() -> Two:
    return Two()


LOCATED = [Property, AwayPlan, Booking, Task, ChecklistItem]
HANGING = [AccessSecret, RecordNote]
OF_FILES = [ImportBatch, StagedRow, Progress, UploadedPart, Export]
MODELS = [*LOCATED, *HANGING, ZipCode, ZipAssignment, *OF_FILES, User]


def refused(statement) -> bool:
    try:
        with transaction.atomic():
            return statement() == 0
    except Error:
        return True


@pytest.mark.parametrize("model", MODELS)
def test_staff_read_their_rows_alone(two, model):
    with held_to(two.ana):
        seen = set(model._base_manager.values_list("pk", flat=True))

    assert two.mine[model].pk in seen
    assert two.theirs[model].pk not in seen
    assert seen - {two.mine[model].pk} <= {two.ana.pk}  # nothing but oneself, among the people


@pytest.mark.parametrize("model", [m for m in MODELS if hasattr(m, "history")])
def test_staff_read_the_versions_of_their_rows_alone(two, model):
    history, pk = model.history.model, model._meta.pk.attname

    with held_to(two.ana):
        seen = set(history._base_manager.values_list(pk, flat=True))

    mine = two.ana if model is User else two.mine[model]  # nobody's versions but one's own
    assert seen == ({mine.pk} if model is not ZipCode else set())  # they lie in no ZIP code


@pytest.mark.parametrize("model", [*LOCATED, AccessSecret])
def test_a_version_written_elsewhere_is_not_read_and_neither_is_a_record_that_left(two, model):
    mine, theirs = two.mine[Property], two.theirs[Property]
    Property.objects.filter(pk=theirs.pk).update(zip_code=mine.zip_code)  # moved in
    Property.objects.filter(pk=mine.pk).update(zip_code=two.theirs[ZipCode])  # moved away
    history, pk = model.history.model, model._meta.pk.attname

    with held_to(two.ana):
        seen = list(history._base_manager.values_list(pk, "zip_code_id"))

    assert {record for record, _ in seen} == {two.theirs[model].pk}
    assert {zip_code for _, zip_code in seen} == {two.mine[ZipCode].pk}


@pytest.mark.parametrize("model", [m for m in MODELS if m not in (User, ZipCode, ZipAssignment)])
def test_staff_write_nothing_foreign(two, model):
    theirs = model._base_manager.filter(pk=two.theirs[model].pk)
    column = F(model._meta.concrete_fields[-1].name)
    before = list(model._base_manager.order_by("pk").values())

    with held_to(two.ana):
        assert refused(lambda: theirs.update(**{column.name: column}))
        assert refused(
            lambda: model._base_manager.filter(pk=two.theirs[model].pk)._raw_delete("default")
        )

    assert list(model._base_manager.order_by("pk").values()) == before


@pytest.mark.parametrize("model", [*LOCATED, AccessSecret])
def test_no_row_is_moved_to_a_foreign_zip_code(two, model):
    mine = model._base_manager.filter(pk=two.mine[model].pk)

    with held_to(two.ana):
        assert refused(lambda: mine.update(zip_code=two.theirs[ZipCode].pk))

    assert mine.get().zip_code_id == two.mine[ZipCode].pk


def code_of(sql: str, params: list[Any]) -> str:
    """How PostgreSQL refuses a statement; empty where it does not."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, params)
    except Error as error:
        return error.__cause__.pgcode
    return ""


def again(record) -> tuple[str, list[Any]]:
    """SQL that inserts a record once more: refused by the policy first, else by its key."""
    fields = record._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = [
        field.get_db_prep_save(getattr(record, field.attname), connection) for field in fields
    ]
    table, marks = record._meta.db_table, ", ".join("%s" for _ in fields)
    return f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', values


# Statements that read nothing: PostgreSQL holds what is read to the condition on rows, so that
# with a WHERE or a RETURNING a missing check would not be noticed.


@pytest.mark.parametrize("model", [*LOCATED[1:], RecordNote, *OF_FILES])
def test_no_row_is_planted_outside(two, model):
    with held_to(two.ana):
        assert code_of(*again(two.theirs[model])) == "42501"
        assert code_of(*again(two.mine[model])) == "23505"  # there already, or it could be


@pytest.mark.parametrize("model", LOCATED)
def test_no_row_is_left_outside(two, model):
    with held_to(two.ana):
        sql = f'UPDATE "{model._meta.db_table}" SET zip_code_id = %s'
        assert code_of(sql, [two.theirs[ZipCode].pk]) == "42501"
        assert code_of(sql, [two.mine[ZipCode].pk]) == ""


@pytest.mark.parametrize("model", [ZipCode, ZipAssignment, User])
def test_staff_may_not_write_people_and_assignments_at_all(two, model):
    with held_to(two.ana):
        for record in (two.mine[model], two.theirs[model]):
            rows = model._base_manager.filter(pk=record.pk)
            assert refused(lambda rows=rows: rows.update(id=F("id")))
            assert refused(lambda rows=rows: rows._raw_delete("default"))
        assert refused(lambda: assign(two.ana, "02116"))


def test_of_people_staff_change_their_own_password_and_nothing_else(two):
    everybody = User._base_manager.all()

    with held_to(two.ana):
        assert everybody.update(last_login=F("last_login")) == 1
        assert refused(lambda: everybody.filter(pk=two.ana.pk).update(user_type="manager"))
        assert refused(lambda: everybody.filter(pk=two.ana.pk).update(is_superuser=True))


def test_colleagues_are_named_and_not_seen(two):
    with held_to(two.ana):
        assert not User._base_manager.filter(pk=two.ben.pk).exists()
        assert User.names_of([two.ben.pk, None]) == {two.ben.pk: "Ben"}
        assert not Colleague._base_manager.filter(pk=two.mine[User].pk).exists()


@pytest.mark.parametrize("model", [m for m in MODELS if m is not ImportBatch])
def test_nobody_signed_in_sees_no_row(two, model):
    with held_to(AnonymousUser()):
        assert not model._base_manager.exists()


# What only grows, and how a row of it comes about.
LOGS = {
    Viewing: lambda two: Viewing.objects.create(viewer=two.ben, person=two.ana, reason="Asked"),
    SecretReveal: lambda two: SecretReveal.objects.create(
        secret=two.mine[AccessSecret],
        revealed_by=two.ana,
        revealed_at=timezone.now(),
        was_shown=True,
    ),
    PlanReview: lambda two: PlanReview.objects.create(
        plan_id=two.mine[AwayPlan].pk, plan_version=1, outcome="ok", reviewed_by=two.ben
    ),
}


@pytest.mark.parametrize("make", [make_manager, make_auditor])
@pytest.mark.parametrize("model", [*MODELS, *LOGS])
def test_the_office_sees_every_zip_code(two, model, make):
    if model in LOGS:
        LOGS[model](two)
    tables = [model, model.history.model] if hasattr(model, "history") else [model]

    with held_to(make()):
        seen = [table._base_manager.count() for table in tables]

    assert seen == [table._base_manager.count() for table in tables]
    assert all(seen)


def test_the_log_of_views_is_the_offices(two):
    Viewing.objects.create(viewer=two.ben, person=two.ana, reason="Asked")

    with held_to(two.ana):
        assert code_of("SELECT FROM staffing_viewing", []) == "42501"


def make_engineer():
    return make_person("Erin", "manager", is_superuser=True)


# What is one person's alone, and how a row of it comes about.
PRIVATE = {
    Notice: lambda person: notify(person, "For one's own eyes"),
    Mute: lambda person: Mute.objects.create(person=person, kind="task"),
    CalendarFeed: lambda person: CalendarFeed.objects.create(person=person, digest=person.email),
    FirstView: lambda person: FirstView.objects.create(person=person, page="bookings.task"),
}


@pytest.mark.parametrize("make", [make_staff, make_manager, make_auditor, make_engineer])
@pytest.mark.parametrize("model", PRIVATE)
def test_what_is_private_is_for_its_person_alone_whoever_asks(two, model, make):
    person = make()
    mine, theirs = PRIVATE[model](person), PRIVATE[model](two.ben)

    with acting(person, source=Source.CONSOLE), held_to(person):
        assert list(model._base_manager.all()) == [mine]
        assert code_of(*again(theirs)) == "42501"
        assert code_of(*again(mine)) == "23505"
        assert model._base_manager.update(person=person) == 1
        assert model._base_manager.all()._raw_delete("default") == 1

    assert list(model._base_manager.all()) == [theirs]


@pytest.mark.parametrize("make", [make_staff, make_manager])
@pytest.mark.parametrize("model", PRIVATE)
def test_who_acts_as_somebody_else_reads_nothing_private_of_theirs(two, model, make):
    person = make()
    PRIVATE[model](person)

    with acting(two.ben, source=Source.CONSOLE), held_to(person):
        assert not model._base_manager.exists()
    with held_to(AnonymousUser()):
        assert not model._base_manager.exists()


def test_staff_read_a_shared_view_and_change_none_but_their_own(two):
    shared, theirs = make_view(make_manager(), "Ours", is_shared=True), make_view(two.ben, "Theirs")
    mine = make_view(two.ana, "Mine")

    with acting(two.ana, source=Source.CONSOLE), held_to(two.ana):
        assert set(SavedView._base_manager.all()) == {shared, mine}
        assert SavedView._base_manager.update(name="Other") == 1
        assert code_of("UPDATE saved_views_savedview SET is_shared = true", []) == "42501"
    with acting(two.ben, source=Source.CONSOLE), held_to(two.ana):
        assert list(SavedView._base_manager.all()) == [shared]

    theirs.refresh_from_db()
    assert theirs.name == "Theirs"


def test_the_office_keeps_shared_views_in_order_and_reads_no_private_one(two):
    mona = make_manager()
    shared = make_view(make_manager("Max"), "Ours", is_shared=True)
    theirs = make_view(two.ben, "Theirs")

    with acting(mona, source=Source.CONSOLE), held_to(mona):
        assert list(SavedView._base_manager.all()) == [shared]
        assert code_of(*again(theirs)) == "42501"
        assert code_of(*again(shared)) == "23505"
        assert SavedView._base_manager.update(name="Everybody's") == 1


def test_the_office_neither_sees_nor_makes_engineers(two):
    erin, mona = make_person("Erin", "manager", is_superuser=True), make_manager()
    rows = User._base_manager.filter(pk=erin.pk)

    with held_to(mona):
        assert not rows.exists()
        assert not User.history.filter(id=erin.pk).exists()
        assert code_of("UPDATE staffing_user SET is_superuser = %s", [True]) == "42501"
        assert code_of("UPDATE staffing_user SET is_superuser = %s", [False]) == ""
    with held_to(erin):
        assert rows.exists()
        assert User.history.filter(id=erin.pk).exists()


def test_staff_do_not_see_an_engineer_who_owns_nothing(two):
    User._base_manager.filter(pk=two.ben.pk).update(is_superuser=True, user_type="manager")

    with held_to(two.ana):
        assert not User._base_manager.filter(pk=two.ben.pk).exists()


@pytest.mark.parametrize("make", [make_manager, make_staff])
def test_history_is_written_by_the_database_alone(two, make):
    version = Property.history.first()

    with held_to(make()):
        for statement in (
            lambda: Property.history.update(name="Forged"),
            lambda: Property.history.all()._raw_delete("default"),
            lambda: Property.history.bulk_create([version]),
            lambda: run("TRUNCATE bookings_historicalproperty"),
            lambda: run("ALTER TABLE bookings_property DISABLE TRIGGER ALL"),
            lambda: run("ALTER TABLE bookings_property DISABLE ROW LEVEL SECURITY"),
        ):
            assert refused(statement)


def run(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return -1


def test_an_ended_assignment_counts_from_the_next_transaction_on(two):
    two.ana.zip_assignments.update(ends_on=today())

    with held_to(lock.as_of_now(two.ana.pk)):
        assert not Property._base_manager.exists()


def test_the_lock_is_as_before_around_a_block(two):
    two.ben.zip_code_ids()  # looked up before Ana's lock would hide them
    with held_to(two.ana):
        with held_to(two.ben):
            assert list(Property._base_manager.all()) == [two.theirs[Property]]
        assert list(Property._base_manager.all()) == [two.mine[Property]]
        with lock.unlocked():
            assert Property._base_manager.count() == 2
        assert list(Property._base_manager.all()) == [two.mine[Property]]
    assert Property._base_manager.count() == 2


def test_a_stream_is_held_to_what_its_person_may_see_when_it_runs(two):
    def names(person):
        yield from Property._base_manager.values_list("name", flat=True)

    assert list(lock.stream(two.ana, names)) == [two.mine[Property].name]
    two.ana.zip_assignments.update(ends_on=today())
    assert list(lock.stream(two.ana, names)) == []


# What stands


def test_it_stands():
    assert standing.holes() == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("ALTER TABLE bookings_property DISABLE ROW LEVEL SECURITY", "off on bookings_property"),
        ("DROP POLICY staff_keep_to_their_rows ON bookings_booking", "not there"),
        ("ALTER POLICY staff_keep_to_their_rows ON bookings_booking USING (true)", "another"),
        ("CREATE POLICY open ON bookings_booking USING (true)", "not of the console's making"),
        ("GRANT DELETE ON bookings_property TO console_staff", "has DELETE on bookings_property"),
        ("GRANT UPDATE (user_type) ON staffing_user TO console_staff", "has UPDATE (user_type)"),
        ("REVOKE SELECT ON bookings_property FROM console_staff", "lacks SELECT"),
        ("ALTER ROLE console_staff CREATEROLE", "may pass its policies"),
        ("GRANT SELECT ON django_admin_log TO console_office", "has SELECT on django_admin_log"),
    ],
)
def test_a_hole_is_told_and_mended_by_migrate(statement, told):
    run(statement)

    found = standing.holes()

    assert len(found) == 1
    assert told in found[0]
    if "CREATEROLE" not in statement:
        standing.put_up()
        assert standing.holes() == []


def test_a_role_that_passes_its_policies_is_told():
    try:
        with transaction.atomic():
            run("ALTER ROLE console_staff BYPASSRLS")
    except Error:  # this server lets none but a superuser make the hole
        assert not is_superuser()
        assert standing.holes() == []
    else:
        assert standing.holes() == ["The database role console_staff may pass its policies."]


def is_superuser() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = session_user")
        return bool(cursor.fetchone()[0])


def lose_the_roles() -> None:
    """Go on as a login that may not become the roles."""
    if is_superuser():
        run("CREATE ROLE a_login_without_roles")
        run("SET LOCAL SESSION AUTHORIZATION a_login_without_roles")
    else:
        run("REVOKE console_staff, console_office FROM CURRENT_USER")
        run("ALTER ROLE CURRENT_USER NOCREATEROLE")


def test_a_login_that_may_not_become_the_roles_is_told_what_it_needs():
    lose_the_roles()

    assert [hole for hole in standing.holes() if "may not become console_staff" in hole]
    with pytest.raises(DatabaseProblem, match="GRANT console_staff TO that user"):
        standing.put_up()


def test_the_check_of_a_deployment_tells_holes_too():
    assert check_lock_2_stands(None, databases=["default"]) == []

    run("DROP POLICY staff_keep_to_their_rows ON bookings_booking")

    [error] = check_lock_2_stands(None, databases=["default"])
    assert (error.id, "bookings_booking" in error.msg) == ("access.E009", True)


def test_the_status_names_every_table_and_fails_on_a_hole(capsys):
    call_command("access_status")
    told = capsys.readouterr().out
    assert all(policy.table in told for policy in policies())
    assert "Lock 2 stands" in told

    run("DROP POLICY staff_keep_to_their_rows ON bookings_booking")

    with pytest.raises(CommandError, match="Holes in lock 2: 1"):
        call_command("access_status", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["scoped"]["bookings.Booking"] == ["bookings_booking", "bookings_historicalbooking"]
    assert len(told["holes"]) == 1


def test_each_policy_says_what_may_be_left_behind():
    writing = [p for p in policies() if p.command not in ("SELECT", "DELETE")]

    assert writing
    assert all("WITH CHECK" in p.sql for p in writing)


def an_import(person) -> ImportBatch:
    return ImportBatch.objects.create(
        resource="properties", file_name="a.csv", uploaded_by=person, status="committed"
    )


def deleted(person, record, batch_id: int | None) -> int:
    """How many records a statement deletes that knows no rule, in the undo of an import."""
    why = {"source": Source.IMPORT, "reason": "Undo", "batch": batch_id}
    with held_to(person), acting(person, **why):
        return type(record)._base_manager.filter(pk=record.pk)._raw_delete("default")


@pytest.mark.parametrize("make", [make_property, make_plan, make_rerenter])
def test_a_home_plan_or_person_is_deleted_by_the_undo_of_its_import_alone(make):
    mona = make_manager()
    batch = an_import(mona)
    record = make(import_batch=batch)

    assert [deleted(mona, record, pk) for pk in (None, batch.pk + 1, batch.pk)] == [0, 0, 1]


def test_an_assignment_is_called_off_or_deleted_by_the_undo_of_its_import():
    mona, ana = make_manager(), make_staff("Ana")
    batch = an_import(mona)
    to_come = {"starts_on": today() + days(1), "import_batch": batch}
    first, second = assign(ana, "06511", **to_come), assign(ana, "02116", **to_come)

    assert [deleted(mona, first, pk) for pk in (batch.pk + 1, batch.pk)] == [0, 1]
    assert deleted(mona, second, None) == 1


def test_nothing_deletes_an_assignment_that_has_begun():
    mona, ana = make_manager(), make_staff("Ana")
    batch = an_import(mona)
    begun = assign(ana, "06511", import_batch=batch)  # yesterday

    assert [deleted(mona, begun, pk) for pk in (None, batch.pk)] == [0, 0]


def test_a_console_whose_lock_has_a_hole_serves_nobody(client, monkeypatch):
    monkeypatch.setattr(standing, "_seen_standing", False)
    run("DROP POLICY staff_keep_to_their_rows ON bookings_booking")

    response = client.get("/")

    assert response.status_code == 503
    assert "manage.py access_status" in response.content.decode()


# Jobs


def test_a_job_runs_as_the_person_who_asked_and_as_they_are_then(two):
    seen: list[list[int]] = []

    look_around(two.ana.pk, seen)
    two.ana.zip_assignments.update(ends_on=today())
    look_around(two.ana.pk, seen)

    assert seen == [[two.mine[Property].pk], []]


def test_a_job_of_somebody_who_left_touches_nothing(two):
    seen: list[list[int]] = []
    User._base_manager.filter(pk=two.ana.pk).update(is_active=False)

    with pytest.raises(lock.NoLongerHere):
        look_around(two.ana.pk, seen)

    assert seen == []


def test_what_a_job_writes_is_recorded_as_its_persons(two):
    with lock.working_for(two.ana.pk):
        Property._base_manager.update(name="By job")

    version = two.mine[Property].history.first()
    assert (version.name, version.history_user_id, version.source) == ("By job", two.ana.pk, "task")
    assert Property.objects.get(pk=two.theirs[Property].pk).name != "By job"


def look_around(person_id, seen):
    with lock.working_for(person_id):
        seen.append(list(Property._base_manager.values_list("pk", flat=True)))


def test_a_page_that_refers_to_what_the_database_hides_is_not_here(sign_in):
    """An assignment of somebody who became an engineer since."""
    ana, mona = make_staff("Ana", ("06511",)), make_manager()
    User._base_manager.filter(pk=ana.pk).update(is_superuser=True, user_type="manager")
    own = ana.zip_assignments.get()

    response = sign_in(mona).get(f"/staffing/zipassignment/{own.pk}/change/")

    assert response.status_code == 404
    assert "Ana" not in response.content.decode()
