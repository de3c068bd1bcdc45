"""What hangs from a ZIP code, counted: the apps above say what there is to count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from staffing.models import User


@dataclass(frozen=True)
class Counted:
    """A number with its noun: "3 open plans"."""

    number: int
    one: str
    many: str

    def __str__(self) -> str:
        return f"{self.number} {self.one if self.number == 1 else self.many}"


type Rows = Callable[[], Any]

_kinds: list[tuple[str, str, Rows]] = []


def count_in_zip_codes(one: str, many: str, rows: Rows) -> None:
    """Have explanations count these rows, which carry a `zip_code`, in each ZIP code."""
    _kinds.append((one, many, rows))


def counts_in(zip_codes: Iterable[int], asker: User) -> dict[int, list[Counted]]:
    """What of each kind lies in each of the ZIP codes, as far as the asker may see it."""
    ids = list(zip_codes)
    counted: dict[int, list[Counted]] = defaultdict(list)
    for one, many, rows in _kinds:
        visible = rows().visible_to(asker).filter(zip_code__any=ids).order_by()
        numbers = dict(visible.values_list("zip_code").annotate(Count("pk")))
        for pk in ids:
            counted[pk].append(Counted(numbers.get(pk, 0), one, many))
    return counted
