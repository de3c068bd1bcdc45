"""What can go wrong with the database, each told in one sentence that names the remedy."""

from django.db.utils import OperationalError


class DatabaseProblem(Exception):
    """Something the person at the keyboard can put right; its text is all they need to read."""


class EmbeddedServerError(DatabaseProblem):
    """The embedded server cannot be set up, started or stopped."""


class DatabaseUnavailable(DatabaseProblem, OperationalError):
    """The console cannot connect; Django's own handlers see it as an OperationalError."""
