-- What proves an answer and what it cost: a ledger of model calls, what a replay needs, and drafts that a person sends.

-- One row per call of a model. Priced when it was made, by the dated table of agent/prices.py.
create table llm_calls (
    tenant_id         integer not null references tenants (id) on delete cascade,
    id                bigint generated always as identity,
    created_at        timestamptz not null default now(),
    purpose           text not null check (purpose in ('burst', 'test')),
    burst_id          uuid,                    -- null: no customer asked
    model             text not null,
    api               text not null check (api in ('responses', 'chat')),
    outcome           text not null,           -- ok, or why it failed
    tokens_in         integer,                 -- the cached ones included; null: the server told none
    tokens_cached     integer,
    tokens_out        integer,                 -- the reasoning ones included
    tokens_reasoning  integer,
    cost_usd          numeric(14, 8),          -- null: the price is not known
    seconds           double precision not null,
    primary key (tenant_id, id)
);
create index llm_calls_time on llm_calls (tenant_id, created_at);

-- What a burst was answered from, as it was: personal data, gone with its conversation or after 30 days.
create table burst_recordings (
    tenant_id   integer not null references tenants (id) on delete cascade,
    burst_id    uuid not null references bursts (id) on delete cascade,
    run         jsonb not null,                -- the moment, what was said and remembered, what was known
    tools       jsonb not null,                -- every call with arguments and result, in order
    created_at  timestamptz not null default now(),
    primary key (tenant_id, burst_id)
);
create index burst_recordings_burst on burst_recordings (burst_id);  -- what a deleted tenant's cascade looks for
create index burst_recordings_time on burst_recordings (tenant_id, created_at);

-- What the bot would have said in shadow mode. The conversation is the burst's: chats of one person may be joined.
create table reply_drafts (
    tenant_id       integer not null references tenants (id) on delete cascade,
    id              uuid not null default gen_random_uuid(),
    burst_id        uuid not null references bursts (id) on delete cascade,
    bubbles         jsonb not null,
    promised        jsonb not null default '[]',  -- what it says was done, and was not: tools that were only tried
    shown_products  jsonb,
    state           text not null default 'waiting' check (state in ('waiting', 'sent', 'discarded', 'replaced')),
    created_at      timestamptz not null default now(),
    decided_at      timestamptz,
    decided_by      text,
    primary key (tenant_id, id),
    unique (tenant_id, burst_id)
);
create index reply_drafts_burst on reply_drafts (burst_id);
create index reply_drafts_waiting on reply_drafts (tenant_id, created_at) where state = 'waiting';

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['llm_calls', 'burst_recordings', 'reply_drafts']
    loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format('alter table %I force row level security', tenant_table);
        execute format('create policy owner_all on %I to nexus_owner using (true) with check (true)', tenant_table);
        execute format('create policy dispatch_all on %I to nexus_dispatch using (true) with check (true)', tenant_table);
        execute format('create policy one_tenant on %I to nexus_app using (tenant_id = nexus_tenant()) '
                       'with check (tenant_id = nexus_tenant())', tenant_table);
    end loop;
end $$;
grant select, insert on llm_calls to nexus_app;
grant select, insert, update, delete on burst_recordings, reply_drafts to nexus_app;

-- Who sent or threw away what the bot proposed, never what it said.
create trigger audited after update on reply_drafts for each row
    when (current_setting('nexus.actor', true) <> '')
    execute function audit_change('draft', '#burst_id', '+state');
