-- What the console counts and shows: what an answer cost and which tools it took, live tests that are remembered, and
-- the light of the webhook.

alter table bursts
    add column tokens_in      integer,
    add column tokens_out     integer,
    add column model_seconds  double precision,
    add column trace          jsonb;          -- tools in order; phones masked, no message text

-- Messages and bursts are stored in the order of time, so these cost next to nothing to keep.
create index chat_messages_time on chat_messages using brin (created_at) with (autosummarize = on);
create index bursts_time on bursts using brin (created_at) with (autosummarize = on);
create index handoffs_time on handoffs (tenant_id, created_at);

alter table tenant_credentials add column updated_by text;  -- null: the environment

-- What "Probar" found last, beside what it tried; gone when that is changed. `test_chat` is the bot's own.
create table live_tests (
    tenant_id  integer not null references tenants (id) on delete cascade,
    kind       text not null check (kind in ('tiendanube', 'ycloud', 'llm', 'handoff', 'test_chat')),
    ok         boolean not null,
    message    text not null,
    tested_by  text not null,
    tested_at  timestamptz not null default now(),
    primary key (tenant_id, kind)
);

-- When the shop's webhook was last heard; the gateway writes at most once a minute.
create table webhook_lights (
    tenant_id        integer primary key references tenants (id) on delete cascade,
    last_signed_at   timestamptz,
    last_refused_at  timestamptz,
    refusals         integer not null default 0   -- minutes with a refusal since the last good signature
);
insert into webhook_lights (tenant_id, last_signed_at)
    select tenant_id, max(received_at) from provider_events where tenant_id is not null group by tenant_id;

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['live_tests', 'webhook_lights']
    loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format('alter table %I force row level security', tenant_table);
        execute format('create policy owner_all on %I to nexus_owner using (true) with check (true)', tenant_table);
        execute format('create policy dispatch_all on %I to nexus_dispatch using (true) with check (true)', tenant_table);
        execute format('create policy one_tenant on %I to nexus_app using (tenant_id = nexus_tenant()) '
                       'with check (tenant_id = nexus_tenant())', tenant_table);
        execute format('grant select, insert, update, delete on %I to nexus_app', tenant_table);
    end loop;
end $$;
