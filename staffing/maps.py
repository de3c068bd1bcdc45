"""Maps of ZIP codes: places that are near each other on one panel, from their coordinates alone."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from staffing.places import Place

MOST_PANELS = 12
NEAR = 0.4  # degrees; places in such squares side by side share a panel
WIDTH, LOWEST, TALLEST, MARGIN = 520, 180, 460, 34  # a panel, in units of its own
SMALLEST = 0.04  # degrees that fill a panel at least: what lies closer together is not torn apart
LABELLED = 60  # marks of a panel that can still be told apart by their codes
LABEL_WIDTH, LABEL_HEIGHT = 36, 11
MILES_IN_A_DEGREE = 69.0
BARS = (1, 2, 5, 10, 20, 50, 100, 200, 500)  # miles of a scale
LONGEST_BAR = 130


@dataclass(slots=True)
class Mark:
    """A place on a panel: where its middle is, how far it reaches, and whether its code fits."""

    place: Place
    x: float
    y: float
    reach: float
    is_labelled: bool = False

    @property
    def left(self) -> float:
        return round(self.x - self.reach, 1)

    @property
    def top(self) -> float:
        return round(self.y - self.reach, 1)

    @property
    def size(self) -> float:
        return round(2 * self.reach, 1)

    @property
    def label_at(self) -> float:
        """How far down its code is written."""
        return round(self.y + self.reach + LABEL_HEIGHT, 1)


@dataclass(frozen=True)
class Panel:
    """Some places that are near each other, and the scale at which they are drawn."""

    title: str
    height: int
    miles: int
    bar: float
    marks: list[Mark] = field(default_factory=list)
    width: int = WIDTH

    @property
    def homes(self) -> int:
        """How many homes all of it has."""
        return sum(mark.place.homes for mark in self.marks)


def panels_of(places: Iterable[Place]) -> list[Panel]:
    """The panels with the most homes; places without coordinates are on none."""
    groups = _near_each_other([place for place in places if place.latitude is not None])
    groups.sort(key=lambda group: (-sum(place.homes for place in group), -len(group)))
    return [_panel(group) for group in groups[:MOST_PANELS]]


def _near_each_other(places: Sequence[Place]) -> list[list[Place]]:
    """Places in groups: those of a square of the grid with those of the squares around it."""
    order = {place.pk: number for number, place in enumerate(places)}
    squares: dict[tuple[int, int], list[Place]] = defaultdict(list)
    for place in places:
        squares[_square(place)].append(place)
    groups = []
    while squares:
        reached, group = [next(iter(squares))], []
        while reached:
            across, up = reached.pop()
            group += squares.pop((across, up), [])
            around = ((across + dx, up + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1))
            reached += [square for square in around if square in squares]
        groups.append(sorted(group, key=lambda place: order[place.pk]))
    return groups


def _square(place: Place) -> tuple[int, int]:
    longitude, latitude = _where(place)
    return math.floor(longitude / NEAR), math.floor(latitude / NEAR)


def _where(place: Place) -> tuple[float, float]:
    return place.longitude or 0.0, place.latitude or 0.0


def _panel(places: Sequence[Place]) -> Panel:
    """Equirectangular, so that a mile is as long across as up in the middle of the panel."""
    latitudes = [_where(place)[1] for place in places]
    narrower = math.cos(math.radians((min(latitudes) + max(latitudes)) / 2))
    points = [(_where(place)[0] * narrower, -_where(place)[1]) for place in places]
    (left, right), (top, bottom) = ((min(axis), max(axis)) for axis in zip(*points, strict=True))
    across, down = max(right - left, SMALLEST), max(bottom - top, SMALLEST)
    scale = min((WIDTH - 2 * MARGIN) / across, (TALLEST - 2 * MARGIN) / down)
    height = max(LOWEST, math.ceil((bottom - top) * scale) + 2 * MARGIN)
    marks = [
        Mark(
            place,
            x=round(WIDTH / 2 + (x - (left + right) / 2) * scale, 1),
            y=round(height / 2 + (y - (top + bottom) / 2) * scale, 1),
            reach=min(5 + 1.5 * math.sqrt(place.homes), 16),
        )
        for place, (x, y) in zip(places, points, strict=True)
    ]
    _label(marks)
    miles, bar = _scale(scale / MILES_IN_A_DEGREE)
    return Panel(_title(places), height + 24, miles, bar, marks)


def _title(places: Sequence[Place]) -> str:
    """Named after the city with the most homes, or the most ZIP codes."""
    weights: Counter[str] = Counter()
    for place in places:
        weights[f"{place.city}, {place.state}"] += 1 + 100 * place.homes
    [(name, _)] = weights.most_common(1)
    return name if len(weights) == 1 else f"{name} and around"


def _scale(units_in_a_mile: float) -> tuple[int, float]:
    """The longest round number of miles that fits, and how long it is."""
    miles = max([bar for bar in BARS if bar * units_in_a_mile <= LONGEST_BAR], default=BARS[0])
    return miles, round(miles * units_in_a_mile, 1)


def _label(marks: Sequence[Mark]) -> None:
    """Write the codes that stand free, in the order of the marks."""
    if len(marks) > LABELLED:
        return
    taken = [(m.x - m.reach, m.y - m.reach, m.x + m.reach, m.y + m.reach) for m in marks]
    for mark in marks:
        top = mark.y + mark.reach
        box = (mark.x - LABEL_WIDTH / 2, top, mark.x + LABEL_WIDTH / 2, top + LABEL_HEIGHT + 2)
        if not any(_touch(box, other) for other in taken):
            mark.is_labelled = True
            taken.append(box)


type _Box = tuple[float, float, float, float]


def _touch(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
