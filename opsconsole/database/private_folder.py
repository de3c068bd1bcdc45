"""Folders that nobody but one account may enter, and the refusal of all others.

Whoever reaches the socket is a superuser of the database, so its folder is the lock on the door.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

from opsconsole.database.account import Account
from opsconsole.database.errors import EmbeddedServerError

PRIVATE = 0o700


def make_private(folder: Path, account: Account) -> None:
    """Make the folder if it is missing, and refuse it when it is not the account's alone."""
    refuse_open_parent(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(PRIVATE)
    # Between making and giving a start may have been killed; what is root's own can be given.
    if os.geteuid() == 0 and _is_private_to(folder, 0):
        account.take(folder)
    is_private(folder, account)


def is_private(folder: Path, account: Account) -> bool:
    """Whether the folder is there; one that others could have made or may enter is refused."""
    try:
        status = folder.lstat()
    except FileNotFoundError:
        return False
    except PermissionError:
        raise _refusal(folder, "cannot be looked at by you") from None
    if not stat.S_ISDIR(status.st_mode):
        raise _refusal(folder, "is not a folder")
    if status.st_uid != account.uid:
        raise _refusal(folder, f"does not belong to {account.name}")
    if stat.S_IMODE(status.st_mode) != PRIVATE:
        raise _refusal(folder, f"has mode {stat.S_IMODE(status.st_mode):04o} instead of 0700")
    return True


def refuse_open_parent(parent: Path) -> None:
    """Refuse a parent in which any user may replace folders (the sticky bit of /tmp forbids it).

    Only the nearest parent is looked at: who can write further up can replace the code as well.
    """
    mode = parent.stat().st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise EmbeddedServerError(
            f"{parent} can be written by every user of this system, so the database is not kept "
            f"in it: run chmod o-w {parent} and start again."
        )


def _is_private_to(folder: Path, uid: int) -> bool:
    status = folder.lstat()
    return status.st_uid == uid and status.st_mode == stat.S_IFDIR | PRIVATE


def _refusal(folder: Path, flaw: str) -> EmbeddedServerError:
    return EmbeddedServerError(
        f"The embedded PostgreSQL needs {folder} for itself, but it {flaw}: find out who made "
        "it, remove it and start again."
    )
