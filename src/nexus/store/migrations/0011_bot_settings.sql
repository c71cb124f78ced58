-- How a shop's bot behaves, what it knows, and the published versions of both.

-- Without a row a shop has the defaults. Persona, tone and topics are the draft of the next version.
create table tenant_bot_settings (
    tenant_id                 integer primary key references tenants (id) on delete cascade,
    vision                    text not null default 'auto' check (vision in ('auto', 'on', 'off')),
    shadow_mode               boolean not null default false,
    draft_orders              text not null default 'off' check (draft_orders in ('off', 'dry_run', 'on')),
    back_in_stock             boolean not null default false,
    back_in_stock_template    text check (back_in_stock_template <> ''),
    fallback_model            text check (fallback_model <> ''),
    monthly_token_ceiling     bigint check (monthly_token_ceiling > 0),
    monthly_cost_ceiling_usd  numeric(12, 2) check (monthly_cost_ceiling_usd > 0),
    human_topics              jsonb not null default '{}' check (jsonb_typeof(human_topics) = 'object'),
    tone                      jsonb not null default '{}' check (jsonb_typeof(tone) = 'object'),
    persona_name              text check (persona_name <> ''),
    persona_notes             text check (persona_notes <> ''),
    updated_at                timestamptz not null default now()
);

-- The draft of what the bot knows. A section takes the place of the shop's field that it was written from.
create table knowledge_sections (
    tenant_id   integer not null references tenants (id) on delete cascade,
    kind        text not null check (kind in ('shop', 'hours', 'shipping', 'payments', 'exchanges', 'sizes')),
    text        text not null check (text <> ''),
    updated_at  timestamptz not null default now(),
    primary key (tenant_id, kind)
);

create table knowledge_answers (
    id          integer generated always as identity,
    tenant_id   integer not null references tenants (id) on delete cascade,
    question    text not null check (question <> ''),
    answer      text not null check (answer <> ''),
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    primary key (tenant_id, id)
);

-- What was published, whole; the newest is what the bot goes by. Nobody changes or removes one: a roll back adds one.
create table prompt_versions (
    tenant_id     integer not null references tenants (id) on delete cascade,
    number        integer not null check (number > 0),
    content       jsonb not null,             -- facts, sections, answers, rules, persona, tone, topics
    note          text not null default '',
    copy_of       integer,                    -- the version that was gone back to
    published_by  text not null,
    published_at  timestamptz not null default now(),
    primary key (tenant_id, number),
    foreign key (tenant_id, copy_of) references prompt_versions (tenant_id, number)
);

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['tenant_bot_settings', 'knowledge_sections', 'knowledge_answers', 'prompt_versions']
    loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format('alter table %I force row level security', tenant_table);
        execute format('create policy owner_all on %I to nexus_owner using (true) with check (true)', tenant_table);
        execute format('create policy dispatch_all on %I to nexus_dispatch using (true) with check (true)', tenant_table);
        execute format('create policy one_tenant on %I to nexus_app using (tenant_id = nexus_tenant()) '
                       'with check (tenant_id = nexus_tenant())', tenant_table);
        execute format('grant select, insert%s on %I to nexus_app',
                       case tenant_table when 'prompt_versions' then '' else ', update, delete' end, tenant_table);
    end loop;
end $$;

create trigger audited after insert or update or delete on tenant_bot_settings for each row
    when (current_setting('nexus.actor', true) <> '') execute function audit_change('bot_settings', '#tenant_id');
create trigger audited after insert or update or delete on knowledge_sections for each row
    when (current_setting('nexus.actor', true) <> '') execute function audit_change('knowledge', '#kind');
create trigger audited after insert or update or delete on knowledge_answers for each row
    when (current_setting('nexus.actor', true) <> '') execute function audit_change('knowledge');
create trigger audited after insert on prompt_versions for each row
    when (current_setting('nexus.actor', true) <> '')
    execute function audit_change('prompt_version', '#number', '+note', '+copy_of');
