-- The whole channel: media and voice, every message type, aliases of a customer, send limits, health of the number.

alter table tenants
    add column voice_vocabulary text,                       -- words that the transcriber should know, one per line
    add column business_hours   jsonb not null default '[]'; -- [{day 0-6 from Monday, from "09:00", to "18:00"}]

alter table chat_conversations
    add column override_author text,                        -- who paused, when it was somebody of the panel
    add column merge_into      uuid,                        -- the same person: joined once nothing of it is under way
    add column pair_tokens     double precision not null default 20,  -- WhatsApp's limit of one number to one customer
    add column pair_at         timestamptz not null default now();
create index chat_conversations_merge on chat_conversations (merge_into) where merge_into is not null;

-- Other keys under which a customer is known: an earlier number, a username-scoped id that changed.
create table customer_aliases (
    tenant_id         integer not null,
    channel           text not null default 'whatsapp',
    external_user_id  text not null,
    conversation_id   uuid not null,
    created_at        timestamptz not null default now(),
    primary key (tenant_id, channel, external_user_id),
    foreign key (tenant_id, conversation_id) references chat_conversations (tenant_id, id) on delete cascade
);
create index customer_aliases_conversation on customer_aliases (tenant_id, conversation_id);

-- A row exists only when its file does: the file is written and synced first, under the row's own id.
alter table chat_media
    add column sha256             text,
    add column seconds            double precision,
    add column uploaded_by        text,                     -- a person of the panel; null for what WhatsApp brought
    add column provider_media_at  timestamptz;              -- when WhatsApp was last given it, kept there for 30 days

alter table chat_messages drop constraint chat_messages_kind_check;
alter table chat_messages add constraint chat_messages_kind_check
    check (kind in ('message', 'reply', 'handoff', 'apology', 'manual', 'api', 'echo', 'history', 'line'));
alter table chat_messages
    add column quoted_id          text,                     -- wamid of the message that it answers or reacts to
    add column resent_as          uuid,                     -- the message that a person sent in its place
    -- queue of files to fetch and voice notes to put into words
    add column media_state        text check (media_state in ('waiting', 'stored', 'failed')),
    add column words_state        text check (words_state in ('waiting', 'done', 'failed')),
    add column media_problem      text,                     -- why the file could not be had
    add column words_problem      text,                     -- why there are no words
    add column media_due_at       timestamptz,
    add column media_lease_until  timestamptz,
    add column media_attempts     integer not null default 0;
create index chat_messages_media_due on chat_messages (media_due_at) where media_due_at is not null;
create index chat_messages_reactions on chat_messages (tenant_id, conversation_id, quoted_id)
    where message_type = 'reaction';

-- What YCloud and Meta said of the number, its account, its templates, its webhook and our key.
create table whatsapp_health (
    tenant_id   integer not null references tenants (id) on delete cascade,
    subject     text not null check (subject in ('number', 'account', 'template', 'endpoint', 'credential')),
    key         text not null,
    level       text not null check (level in ('ok', 'warn', 'error')),
    code        text not null,
    details     jsonb not null default '{}',
    since       timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    primary key (tenant_id, subject, key)
);

create table whatsapp_templates (
    tenant_id   integer not null references tenants (id) on delete cascade,
    name        text not null,
    language    text not null,
    category    text,
    status      text not null,
    components  jsonb not null default '[]',
    synced_at   timestamptz not null default now(),
    primary key (tenant_id, name, language)
);

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['customer_aliases', 'whatsapp_health', 'whatsapp_templates']
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

-- Exactly what the functions of 0006 touch beyond those of 0003.
grant select, insert, update (conversation_id) on customer_aliases to nexus_dispatch;
grant select, insert, update on whatsapp_health to nexus_dispatch;
grant select, insert, update (category, status, synced_at) on whatsapp_templates to nexus_dispatch;
grant insert on system_events to nexus_dispatch;
grant usage on sequence system_events_id_seq to nexus_dispatch;
grant select (override_author, merge_into) on chat_conversations to nexus_dispatch;
grant update (override_author, merge_into, created_at) on chat_conversations to nexus_dispatch;
grant delete on chat_conversations to nexus_dispatch;
grant select (seq, message_type, kind, media_state, words_state, media_due_at, media_lease_until, media_attempts)
    on chat_messages to nexus_dispatch;
grant insert (payload, quoted_id, media_state, words_state, media_due_at) on chat_messages to nexus_dispatch;
grant update (conversation_id, media_lease_until, media_attempts) on chat_messages to nexus_dispatch;
grant update (conversation_id) on bursts, tool_effects, handoffs, appointments to nexus_dispatch;
grant select (tenant_id, conversation_id) on tool_effects, handoffs, appointments to nexus_dispatch;
