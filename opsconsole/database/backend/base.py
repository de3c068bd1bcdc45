"""The connection: it starts the embedded server when needed and says plainly what failed."""

from pathlib import Path
from typing import Any

from django.db.backends.postgresql import base, features

from opsconsole.database.backend.explanation import explain, explain_version
from opsconsole.database.errors import DatabaseUnavailable, EmbeddedServerError
from opsconsole.database.server import EmbeddedServer, server_of

OLDEST_VERSION = (15,)


class DatabaseFeatures(features.DatabaseFeatures):
    """What the console asks of PostgreSQL."""

    minimum_database_version = OLDEST_VERSION


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's PostgreSQL connection, to the embedded server or to the one of DATABASE_URL."""

    features_class = DatabaseFeatures

    @property
    def queries_logged(self) -> bool:
        """Only where `force_debug_cursor` asks for it, and not whenever DEBUG is on.

        Writing each query out in full, for nobody, took a fifth of all time on the database.
        """
        return self.force_debug_cursor

    @property
    def embedded_server(self) -> EmbeddedServer | None:
        """The embedded server, None when DATABASE_URL names another."""
        checkout = self.settings_dict.get("EMBEDDED")
        return server_of(Path(checkout)) if checkout else None

    def get_connection_params(self) -> dict[str, Any]:
        """The parameters of psycopg2, with the socket's folder now that it is needed."""
        try:
            if server := self.embedded_server:
                self.settings_dict["HOST"] = str(server.place.socket_folder)
        except EmbeddedServerError as error:
            raise DatabaseUnavailable(str(error)) from error
        params: dict[str, Any] = super().get_connection_params()
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect, or raise DatabaseUnavailable with one sentence."""
        try:
            server = self.embedded_server
            return (
                self._connect_embedded(server, conn_params)
                if server
                else self._connect(conn_params)
            )
        except EmbeddedServerError as error:
            raise DatabaseUnavailable(str(error)) from error
        except self.Database.Error as error:
            raise DatabaseUnavailable(explain(str(error), self.settings_dict)) from error

    def _connect(self, conn_params: dict[str, Any]) -> Any:
        return super().get_new_connection(conn_params)

    def _connect_embedded(self, server: EmbeddedServer, conn_params: dict[str, Any]) -> Any:
        """Connect at once when the server runs; start it, or restart it after a crash, if not."""
        if server.socket_is_safe():
            try:
                return self._connect(conn_params)
            except self.Database.OperationalError:
                pass  # the server says why once it runs
        server.ensure_running()
        return self._connect(conn_params)

    def check_database_version_supported(self) -> None:
        """Refuse a server that is too old; no connection to it stays open."""
        version = self.get_database_version()
        if version < OLDEST_VERSION:
            self.close()
            raise DatabaseUnavailable(explain_version(version, OLDEST_VERSION, self.settings_dict))
