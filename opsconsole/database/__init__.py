"""The console's PostgreSQL: a server of its own by default, or the one DATABASE_URL names."""
