"""The pages "Who can see this" and "What they see and why", as each role meets them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from opsconsole.imports.models import ImportBatch
from staffing.explain import (
    explain,
    explain_all,
    what_changes_if,
    what_they_see,
    who_can_see,
)
from staffing.models import User, ZipAssignment
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


def page_of(obj, page: str = "access") -> str:
    return f"/{obj._meta.app_label}/{obj._meta.model_name}/{obj.pk}/{page}/"


def say(day) -> str:
    return f"{day:%b} {day.day}, {day.year}"


@pytest.fixture
def company():
    """One of everything in 06511 and in 02116, and somebody of each role."""
    ana = make_staff("Ana", zips=("06511",))
    make_staff("Ben", zips=("02116",))
    objects = [ana, *ana.zip_assignments.all()]
    plan = make_plan(make_property("06511"), status="approved", hosting_allowed=True)
    objects += [plan, make_booking(plan)]
    for home in (plan.property, make_property("02116")):
        objects += [home, home.zip_code, home.owner]
    mona = make_manager()
    objects.append(
        ImportBatch.objects.create(resource="properties", file_name="a.csv", uploaded_by=mona)
    )
    new_hire, gone = make_staff("Nell"), make_staff("Gil", zips=("06511",), is_active=False)
    people = [ana, mona, make_auditor(), new_hire, gone, make_rerenter(), _engineer()]
    return people, objects


def _engineer():
    return make_person("Erin Engineer", "manager", is_superuser=True)


def test_pages_answer_as_explained(company, sign_in):
    people, objects = company
    erin = people[-1]
    for person in people:
        client = sign_in(person)
        for obj in objects:
            see, *others = explain_all(person, obj, erin).answers

            form = client.get(page_of(obj, "change"))

            assert (form.status_code == 200) is see.allowed, see.sentence
            if person == obj:
                continue  # one's own page: below
            told = [answer.allowed for answer in others if answer.verb == "change"]
            if see.allowed and told:
                assert form.context["has_change_permission"] is told[0]
            assert same_answer(client.get(page_of(obj)), form)


def same_answer(page, form) -> bool:
    """Whether the access page opens, or refuses, as the form does."""
    address = form.get("Location", "").replace("/change/", "/access/")
    return (page.status_code, page.get("Location", "")) == (form.status_code, address)


@pytest.mark.parametrize("pk", ["99999999", "abc", "½", "-1", "9" * 40, "_5F", "1%20or%201"])
@pytest.mark.parametrize("model", ["bookings/property", "staffing/user", "staffing/zipcode"])
def test_ids_of_nothing_answer_as_on_the_change_page(sign_in, model, pk):
    client = sign_in(make_staff(zips=("06511",)))

    page, form = (client.get(f"/{model}/{pk}/{name}/") for name in ("access", "change"))

    assert form.status_code == 302
    assert same_answer(page, form)


@pytest.mark.parametrize("make", [make_manager, make_auditor])
def test_the_office_reads_who_can_see_a_home_and_until_when(sign_in, make):
    home = make_property("06511", name="Elm House")
    ana = make_staff("Ana Torres")
    assign(ana, "06511", duty="backup", ends_on=today() + days(9))
    make_staff("Ben Foreign", zips=("02116",))
    make_staff("Gil Gone", zips=("06511",), is_active=False)
    _engineer()
    asker = make("Olga Office")

    response = sign_in(asker).get(page_of(home))

    seers = response.context["seers"]
    [first, second] = seers.people
    assert (first.person, second.person) == (ana, asker)
    assert [answer.allowed for answer in first.answers] == [True, True, False, False]
    assert seers.verbs == ["view", "change", "export", "restore"]
    content = response.content.decode()
    assert "Backup in 06511" in content
    assert say(today() + days(8)) in content
    assert "Staff reach it through 06511 New Haven" in content
    assert "Erin" not in content
    assert "engineer" not in content


def test_engineers_are_counted_for_engineers(sign_in):
    page = sign_in(_engineer()).get(page_of(make_property())).content.decode()

    assert "And 1 engineer, who may do everything." in page


def test_staff_read_their_own_line_alone(sign_in):
    home = make_property("06511")
    ana, ben = make_staff("Ana", zips=("06511",)), make_staff("Ben Other", zips=("06511",))

    response = sign_in(ana).get(page_of(home))

    content = response.content.decode()
    why = "You may see this property: staff may see properties, and you are primary in 06511."
    assert why in content
    assert "You may not export this property: staff may not export properties." in content
    assert str(ben) not in content
    assert [seer.person for seer in who_can_see(home, ana).people] == [ana]


def test_staff_ask_about_nobody_else():
    home = make_property("06511")
    ana, ben = make_staff(zips=("06511",)), make_staff("Ben", zips=("06511",))

    for question in (
        lambda: explain(ben, "view", home, ana),
        lambda: what_they_see(ben, ana),
        lambda: explain(_engineer(), "view", home, make_manager()),
    ):
        with pytest.raises(PermissionDenied):
            question()


def test_what_is_foreign_and_what_is_absent_read_the_same():
    ana = make_staff(zips=("06511",))
    foreign, gone = make_property("02116"), make_property("02116")
    gone_pk = gone.pk
    gone.delete()
    gone.pk = gone_pk

    for verb in ("view", "change", "delete"):
        told = {explain(ana, verb, home, ana).sentence for home in (foreign, gone)}
        assert len(told) == 1
        assert "02116" not in told.pop()


def test_a_manager_asks_why_somebody_may_not(sign_in):
    home = make_property("02116")
    maya, mona = make_staff("Maya", zips=("06511",)), make_manager()
    client = sign_in(mona)

    def told():
        page = client.get(page_of(home), {"person": maya.pk})
        return [answer.sentence for answer in page.context["chosen"].answers]

    assert "Maya may not see this property: nobody assigned 02116 to Maya." in told()
    coming = assign(maya, "02116", starts_on=today() + days(3))
    assert f"the assignment to 02116 begins on {say(today() + days(3))}." in told()[0]
    coming.starts_on, coming.ends_on = today() - days(9), today()
    coming.save()
    assert "the assignment to 02116 is over." in told()[0]
    coming.ends_on = today() + days(5)
    coming.save()
    assert told()[1] == (
        "Maya may change this property: staff may change properties, and Maya is primary in "
        f"02116 until the end of {say(today() + days(4))}."
    )
    User.objects.filter(pk=maya.pk).update(is_active=False)
    assert "the account is deactivated." in told()[0]


def test_other_reasons_are_told_too():
    ana, mona = make_staff("Ana", zips=("06511",)), make_manager()
    own, other = ana.zip_assignments.get(), assign(make_staff("Ben"), "06511")

    def told(obj, verb="view"):
        return explain(ana, verb, obj, mona).sentence.split(": ")[1]

    assert told(own) == "staff may see ZIP assignments, and it is their own."
    in_it = explain(ana, "view", own.zip_code, mona)
    assert "staff may see ZIP codes, and an assignment of their own names it" in in_it.sentence
    assert told(other) == "it is somebody else’s, so it is for managers and auditors."
    assert told(mona).endswith("so it is for managers and auditors.")
    assert told(own, "delete") == "staff may not delete ZIP assignments."


def test_an_assignment_with_another_permission_explains_nothing():
    ana, mona, home = make_staff("Ana", zips=("06511",)), make_manager(), make_property("06511")

    ZipAssignment.objects.update(permission=Permission.objects.get(codename="view_zipcode"))

    told = explain(User.objects.get(pk=ana.pk), "view", home, mona)
    assert (told.allowed, told.reason.clause) == (False, "nobody assigned 06511 to Ana")
    assert [seer.person for seer in who_can_see(home, mona).people] == [mona]
    assert what_they_see(User.objects.get(pk=ana.pk), mona).today == []
    removed = ana.zip_assignments.select_related("user")
    assert [c.loses for c in what_changes_if(asker=mona, removed=removed)] == [[]]


@pytest.mark.parametrize("pk", ["abc", "½", "", "9" * 40, "0"])
def test_a_question_about_nobody_is_an_error_on_the_form(sign_in, pk):
    response = sign_in(make_manager()).get(page_of(make_property()), {"person": pk, "p": pk})

    assert response.status_code == 200
    assert response.context["form"].errors
    assert response.context["chosen"] is None


def test_an_engineer_can_not_be_asked_about_by_others(sign_in):
    erin = _engineer()

    response = sign_in(make_manager()).get(page_of(make_property()), {"person": erin.pk})

    assert response.context["form"].errors
    assert "Erin" not in response.content.decode()


def test_staff_read_what_they_see_and_why(sign_in):
    ana = make_staff("Ana")
    assign(ana, "06511", ends_on=today() + days(10))
    assign(ana, "06511", starts_on=today() + days(10), ends_on=today() + days(20))
    assign(ana, "02116", starts_on=today() + days(5))
    assign(ana, "90210", starts_on=today() - days(50), ends_on=today() - days(40))
    plan = make_plan(make_property("06511"), status="approved", hosting_allowed=True)
    make_booking(plan)
    make_property("06511")
    make_property("06511", lifecycle="archived")
    make_property("02116")

    response = sign_in(ana).get(page_of(ana))

    portrait = response.context["portrait"]
    [line] = portrait.today
    assert (line.zip_code.code, line.until) == ("06511", today() + days(19))
    assert [str(n) for n in line.counts] == ["2 properties", "1 open plan", "1 upcoming booking"]
    assert [row.zip_code.code for row in portrait.upcoming] == ["06511", "02116"][::-1]
    assert [row.zip_code.code for row in portrait.past] == ["90210"]
    assert ("away plans", "see, add, change and decide") in portrait.may
    assert "You see what lies in the ZIP code assigned today." in response.content.decode()


def test_the_home_page_leads_staff_to_what_they_see(sign_in):
    ana = make_staff(zips=("06511",))

    page = sign_in(ana).get("/").content.decode()

    assert f'href="{page_of(ana)}"' in page


def test_staff_open_no_colleagues_page(sign_in):
    ana, ben = make_staff(zips=("06511",)), make_staff("Ben Other", zips=("06511",))

    response = sign_in(ana).get(page_of(ben), follow=True)

    assert response.redirect_chain == [("/", 302)]
    assert "Ben Other" not in response.content.decode()


@pytest.mark.parametrize(
    ("make", "summary"),
    [
        (make_staff, "no ZIP code is assigned"),
        (make_manager, "managers are not held to ZIP codes"),
        (make_auditor, "auditors are not held to ZIP codes"),
        (lambda: make_staff(zips=("06511",), is_active=False), "the account is deactivated"),
    ],
)
def test_the_office_reads_what_a_colleague_sees(sign_in, make, summary):
    person = make()

    response = sign_in(make_auditor("Olga")).get(page_of(person))

    assert summary in response.context["portrait"].summary
    assert response.context["portrait"].today == []


def test_an_engineer_reads_that_they_may_do_everything(sign_in):
    erin = _engineer()

    response = sign_in(erin).get(page_of(erin))

    summary = "You see everything: engineers may do everything."
    assert response.context["portrait"].summary == summary
    assert "What the role allows" not in response.content.decode()


def test_a_rerenters_page_tells_who_can_see_them(sign_in):
    home = make_property("06511")
    make_property("02116", owner=home.owner)
    ana = make_staff("Ana", zips=("06511",))

    response = sign_in(make_manager()).get(page_of(home.owner))

    assert ana in [seer.person for seer in response.context["seers"].people]
    assert "through 02116 Boston, 06511 New Haven" in response.content.decode()


def test_each_form_and_history_leads_to_the_access_page(sign_in):
    client = sign_in(make_manager())
    home = make_property()
    for obj in (home, home.owner, home.zip_code, make_staff(), make_plan(home)):
        label, name = obj._meta.app_label, obj._meta.model_name
        link = reverse(f"admin:{label}_{name}_access", args=[obj.pk])

        for page in ("change", "history"):
            assert f'href="{link}"' in client.get(page_of(obj, page)).content.decode()


@pytest.mark.parametrize("role", ["manager", "staff"])
def test_queries_do_not_grow_with_people(sign_in, role):
    asker = make_manager() if role == "manager" else make_staff(zips=("06511",))
    home = make_property("06511")
    client = sign_in(asker)
    pages = [page_of(home), page_of(home.owner), page_of(home.zip_code), page_of(asker)]

    def count():
        counts = []
        for page in pages:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(page).status_code == 200
            counts.append(len(captured))
        return counts

    def hire(number):
        people = [
            User(email=f"{role}{number}-{i}@example.com", full_name=f"P{i}", user_type="staff")
            for i in range(number)
        ]
        for person in people:
            person.is_staff, person.password = True, "!"
        for person in User.objects.bulk_create(people):
            assign(person, "06511")

    hire(3)
    count()
    few = count()
    hire(297)

    assert count() == few
    assert max(few) <= 25


def test_many_people_come_a_page_at_a_time(sign_in):
    home = make_property("06511")
    for number in range(51):
        make_staff(f"Helper {number:02}", zips=("06511",))

    response = sign_in(make_manager()).get(page_of(home) + "?p=2")

    assert len(response.context["page"].object_list) == 2
    assert "Page 2 of 2" in response.content.decode()


def test_a_zip_code_nobody_looks_after(sign_in):
    response = sign_in(make_manager("Mona")).get(page_of(make_zip("02116")))

    assert [str(seer.person) for seer in response.context["seers"].people] == ["Mona"]
    assert "No member of staff can see it today" in response.content.decode()
