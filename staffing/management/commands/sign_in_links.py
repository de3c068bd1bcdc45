"""`manage.py sign_in_links`: one-time links by which colleagues get in, shown this once."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser

from opsconsole.access.acting import Source, acting
from opsconsole.access.commands import add_who, colleague_with, refuse_unreadable, shown
from opsconsole.access.lock import held_to
from opsconsole.database.refusals import Refused
from staffing.models import User
from staffing.sign_in_links import hours_valid, in_reach, make_links, newcomers


class Command(BaseCommand):
    """The same links as on the pages of people and of an import, under the same rules."""

    help = "Make one-time sign-in links: each opens the page on which its person sets a password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", nargs="*", help="The colleagues who need a link.")
        add_who(parser)
        parser.add_argument(
            "--new", action="store_true", help="For every colleague who never got in."
        )
        parser.add_argument(
            "--at", required=True, metavar="URL",
            help="Where people open the console: https://console.example.com.",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="Print the links as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make them, all or none."""
        by = colleague_with(options["email_of_who"])
        if not by.has_perm("staffing.change_user"):
            raise CommandError(f"{by} may not make sign-in links.")
        console = _console(options["at"])
        try:
            with held_to(by), acting(by, source=Source.COMMAND):
                links = make_links(_wanted(by, options), by=by)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        told = [
            {"name": str(person), "email": person.email, "link": f"{console}{path}"}
            for person, path in links.items()
        ]
        if options["json"]:
            self.stdout.write(json.dumps({"hours": hours_valid(), "links": told}))
            return
        for who in told:
            self.stdout.write(f"{who['name']}, {who['email']}: {who['link']}")
        self.stdout.write(f"{len(told)} links, each good once and for {hours_valid()} hours.")


def _console(url: str) -> str:
    """The beginning of each link; CommandError for what is no address."""
    refuse_unreadable(url)
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CommandError(f"--at {shown(url)} is not an address like https://console.example.com.")
    return f"{parts.scheme}://{parts.netloc}"


def _wanted(by: User, options: dict[str, Any]) -> list[User]:
    """Those who get a link; nobody whose role is above that of who asks is new to them."""
    if options["new"] == bool(options["email"]):
        raise CommandError("Name the colleagues by their email, or all who are new with --new.")
    if options["new"]:
        return in_reach(newcomers().visible_to(by), by)
    return [_colleague(by, email) for email in options["email"]]


def _colleague(by: User, email: str) -> User:
    refuse_unreadable(email)
    found = User.objects.visible_to(by).filter(email__iexact=email.strip()).first()
    if found is None:
        raise CommandError(f"Nobody here has the email {shown(email)}.")
    return found
