"""People by file: recognised by their email, never above one's own role, and undone again."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import update_last_login
from django.urls import reverse

from opsconsole.access.acting import Source, acting
from opsconsole.access.lock import held_to
from opsconsole.database.refusals import Refused
from opsconsole.imports import steps, undoing
from opsconsole.imports.contacts import LONGEST_EMAIL, read_email, read_phone
from opsconsole.imports.mapping import MappingProblem
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.problems import Unacceptable
from opsconsole.notices.models import Kind
from opsconsole.notices.telling import notify
from staffing.models import User
from staffing.people_resources import LONGEST_NAME, PeopleResource
from tests.factories import (
    assign,
    make_auditor,
    make_manager,
    make_person,
    make_property,
    make_rerenter,
    make_staff,
)
from tests.imports.files import (
    actions,
    codes,
    every_byte,
    imported,
    previewed,
    sentence,
    staged,
    uploaded,
)

pytestmark = pytest.mark.django_db

PEOPLE = ("staffing_user",)


def person(email: str = "ana@example.com", **more: str) -> dict[str, str]:
    """A row that can be imported as it is."""
    name = email.partition("@")[0].title()
    return {"Email": email, "Name": f"{name} Smith", "Role": "Staff", **more}


def look(by: User, *rows: dict[str, str], **how: Any) -> ImportBatch:
    return previewed(by, *rows, resource=PeopleResource(), **how)


def written(by: User, *rows: dict[str, str], **how: Any) -> ImportBatch:
    """Imported under both locks."""
    with held_to(by):
        return imported(by, *rows, resource=PeopleResource(), **how)


def undo(batch: ImportBatch, by: User) -> undoing.Undoing:
    """Undone as foreseen, under both locks."""
    with held_to(by):
        foreseen = undoing.foresee(batch, PeopleResource(), by)
        done = undoing.undo(batch, PeopleResource(), by)
    assert done == foreseen
    return done


@pytest.fixture
def eve(db: None) -> User:
    """An engineer."""
    return User.objects.create_superuser("eve@example.com", full_name="Eve Engineer")


# What a row makes


def test_new_people_of_both_sides(mona: User) -> None:
    batch = written(
        mona,
        person("Ana@Example.com", Phone="(203) 555-0123"),
        person("rita@example.com", Role="Home owner"),
    )

    ana, rita = User.objects.filter(import_batch=batch).order_by("email")
    assert (ana.email, ana.full_name, ana.phone) == ("ana@example.com", "Ana Smith", "+12035550123")
    assert (ana.user_type, ana.is_staff, ana.is_active) == ("staff", True, True)
    assert (rita.user_type, rita.is_staff) == ("rerenter", False)
    assert not ana.has_usable_password()
    assert not rita.has_usable_password()
    assert ana.password != rita.password
    assert ana.is_superuser is False


def test_it_is_in_the_history_with_who_imported(mona: User) -> None:
    batch = written(mona, person())

    [version] = User.objects.get(email="ana@example.com").history.all()
    assert (version.history_user, version.batch_id, version.source) == (mona, batch.pk, "import")


def test_an_email_is_recognised_in_any_case(mona: User) -> None:
    ana = make_staff("Ana Smith", email="ana@example.com")
    User.objects.filter(pk=ana.pk).update(email="Ana@Example.com")

    batch = written(mona, person("ANA@example.COM", Phone="203-555-0123"))

    assert actions(batch) == ["update"]
    ana.refresh_from_db()
    assert (ana.email, ana.phone) == ("Ana@Example.com", "+12035550123")


def test_the_same_file_again_changes_nothing(mona: User) -> None:
    rows = [person(Phone="203 555 0123"), person("rita@example.com", Role="rerenter")]
    written(mona, *rows)
    before = every_byte(*PEOPLE, "staffing_historicaluser")

    again = written(mona, *rows)

    assert actions(again) == ["unchanged", "unchanged"]
    assert every_byte(*PEOPLE, "staffing_historicaluser") == before


def test_a_name_may_come_in_parts(mona: User) -> None:
    rows = [
        {"Email": "ana@example.com", "First name": "Ana", "Last name": "de la Cruz"},
        {"Email": "bo@example.com", "First name": "Bo", "Last name": ""},
        {"Email": "cy@example.com", "First name": "", "Last name": ""},
        {"Email": "di@example.com", "First name": "x" * 100, "Last name": "y" * 100},
    ]

    batch = look(mona, *rows, constants={"user_type": "staff"})

    assert actions(batch) == ["create", "create", "reject", "reject"]
    assert staged(batch)[2].sketch == "Ana de la Cruz, Staff"
    assert staged(batch)[3].sketch == "Bo, Staff"
    assert codes(batch, 4) == {"full_name.blank"}
    assert codes(batch, 5) == {"full_name.too_long"}


def test_what_a_file_has_to_bring(mona: User) -> None:
    with pytest.raises(MappingProblem, match=r"Name \(full_name\) and Role \(user_type\)"):
        uploaded(mona, {"Email": "ana@example.com"}, resource=PeopleResource())


def test_one_role_for_every_row(mona: User) -> None:
    row = {"E-mail address": "rita@example.com", "Full name": "Rita"}

    written(mona, row, constants={"user_type": "ReRenter"})

    assert User.objects.get(email="rita@example.com").user_type == "rerenter"


def test_a_blank_role_of_somebody_new_is_told_and_of_somebody_known_left(mona: User) -> None:
    make_staff("Ana Smith", email="ana@example.com")

    batch = look(mona, person(Role=""), person("bo@example.com", Role=""))

    assert actions(batch) == ["unchanged", "reject"]
    assert codes(batch, 3) == {"user_type.blank"}


# Cells


@pytest.mark.parametrize(
    "text",
    [
        "(203) 555-0123", "203-555-0123", "203.555.0123", "2035550123", "+1 203 555 0123",
        "1-203-555-0123", "12035550123", "+12035550123", "203 555 0123", "2035550123.0",
        "203–555–0123", "\u202a+1 (203) 555-0123\u202c", "Tel: 203 555 0123",
    ],
)  # fmt: skip
def test_us_phone_numbers_as_people_write_them(text: str) -> None:
    assert read_phone(text) == "+12035550123"


def test_phone_numbers_of_other_countries() -> None:
    for text in ("+44 20 7946 0018", "0044 20 7946 0018", "011 44 20 7946 0018"):
        assert read_phone(text) == "+442079460018"


@pytest.mark.parametrize(
    "text",
    [
        "555-0123", "123-456-7890", "203-155-0123", "203 555 0123 (cell)", "203-555-HOME", "n/a",
        "203 555 0123 / 203 555 0199", "call after 5", "0", "1" * 61, "+0 203 555 0123",
        "٢٠٣٥٥٥٠١٢٣٤٥",
    ],
)  # fmt: skip
def test_what_is_no_phone_number(mona: User, text: str) -> None:
    batch = look(mona, person(Phone=text))

    assert actions(batch) == ["reject"]
    assert codes(batch) == {"phone.not_a_phone"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2.03555E+09", "rounded"),
        ("203-555-0123 x12", "extension"),
        ("2035550123 ext. 4", "extension"),
    ],
)
def test_what_looks_like_a_phone_number_and_can_not_be_kept(text: str, code: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        read_phone(text)

    assert refused.value.code == code


@pytest.mark.parametrize(
    "text",
    [
        "ana@example.com\u200b",
        "\ufeffana@example.com",
        "ana\u00a0@example.com",
        "a\u00adna@example.com",
    ],
)
def test_invisible_characters_are_left_out_and_told(mona: User, text: str) -> None:
    make_staff("Ana Smith", email="ana@example.com")

    batch = look(mona, person(text, Name="Ana Smith"))

    assert actions(batch) == ["unchanged"]
    assert codes(batch) == {"email.invisible"}
    assert sentence(batch, "email.invisible").endswith("it is read as ana@example.com.")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Ana Smith <Ana@Example.com>", "ana@example.com"),
        ("mailto:ana@example.com", "ana@example.com"),
        ("ana+homes@mail.example.co.uk", "ana+homes@mail.example.co.uk"),
    ],
)
def test_addresses_as_people_copy_them(text: str, address: str) -> None:
    found = read_email(text)

    assert found is not None
    assert found.address == address


@pytest.mark.parametrize(
    "text",
    [
        "ana", "ana@example", "ana@@example.com", "ana@example.com, bo@example.com",
        "ana @example.com", "a..b@example.com", "@example.com", "ana@example.com\nbo@example.com",
        "x" * 250 + "@example.com", "<ana@example.com", "Ana <ana@example.com> <bo@example.com>",
    ],
)  # fmt: skip
def test_what_is_no_email(mona: User, text: str) -> None:
    batch = look(mona, person(text, Name="Ana"))

    assert actions(batch) == ["reject"]
    assert codes(batch) == {"email.not_an_email"}


def test_limits_are_those_of_the_model() -> None:
    assert User._meta.get_field("email").max_length == LONGEST_EMAIL
    assert User._meta.get_field("full_name").max_length == LONGEST_NAME


# Twice in one file


def test_one_person_twice(mona: User) -> None:
    same = look(mona, person(), person("ANA@EXAMPLE.COM", Name="Ana Smith"))
    other = look(mona, person(), person("ana@example.com\u200b", Name="Anne Smith"))

    assert actions(same) == ["create", "unchanged"]
    assert actions(other) == ["reject", "reject"]
    assert sentence(other, "email.duplicate") == (
        "This row and line 3 have the same email address and differ: keep one row for each person."
    )


# Roles


@pytest.mark.parametrize("role", ["Manager", "Auditor"])
def test_a_managers_file_makes_no_managers_or_auditors(mona: User, eve: User, role: str) -> None:
    theirs, engineers = look(mona, person(Role=role)), look(eve, person(Role=role))

    assert actions(theirs) == ["reject"]
    assert codes(theirs) == {"user_type.above"}
    assert actions(engineers) == ["create"]


@pytest.mark.parametrize("make", [make_manager, make_auditor])
def test_a_managers_file_changes_no_managers_or_auditors(mona: User, eve: User, make: Any) -> None:
    role = make("Ana Smith", email="ana@example.com").user_type
    row = person(Role=role, Phone="203 555 0123")

    assert codes(look(mona, row)) == {"user_type.above"}
    assert codes(look(mona, person(Role="Staff"))) == {"user_type.above"}
    assert actions(look(mona, person(Role=role))) == ["unchanged"]
    assert actions(look(eve, row)) == ["update"]


def test_nobody_changes_their_own_role(eve: User, mona: User) -> None:
    row = person(eve.email, Name="Eve Engineer", Role="Staff")

    assert codes(look(eve, row)) == {"user_type.own", "user_type.is_engineer"}


def test_an_engineer_is_out_of_a_managers_sight(mona: User, eve: User) -> None:
    """As any address that can't be used, under each lock."""
    row = person(eve.email, Name="Eve Engineer", Role="Staff")
    said = "“eve@example.com” can't be used: another person has this address."

    with held_to(mona):
        assert sentence(look(mona, row), "email.unusable") == said
    assert sentence(look(mona, row), "email.unusable") == said


def test_an_engineer_stays_a_manager(eve: User) -> None:
    User.objects.create_superuser("max@example.com", full_name="Max Smith")

    assert codes(look(eve, person("max@example.com"))) == {"user_type.is_engineer"}


def test_who_has_homes_stays_a_rerenter(mona: User) -> None:
    make_property(owner=make_rerenter("Ana Smith", email="ana@example.com"))
    make_rerenter("Bo Smith", email="bo@example.com")

    batch = written(mona, person(), person("bo@example.com"))

    assert actions(batch) == ["reject", "update"]
    assert codes(batch, 2) == {"user_type.has_homes"}
    bo = User.objects.get(email="bo@example.com")
    assert (bo.user_type, bo.is_staff) == ("staff", True)


def test_a_colleague_does_not_become_a_rerenter_by_a_file(mona: User) -> None:
    make_staff("Ana Smith", email="ana@example.com")

    assert codes(look(mona, person(Role="ReRenter"))) == {"user_type.becomes_rerenter"}


def test_somebody_inactive_is_told_and_never_revived(mona: User) -> None:
    make_staff("Ana Smith", email="ana@example.com", is_active=False)

    unchanged = written(mona, person())
    changed = written(mona, person(Phone="203 555 0123"))

    assert actions(unchanged) == ["unchanged"]
    assert codes(unchanged) == codes(changed) == {"email.inactive"}
    ana = User.objects.get(email="ana@example.com")
    assert (ana.is_active, ana.phone) == (False, "+12035550123")


def test_staff_may_not_import_people(mona: User, sign_in: Any) -> None:
    ana = make_staff("Ana Smith", zips=("06511",))

    response = sign_in(ana).get(reverse("admin:staffing_user_import"))
    batch = look(ana, person("bo@example.com"))

    assert response.status_code == 403
    assert codes(batch) == {"may_not_add"}


def test_permissions_that_went_since_the_preview(mona: User) -> None:
    batch = look(mona, person())
    User.objects.filter(pk=mona.pk).update(user_type="auditor")

    with pytest.raises(steps.Drifted):
        steps.commit(batch, PeopleResource(), mona)

    assert not User.objects.filter(email="ana@example.com").exists()


# Who is missing from the file


def test_people_missing_from_the_file_are_told_and_never_touched(mona: User, sign_in: Any) -> None:
    make_staff("Ana Smith", email="ana@example.com")
    make_staff("Bo Smith", email="bo@example.com")
    make_staff("Cy Gone", email="cy@example.com", is_active=False)
    client = sign_in(mona)
    before = every_byte(*PEOPLE)

    batch = look(mona, person())

    covering = User.objects.get(zip_assignments__content_object__code="06511").email
    assert batch.missing == {"count": 2, "named": ["bo@example.com", covering]}
    page = client.get(reverse("admin:staffing_user_import_preview", args=[batch.pk]))
    assert "2 of the people here are not in this file: nothing happens to them" in (
        page.content.decode()
    )
    assert every_byte(*PEOPLE) == before


def test_who_is_out_of_sight_is_not_told_as_missing(mona: User, eve: User) -> None:
    make_manager("Max Smith", email="max@example.com")

    batch = look(mona, person("max@example.com", Role="Manager"))

    assert batch.missing["named"] == [mona.email]
    assert eve.email in look(eve, person("max@example.com", Role="Manager")).missing["named"]


# Undone


def test_undoing_deletes_whom_it_made_and_restores_whom_it_changed(mona: User) -> None:
    bo = make_staff("Bo Smith", email="bo@example.com")
    before, password = every_byte(*PEOPLE), bo.password
    batch = written(
        mona,
        person(),
        person("rita@example.com", Role="ReRenter"),
        person("bo@example.com", Name="B."),
    )

    done = undo(batch, mona)

    assert (done.deleted, done.restored, done.kept) == (2, 1, 0)
    assert every_byte(*PEOPLE) == before
    assert User.objects.get(pk=bo.pk).password == password


KEPT = {
    "a home": lambda them: make_property(owner=them),
    "an assignment": lambda them: assign(them, "06511"),
    "a sign-in": lambda them: update_last_login(User, them),
    "another version": lambda them: User.objects.filter(pk=them.pk).update(phone="+12035550199"),
    "a change of theirs": lambda them: _changes_somebody(them),
    "a notice": lambda them: notify(them, "Come and see", "/", kind=Kind.NOTE),
}  # fmt: skip


def _changes_somebody(them: User) -> None:
    with acting(them, source=Source.CONSOLE):
        make_rerenter("Zoe", email="zoe@example.com")


@pytest.mark.parametrize("reason", KEPT)
def test_undoing_keeps_and_names_from_whom_something_hangs(mona: User, reason: str) -> None:
    role = "ReRenter" if reason == "a home" else "Staff"
    batch = written(mona, person(Role=role), person("bo@example.com"))
    KEPT[reason](User.objects.get(email="ana@example.com"))

    done = undo(batch, mona)

    assert (done.deleted, done.kept) == (1, 1)
    assert [label for _, label, _ in done.named] == ["ana@example.com"]
    assert User.objects.filter(email="ana@example.com").exists()
    assert not User.objects.filter(email="bo@example.com").exists()


def test_the_database_lets_an_undo_delete_its_own_people_alone(mona: User) -> None:
    batch = written(mona, person())
    make_rerenter("Rita", email="rita@example.com")

    with held_to(mona), acting(mona, source=Source.IMPORT, batch=batch.pk):
        gone, _ = User.objects.filter(email="rita@example.com")._raw_delete("default"), None

    assert User.objects.filter(email="rita@example.com").exists()
    assert not gone


def test_who_may_not_undo(mona: User) -> None:
    batch = written(mona, person())

    with pytest.raises(Refused, match="You may not undo imports of people"):
        undoing.undo(batch, PeopleResource(), make_auditor())


def test_the_number_of_queries_does_not_grow_with_the_people(
    mona: User, django_assert_max_num_queries: Any
) -> None:
    def rows(count: int, at: str) -> list[dict[str, str]]:
        return [person(f"p{n}@{at}.example.com") for n in range(count)]

    with django_assert_max_num_queries(500) as few:
        undo(written(mona, *rows(3, "few")), mona)
    with django_assert_max_num_queries(len(few)):
        undo(written(mona, *rows(60, "many")), mona)


def test_everybody_of_the_roles_can_be_made(eve: User) -> None:
    rows = [person(f"{role}@example.com", Role=role.label) for role in User.Type]

    written(eve, *rows)

    made = {p.user_type for p in User.objects.exclude(import_batch=None)}
    assert made == set(User.Type)
    assert make_person("Ana").import_batch is None
