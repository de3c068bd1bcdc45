"""Who may see and change what: one registry of scopes, asked by every page and every query."""
