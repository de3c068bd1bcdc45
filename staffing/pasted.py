"""ZIP codes out of a text that somebody pasted: an email, a column of a sheet, a list."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from staffing.models import ZipCode
from staffing.zip_parser import Codes, Unclear, parse

NAMED = 20  # wrong codes are named up to so many of a kind
LONGEST_WORD = 40  # characters quoted of what is no ZIP code
UNSERVED = "not served: serve them first (ZIP codes, Serve or withdraw…), or leave them out"


def codes_in(text: str) -> tuple[list[Codes], list[str]]:
    """The codes and ranges of a text, each once, and what looks like one but is none.

    Words without a digit only separate; of a ZIP+4 the first five digits count. Codes that lost
    their zeros are none here: nothing beside them says that they did.
    """
    phrases = parse(text, areas=False)
    codes = {(p.first, p.last): p for p in phrases if isinstance(p, Codes) and not p.is_short}
    others = [
        p.text for p in phrases if isinstance(p, Unclear) or (isinstance(p, Codes) and p.is_short)
    ]
    return list(codes.values()), list(dict.fromkeys(others))


def zip_codes_in(text: str, known: QuerySet[ZipCode]) -> tuple[list[ZipCode], list[str]]:
    """The served ZIP codes that a text names, in its order, and a sentence for each kind of other.

    `known` are the ZIP codes that the person who asks may see. Of a range it is those that are
    served.
    """
    phrases, others = codes_in(text)
    singles = [phrase.first for phrase in phrases if not phrase.last]
    ranges = [phrase for phrase in phrases if phrase.last]
    found = {zip_code.code: zip_code for zip_code in known.filter(code__in=singles)}
    between = known.filter(_in_any(ranges), is_served=True).order_by("code") if ranges else ()
    unserved = [code for code in singles if code in found and not found[code].is_served]
    empty = [r.text for r in ranges if not any(r.first <= z.code <= r.last for z in between)]
    problems = [
        _name(others, "not a US ZIP code: write five digits, such as 06511"),
        _name([code for code in singles if code not in found], "not a ZIP code we know"),
        _name(unserved, UNSERVED),
        _name(empty, "without a served ZIP code: write the lower one first, or serve some first"),
    ]
    served = {code: found[code] for code in singles if code in found and found[code].is_served}
    served |= {zip_code.code: zip_code for zip_code in between}
    return list(served.values()), [problem for problem in problems if problem]


def _in_any(ranges: list[Codes]) -> Q:
    return reduce(or_, (Q(code__range=(each.first, each.last)) for each in ranges))


def _name(words: list[str], what: str) -> str:
    """One sentence that names these words; none for no words."""
    if not words:
        return ""
    shown = ", ".join(word[:LONGEST_WORD] for word in words[:NAMED])
    more = f" and {len(words) - NAMED:,} more" if len(words) > NAMED else ""
    each = "each is" if len(words) > 1 else "it is"
    return f"{shown}{more}: {each} {what}."
