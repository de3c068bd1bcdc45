"""The `db` command."""
