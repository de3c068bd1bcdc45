"""Search for words in some columns, which PostgreSQL answers from an index of trigrams.

An OR over columns, or over a joined table, is answered by reading all of them. One text of the
columns has one index; the table's own id is what another table is asked for first.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.models import TextField, Value
from django.db.models.functions import Concat, Upper
from django.utils.text import smart_split, unescape_string_literal

LINE = Value("\n")  # between columns, so that no word runs over two


def text_of(first: str, *others: str) -> Concat:
    """The columns of a row as one text."""
    parts = [part for column in others for part in (LINE, column)]
    return Concat(first, *parts, output_field=TextField())


def index_of_words(name: str, *columns: str) -> GinIndex:
    """The index that finds a word, in any case, in the text of these columns."""
    return GinIndex(OpClass(Upper(text_of(*columns)), name="gin_trgm_ops"), name=name)


def words_of(term: str) -> Iterator[str]:
    """The words of a search as Django's admin reads them: quotes hold words together."""
    for word in smart_split(term):
        is_quoted = word.startswith(('"', "'")) and word[0] == word[-1]
        yield unescape_string_literal(word) if is_quoted else word
