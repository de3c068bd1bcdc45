"""Triggers that no setting switches off.

pgtrigger's own template asks a setting, `pgtrigger.ignore`, which triggers to pass over: whoever
may run SQL may set it.
"""

from __future__ import annotations

from typing import Any

import pgtrigger
from pgtrigger import compiler


class UnignoredTriggerSql(compiler.UpsertTriggerSql):
    """As pgtrigger's own, without its ignore list."""

    def get_template(self) -> str:
        """Version 1. Migrations refer to it: add a new class instead of changing this one."""
        return """
            CREATE OR REPLACE FUNCTION {pgid}()
            RETURNS TRIGGER AS $$
                {declare}
                BEGIN
                    {func}
                END;
            $$ LANGUAGE plpgsql SET search_path = public, pg_temp;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE TRIGGER {pgid}
                {when} {operation} ON {table}
                {referencing}
                FOR EACH {level} {condition}
                EXECUTE PROCEDURE {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class Unignored(pgtrigger.Trigger):
    """A trigger that always runs."""

    template: type[compiler.UpsertTriggerSql] = UnignoredTriggerSql

    def compile(self, model: Any) -> compiler.Trigger:
        """As pgtrigger does it, into the template without the ignore list."""
        sql = self.template(
            pgid=self.get_pgid(model),
            declare=self.render_declare(model),
            func=" ".join(self.render_func(model).split()),
            table=model._meta.db_table,
            when=self.when,
            operation=self.operation,
            referencing=self.referencing or "",
            level=self.level,
            condition=self.render_condition(model),
            execute=self.render_execute(model),
        )
        return compiler.Trigger(name=self.name, sql=sql)
