"""ZIP codes out of a text that somebody pasted: an email, a column of a sheet, a list."""

from __future__ import annotations

import re

from django.db.models import QuerySet

from staffing.models import ZipCode

NAMED = 20  # wrong codes are named up to so many of a kind
LONGEST_WORD = 40  # characters quoted of what is no ZIP code


def codes_in(text: str) -> tuple[list[str], list[str]]:
    """The five-digit codes of a text, each once, and what looks like one but is none.

    Words without a digit only separate; of a ZIP+4 the first five digits count.
    """
    words = [word.strip("-_") for word in re.split(r"[^\w-]+", text)]
    words = list(dict.fromkeys(word for word in words if re.search(r"\d", word)))
    codes = [word[:5] for word in words if _is_code(word)]
    return list(dict.fromkeys(codes)), [word for word in words if not _is_code(word)]


def zip_codes_in(text: str, known: QuerySet[ZipCode]) -> tuple[list[ZipCode], list[str]]:
    """The served ZIP codes that a text names, in its order, and a sentence for each kind of other.

    `known` are the ZIP codes that the person who asks may see.
    """
    codes, others = codes_in(text)
    found = {zip_code.code: zip_code for zip_code in known.filter(code__in=codes)}
    unserved = [code for code in codes if code in found and not found[code].is_served]
    problems = [
        _name(others, "not a US ZIP code: write five digits, such as 06511"),
        _name([code for code in codes if code not in found], "not a ZIP code we know"),
        _name(unserved, "not served: set “served” on its page first, or leave it out"),
    ]
    served = [found[code] for code in codes if code in found and found[code].is_served]
    return served, [problem for problem in problems if problem]


def _is_code(word: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{5}(-[0-9]{4})?", word))


def _name(words: list[str], what: str) -> str:
    """One sentence that names these words; none for no words."""
    if not words:
        return ""
    shown = ", ".join(word[:LONGEST_WORD] for word in words[:NAMED])
    more = f" and {len(words) - NAMED:,} more" if len(words) > NAMED else ""
    each = "each is" if len(words) > 1 else "it is"
    return f"{shown}{more}: {each} {what}."
