-- Tables of the seed (S-093 to S-101) and what the durable pipeline needs beside them.
-- Unique keys of tenant data start with the tenant. Times are timestamptz, ids of people's data are uuid.

create extension if not exists pgcrypto;
create extension if not exists btree_gist;

create table tenants (
    id                       serial primary key,
    store_name               text not null check (store_name <> ''),
    bot_phone_number         text not null unique check (bot_phone_number ~ '^\+[1-9][0-9]{6,14}$'),
    tiendanube_store_id      text,
    tiendanube_access_token  text,              -- encrypted, see store/secrets.py
    store_website            text,
    store_description        text,
    store_catalog_knowledge  text,
    store_location           text,
    store_address            text,
    shipping_partners        text,
    system_prompt            text,
    time_zone                text not null default 'America/Argentina/Buenos_Aires',
    lockout_hours            double precision not null default 24 check (lockout_hours > 0),
    bot_enabled              boolean not null default true,
    inbox_replies_pause      boolean not null default true,
    ignore_app_greeting      boolean not null default true,
    created_at               timestamptz not null default now(),
    updated_at               timestamptz not null default now()
);

create table tenant_credentials (
    tenant_id        integer not null references tenants (id) on delete cascade,
    kind             text not null check (kind in ('tiendanube', 'ycloud', 'llm')),
    name             text not null,
    value            text,                      -- what is not secret, as written
    secret           text,                      -- encrypted
    previous_secret  text,                      -- kept across a rotation: YCloud promises no overlap (ycloud.md 2)
    hint             text,                      -- the last four characters, for the panel's mask
    updated_at       timestamptz not null default now(),
    primary key (tenant_id, kind, name)
);

create table tenant_human_handoff_config (
    tenant_id                integer primary key references tenants (id) on delete cascade,
    enabled                  boolean not null default true,
    destination_email        text,
    smtp_host                text,
    smtp_port                integer check (smtp_port between 1 and 65535),
    smtp_security            text not null default 'STARTTLS' check (smtp_security in ('SSL', 'STARTTLS', 'NONE')),
    smtp_username            text,
    smtp_password_encrypted  text,              -- pgcrypto, S-099
    handoff_message          text,
    created_at               timestamptz not null default now(),
    updated_at               timestamptz not null default now()
);

-- One row is the conversation, its queue and its outbox (architecture.md 1, idea 2).
create table chat_conversations (
    id                    uuid primary key default gen_random_uuid(),
    tenant_id             integer not null references tenants (id) on delete cascade,
    channel               text not null default 'whatsapp',
    external_user_id      text not null,        -- phone key or username-scoped id
    status                text not null default 'open' check (status in ('open', 'closed', 'archived')),
    display_name          text,
    wa_address            text,                 -- the exact address received, the one replied to
    user_scoped_id        text,
    human_override_until  timestamptz,
    override_since        timestamptz,
    override_cause        text,
    override_burst_id     uuid,
    last_message_at       timestamptz,
    last_message_preview  text,
    last_inbound_at       timestamptz,          -- provider's time of the newest inbound: the 24 h window counts from it
    unread                integer not null default 0,
    needs_human_since     timestamptz,
    needs_human_reason    text,
    last_apology_at       timestamptz,
    revision              bigint not null default 0,
    -- queue of bursts
    waiting_since         timestamptz,
    due_at                timestamptz,
    active_burst_id       uuid,
    retry_at              timestamptz,
    lease_until           timestamptz,
    lease_owner           text,
    fence                 bigint not null default 0,
    claim_at              timestamptz generated always as
                              (case when active_burst_id is not null then retry_at else due_at end) stored,
    -- outbox
    outbox_due_at         timestamptz,
    outbox_lease_until    timestamptz,
    outbox_owner          text,
    created_at            timestamptz not null default now(),
    unique (tenant_id, channel, external_user_id),
    unique (tenant_id, id)
);
create index chat_conversations_claim on chat_conversations (claim_at) where claim_at is not null;
create index chat_conversations_outbox on chat_conversations (outbox_due_at) where outbox_due_at is not null;
create index chat_conversations_user_id on chat_conversations (tenant_id, user_scoped_id) where user_scoped_id is not null;
create index chat_conversations_list on chat_conversations (tenant_id, last_message_at desc nulls last, id);

create table bursts (
    id                 uuid primary key default gen_random_uuid(),
    tenant_id          integer not null,
    conversation_id    uuid not null,
    delivery           text not null check (delivery in ('outbox', 'caller')),
    state              text not null default 'open' check (state in ('open', 'answered', 'ignored', 'error', 'parked')),
    reason             text,
    fence              bigint not null default 0,
    claims             integer not null default 0,
    failures           integer not null default 0,  -- counted claims, five park the burst
    retries            integer not null default 0,  -- every claim that ended without a result: sets the backoff
    in_hand            boolean not null default false,  -- claimed and not yet reported on: a dead worker is known by it
    correlation_id     text,
    shown_products     jsonb,
    retry_of           uuid,
    first_accepted_at  timestamptz not null default now(),
    created_at         timestamptz not null default now(),
    claimed_at         timestamptz,
    finished_at        timestamptz,
    foreign key (tenant_id, conversation_id) references chat_conversations (tenant_id, id) on delete cascade
);
create index bursts_conversation on bursts (tenant_id, conversation_id, created_at);

create table chat_media (
    id                 uuid primary key default gen_random_uuid(),
    tenant_id          integer not null references tenants (id) on delete cascade,
    storage_url        text not null,
    media_type         text not null,
    provider_media_id  text,
    mime_type          text,
    file_name          text,
    byte_size          bigint,
    created_at         timestamptz not null default now()
);
create index chat_media_tenant on chat_media (tenant_id, created_at);

-- The history, the inbox and the outbox (idea 3).
create table chat_messages (
    id                   uuid primary key default gen_random_uuid(),
    seq                  bigint generated always as identity,
    tenant_id            integer not null,
    conversation_id      uuid not null,
    role                 text not null check (role in ('user', 'assistant', 'system')),
    author               text not null check (author in ('customer', 'bot', 'human', 'system')),
    kind                 text not null default 'message'
                             check (kind in ('message', 'reply', 'handoff', 'apology', 'manual', 'api', 'echo', 'line')),
    message_type         text not null,
    content              text not null,
    payload              jsonb,                 -- a template's name, language and parameters
    media_id             uuid references chat_media (id) on delete set null,
    provider             text,
    provider_message_id  text,                  -- wamid
    provider_id          text,                  -- YCloud's own id
    external_id          text,                  -- ours, reserved before the POST
    client_ref           text,
    correlation_id       text,
    delivery             text check (delivery in ('outbox', 'caller')),
    burst_id             uuid,                  -- inbound: the burst that took it; outbound: the burst it answers
    awaits_answer        boolean not null default false,
    part                 integer,
    total                integer,
    provider_status      text check (provider_status in
                             ('pending', 'sending', 'sent', 'delivered', 'read', 'failed', 'unknown', 'discarded')),
    status_code          text,
    status_message       text,
    attempts             integer not null default 0,
    next_attempt_at      timestamptz,
    sending_until        timestamptz,
    status_at            timestamptz,
    sent_at              timestamptz,           -- the provider's time; memory is ordered by it
    created_at           timestamptz not null default now(),
    foreign key (tenant_id, conversation_id) references chat_conversations (tenant_id, id) on delete cascade,
    unique (tenant_id, provider, provider_message_id),
    unique (tenant_id, external_id),
    unique (tenant_id, client_ref)
);
create index chat_messages_thread on chat_messages (tenant_id, conversation_id, (coalesce(sent_at, created_at)) desc, seq desc);
create index chat_messages_seq on chat_messages (tenant_id, conversation_id, seq);
create index chat_messages_waiting on chat_messages (conversation_id) where awaits_answer and burst_id is null;
create index chat_messages_unsent on chat_messages (conversation_id, seq) where provider_status in ('pending', 'sending', 'unknown');
create index chat_messages_burst on chat_messages (tenant_id, burst_id) where burst_id is not null;
create index chat_messages_media on chat_messages (media_id) where media_id is not null;
create index chat_messages_provider_id on chat_messages (tenant_id, provider_id) where provider_id is not null;

-- Every verified webhook as it came. tenant_id is null for a number of no tenant.
create table provider_events (
    id              bigint generated always as identity primary key,
    tenant_id       integer references tenants (id) on delete cascade,
    provider        text not null,
    endpoint_id     text not null default '',
    event_id        text not null,
    event_type      text not null,
    outcome         text not null check (outcome in ('accepted', 'duplicate', 'ignored')),
    reason          text,
    correlation_id  text,
    body            jsonb not null,
    received_at     timestamptz not null default now(),
    unique nulls not distinct (tenant_id, provider, endpoint_id, event_id)
);

-- What a tool did, once per (burst, tool, ordinal) (idea 5).
create table tool_effects (
    id               uuid primary key default gen_random_uuid(),
    tenant_id        integer not null,
    conversation_id  uuid not null,
    burst_id         uuid not null references bursts (id) on delete cascade,
    tool             text not null,
    ordinal          integer not null,
    arguments        jsonb not null,
    result           jsonb,
    state            text not null default 'done' check (state in ('intended', 'done', 'unknown')),
    created_at       timestamptz not null default now(),
    foreign key (tenant_id, conversation_id) references chat_conversations (tenant_id, id) on delete cascade,
    unique (tenant_id, burst_id, tool, ordinal)
);

create index tool_effects_burst on tool_effects (burst_id);  -- what a deleted tenant's cascade looks for
create index tool_effects_conversation on tool_effects (tenant_id, conversation_id);

create table handoffs (
    id               uuid primary key default gen_random_uuid(),
    tenant_id        integer not null,
    conversation_id  uuid not null,
    burst_id         uuid,
    source           text not null check (source in ('bot', 'panel')),
    reason           text not null,
    details          jsonb not null default '{}',
    email_state      text not null default 'pending' check (email_state in ('pending', 'sent', 'failed', 'skipped')),
    email_attempts   integer not null default 0,
    created_at       timestamptz not null default now(),
    foreign key (tenant_id, conversation_id) references chat_conversations (tenant_id, id) on delete cascade
);
create index handoffs_conversation on handoffs (tenant_id, conversation_id, created_at);

create table appointments (
    id               uuid primary key default gen_random_uuid(),
    tenant_id        integer not null references tenants (id) on delete cascade,
    conversation_id  uuid,
    resource_id      integer not null default 1,
    service_id       integer,
    title            text,
    customer_name    text not null,
    customer_phone   text,
    starts_at        timestamptz not null,
    ends_at          timestamptz not null,
    status           text not null default 'scheduled'
                         check (status in ('scheduled', 'confirmed', 'cancelled', 'attended', 'no_show')),
    source           text not null default 'manual' check (source in ('ai', 'manual')),
    notes            text,
    client_ref       text,
    version          integer not null default 1,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    check (ends_at > starts_at),
    foreign key (tenant_id, conversation_id) references chat_conversations (tenant_id, id) on delete set null (conversation_id),
    unique (tenant_id, client_ref),
    constraint appointments_never_double exclude using gist
        (tenant_id with =, resource_id with =, tstzrange(starts_at, ends_at, '[)') with &&)
        where (status in ('scheduled', 'confirmed'))
);

create index appointments_conversation on appointments (tenant_id, conversation_id) where conversation_id is not null;

create table system_events (
    id              serial primary key,
    tenant_id       integer references tenants (id) on delete cascade,
    level           text not null check (level in ('info', 'warn', 'error')),
    event_type      text not null,
    message         text not null,
    metadata        jsonb not null default '{}',
    correlation_id  text,
    created_at      timestamptz not null default now()
);
create index system_events_tenant on system_events (tenant_id, id desc);

-- People of the panel. No tenant: reached only through the functions of 0003.
create table users (
    id                 serial primary key,
    email              text not null check (email = lower(email)),
    password_hash      text not null,           -- Argon2id
    is_platform_admin  boolean not null default false,
    disabled_at        timestamptz,
    failed_logins      integer not null default 0,
    locked_until       timestamptz,
    created_at         timestamptz not null default now(),
    unique (email)
);

create table tenant_members (
    tenant_id  integer not null references tenants (id) on delete cascade,
    user_id    integer not null references users (id) on delete cascade,
    role       text not null check (role in ('owner', 'manager', 'agent', 'read-only')),
    primary key (tenant_id, user_id)
);

create table sessions (
    token_hash  bytea primary key,
    user_id     integer not null references users (id) on delete cascade,
    created_at  timestamptz not null default now(),
    expires_at  timestamptz not null
);
