"""Texts that a spreadsheet would take for formulas, kept from it by a leading apostrophe.

The guard is taken off again on import, and `unguarded(guarded(cell))` is the cell whatever it
holds: one that begins with an apostrophe before a formula's sign gets another. Columns of numbers
go unguarded, so that a longitude of -71.06 stays one that a spreadsheet can calculate with.
"""

from __future__ import annotations

import re

FORMULA = re.compile(r"'*[=+@\t\r-]")


def guarded(cell: str) -> str:
    """The cell with a leading ' where a spreadsheet would take it for a formula."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """The cell as it was before `guarded`."""
    return cell[1:] if cell[:1] == "'" and FORMULA.match(cell) else cell


def guarded_sql(cell: str) -> str:
    """SQL that guards a text as `guarded` does; most begin with a letter, which is no sign."""
    return (
        rf"CASE WHEN ascii({cell}) < 65 AND {cell} ~ '^''*[=+@\t\r-]'"
        rf" THEN '''' || {cell} ELSE {cell} END"
    )


def literal(text: str) -> str:
    """The text as SQL, without the % that psycopg2 would take for a parameter."""
    escaped = text.replace("\\", "\\\\").replace("'", "''").replace("%", "\\x25")
    return f"E'{escaped}'"
