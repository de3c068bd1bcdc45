"""Whoever reaches the socket is superuser, so its folder is checked and never mended."""

import os
import pwd
from pathlib import Path

import pytest

from opsconsole.database.errors import EmbeddedServerError
from opsconsole.database.private_folder import make_private
from opsconsole.database.server import EmbeddedServer


def refusal_of(server: EmbeddedServer) -> str:
    with pytest.raises(EmbeddedServerError) as refusal:
        server.ensure_running()
    return str(refusal.value)


@pytest.mark.parametrize("mode", [0o777, 0o750, 0o711])
def test_a_folder_others_may_enter_is_refused(server: EmbeddedServer, mode: int) -> None:
    folder = server.place.socket_folder
    folder.mkdir()
    server.place.account.take(folder)
    folder.chmod(mode)

    refusal = refusal_of(server)

    assert f"{folder} for itself, but it has mode {mode:04o}" in refusal
    assert folder.stat().st_mode & 0o777 == mode


@pytest.mark.usefixtures("only_root")
def test_a_folder_of_somebody_else_is_refused(server: EmbeddedServer) -> None:
    folder = server.place.socket_folder
    folder.mkdir(0o700)
    os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)

    refusal = refusal_of(server)

    assert f"does not belong to {server.place.account.name}" in refusal


def test_a_link_is_refused(server: EmbeddedServer, checkout: Path) -> None:
    (checkout / "elsewhere").mkdir(0o700)
    server.place.account.take(checkout / "elsewhere")
    server.place.socket_folder.symlink_to(checkout / "elsewhere")

    refusal = refusal_of(server)

    assert "is not a folder" in refusal


def test_a_world_writable_parent_is_refused(server: EmbeddedServer) -> None:
    server.place.home.chmod(0o777)

    refusal = refusal_of(server)

    assert f"run chmod o-w {server.place.home}" in refusal
    assert not server.place.data.exists()


def test_a_running_server_is_not_asked_through_a_folder_that_was_opened(
    running_server: EmbeddedServer,
) -> None:
    running_server.place.socket_folder.chmod(0o755)

    refusal = refusal_of(running_server)

    assert "has mode 0755" in refusal


def test_the_sticky_folder_of_all_users_will_do(server: EmbeddedServer, checkout: Path) -> None:
    checkout.chmod(0o1777)

    make_private(checkout / "socket", server.place.account)

    assert (checkout / "socket").stat().st_uid == server.place.account.uid
    assert (checkout / "socket").stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("only_root")
def test_a_start_killed_before_the_folder_was_given_away_can_be_repeated(
    server: EmbeddedServer,
) -> None:
    server.place.socket_folder.mkdir(0o700)

    make_private(server.place.socket_folder, server.place.account)

    assert server.place.socket_folder.stat().st_uid == server.place.account.uid
