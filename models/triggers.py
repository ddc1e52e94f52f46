"""Triggers on both databases: what they do by themselves after a change, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection


def after(
    connection: Connection, name: str, table: str, act: str, statement: str, condition: str = ""
) -> None:
    """Run `statement` after an act (INSERT, UPDATE, DELETE) on a row of which `condition` is true."""
    when = f"WHEN ({condition}) " if condition else ""
    _make(connection, name, f"AFTER {act} ON {table} FOR EACH ROW {when}", f"{statement};", "NULL")


def refuse(connection: Connection, name: str, table: str, act: str, condition: str, why: str) -> None:
    """Refuse an act on a row of which `condition` is true: an IntegrityError that says `why`."""
    head = f"BEFORE {act} ON {table} FOR EACH ROW "
    if connection.dialect.name == "postgresql":
        # In the body, as a WHEN may ask no other table there. 23001 is a restrict violation.
        raised = f"RAISE EXCEPTION '{why}' USING ERRCODE = '23001'"
        kept = "OLD" if act == "DELETE" else "NEW"
        _make(connection, name, head, f"IF {condition} THEN {raised}; END IF;", kept)
    else:
        _make(connection, name, f"{head}WHEN {condition} ", f"SELECT RAISE(ABORT, '{why}');", "")


def drop(connection: Connection, names: Iterable[str]) -> None:
    """Remove triggers, as far as they are there."""
    for name in names:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {name}() CASCADE")
        else:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")


def _make(connection: Connection, name: str, head: str, body: str, result: str) -> None:
    if connection.dialect.name != "postgresql":
        connection.exec_driver_sql(f"CREATE TRIGGER {name} {head}BEGIN {body} END")
        return
    whole = f"BEGIN {body} RETURN {result}; END"
    connection.exec_driver_sql(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${whole}$$")
    connection.exec_driver_sql(f"CREATE TRIGGER {name} {head}EXECUTE FUNCTION {name}()")
