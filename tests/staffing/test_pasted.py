"""ZIP codes out of whatever somebody pastes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffing.models import ZipCode
from staffing.pasted import codes_in, zip_codes_in
from tests.factories import make_zip


@pytest.mark.parametrize(
    ("text", "codes", "others"),
    [
        ("06511, 06512;06513", ["06511", "06512", "06513"], []),
        ("06511\r\n06512\t06513|06514", ["06511", "06512", "06513", "06514"], []),
        ("New Haven: 06511 and 06512.", ["06511", "06512"], []),
        ("06511 06511", ["06511"], []),
        ("06511-1234", ["06511"], []),
        ("6511", [], ["6511"]),
        ("06511-06512 06513", ["06511-06512", "06513"], []),
        ("06511 to 06512", ["06511-06512"], []),
        ("06511 6512", [], ["06511 6512"]),
        ("SW1A 1AA", [], ["SW1A", "1AA"]),
        ("０６５１１", [], ["０６５１１"]),
        ("0651106512", [], ["0651106512"]),
        ("", [], []),
        ("– nothing –", [], []),
    ],
)
def test_codes_are_found_between_anything(text, codes, others):
    found, wrong = codes_in(text)

    said = ["-".join(filter(None, (phrase.first, phrase.last))) for phrase in found]
    assert (said, wrong) == (codes, others)


@given(st.text())
def test_no_text_is_too_strange(text):
    codes, others = codes_in(text)

    assert all(len(code.first) == 5 and len(code.last) in (0, 5) for code in codes)
    assert not {code.text for code in codes} & set(others)


@pytest.mark.django_db
def test_what_can_not_be_assigned_is_named_with_its_remedy():
    make_zip("06511")
    make_zip("06512", is_served=False)

    served, problems = zip_codes_in("06511 06512 00000 K1A", ZipCode.objects.all())

    assert [zip_code.code for zip_code in served] == ["06511"]
    assert [problem.split(":")[0] for problem in problems] == ["K1A", "00000", "06512"]
    assert "Serve or withdraw…" in problems[2]


@pytest.mark.django_db
def test_of_a_range_those_are_meant_that_are_served():
    make_zip("06511")
    make_zip("06512", is_served=False)
    make_zip("06513")

    served, problems = zip_codes_in("06510–06515, 06513", ZipCode.objects.all())
    nothing, empty = zip_codes_in("06514–06519; 06513-06511", ZipCode.objects.all())

    assert ([zip_code.code for zip_code in served], problems) == (["06513", "06511"], [])
    assert nothing == []
    assert empty[0].startswith("06514–06519, 06513-06511: each is without a served ZIP code")


@pytest.mark.django_db
def test_many_wrong_codes_are_named_up_to_a_point():
    [problem] = zip_codes_in(" ".join(f"{n:05}" for n in range(100)), ZipCode.objects.all())[1]

    assert "00019 and 80 more" in problem
