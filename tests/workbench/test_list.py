"""The list of all changes: what is in it, for whom, under which filter, and how it is told."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import AwayPlan, Booking, Property
from opsconsole.access.acting import Source, acting
from opsconsole.history.words import HIDDEN
from opsconsole.imports.models import ImportBatch
from opsconsole.workbench import finding
from opsconsole.workbench.asking import everything
from opsconsole.workbench.finding import Cursor, find
from opsconsole.workbench.telling import tell_all
from staffing.models import User, ZipCode
from tests.factories import (
    assign,
    days,
    make_auditor,
    make_booking,
    make_manager,
    make_person,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_zip,
    today,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def otto():
    return make_auditor()


def shorten(plan, by, reason="They asked us", **more):
    with acting(by, source=Source.CONSOLE, reason=reason, **more):
        plan.ends_on -= days(1)
        plan.save()


def listed(client, query=""):
    response = client.get(f"/changes/?{query}")
    assert response.status_code == 200
    return [told.sentence for told in response.context["told"]]


def errors(client, query):
    response = client.get(f"/changes/?{query}")
    assert response.status_code == 200
    assert response.context["told"] == []
    assert "Nothing is shown until the filter can be read" in response.content.decode()
    return " ".join(
        error for errors in response.context["form"].errors.values() for error in errors
    )


def all_versions() -> int:
    return sum(model.history.count() for model in (AwayPlan, Booking, Property, User, ZipCode))


# What is told


def test_a_change_is_told_in_words(sign_in, otto):
    plan = make_plan(make_property("90210", name="Maple House"))
    shorten(plan, make_manager("Mona Manager"))

    [told] = sign_in(otto).get("/changes/?field=plan.ends_on").context["told"]

    assert told.who == "Mona Manager"
    assert told.sentence.startswith("Mona Manager changed away plan Maple House, ")
    assert told.sentence.endswith(" in the console")
    assert told.reason == "They asked us"
    assert str(told.when.tzinfo) == "America/Los_Angeles"
    assert [change.label for change in told.changes] == ["Back on"]
    assert told.changes[0].old != told.changes[0].new


def test_all_kinds_stand_in_one_list_newest_first(sign_in, otto):
    make_booking()
    assign(make_staff("Sam"), "06511")

    response = sign_in(otto).get("/changes/")

    told = response.context["told"]
    assert {each.kind.slug for each in told} == {
        "plan", "booking", "property", "person", "assignment", "zip",
    }  # fmt: skip
    assert [each.when for each in told] == sorted((each.when for each in told), reverse=True)


def test_what_is_gone_is_named_after_its_last_version(otto):
    home = make_property(name="Maple House", owner=make_rerenter("Rosa Lee"))
    plan = make_plan(home)
    plan.delete()
    owner = home.owner
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM bookings_property WHERE id = %s", [home.pk])
        cursor.execute("DELETE FROM staffing_user WHERE id = %s", [owner.pk])

    page = find(everything(otto), otto, Cursor(), 50)
    told = {each.sentence: each for each in tell_all(page.versions, otto)}

    [gone] = [each for each in told.values() if each.verb == "deleted" and each.kind.slug == "plan"]
    assert gone.record.startswith("Maple House (deleted), ")
    [made] = [
        each for each in told.values() if each.verb == "created" and each.kind.slug == "property"
    ]
    assert ("Owner", "Rosa Lee (deleted)") in [(c.label, c.new) for c in made.changes]


def test_a_password_is_told_as_changed_and_no_more(otto):
    ben = make_staff("Ben")
    ben.set_password("another-long-password")
    ben.save()

    page = find(everything(otto), otto, Cursor(), 1)
    [told] = tell_all(page.versions, otto)

    assert [(c.label, c.old, c.new) for c in told.changes] == [("Password set", "", "changed")]


# Who reads what


def test_staff_read_what_lies_and_lay_in_their_zip_codes(sign_in, locks):
    near, far = make_property("06511", name="Near"), make_property("02116", name="Far")
    moved = make_property("02116", name="Past name")
    Property.objects.filter(pk=moved.pk).update(name="Moved", zip_code=make_zip("06511"))
    make_plan(near), make_plan(far)
    ana = make_staff("Ana", zips=("06511",))
    make_person("Somebody else")

    content = sign_in(ana).get("/changes/").content.decode()

    assert "Near" in content
    assert "Moved" in content
    assert "Far" not in content
    assert "Past name" not in content
    assert "Somebody else" not in content


def test_staff_read_nothing_of_what_left_their_zip_codes(sign_in, locks):
    home = make_property("06511", name="Gone away")
    Property.objects.filter(pk=home.pk).update(zip_code=make_zip("02116"))
    ana = make_staff("Ana", zips=("06511",))

    assert listed(sign_in(ana), "what=property") == []


def test_staff_read_nothing_of_what_is_gone(sign_in, locks):
    plan = make_plan(make_property("06511"))
    AwayPlan.objects.filter(pk=plan.pk).delete()

    assert listed(sign_in(make_staff(zips=("06511",))), "what=plan") == []
    assert len(listed(sign_in(make_manager()), "what=plan")) == 2


def test_a_value_from_outside_their_zip_codes_is_not_told_to_staff():
    home = make_property("06511", name="Then here")
    for code, name in (("02116", "Secret name"), ("06511", "Back home")):
        Property.objects.filter(pk=home.pk).update(zip_code=make_zip(code), name=name)
    ana = make_staff("Ana", zips=("06511",))

    page = find(everything(ana), ana, Cursor(), 50)
    told = tell_all(page.versions, ana)

    [back] = [each for each in told if each.kind.slug == "property" and each.verb == "changed"]
    assert "Secret name" not in str(back.changes)
    assert "02116" not in str(back.changes)
    assert HIDDEN not in back.sentence


def test_nobody_but_engineers_reads_changes_of_engineers(sign_in, otto, locks):
    erin = make_person("Erin Engineer", "manager", is_superuser=True)
    later = make_person("Lena Later", "manager")
    User.objects.filter(pk=later.pk).update(is_superuser=True)

    assert not [each for each in listed(sign_in(otto), "what=person") if "Engineer" in each]
    assert not [each for each in listed(sign_in(otto), "what=person") if "Lena" in each]
    assert [each for each in listed(sign_in(erin), "what=person") if "Erin" in each]


# Filters


def test_by_actor_and_role(sign_in, otto):
    plan = make_plan()
    shorten(plan, make_manager("Mona Manager"))
    shorten(plan, make_staff("Sam Staff"))
    client = sign_in(otto)

    assert [s.split(" changed")[0] for s in listed(client, "actor=mona")] == ["Mona Manager"]
    assert [s.split(" changed")[0] for s in listed(client, "role=staff")] == ["Sam Staff"]
    assert all("Sam" not in s and "Mona" not in s for s in listed(client, "role=nobody&what=plan"))
    assert len(listed(client, "role=nobody&what=plan")) == 1


def test_by_property_with_all_that_hangs_from_it(sign_in, otto):
    booking, other = make_booking(), make_booking(make_plan(
        make_property("02116", name="Other"), status="approved", hosting_allowed=True
    ))  # fmt: skip
    home = booking.property
    Booking.objects.filter(pk=booking.pk).delete()
    client = sign_in(otto)

    by_reference = listed(client, f"property={home.external_ref}")
    by_name = listed(client, "property=Oth")

    assert len(by_reference) == 4  # the home, its plan, and a booking that is gone
    assert len(by_name) == 3
    assert str(other.property) in by_name[0]


def test_by_zip_code_field_kind_source_reason_and_request(sign_in, otto):
    plan, request = make_plan(make_property("06511")), uuid.uuid4()
    far = make_plan(make_property("02116"))
    shorten(plan, make_manager(), reason="Flight moved", request_id=request)
    client = sign_in(otto)
    [change] = listed(client, "field=plan.ends_on")

    for query in (
        "zip=06511&what=plan&kind=~",
        "reason=flight",
        "source=console",
        f"request={request}",
        f"record=plan-{plan.pk}&kind=~",
        "field=plan.ends_on&zip=06511",
    ):
        assert listed(client, query) == [change], query
    assert listed(client, f"record=plan-{far.pk}&kind=~") == []
    assert len(listed(client, "source=database&what=plan")) == 2


def test_by_import(sign_in, otto):
    batch = ImportBatch.objects.create(
        resource="properties", file_name="homes-of-may.csv", uploaded_by=make_manager()
    )
    plan = make_plan()
    shorten(plan, make_manager(), batch=batch.pk)

    assert len(listed(sign_in(otto), "file=of-may")) == 1


def test_by_dates(sign_in, otto):
    make_plan()
    tomorrow = today() + days(1)
    client = sign_in(otto)

    assert len(listed(client, f"what=plan&since={today()}&until={today()}")) == 1
    assert listed(client, f"what=plan&since={tomorrow}") == []
    assert listed(client, f"what=plan&until={today() - days(1)}") == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("since=yesterday", "Enter a valid date"),
        ("since=99999-01-01", "Enter a valid date"),
        ("until=9999-12-31", "Choose a day between 2000 and 2199."),
        ("since=2026-02-02&until=2026-01-01", "must not come before the first"),
        ("actor=nobody+like+this", "Nobody here is called “nobody like this”"),
        ("property=none", "No property has the reference “none”"),
        ("zip=99999999", "There is no ZIP code “99999999”"),
        ("zip=½", "There is no ZIP code “½”"),
        ("field=plan.password", "There is no such field"),
        ("kind=x", "Nothing of the kind happens"),
        ("what=x", "There is no such kind of record"),
        ("role=x", "There is no such role"),
        ("source=x", "There is no such source"),
        ("file=none.csv", "No import was made of a file"),
        ("request=x", "That is no request"),
        ("record=plan-x", "That is no record"),
        ("record=plan-½", "That is no record"),
        ("record=planet-1", "That is no record"),
        (f"record=plan-{'9' * 40}", "That is no record"),
        ("after=plan:1", "That page of the list is none"),
        ("after=plan:½:1", "That page of the list is none"),
        (f"after=plan:{'9' * 17}:1", "That page of the list is none"),
        ("after=planet:1:1", "That page of the list is none"),
        ("reason=" + "x" * 201, "at most 200 characters"),
        ("aktor=mona", "There is no filter “aktor”"),
    ],
)  # fmt: skip
def test_what_can_not_be_read_is_said_in_a_sentence(sign_in, otto, query, sentence):
    assert sentence in errors(sign_in(otto), query)


def test_staff_are_not_asked_for_roles_or_imports(sign_in):
    client = sign_in(make_staff(zips=("06511",)))

    assert "There is no filter “role”" in errors(client, "role=staff")
    assert "There is no filter “file”" in errors(client, "file=x")


def test_a_name_outside_their_zip_codes_is_no_property_to_staff(sign_in, locks):
    make_property("02116", name="Far")

    assert "No property has" in errors(sign_in(make_staff(zips=("06511",))), "property=Far")
    assert "There is no ZIP code" in errors(sign_in(make_staff(zips=("06511",))), "zip=02116")


# Pages


def walk(person, size=3, asked=None):
    """Every version of the list, page by page, and how many pages there were."""
    found, cursor, pages = [], Cursor(), 0
    while cursor is not None:
        page = find(asked or everything(person), person, cursor, size)
        found += [(kind.slug, version.history_id) for kind, version in page.versions]
        cursor = page.older and Cursor.read(str(page.older))
        pages += 1
        assert pages < 500
    return found, pages


@pytest.mark.parametrize("look", [20_000, 7, 1])
def test_no_change_is_lost_or_told_twice_from_page_to_page(otto, monkeypatch, look):
    monkeypatch.setattr(finding, "LOOK", look)
    for _ in range(4):
        make_booking()
    assign(make_staff("Sam"), "06511")
    everyone = all_versions() + 1

    found, pages = walk(otto)

    assert len(found) == len(set(found)) == everyone
    assert pages > 5


def test_what_no_index_finds_is_looked_for_a_stretch_at_a_time(sign_in, otto, monkeypatch):
    plan = make_plan()
    shorten(plan, make_manager(), reason="Long ago")
    for number in range(30):
        AwayPlan.objects.filter(pk=plan.pk).update(notes=f"Note {number}")
    monkeypatch.setattr(finding, "LOOK", 10)
    client = sign_in(otto)

    response = client.get("/changes/?reason=long&what=plan")
    content, hops = response.content.decode(), 0
    assert "Nothing like it was found back to" in content
    while not response.context["told"]:
        older = response.context["page"].older
        response, hops = client.get(f"/changes/?reason=long&what=plan&after={older}"), hops + 1

    assert hops == 3
    assert response.context["told"][0].reason == "Long ago"


def test_a_walk_starts_where_the_asked_dates_end(otto, monkeypatch):
    monkeypatch.setattr(finding, "LOOK", 10)
    plan = make_plan()
    for number in range(60):
        AwayPlan.objects.filter(pk=plan.pk).update(notes=f"Note {number}")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE bookings_historicalawayplan DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE bookings_historicalawayplan SET history_date = %s::timestamptz"
            " + history_id * interval '1 day'",
            [timezone.now() - days(1000)],
        )
        cursor.execute("ALTER TABLE bookings_historicalawayplan ENABLE TRIGGER USER")
    dates = list(AwayPlan.history.order_by("history_id").values_list("history_date", flat=True))
    asked = everything(otto)
    within = {"since": dates[20], "until": dates[25]}

    page = find(type(asked)(asked.kinds[:1], reason="", happened="~", **within), otto, Cursor(), 50)

    assert sorted(version.history_date for _, version in page.versions) == dates[20:25]
    assert page.older is None


def test_queries_are_as_many_for_3_rows_as_for_30(sign_in, otto):
    client, mona = sign_in(otto), make_manager()

    def count(query):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/changes/?{query}").context["told"]
        return len(captured)

    queries = ("", "actor=mona", "zip=06511", "reason=asked", "property=Home", "field=plan.ends_on")
    fill(3, mona)
    [count(query) for query in queries]
    few = [count(query) for query in queries]
    fill(27, mona)

    assert [count(query) for query in queries] == few
    assert max(few) <= 40


def fill(rows, by):
    for number in range(rows):
        booking = make_booking(
            make_plan(
                make_property("06511", name=f"Home {number}"),
                status="approved",
                hosting_allowed=True,
            )
        )
        shorten(booking.away_plan, by)
        assign(make_staff(), "06511")


def test_an_empty_list_says_so(sign_in):
    content = sign_in(make_staff()).get("/changes/").content.decode()

    assert "There is no change that you may read." in content


def test_the_list_is_only_read(sign_in, otto):
    assert sign_in(otto).post("/changes/").status_code == 405
