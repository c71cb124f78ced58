"""What a migration takes away from the program before it, by the catalogue before and after; and whom it holds up.

The program of the release before has to work on the schema of the next one, since services change one by one after the
migrations (docs/upgrade.md). What cannot be otherwise is said in the migration itself: `-- contract: 0016_privacy: why`
for what breaks programs older than the one that brought 0016_privacy, `-- locks: TABLE: why` for what holds the writers
of a large table up while it runs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nexus.store.database import Connection

LARGE = {
    "announcements", "appointments", "audit_log", "bursts", "burst_recordings", "catalogue_products", "catalogue_words",
    "chat_conversations", "chat_media", "chat_messages", "llm_calls", "message_words", "provider_events", "sessions",
    "system_events", "tool_effects",
}  # fmt: skip
"""Tables that grow with every message or visit: what reads or writes all of one takes its time."""

_COLUMNS = """
    select c.relname as "table", a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
           a.attnotnull as needed, a.atthasdef or a.attidentity <> '' or a.attgenerated <> '' as filled
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v') and a.attnum > 0 and not a.attisdropped"""
_FUNCTIONS = """
    select p.proname as name, array(select format_type(t, null) from unnest(p.proargtypes) t) as takes,
           p.pronargdefaults as defaults, pg_get_function_result(p.oid) as gives,
           has_function_privilege('nexus_app', p.oid, 'execute') as allowed
    from pg_proc p where p.pronamespace = 'public'::regnamespace
      and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')"""
_CONSTRAINTS = """
    select c.relname as "table", k.conname as name, k.contype as kind, pg_get_constraintdef(k.oid) as says,
           k.convalidated as proved,
           array(select a.attname::text from pg_attribute a
                 where a.attrelid = k.conrelid and a.attnum = any (k.conkey)) as columns
    from pg_constraint k join pg_class c on c.oid = k.conrelid where c.relnamespace = 'public'::regnamespace"""
_INDEXES = """
    select t.relname as "table", i.relname as name, x.indisunique as once,
           array(select a.attname::text from pg_attribute a
                 where a.attrelid = x.indrelid and a.attnum = any (x.indkey)) as columns
    from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
    where t.relnamespace = 'public'::regnamespace and not exists (
        select 1 from pg_constraint k where k.conindid = x.indexrelid)"""
_RIGHTS = """
    select c.relname as "table", r.may from pg_class c, unnest(array['select', 'insert', 'update', 'delete']) r (may)
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v')
      and case r.may when 'delete' then has_table_privilege('nexus_app', c.oid, 'delete')
               else has_any_column_privilege('nexus_app', c.oid, r.may) end"""
_FILES = """
    select relname as "table", relfilenode as file from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r'"""


@dataclass
class Schema:
    """The parts of a catalogue that programs see, each by its name."""

    columns: dict[tuple[str, str], Any]
    functions: dict[tuple[str, tuple[str, ...]], Any]
    constraints: dict[tuple[str, str], Any]
    indexes: dict[tuple[str, str], Any]
    rights: set[tuple[str, str]]
    files: dict[str, int]

    @classmethod
    async def read(cls, conn: Connection) -> "Schema":
        """As it stands now."""
        return cls(
            {(r["table"], r["name"]): r for r in await conn.fetch(_COLUMNS)},
            {(r["name"], tuple(r["takes"])): r for r in await conn.fetch(_FUNCTIONS)},
            {(r["table"], r["name"]): r for r in await conn.fetch(_CONSTRAINTS)},
            {(r["table"], r["name"]): r for r in await conn.fetch(_INDEXES)},
            {(r["table"], r["may"]) for r in await conn.fetch(_RIGHTS)},
            {r["table"]: r["file"] for r in await conn.fetch(_FILES)},
        )

    def has(self, table: str, columns: list[str]) -> bool:
        """Whether the table was there, with all of these."""
        return table in self.files and all((table, column) in self.columns for column in columns)


def breaks(old: Schema, new: Schema) -> list[str]:
    """What the program that was made with `old` would miss or trip over on `new`."""
    return [
        *_columns(old, new),
        *_functions(old, new),
        *_narrower(old, new),
        *(
            f"nexus_app may no longer {may} {table}"
            for table, may in sorted(old.rights - new.rights)
            if table in new.files
        ),
    ]


def holds_up(old: Schema, new: Schema, sql: str) -> list[str]:
    """Large tables whose writers wait for more than a change of the catalogue."""
    found = [
        f"{t}: written anew" for t in sorted(LARGE & set(old.files)) if new.files.get(t, old.files[t]) != old.files[t]
    ]
    found += [
        f"{table}: index {name} is built"
        for table, name in sorted(new.indexes.keys() - old.indexes.keys())
        if table in LARGE and table in old.files
    ]
    found += [
        f"{table}: {name} is proved row by row"
        for (table, name), made in sorted(new.constraints.items())
        if table in LARGE and table in old.files and made["proved"] and made["kind"] in ("c", "f", "n", "x", "u", "p")
        and (table, name) not in old.constraints
    ]  # fmt: skip
    outside = re.sub(r"\$(\w*)\$.*?\$\1\$", "", sql, flags=re.DOTALL)
    found += [
        f"{table}: its rows are written"
        for table in re.findall(r"^(?:update|delete from)\s+(\w+)", outside, re.MULTILINE | re.IGNORECASE)
        if table in LARGE
    ]
    return found


def _columns(old: Schema, new: Schema) -> Iterator[str]:
    for (table, name), was in old.columns.items():
        now = new.columns.get((table, name))
        if now is None:
            yield f"{table}.{name} is gone"
        elif now["type"] != was["type"]:
            yield f"{table}.{name} was {was['type']} and is {now['type']}"
        elif now["needed"] and not was["needed"]:
            yield f"{table}.{name} may no longer be null"
        elif was["filled"] and not now["filled"]:
            yield f"{table}.{name} has no default any more"
    for (table, name), now in new.columns.items():
        is_new = (table, name) not in old.columns and table in old.files
        if is_new and now["needed"] and not now["filled"]:
            yield f"{table}.{name} is new, not null and without default"


def _functions(old: Schema, new: Schema) -> Iterator[str]:
    for (name, takes), was in old.functions.items():
        spelt = f"{name}({', '.join(takes)})"
        now = new.functions.get((name, takes)) or next(
            (
                made
                for (other, wants), made in new.functions.items()
                if other == name and wants[: len(takes)] == takes and len(wants) - len(takes) <= made["defaults"]
            ),
            None,
        )
        if now is None:
            yield f"{spelt} is gone"
        elif not now["gives"].removesuffix(")").startswith(was["gives"].removesuffix(")")):
            yield f"{spelt} gave {was['gives']} and gives {now['gives']}"
        elif was["allowed"] and not now["allowed"]:
            yield f"{spelt} is no longer for nexus_app"


def _narrower(old: Schema, new: Schema) -> Iterator[str]:
    """Rules that refuse what was taken before; a list of words that grew is none."""
    for (table, name), now in new.constraints.items():
        was = old.constraints.get((table, name))
        if not old.has(table, now["columns"]) or now["kind"] == "n" or (was and was["says"] == now["says"]):
            continue
        if was is None or not _grew(was["says"], now["says"]):
            yield f"{table}: {name} is new or narrower: {now['says']}"
    for (table, name), made in new.indexes.items():
        if made["once"] and (table, name) not in old.indexes and old.has(table, made["columns"]):
            yield f"{table}: {name} allows each only once"


def _grew(was: str, now: str) -> bool:
    """Whether two checks differ only in that the later one lists more words."""
    words = re.compile(r"'[^']*'(?:::\w+)?(?:, )?")
    same = words.sub("", was) == words.sub("", now)
    return same and set(re.findall(r"'[^']*'", was)) <= set(re.findall(r"'[^']*'", now))
