"""Who runs the embedded server: PostgreSQL refuses root, so root lends it a user of its own."""

import os
import pwd
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opsconsole.database.errors import EmbeddedServerError

SYSTEM_USER = "opsconsole-postgres"


@dataclass(frozen=True)
class Account:
    """A system user and its group."""

    name: str
    uid: int
    gid: int

    @property
    def is_self(self) -> bool:
        """Whether this process already is that user."""
        return self.uid == os.geteuid()

    def identity(self) -> dict[str, Any]:
        """Arguments with which `subprocess` becomes this user and keeps no group of root's."""
        if self.is_self:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def take(self, path: Path) -> None:
        """Give the user a file or folder that root made for it; a link is not followed."""
        if not self.is_self:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def may_enter(self, folder: Path) -> bool:
        """Whether the user can reach the folder, asked of the kernel rather than of the modes."""
        if self.is_self:
            return True
        attempt = subprocess.run(  # noqa: S603
            ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)],
            capture_output=True,
            cwd="/",
            **self.identity(),
        )
        return attempt.returncode == 0


def account_of(uid: int) -> Account:
    """The account with this user id."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise EmbeddedServerError(
            f"The embedded PostgreSQL cannot run as user id {uid}, which has no name on this "
            "system: add it to /etc/passwd, or set DATABASE_URL to a server of your own."
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def account_for_new_data() -> Account:
    """Whoever runs this process, or the server's own user when that is root."""
    return account_of(os.geteuid()) if os.geteuid() != 0 else system_account()


def system_account() -> Account:
    """The server's own system user, added when it is missing."""
    for _ in range(20):  # several first starts at once compete for the system's user file
        try:
            return account_of(pwd.getpwnam(SYSTEM_USER).pw_uid)
        except KeyError:
            reason = _add_system_user()
        time.sleep(0.1)
    raise EmbeddedServerError(
        f"PostgreSQL does not run as root, and the system user {SYSTEM_USER} could not be added "
        f"({reason}): run the console as an ordinary user, or set DATABASE_URL."
    )


def _add_system_user() -> str:
    """Add the user; the answer is the reason why not, if it was not."""
    program = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None:
        return "there is no useradd on this system"
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    attempt = subprocess.run(  # noqa: S603
        [program, *options, "--shell", "/usr/sbin/nologin", SYSTEM_USER],
        capture_output=True,
        text=True,
    )
    return " ".join(attempt.stderr.split())
