"""Commands of the database package."""
