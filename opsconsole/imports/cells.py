"""How each kind of cell is read: by one widget, the same for every resource.

A widget's `clean` gives the value, raises `Unacceptable` with a plain sentence, or appends to
`remarks` what it understood or doubts. Results are cached for each text, so that a widget may
only depend on the text and on the cells that its column names in `reads`.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import models
from django.db.models import QuerySet
from import_export import widgets

from opsconsole.access.people import Person
from opsconsole.access.registry import visible
from opsconsole.imports.formulas import guarded as guarded
from opsconsole.imports.formulas import guarded_sql, literal
from opsconsole.imports.formulas import unguarded as unguarded
from opsconsole.imports.problems import Level, Remark, Unacceptable, quoted, shortened

Remarks = list[Remark]
PLAIN_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
NUMBER = re.compile(r"-?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)")
CLOCK = re.compile(
    r"(\d{1,2})(?::(\d{2}))?(?::(\d{2})(?:\.(\d{1,6}))?)?\s*([ap])?\.?(?:m\.?)?", re.IGNORECASE
)
YES = {"yes", "y", "true", "t", "1", "x"}
NO = {"no", "n", "false", "f", "0"}


def plain(text: str) -> str:
    """Letters and digits only, in lower case: how names are compared."""
    return "".join(filter(str.isalnum, text.casefold()))


class CellWidget(widgets.Widget):
    """A widget of an import column. What it writes `bare` needs no quotation marks in a file.

    One that looks ahead is shown all the texts of its column (`load`) before it reads the first.
    One that keeps text may tidy it up: a record whose text is the untidy one is as the file says.
    """

    bare = False
    keeps_text = False
    looks_ahead = False

    def load(self, texts: Iterable[str], person: Person) -> None:
        """See all the texts of the file, if the widget looks ahead."""

    def clean(
        self,
        value: str,
        row: Mapping[str, str] | None = None,
        remarks: Remarks | None = None,
        **kwargs: Any,
    ) -> Any:
        """The value; `row` has the texts of the fields that the column reads besides its own."""
        return self.read(value, row or {}, [] if remarks is None else remarks)

    def read(self, text: str, row: Mapping[str, str], remarks: Remarks) -> Any:
        raise NotImplementedError

    def written(self, value: str) -> str:
        """SQL of the text that `read` understands as the stored `value` (SQL as well)."""
        return guarded_sql(value)


class Text(CellWidget):
    """Text on one line, or on several where the field allows it."""

    keeps_text = True

    def __init__(self, longest: int | None = None, *, lines: bool = False) -> None:
        super().__init__()
        self.longest, self.lines = longest, lines

    def read(self, text: str, row: Mapping[str, str], remarks: Remarks) -> str:
        value = text if self.lines else " ".join(text.split())
        if self.longest is not None and len(value) > self.longest:
            raise too_long(value, self.longest)
        return value


def too_long(text: str, longest: int) -> Unacceptable:
    """The refusal of a text that does not fit."""
    return Unacceptable("too_long", f"{len(text)} characters are too many: at most {longest} fit.")


class DecimalCell(CellWidget):
    """A number with a fixed count of decimals; more decimals are rounded, with a warning."""

    strip = ""
    bare = True

    def __init__(
        self, least: int, most: int | str, places: int, *, warn_rounding: bool = True
    ) -> None:
        super().__init__()
        self.least, self.most = Decimal(least), Decimal(most)
        self.step = Decimal(1).scaleb(-places)
        self.warn_rounding = warn_rounding

    def read(self, text: str, row: Mapping[str, str], remarks: Remarks) -> Decimal:
        number = self._within_limits(text)
        value = number.quantize(self.step, ROUND_HALF_UP)
        if value != number and self.warn_rounding:
            remarks.append(
                Remark(Level.WARNING, "rounded", f"{quoted(text)} is rounded to {value}.")
            )
        return value

    def _within_limits(self, text: str) -> Decimal:
        """The number as written; Decimal can't calculate with more than 28 digits."""
        number = self._number(text)
        if not self.least <= number <= self.most:
            raise Unacceptable(
                "out_of_range", f"{quoted(text)} is not between {self.least} and {self.most}."
            )
        return number

    def _number(self, text: str) -> Decimal:
        if PLAIN_NUMBER.fullmatch(text):  # nearly every one of a file is
            return Decimal(text)
        digits = text.replace(" ", "")
        for mark in self.strip.split():
            digits = digits.removeprefix(mark).removesuffix(mark)
        if not NUMBER.fullmatch(digits):
            raise Unacceptable("not_a_number", f"{quoted(text)} is not a number.")
        return Decimal(digits.replace(",", ""))

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)

    def written(self, value: str) -> str:
        return f"{value}::text"


class Money(DecimalCell):
    """US dollars: 1275, $1,275.00, 1,275 USD."""

    strip = "USD US$ $"

    def __init__(self, most: str = "999999.99") -> None:
        super().__init__(0, most, 2)

    def _number(self, text: str) -> Decimal:
        try:
            return super()._number(text.upper())
        except Unacceptable as refused:
            raise Unacceptable(
                "not_an_amount", f"{quoted(text)} is not an amount of dollars, such as $1,275.00."
            ) from refused


class Halves(DecimalCell):
    """Counted in halves: 1, 1.5, 2."""

    def __init__(self, most: str = "99.5") -> None:
        super().__init__(0, most, 1)

    def read(self, text: str, row: Mapping[str, str], remarks: Remarks) -> Decimal:
        if self._within_limits(text) * 2 % 1:
            raise Unacceptable(
                "not_in_halves", f"{quoted(text)} is not in halves, such as 1, 1.5 or 2."
            )
        return super().read(text, row, remarks)


class WholeNumber(DecimalCell):
    """A whole number between two limits; 2.0 is 2."""

    def __init__(self, least: int, most: int = 32_767) -> None:
        super().__init__(least, most, 0)

    def read(self, text: str, row: Mapping[str, str], remarks: Remarks) -> int:  # type: ignore[override]
        if self._within_limits(text) % 1:
            raise Unacceptable("not_whole", f"{quoted(text)} is not a whole number.")
        return int(super().read(text, row, remarks))


class Choice(CellWidget):
    """One of the field's choices, by value, label or alias, whatever the case and spaces.

    With `otherwise`, an unknown word is taken for that choice, with a warning that quotes it.
    """

    def __init__(
        self,
        choices: type[models.TextChoices],
        aliases: Mapping[str, str] | None = None,
        otherwise: str | None = None,
    ) -> None:
        super().__init__()
        self.choices, self.otherwise = choices, otherwise
        words = {**dict(choices.choices), **{value: value for value in choices.values}}
        self.by_word = {plain(str(label)): value for value, label in choices.choices}
        self.by_word |= {plain(value): value for value in words}
        self.by_word |= {plain(word): value for word, value in (aliases or {}).items()}

    def read(self, text: str, row: Mapping[str, str], remarks: Remarks) -> str:
        if (value := self.by_word.get(plain(text))) is not None:
            return value
        if self.otherwise is None:
            known = ", ".join(str(label) for label in self.choices.labels)
            raise Unacceptable("unknown", f"{quoted(text)} is not one of: {known}.")
        label = self.choices(self.otherwise).label
        remarks.append(
            Remark(
                Level.WARNING, "unknown", f"{quoted(text)} is not known here and becomes {label}."
            )
        )
        return self.otherwise

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(self.choices(value).label) if value else ""

    def written(self, value: str) -> str:
        labels = " ".join(
            f"WHEN {literal(stored)} THEN {literal(guarded(str(label)))}"
            for stored, label in self.choices.choices
        )
        return f"CASE {value} {labels} ELSE {guarded_sql(value)} END"


class YesNo(CellWidget):
    """Yes or no, in the words people use."""

    bare = True

    def read(self, text: str, row: Mapping[str, str], remarks: Remarks) -> bool:
        word = text.casefold()
        if word not in YES | NO:
            raise Unacceptable("not_yes_or_no", f"{quoted(text)} is neither yes nor no.")
        return word in YES

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else "yes" if value else "no"

    def written(self, value: str) -> str:
        return f"CASE {value} WHEN true THEN 'yes' WHEN false THEN 'no' END"


class Clock(CellWidget):
    """A time of day: 15:00, 3 PM, 3:30 pm."""

    bare = True

    def read(self, text: str, row: Mapping[str, str], remarks: Remarks) -> datetime.time:
        found = CLOCK.fullmatch(text)
        try:
            if found is None:
                raise ValueError
            hour, minute, second = (int(found[part] or 0) for part in (1, 2, 3))
            fraction = int((found[4] or "").ljust(6, "0"))
            return datetime.time(_hour(hour, found[5]), minute, second, fraction)
        except ValueError:
            raise Unacceptable(
                "not_a_time", f"{quoted(text)} is not a time of day, such as 15:00 or 3 PM."
            ) from None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)[:5]

    def written(self, value: str) -> str:
        """Hours and minutes, and seconds where there are any."""
        return f"rtrim(replace({value}::text || '!', ':00!', ''), '!')"


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError
    return hour % 12 + (12 if half.lower() == "p" else 0)


class Related(CellWidget):
    """A record of another table, by the name people use: an owner by email.

    The names of a whole file are looked up in one query, among the records that the person who
    imports may see: an unknown name and one out of their scope read the same.
    """

    looks_ahead = True

    def __init__(self, queryset: QuerySet[Any], name: str, what: str) -> None:
        super().__init__()
        self.queryset, self.name, self.what = queryset, name, what
        self.known: dict[str, int] = {}

    def load(self, texts: Iterable[str], person: Person) -> None:
        """Look the file's names up."""
        names = {self.spelled(text) for text in texts}
        found = visible(self.queryset.all(), person).filter(**{f"{self.name}__in": names})
        self.known = {self.spelled(name): pk for pk, name in found.values_list("pk", self.name)}

    def spelled(self, text: str) -> str:
        """The name as it is looked up."""
        return text.casefold()

    def read(self, text: str, row: Mapping[str, str], remarks: Remarks) -> int:
        pk = self.known.get(self.spelled(text))
        if pk is None:
            raise self.unknown(text)
        return pk

    def unknown(self, text: str) -> Unacceptable:
        """The one answer for what does not exist and for what is out of scope."""
        return Unacceptable("unknown", f"No {self.what} {shortened(text)} is known here.")

    def labels(self, ids: Iterable[int]) -> dict[int, str]:
        """What these records are called, for the differences that the preview shows."""
        rows = self.queryset.filter(pk__in=set(ids))
        return dict(rows.values_list("pk", self.name))
