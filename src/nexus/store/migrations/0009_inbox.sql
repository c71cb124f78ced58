-- The inbox: who works on a chat, labels, notes, canned replies, a bot that is turned off in one chat, search over all
-- messages, and polls that cost next to nothing when nothing changed.

create extension if not exists unaccent;
create extension if not exists pg_trgm;

create table labels (
    id          integer generated always as identity,
    tenant_id   integer not null references tenants (id) on delete cascade,
    name        text not null check (name <> ''),
    created_at  timestamptz not null default now(),
    primary key (tenant_id, id)
);
create unique index labels_name on labels (tenant_id, lower(name));

create table conversation_labels (
    tenant_id        integer not null,
    conversation_id  uuid not null,
    label_id         integer not null,
    primary key (tenant_id, conversation_id, label_id),
    foreign key (tenant_id, conversation_id) references chat_conversations (tenant_id, id) on delete cascade,
    foreign key (tenant_id, label_id) references labels (tenant_id, id) on delete cascade
);
create index conversation_labels_label on conversation_labels (tenant_id, label_id);

-- What the team tells itself about a customer; never sent, never read by the bot.
create table conversation_notes (
    id               uuid primary key default gen_random_uuid(),
    tenant_id        integer not null,
    conversation_id  uuid not null,
    text             text not null check (text <> ''),
    author           text not null,             -- as the panel calls her
    author_id        integer,                   -- null: a machine
    created_at       timestamptz not null default now(),
    updated_at       timestamptz,
    foreign key (tenant_id, conversation_id) references chat_conversations (tenant_id, id) on delete cascade
);
create index conversation_notes_chat on conversation_notes (tenant_id, conversation_id, created_at desc);

create table canned_replies (
    id          integer generated always as identity,
    tenant_id   integer not null references tenants (id) on delete cascade,
    shortcut    text not null check (shortcut ~ '^[a-z0-9_-]{1,32}$'),
    text        text not null check (text <> ''),
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, shortcut)
);

alter table chat_conversations
    add column override_reason  text,           -- why a person paused, in her words
    add column assigned_to      integer,
    -- The transaction that last changed what the list shows. Polls compare it with the snapshot they were answered
    -- from: unlike a number from a sequence, that cannot miss what commits late.
    add column changed_xid      xid8,
    add foreign key (tenant_id, assigned_to) references tenant_members (tenant_id, user_id) on delete set null (assigned_to);
alter table chat_conversations alter column changed_xid set default pg_current_xact_id();
create index chat_conversations_changed on chat_conversations (tenant_id, changed_xid);
create index chat_conversations_assigned on chat_conversations (tenant_id, assigned_to) where assigned_to is not null;
create index chat_conversations_override on chat_conversations (tenant_id, human_override_until)
    where human_override_until is not null;

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['labels', 'conversation_labels', 'conversation_notes', 'canned_replies']
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

-- Exactly what the functions below touch beyond those of before.
grant select, insert on conversation_labels to nexus_dispatch;
grant select (tenant_id, conversation_id), update (conversation_id) on conversation_notes to nexus_dispatch;
grant select (override_reason, assigned_to, changed_xid) on chat_conversations to nexus_dispatch;
grant update (override_reason, assigned_to, changed_xid) on chat_conversations to nexus_dispatch;
grant select (status_at) on chat_messages to nexus_dispatch;

-- Who did what to them. What a note says is the team's own.
create trigger audited after insert or update or delete on labels for each row
    when (current_setting('nexus.actor', true) <> '') execute function audit_change('label');
create trigger audited after insert or delete on conversation_labels for each row
    when (current_setting('nexus.actor', true) <> '') execute function audit_change('conversation', '#conversation_id', '+label_id');
create trigger audited after insert or update or delete on conversation_notes for each row
    when (current_setting('nexus.actor', true) <> '')
    execute function audit_change('note', '#conversation_id', '+text', 'text');
create trigger audited after insert or update or delete on canned_replies for each row
    when (current_setting('nexus.actor', true) <> '') execute function audit_change('canned_reply');
drop trigger audited on chat_conversations;
create trigger audited after update of human_override_until, status, assigned_to on chat_conversations for each row
    when (current_setting('nexus.actor', true) <> '')
    execute function audit_change('conversation', '+human_override_until', '+override_cause', '+status', '+assigned_to',
                                  '+override_reason', 'override_reason');

-- What the list shows changed. A tick of a message is not in the list, and its row keeps its place in every index.
create function note_change() returns trigger
    language plpgsql set search_path = pg_catalog, public
as $$
begin
    new.changed_xid := pg_current_xact_id();
    return new;
end $$;
create trigger changed before update on chat_conversations for each row
    when ((old.external_user_id, old.wa_address, old.display_name, old.status, old.human_override_until,
           old.override_since, old.override_cause, old.override_author, old.override_reason, old.last_message_at,
           old.last_message_preview, old.unread, old.last_inbound_at, old.needs_human_since, old.needs_human_reason,
           old.assigned_to)
          is distinct from
          (new.external_user_id, new.wa_address, new.display_name, new.status, new.human_override_until,
           new.override_since, new.override_cause, new.override_author, new.override_reason, new.last_message_at,
           new.last_message_preview, new.unread, new.last_inbound_at, new.needs_human_since, new.needs_human_reason,
           new.assigned_to))
    execute function note_change();

-- A reply that did not go out leaves the customer waiting.
create function note_unsent() returns trigger
    language plpgsql set search_path = pg_catalog, public
as $$
begin
    update chat_conversations c set changed_xid = pg_current_xact_id() where c.id = new.conversation_id;
    return null;
end $$;
create trigger unsent after update of provider_status on chat_messages for each row
    when (old.provider_status is distinct from new.provider_status
          and (new.provider_status in ('failed', 'discarded') or old.provider_status in ('failed', 'discarded')))
    execute function note_unsent();

-- Turned off is a pause without an end: until a person gives the chat back.
create function is_off(override_until timestamptz) returns boolean
    language sql immutable parallel safe
    set search_path = pg_catalog
as $$ select coalesce(override_until >= '9999-01-01 00:00:00+00', false) $$;

-- As in 0006, with the reason of a pause.
create or replace function share_pause(p_one uuid, p_other uuid) returns void
    language sql set search_path = pg_catalog, public
as $$
    update chat_conversations c
    set human_override_until = o.human_override_until, override_since = o.override_since,
        override_cause = o.override_cause, override_author = o.override_author, override_reason = o.override_reason,
        override_burst_id = o.override_burst_id, revision = c.revision + 1
    from chat_conversations o
    where ((c.id = p_one and o.id = p_other) or (c.id = p_other and o.id = p_one))
      and o.human_override_until > coalesce(c.human_override_until, '-infinity')
$$;

-- As in 0006, with what the inbox keeps of a chat.
create or replace function join_conversation(p_from uuid) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    f record;
    target uuid;
begin
    select c.merge_into into target from chat_conversations c where c.id = p_from;
    perform 1 from chat_conversations c where c.id in (p_from, target) order by c.id for update;
    select c.tenant_id, c.external_user_id, c.display_name, c.user_scoped_id, c.human_override_until, c.override_since,
           c.override_cause, c.override_author, c.override_reason, c.override_burst_id, c.last_message_at,
           c.last_message_preview,
           c.last_inbound_at, c.unread, c.needs_human_since, c.needs_human_reason, c.waiting_since, c.due_at, c.created_at,
           c.assigned_to
    into f
    from chat_conversations c
    where c.id = p_from and c.merge_into = target and c.active_burst_id is null
      and (c.lease_until is null or c.lease_until < clock_timestamp())
      and (c.outbox_lease_until is null or c.outbox_lease_until < clock_timestamp())
      and not exists (select 1 from chat_messages m where m.conversation_id = c.id
                      and m.provider_status in ('pending', 'sending'));
    if f.tenant_id is null then
        return false;
    end if;
    update chat_messages m set conversation_id = target where m.tenant_id = f.tenant_id and m.conversation_id = p_from;
    update bursts b set conversation_id = target where b.tenant_id = f.tenant_id and b.conversation_id = p_from;
    update tool_effects x set conversation_id = target where x.tenant_id = f.tenant_id and x.conversation_id = p_from;
    update handoffs h set conversation_id = target where h.tenant_id = f.tenant_id and h.conversation_id = p_from;
    update appointments a set conversation_id = target where a.tenant_id = f.tenant_id and a.conversation_id = p_from;
    update customer_aliases a set conversation_id = target where a.tenant_id = f.tenant_id and a.conversation_id = p_from;
    insert into conversation_labels (tenant_id, conversation_id, label_id)
    select x.tenant_id, target, x.label_id from conversation_labels x
    where x.tenant_id = f.tenant_id and x.conversation_id = p_from
    on conflict do nothing;
    update conversation_notes n set conversation_id = target where n.tenant_id = f.tenant_id and n.conversation_id = p_from;
    insert into customer_aliases (tenant_id, channel, external_user_id, conversation_id)
    values (f.tenant_id, 'whatsapp', f.external_user_id, target)
    on conflict do nothing;
    update chat_conversations c set merge_into = target where c.merge_into = p_from;
    delete from chat_conversations c where c.id = p_from;
    update chat_conversations c
    set display_name = coalesce(c.display_name, f.display_name),
        user_scoped_id = coalesce(c.user_scoped_id, f.user_scoped_id),
        human_override_until = later.until, override_since = later.since, override_cause = later.cause,
        override_author = later.author, override_reason = later.reason, override_burst_id = later.burst,
        assigned_to = coalesce(c.assigned_to, f.assigned_to),
        last_message_preview = case when f.last_message_at > c.last_message_at or c.last_message_at is null
                                    then f.last_message_preview else c.last_message_preview end,
        last_message_at = greatest(c.last_message_at, f.last_message_at),
        last_inbound_at = greatest(c.last_inbound_at, f.last_inbound_at),
        unread = c.unread + f.unread,
        needs_human_since = least(c.needs_human_since, f.needs_human_since),
        needs_human_reason = coalesce(c.needs_human_reason, f.needs_human_reason),
        waiting_since = least(c.waiting_since, f.waiting_since),
        due_at = least(c.due_at, f.due_at),
        created_at = least(c.created_at, f.created_at),
        revision = c.revision + 1
    from (select case when paused then f.human_override_until else k.human_override_until end as until,
                 case when paused then f.override_since else k.override_since end as since,
                 case when paused then f.override_cause else k.override_cause end as cause,
                 case when paused then f.override_author else k.override_author end as author,
                 case when paused then f.override_reason else k.override_reason end as reason,
                 case when paused then f.override_burst_id else k.override_burst_id end as burst
          from chat_conversations k,
               lateral (select coalesce(f.human_override_until > coalesce(k.human_override_until, '-infinity'), false)
                                   as paused) x
          where k.id = target) later
    where c.id = target;
    insert into chat_messages (tenant_id, conversation_id, role, author, kind, message_type, content)
    values (f.tenant_id, target, 'system', 'system', 'line', 'text', 'Se unieron dos conversaciones de la misma persona');
    return true;
end $$;

-- As in 0006; what a person turned off stays off.
create or replace function accept_echo(e jsonb, out outcome text, out conversation uuid, out reason text)
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    t integer := (e->>'tenant_id')::integer;
    cause text := e->>'cause';
    now_at timestamptz := clock_timestamp();
    provider_time timestamptz := least((e->>'sent_at')::timestamptz, now_at);
    first_inbound timestamptz;
    first_outbound boolean;
    shop record;
    known_kind text;
    inserted uuid;
begin
    select m.kind into known_kind from chat_messages m where m.id = message_of_status(e);
    if known_kind = 'echo' then
        outcome := 'duplicate';
        return;
    elsif known_kind is not null or e->>'external_id' like 'nx:%' then
        outcome := 'ignored';
        reason := 'own_send';
        return;
    end if;
    conversation := conversation_of(e);
    select not exists (select 1 from chat_messages m where m.tenant_id = t and m.conversation_id = conversation
                       and m.role = 'assistant') into first_outbound;
    if first_outbound then
        select min(m.sent_at) into first_inbound from chat_messages m
        where m.tenant_id = t and m.conversation_id = conversation and m.role = 'user';
    end if;

    insert into chat_messages (tenant_id, conversation_id, role, author, kind, message_type, content, payload, quoted_id,
                               provider, provider_message_id, provider_id, correlation_id, provider_status, status_at,
                               sent_at, media_state, media_due_at)
    values (t, conversation, 'assistant', 'human', 'echo', e->>'message_type', e->>'content',
            nullif(e->'payload', 'null'::jsonb), e->>'quoted_id', e->>'provider', e->>'provider_message_id',
            e->>'provider_id', e->>'correlation_id', 'sent', now_at, provider_time, e->>'media_state',
            case when e->>'media_state' = 'waiting' then now_at end)
    on conflict (tenant_id, provider, provider_message_id) do nothing
    returning id into inserted;
    if inserted is null then
        outcome := 'duplicate';
        return;
    end if;
    outcome := 'accepted';

    select lockout_hours, ignore_app_greeting, inbox_replies_pause into shop from tenants where id = t;
    if cause is null or (cause = 'inbox_reply' and not shop.inbox_replies_pause) then
        reason := 'no_pause';
    elsif cause = 'phone_echo' and shop.ignore_app_greeting and first_outbound and first_inbound is not null
       and coalesce((e->>'sent_at')::timestamptz, now_at) between first_inbound and first_inbound + interval '3 seconds' then
        reason := 'app_greeting';
    else
        update chat_conversations c set needs_human_since = null, needs_human_reason = null
        where c.id = conversation or c.merge_into = conversation;  -- and of the half that is not joined yet
        update chat_conversations c
        set human_override_until = now_at + make_interval(secs => shop.lockout_hours * 3600),
            override_since = now_at, override_cause = cause, override_author = null, override_reason = null,
            override_burst_id = null
        where (c.id = conversation or c.merge_into = conversation) and not is_off(c.human_override_until);
    end if;
    update chat_conversations c
    set last_message_at = greatest(c.last_message_at, provider_time),
        last_message_preview = left(coalesce(e->>'preview', e->>'content'), 160),
        unread = case when reason is null then 0 else c.unread end, revision = c.revision + 1
    where c.id = conversation;
end $$;

-- Text as search compares it: without case and accents. No search_path of its own: setting one costs more than all else.
create function plain(words text) returns text
    language plpgsql immutable strict parallel safe
as $$
begin
    return pg_catalog.lower(public.unaccent('public.unaccent'::pg_catalog.regdictionary, words));
end $$;

-- What search compares, apart from its message: a trigram index only says where to look, and comparing an expression
-- anew took 24 us a row; beside the message, each tick of it would write a hundred trigrams again.
create table message_words (
    tenant_id   integer not null,
    message_id  uuid primary key references chat_messages (id) on delete cascade,
    words       text not null
);
-- The list of what is not in the index yet is emptied by whoever fills it: a short one keeps an acknowledgement short.
create index message_words_words on message_words using gin (words gin_trgm_ops) with (gin_pending_list_limit = 256);
alter table message_words enable row level security;
alter table message_words force row level security;
create policy owner_all on message_words to nexus_owner using (true) with check (true);
create policy dispatch_all on message_words to nexus_dispatch using (true) with check (true);
create policy one_tenant on message_words to nexus_app using (tenant_id = nexus_tenant())
    with check (tenant_id = nexus_tenant());
grant select, insert, update, delete on message_words to nexus_app;
grant select, insert, update on message_words to nexus_dispatch;

create function keep_words() returns trigger
    language plpgsql set search_path = pg_catalog, public
as $$
begin
    insert into message_words (tenant_id, message_id, words) values (new.tenant_id, new.id, plain(new.content))
    on conflict (message_id) do update set words = excluded.words;
    return null;
end $$;
-- A picture of the shop has its address as content (S-096): nobody looks for that.
create trigger searched after insert on chat_messages for each row
    when (new.content <> '' and new.role <> 'system' and new.message_type <> 'reaction'
          and not (new.message_type = 'image' and new.role = 'assistant' and new.content like 'http%'))
    execute function keep_words();
create trigger searched_again after update of content on chat_messages for each row
    when (new.content is distinct from old.content and new.role <> 'system' and new.message_type <> 'reaction')
    execute function keep_words();
insert into message_words (tenant_id, message_id, words)
    select m.tenant_id, m.id, plain(m.content) from chat_messages m
    where m.content <> '' and m.role <> 'system' and m.message_type <> 'reaction'
      and not (m.message_type = 'image' and m.role = 'assistant' and m.content like 'http%');

-- The chats of the transaction's tenant with a message that has all of these patterns, the rarest first, and how many
-- each has; of the first `p_most` such messages that are met. Under row-level security no trigram index would be used:
-- its operators may not look at rows before the policy did.
create function chats_with(p_patterns text[], p_most integer) returns table (conversation_id uuid, hits bigint)
    language plpgsql stable security definer set search_path = pg_catalog, public
as $$
begin
    return query
        select x.id, count(*) from (
            select m.conversation_id as id from message_words w join chat_messages m on m.id = w.message_id
            where w.tenant_id = nexus_tenant() and w.words like p_patterns[1] and w.words like all (p_patterns)
            limit p_most) x
        group by x.id;
end $$;

-- Whether the list is as it was for who was answered from the snapshot `p_seen` at `p_seen_at`: no change that was not
-- in that snapshot, and no pause that ended by itself. What has a transaction of a restored database's past is old.
create function chats_as_seen(p_tenant integer, p_seen pg_snapshot, p_seen_at timestamptz) returns boolean
    language plpgsql stable
as $$
begin
    return pg_snapshot_xmax(p_seen) <= pg_snapshot_xmax(pg_current_snapshot())  -- else of another database
       and not exists (select 1 from chat_conversations c
                       where c.tenant_id = p_tenant and c.changed_xid >= pg_snapshot_xmin(p_seen)
                         and c.changed_xid < pg_snapshot_xmax(pg_current_snapshot())
                         and not pg_visible_in_snapshot(c.changed_xid, p_seen))
       and not exists (select 1 from chat_conversations c
                       where c.tenant_id = p_tenant and c.human_override_until > p_seen_at
                         and c.human_override_until <= statement_timestamp());
end $$;

-- Whether the session may read the tenant. Who was not noted as here for two minutes takes the long way, which does.
create function session_reads(p_token_hash bytea, p_tenant integer) returns boolean
    language plpgsql stable
as $$
begin
    return exists (select 1 from sessions s join users u on u.id = s.user_id
                   where s.token_hash = p_token_hash and s.expires_at > clock_timestamp() and u.disabled_at is null
                     and u.last_seen_at > clock_timestamp() - interval '2 minutes'
                     and (exists (select 1 from tenant_members m where m.tenant_id = p_tenant and m.user_id = u.id)
                          or u.is_platform_admin and exists (select 1 from tenants t where t.id = p_tenant)));
end $$;

-- A poll in one round trip: true is 304, anything else is answered the long way, errors included.
create function poll_chats(p_token_hash bytea, p_tenant integer, p_seen pg_snapshot, p_seen_at timestamptz)
    returns boolean
    language plpgsql stable security definer set search_path = pg_catalog, public
as $$
begin
    return session_reads(p_token_hash, p_tenant) and chats_as_seen(p_tenant, p_seen, p_seen_at);
end $$;

-- As poll_chats, of one thread; `p_open`: somebody looks at it, so that nothing of it may stay unread.
create function poll_thread(p_token_hash bytea, p_tenant integer, p_conversation uuid, p_revision bigint,
                            p_doubtful bigint, p_open boolean) returns boolean
    language plpgsql stable security definer set search_path = pg_catalog, public
as $$
begin
    return session_reads(p_token_hash, p_tenant)
       and exists (select 1 from chat_conversations c
                   where c.tenant_id = p_tenant and c.id = p_conversation and c.revision = p_revision
                     and (c.unread = 0 or not p_open))
       and p_doubtful = (select count(*) from chat_messages m
                         where m.conversation_id = p_conversation and m.provider_status = 'unknown'
                           and m.status_at < clock_timestamp() - interval '10 minutes');
end $$;

do $$
declare
    f regprocedure;
begin
    for f in select p.oid::regprocedure from pg_proc p join pg_namespace s on s.oid = p.pronamespace
             where s.nspname = 'public' and p.prosecdef
    loop
        execute format('revoke all on function %s from public', f);
        execute format('alter function %s owner to nexus_dispatch', f);
    end loop;
end $$;
grant execute on function chats_with(text[], integer), poll_chats(bytea, integer, pg_snapshot, timestamptz),
    poll_thread(bytea, integer, uuid, bigint, bigint, boolean) to nexus_app;
