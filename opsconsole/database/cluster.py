"""The data folder: made whole or not at all, and refused when another PostgreSQL made it."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from opsconsole.database.account import Account
from opsconsole.database.configuration import SUPERUSER
from opsconsole.database.errors import EmbeddedServerError
from opsconsole.database.place import DATA_NAME, Place
from opsconsole.database.private_folder import refuse_open_parent
from opsconsole.database.wheel import MAJOR_VERSION, Programs

# pg_trgm takes letters from LC_CTYPE; in plain C the ñ of a name would not count as one.
CHARACTER_TYPES = "UTF-8" if sys.platform == "darwin" else "C.UTF-8"
INITDB_OPTIONS = (
    f"--username={SUPERUSER}",
    "--auth=peer",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    f"--lc-ctype={CHARACTER_TYPES}",
    "--no-instructions",
)
PEERS = "console"


def prepare_data(place: Place, programs: Programs, *extra_options: str) -> None:
    """Make sure that the place holds data this PostgreSQL can serve. Hold the lock meanwhile."""
    refuse_open_parent(place.home)
    refuse_other_versions(place.home)
    if not _is_ready(place.data, place.account):
        _initialise(place, programs, *extra_options)
    _admit_only(place.account, place.data)


def refuse_other_versions(home: Path) -> None:
    """Refuse to begin afresh beside data of another major version."""
    for folder in sorted(home.glob("postgres-*")):
        named = re.fullmatch(r"postgres-(\d+)", folder.name)
        if named and folder.name != DATA_NAME and folder.is_dir() and _has_content(folder):
            raise _other_version(folder, named[1])


def _has_content(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except PermissionError:
        return True  # a data folder of another user: as good as full


def _is_ready(data: Path, account: Account) -> bool:
    if not data.exists() or not _has_content(data):
        return False
    if data.stat().st_uid != account.uid:
        raise EmbeddedServerError(
            f"{data} does not belong to {account.name}: run the console as the user who owns it, "
            "or move the folder away."
        )
    return _is_of_this_version(data)


def _is_of_this_version(data: Path) -> bool:
    try:
        found = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise EmbeddedServerError(
            f"{data} is not a PostgreSQL data folder: move it away and start again."
        ) from None
    if found != str(MAJOR_VERSION):
        raise _other_version(data, found)
    return True


def _other_version(folder: Path, found: str) -> EmbeddedServerError:
    return EmbeddedServerError(
        f"{folder} holds data of PostgreSQL {found} and this console runs {MAJOR_VERSION}: dump "
        f"it with the release of the console that made it, move the folder out of "
        f"{folder.parent}, start again and load the dump."
    )


def _initialise(place: Place, programs: Programs, *extra_options: str) -> None:
    """Run initdb in a folder of its own and rename that, so a killed attempt leaves no data.

    Each attempt has its own name: an initdb that outlived its killed parent still writes.
    """
    for leftover in place.home.glob(f"{DATA_NAME}.*.part"):
        shutil.rmtree(leftover, ignore_errors=True)
    part = Path(tempfile.mkdtemp(prefix=f"{DATA_NAME}.", suffix=".part", dir=place.home))
    place.account.take(part)
    attempt = subprocess.run(  # noqa: S603
        [programs.path("initdb"), f"--pgdata={part}", *INITDB_OPTIONS, *extra_options],
        capture_output=True,
        text=True,
        cwd=part,
        env=server_environment(),
        **place.account.identity(),
    )
    if attempt.returncode != 0:
        shutil.rmtree(part, ignore_errors=True)
        raise EmbeddedServerError(
            f"PostgreSQL could not make its data folder in {place.home}; initdb said: "
            f"{' '.join(attempt.stderr.split()) or f'ended with status {attempt.returncode}'}"
        )
    part.rename(place.data)
    _sync(place.home)


def _admit_only(account: Account, data: Path) -> None:
    """Admit the server's own user and root, as the kernel names them; written at every start,
    so that data given to another user serves that user."""
    names = sorted({account.name, "root"})
    replace_file(data / "pg_hba.conf", f"local all all peer map={PEERS}\n", account)
    replace_file(
        data / "pg_ident.conf", "".join(f'{PEERS} "{name}" all\n' for name in names), account
    )


def replace_file(path: Path, text: str, account: Account) -> None:
    """Replace a file of the data folder in one step, owned by the account."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(new, flags, 0o600), "w") as file:
        file.write(text)
    account.take(new)
    new.replace(path)


def server_environment() -> dict[str, str]:
    """English messages, and none of the PG… variables of the person at the keyboard."""
    return {"PATH": os.defpath, "LC_ALL": "C"}


def _sync(folder: Path) -> None:
    """Make a rename in the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
