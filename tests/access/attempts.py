"""One request by one person, what came back, and what it changed in the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib.messages import get_messages
from django.db import transaction

from tests.access.rows import changes
from tests.access.world import World


@dataclass(frozen=True)
class Answer:
    """What a person sees of a response, and the rows that the request changed."""

    status: int
    location: str
    messages: tuple[str, ...]
    text: str
    changed: list[tuple[str, dict[str, Any]]]

    def tells(self, words: list[str]) -> list[str]:
        """Which of these words (in small letters) it gives away."""
        told = " ".join((self.text, self.location, *self.messages)).lower()
        return [word for word in words if word in told]

    def looks(self) -> tuple[Any, ...]:
        """The answer without ids and tokens: equal for what is absent and what is out of scope."""
        return self.status, *map(plain, (self.location, *self.messages, self.text))


def plain(text: str) -> str:
    """A text without its ids and tokens."""
    return re.sub(r"\d+", "#", re.sub(r"\b[A-Za-z0-9]{64}\b", "token", text))


def attempt(
    world: World, kind: str, method: str, path: str, data: Any = None, **headers: Any
) -> Answer:
    """Send a request; whatever it wrote is taken back afterwards."""
    with taken_back():
        client = world.clients[kind]
        cookies = client.cookies.copy()
        response = getattr(client, method)(path, data, **headers)
        client.cookies = cookies
        streamed = getattr(response, "streaming", False)
        content = b"".join(response) if streamed else response.content
        request = response.wsgi_request
        return Answer(
            response.status_code,
            response.headers.get("Location", ""),
            tuple(str(message) for message in get_messages(request)),
            f"{response.headers.get('Content-Disposition', '')} {content.decode()}",
            changes(world.rows_at_first),
        )


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
