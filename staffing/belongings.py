"""What belongs to a person besides their own row, and what has to end before they are erased.

Staffing knows its own; the apps above tell theirs once, when the console starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q

from opsconsole.history.mentions import Mentions
from opsconsole.history.versions import is_kept
from staffing.models import User, ZipAssignment
from staffing.querysets import TodayIn


@dataclass(frozen=True)
class Whom:
    """A person, and every name, email and phone they ever had here."""

    person: User
    mentions: Mentions

    @property
    def emails(self) -> list[str]:
        """In lower case."""
        return [email.lower() for email in self.mentions.emails]


@dataclass(frozen=True)
class Belonging:
    """Rows of a model, and their versions if it has any, that are about a person.

    `whose` gives a condition in SQL on a row or version `r`, and its parameters. `emptied` are
    columns that hold what is theirs and nothing else, `renamed` those that hold their name; in
    those that are `mentioning`, they may be called by a part of their name.
    """

    model: Any
    whose: Callable[[Whom], tuple[str, list[Any]]]
    emptied: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()
    mentioning: tuple[str, ...] = ()

    @property
    def versions(self) -> str:
        """The table of their versions; empty for what is a log itself and has none."""
        return str(self.model.history.model._meta.db_table) if is_kept(self.model) else ""

    @property
    def tables(self) -> list[str]:
        """Where such rows are, and their versions."""
        return [table for table in (self.model._meta.db_table, self.versions) if table]


@dataclass(frozen=True)
class Keeper:
    """What an app keeps of people."""

    belongings: tuple[Belonging, ...]
    what_is_open: Callable[[Whom], Iterable[str]]  # phrases: 2 open away plans
    has_namesakes: Callable[[Whom], bool]  # whether somebody else is called the same there


def belongings() -> list[Belonging]:
    """All that was told."""
    return [belonging for keeper in _keepers for belonging in keeper.belongings]


def what_is_open(whom: Whom) -> list[str]:
    """What still has to end, a phrase each."""
    return [phrase for keeper in _keepers for phrase in keeper.what_is_open(whom)]


def has_namesakes(whom: Whom) -> bool:
    """Whether a name of theirs may mean somebody else."""
    return any(keeper.has_namesakes(whom) for keeper in _keepers)


def tell(keeper: Keeper) -> None:
    """Add what another app keeps."""
    _keepers.append(keeper)


def counted(number: int, one: str, many: str) -> Iterator[str]:
    """ "2 open away plans"; nothing where there is none."""
    if number:
        yield f"{number} {one if number == 1 else many}"


def _assignments(whom: Whom) -> Iterator[str]:
    """Their own, and the covers of colleagues who stand in for them."""
    theirs = ZipAssignment.objects.filter(Q(user=whom.person) | Q(covers_for=whom.person))
    is_over = Q(ends_on__lte=TodayIn(F("content_object__timezone")))
    yield from counted(theirs.exclude(is_over).count(), "open assignment", "open assignments")


def _is_called_the_same(whom: Whom) -> bool:
    others = (User.objects.exclude(pk=whom.person.pk), User.history.exclude(id=whom.person.pk))
    return any(
        rows.filter(full_name__iexact=name).exists()
        for rows in others
        for name in whom.mentions.names
    )


_keepers: list[Keeper] = [
    Keeper(
        belongings=(
            Belonging(
                ZipAssignment, lambda whom: ("r.user_id = %s", [whom.person.pk]), emptied=("note",)
            ),
            Belonging(User, lambda whom: ("r.id = %s", [whom.person.pk])),
        ),
        what_is_open=_assignments,
        has_namesakes=_is_called_the_same,
    )
]
