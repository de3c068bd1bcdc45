"""What DATABASE_URL means, and what stands in for it."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from opsconsole.database.configuration import databases
from opsconsole.database.server import EmbeddedServer

CHECKOUT = Path("checkout")


@pytest.mark.parametrize("environ", [{}, {"DATABASE_URL": ""}, {"DATABASE_URL": " "}])
def test_without_an_address_the_server_is_embedded(environ: dict[str, str]) -> None:
    default = databases(environ, CHECKOUT)["default"]

    assert default["EMBEDDED"] == "checkout"
    assert default["NAME"] == "opsconsole"
    assert default["ENGINE"] == "opsconsole.database.backend"
    assert default["DISABLE_SERVER_SIDE_CURSORS"] is False


def test_an_address_names_the_server() -> None:
    url = "postgres://ana:p%40ss%2Fword@db.example:5433/ops?sslmode=require&conn_max_age=0"

    default = databases({"DATABASE_URL": url}, CHECKOUT)["default"]

    assert "EMBEDDED" not in default
    assert default["ENGINE"] == "opsconsole.database.backend"
    assert (default["USER"], default["PASSWORD"]) == ("ana", "p@ss/word")
    assert (default["HOST"], default["PORT"], default["NAME"]) == ("db.example", 5433, "ops")
    assert default["OPTIONS"] == {"sslmode": "require", "connect_timeout": 10}
    assert default["CONN_MAX_AGE"] == 0


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ana@%2Frun%2FMy%20Sockets:5432/ops",
        "postgres://ana@/ops?host=/run/My%20Sockets",
        "postgres://ana@//run/My%20Sockets/ops",
    ],
)
def test_a_socket_folder_keeps_its_spelling(url: str) -> None:
    default = databases({"DATABASE_URL": url}, CHECKOUT)["default"]

    assert (default["HOST"], default["NAME"]) == ("/run/My Sockets", "ops")
    assert "host" not in default["OPTIONS"]


def test_the_embedded_servers_own_address_can_be_read_back(server: EmbeddedServer) -> None:
    default = databases({"DATABASE_URL": server.url}, CHECKOUT)["default"]

    assert default["HOST"] == str(server.place.socket_folder)
    assert (default["NAME"], default["USER"]) == ("opsconsole", "postgres")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mysql://ana:secret@db/ops", "does not name a PostgreSQL server"),
        ("secret", "does not name a PostgreSQL server"),
        ("postgres://ana:secret@db:port/ops", "cannot be read"),
        ("postgres://ana:secret@[::1/ops", "cannot be read"),
        ("postgres://ana:secret@db", "names no database"),
    ],
)
def test_a_malformed_address_is_one_sentence_without_the_password(url: str, reason: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=reason) as refusal:
        databases({"DATABASE_URL": url}, CHECKOUT)

    assert "secret" not in str(refusal.value)
    assert "\n" not in str(refusal.value)
