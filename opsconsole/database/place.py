"""Where an embedded server keeps its data, socket, log and lock, and which user runs it."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from opsconsole.database.account import Account, account_for_new_data, account_of
from opsconsole.database.errors import EmbeddedServerError
from opsconsole.database.wheel import MAJOR_VERSION

DATA_NAME = f"postgres-{MAJOR_VERSION}"
SYSTEM_HOME = Path("/var/lib/opsconsole")
SHORT_FOLDERS = Path("/tmp")  # noqa: S108  (the folder in it is private and checked, see private_folder)
LONGEST_SOCKET_FOLDER = 103 - len("/.s.PGSQL.5432")  # bytes; macOS allows 103, Linux 107
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")


@dataclass(frozen=True)
class Place:
    """The folder of one server, and the account that runs it."""

    home: Path
    account: Account

    @property
    def data(self) -> Path:
        """The data folder, named after the major version whose files it holds."""
        return self.home / DATA_NAME

    @property
    def log(self) -> Path:
        """What the server has to say."""
        return self.home / f"{DATA_NAME}.log"

    @property
    def lock(self) -> Path:
        """The file that a process locks while it starts or stops the server."""
        return self.home / f"{DATA_NAME}.lock"

    @property
    def socket_folder(self) -> Path:
        """The private folder of the socket: beside the data, or a short path where that is long.

        The short path depends on nothing but the user and the place, so that a shell, a service
        and a scheduled job all look for the server in the same folder.
        """
        beside = self.home / "socket"
        plain = PLAIN_PATH.fullmatch(str(beside))  # commas and quotes mean something to libpq
        if plain and len(os.fsencode(beside)) <= LONGEST_SOCKET_FOLDER:
            return beside
        return SHORT_FOLDERS / f"opsconsole-{self.account.uid}-{short_hash(self.home)}"


def short_hash(path: Path) -> str:
    """A short name for a long path."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def place_for(checkout: Path) -> Place:
    """The place of a checkout's server: `var/`, unless the server's user cannot go there."""
    checkout = checkout.resolve()
    var = checkout / "var"
    account = _account_for(var / DATA_NAME)
    var.mkdir(exist_ok=True)
    var = var.resolve()  # it may be a link to a larger disk
    if account.may_enter(var):
        return Place(var, account)
    return Place(_system_home(checkout), account)


def _account_for(data: Path) -> Account:
    """Existing data decides when root asks, so that `sudo` serves the owner's own server."""
    if os.geteuid() != 0 or not data.exists():
        return account_for_new_data()
    owner = data.stat().st_uid
    if owner == 0:
        raise EmbeddedServerError(
            f"{data} belongs to root, as whom PostgreSQL does not run: give the folder to an "
            "ordinary user with chown -R, or move it away."
        )
    return account_of(owner)


def _system_home(checkout: Path) -> Path:
    """A folder under /var/lib for a checkout that the server's user cannot reach."""
    home = SYSTEM_HOME / short_hash(checkout)
    for folder in (SYSTEM_HOME, home):
        try:
            folder.mkdir()
            folder.chmod(0o755)  # made here and now: the umask may have closed it
        except FileExistsError:
            _refuse_folder_of_others(folder)
    return home


def _refuse_folder_of_others(folder: Path) -> None:
    status = folder.lstat()
    if status.st_uid != 0 or status.st_mode & 0o022:
        raise EmbeddedServerError(
            f"{folder} can be changed by users other than root, so no data is kept in it: move "
            "it away and start again."
        )
