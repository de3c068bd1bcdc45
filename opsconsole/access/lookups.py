"""The `any` lookup: `zip_code__any=[1, 2]` becomes `zip_code_id = ANY('{1,2}'::bigint[])`."""

from typing import Any

from django.db.models import ForeignKey, IntegerField, Lookup
from django.db.models.sql.compiler import SQLCompiler


class EqualsAny(Lookup):
    """Equal to any of the given ids.

    `IN (…)` grows the SQL text with every id, and without the cast PostgreSQL would compare
    psycopg2's array linearly; the typed array is hashed and can use the index. Written as one
    string, and given as a set, it spares psycopg2, the parser and Django a look at each of its
    ids: a millisecond of each query for 500.
    """

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        column, params = self.process_lhs(compiler, connection)
        ids = ",".join(str(int(pk)) for pk in self.rhs)
        return f"{column} = ANY(%s::bigint[])", [*params, f"{{{ids}}}"]


for field in (ForeignKey, IntegerField):
    field.register_lookup(EqualsAny)
