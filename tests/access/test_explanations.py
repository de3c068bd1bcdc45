"""The explanation equals enforcement, whoever asks about whatever."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings.models import Property
from opsconsole.access.registry import in_scope
from staffing.explain import explain_all, what_changes_if, who_can_see
from staffing.models import User, ZipAssignment
from tests.access.worlds import (
    CODES,
    Company,
    as_of,
    few,
    random_assignments,
    random_dates,
    random_homes,
    random_people,
    undone,
)
from tests.factories import days, make_manager, make_person, make_zip, today
from tests.scale import size

pytestmark = pytest.mark.django_db


def permission(verb: str, obj) -> str:
    return f"{obj._meta.app_label}.{verb}_{obj._meta.model_name}"


def assert_explained(company: Company, objects: list[Any]) -> None:
    """Each answer about each object equals what the veto, the queries and the role give."""
    asker = make_person("Eve", "manager", is_superuser=True)
    people = [person for person in company.reload() if person != asker]
    for obj in objects:
        may_see = set()
        for person in people:
            answers = explain_all(person, obj, asker).answers
            enforced = [person.has_perm(permission(a.verb, obj), obj) for a in answers]
            assert [answer.allowed for answer in answers] == enforced, (person, obj)
            visible = in_scope(person, obj)
            role = person.is_active and person.has_perm(permission("view", obj))
            assert answers[0].allowed == (role and visible)
            if answers[0].allowed and not person.is_superuser:
                may_see.add(person)
        seers = who_can_see(obj, asker)
        assert {seer.person for seer in seers.people} == may_see
        assert seers.engineers == User.objects.filter(is_superuser=True, is_active=True).count()


@settings(few, max_examples=size(3, 100))
@given(people=random_people, assignments=random_assignments, homes=random_homes, data=st.data())
def test_every_answer_equals_enforcement(people, assignments, homes, data):
    with undone():
        company = Company(people, assignments, homes)
        assert_explained(company, company.objects())

        home = company.homes[0]
        home.zip_code = make_zip(data.draw(st.sampled_from(CODES)))
        home.save()
        begun = ZipAssignment.objects.filter(starts_on__lt=today())
        ending = begun.exclude(ends_on__lte=today()).first()
        if ending is not None:
            ZipAssignment.objects.filter(pk=ending.pk).update(ends_on=today())

        assert_explained(company, [home, home.away_plans.get(), home.owner, home.zip_code])


@few
@given(people=random_people, assignments=random_assignments, homes=random_homes)
def test_until_is_the_last_day(people, assignments, homes):
    with undone():
        company = Company(people, assignments, homes)
        asker = make_manager()
        things = [*company.homes, company.homes[0].owner]
        for person in User.objects.filter(user_type="staff", is_active=True):
            for obj in things:
                sight = explain_all(person, obj, asker).answers[0]
                if sight.allowed:
                    _assert_it_ends(person, obj, sight)


def _assert_it_ends(person, obj, sight) -> None:
    assert sight.assignments
    last = sight.until or today() + days(1000)
    for day in {today(), today() + (last - today()) // 2, last}:
        with as_of(day):
            assert in_scope(User.objects.get(pk=person.pk), obj)
    if sight.until:
        with as_of(last + days(1)):
            assert not in_scope(User.objects.get(pk=person.pk), obj)


DAYS = [today() + days(number) for number in range(8)]


@few
@given(
    people=random_people,
    assignments=random_assignments,
    who=st.integers(0, 3),
    code=st.sampled_from(CODES),
    dates=random_dates,
    which=st.integers(0, 20),
    what=st.sampled_from(["add", "remove", "end", "hand over"]),
)
def test_consequences_are_the_difference(people, assignments, who, code, dates, which, what):
    with undone():
        company = Company(people, assignments, CODES)
        person = company.people[who % len(company.people)]
        added, removed = change_of(person, code, dates, which, what)
        told = what_changes_if(asker=make_manager(), added=added, removed=removed)

        before = seen(company)
        if not really_saved(added, removed):
            return
        after, looked_after = seen(company), covered()

    assert told_days(told, "gains") == after - before
    assert told_days(told, "loses") == before - after
    assert told_days(told, "left_alone") == {
        (pk, code, day) for pk, code, day in before - after if (code, day) not in looked_after
    }


def change_of(person, code, dates, which, what):
    """What comes and what goes, as the form and a deletion would have it."""
    stored = list(ZipAssignment.objects.select_related("user"))
    if what == "add" or not stored:
        starts_on = today() + days(dates[0])
        ends_on = None if dates[1] is None else starts_on + days(dates[1])
        new = ZipAssignment(
            user=person, content_object=make_zip(code), starts_on=starts_on, ends_on=ends_on
        )
        return [new], []
    old = stored[which % len(stored)]
    if what == "remove":
        return [], [old]
    new = ZipAssignment.objects.get(pk=old.pk)
    if what == "end":
        new.ends_on = max(today() + days(2), old.starts_on + days(1))
    else:
        new.user, new.content_object = person, make_zip(code)
    return [new], [old]


def really_saved(added, removed) -> bool:
    kept = {row.pk for row in added}
    try:
        with transaction.atomic():
            for row in removed:
                if row.pk not in kept:
                    row.delete()
            for row in added:
                row.save()
    except IntegrityError:
        return False
    return True


def seen(company):
    """Who sees the homes of which ZIP code, on each of the days to come."""
    found = set()
    for day in DAYS:
        with as_of(day):
            for person in company.reload():
                codes = Property.objects.visible_to(person).values_list("zip_code__code", flat=True)
                found |= {(person.pk, code, day) for code in codes}
    return found


def covered():
    """The ZIP codes that somebody looks after, on each of the days to come."""
    found = set()
    for day in DAYS:
        with as_of(day):
            current = ZipAssignment.objects.current().filter(user__is_active=True)
            found |= {
                (code, day) for code in current.values_list("content_object__code", flat=True)
            }
    return found


def told_days(consequences, kind):
    return {
        (c.person.pk, c.zip_code.code, day)
        for c in consequences
        for day in DAYS
        if any(start <= day < end for start, end in getattr(c, kind))
    }
