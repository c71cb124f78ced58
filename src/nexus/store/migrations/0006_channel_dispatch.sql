-- The functions of 0003 for the whole channel, and those that media, aliases and health need. Lock order as ever:
-- conversation row first, then its messages and bursts; two conversations of one person by id.

-- Two chats of one person that are not joined yet are silent together: the later pause of the two is that of both.
create function share_pause(p_one uuid, p_other uuid) returns void
    language sql set search_path = pg_catalog, public
as $$
    update chat_conversations c
    set human_override_until = o.human_override_until, override_since = o.override_since,
        override_cause = o.override_cause, override_author = o.override_author,
        override_burst_id = o.override_burst_id, revision = c.revision + 1
    from chat_conversations o
    where ((c.id = p_one and o.id = p_other) or (c.id = p_other and o.id = p_one))
      and o.human_override_until > coalesce(c.human_override_until, '-infinity')
$$;

-- The chat of a customer, made when new. Who wrote under a username alone is the same person when the phone appears
-- (ycloud.md 8.2, 1): her chat takes the phone's key, or is joined with the phone's own once nothing of it is under way.
create function conversation_of(e jsonb) returns uuid
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    t integer := (e->>'tenant_id')::integer;
    key text := e->>'external_user_id';
    scoped text := e->>'user_scoped_id';
    -- What comes late from a number that she gave up is hers, and is answered where she is now.
    from_customer boolean := e->>'kind' in ('message', 'line') and not coalesce((e->>'by_alias')::boolean, false);
    nameless uuid;
    found uuid;
begin
    select c.id into found from chat_conversations c
    where c.tenant_id = t and c.channel = 'whatsapp' and c.external_user_id = key;
    if scoped is not null and e->>'wa_address' is not null then
        select c.id into nameless from chat_conversations c
        where c.tenant_id = t and c.channel = 'whatsapp' and c.wa_address is null and c.merge_into is null
          and (c.external_user_id = scoped or c.user_scoped_id = scoped) and c.id is distinct from found
        order by c.external_user_id = scoped desc limit 1;
        if nameless is not null and found is null then
            update chat_conversations c set external_user_id = key where c.id = nameless;
        elsif nameless is not null then
            perform 1 from chat_conversations c where c.id in (nameless, found) order by c.id for update;
            update chat_conversations c set merge_into = found where c.id = nameless;
            if not join_conversation(nameless) then
                perform share_pause(nameless, found);
            end if;
        end if;
    end if;
    insert into chat_conversations as c (tenant_id, channel, external_user_id, display_name, wa_address, user_scoped_id)
    values (t, 'whatsapp', key, e->>'display_name', e->>'wa_address', scoped)
    on conflict (tenant_id, channel, external_user_id) do update
        set display_name = coalesce(excluded.display_name, c.display_name),
            -- The exact address that she last wrote from is the one replied to; an echo's form never displaces it.
            wa_address = case when from_customer then coalesce(excluded.wa_address, c.wa_address)
                              else coalesce(c.wa_address, excluded.wa_address) end,
            user_scoped_id = case when from_customer then coalesce(excluded.user_scoped_id, c.user_scoped_id)
                                  else coalesce(c.user_scoped_id, excluded.user_scoped_id) end
    returning id into found;
    return found;
end $$;

-- Joins a chat into that of its merge_into when nothing of it is under way; else it waits for join_waiting().
create function join_conversation(p_from uuid) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    f record;
    target uuid;
begin
    select c.merge_into into target from chat_conversations c where c.id = p_from;
    perform 1 from chat_conversations c where c.id in (p_from, target) order by c.id for update;
    select c.tenant_id, c.external_user_id, c.display_name, c.user_scoped_id, c.human_override_until, c.override_since,
           c.override_cause, c.override_author, c.override_burst_id, c.last_message_at, c.last_message_preview,
           c.last_inbound_at, c.unread, c.needs_human_since, c.needs_human_reason, c.waiting_since, c.due_at, c.created_at
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
    insert into customer_aliases (tenant_id, channel, external_user_id, conversation_id)
    values (f.tenant_id, 'whatsapp', f.external_user_id, target)
    on conflict do nothing;
    update chat_conversations c set merge_into = target where c.merge_into = p_from;
    delete from chat_conversations c where c.id = p_from;
    update chat_conversations c
    set display_name = coalesce(c.display_name, f.display_name),
        user_scoped_id = coalesce(c.user_scoped_id, f.user_scoped_id),
        human_override_until = later.until, override_since = later.since, override_cause = later.cause,
        override_author = later.author, override_burst_id = later.burst,
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

-- Chats of one person that could not be joined at once, of any tenant.
create function join_waiting() returns integer
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    waiting uuid;
    joined integer := 0;
begin
    for waiting in select c.id from chat_conversations c where c.merge_into is not null order by c.id limit 50 loop
        joined := joined + join_conversation(waiting)::integer;
    end loop;
    return joined;
end $$;

-- A customer's message of any type. `wakes`: the agent shall answer it; `counts`: it is unread and moves the list.
create or replace function accept_message(e jsonb, out outcome text, out conversation uuid)
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    t integer := (e->>'tenant_id')::integer;
    wakes boolean := coalesce((e->>'wakes')::boolean, true);
    counts boolean := coalesce((e->>'counts')::boolean, true);
    accepted_at timestamptz := clock_timestamp();
    -- Nothing was sent after it came: a clock ahead of ours would keep its message the newest of the memory for hours.
    provider_time timestamptz := least((e->>'sent_at')::timestamptz, accepted_at);
    inserted uuid;
begin
    conversation := conversation_of(e);
    insert into chat_messages (tenant_id, conversation_id, role, author, message_type, content, payload, quoted_id, provider,
                               provider_message_id, provider_id, correlation_id, delivery, awaits_answer, sent_at,
                               media_state, words_state, media_due_at)
    values (t, conversation, 'user', 'customer', e->>'message_type', e->>'content', nullif(e->'payload', 'null'::jsonb),
            e->>'quoted_id', e->>'provider', e->>'provider_message_id', e->>'provider_id', e->>'correlation_id', 'outbox',
            wakes, provider_time, e->>'media_state', e->>'words_state',
            case when e->>'media_state' = 'waiting' then accepted_at end)
    on conflict (tenant_id, provider, provider_message_id) do nothing
    returning id into inserted;
    if inserted is null then
        outcome := 'duplicate';
        return;
    end if;

    update chat_conversations c
    set waiting_since = case when wakes then coalesce(c.waiting_since, accepted_at) else c.waiting_since end,
        due_at = case when wakes
                      then least(accepted_at + make_interval(secs => (e->>'debounce')::double precision),
                                 coalesce(c.waiting_since, accepted_at)
                                 + make_interval(secs => (e->>'debounce_max')::double precision))
                      else c.due_at end,
        last_message_at = case when counts then greatest(c.last_message_at, provider_time) else c.last_message_at end,
        last_message_preview = case when counts then left(coalesce(e->>'preview', e->>'content'), 160)
                                    else c.last_message_preview end,
        last_inbound_at = case when counts then greatest(c.last_inbound_at, least(provider_time, accepted_at))
                               else c.last_inbound_at end,
        unread = c.unread + counts::integer,
        revision = c.revision + 1,
        status = case when counts then 'open' else c.status end
    where c.id = conversation;
    outcome := 'accepted';
end $$;

-- A person's message: from the phone app, or (cause inbox_reply) from YCloud's web Inbox. Stored, and unless its cause
-- is null the bot is silent for lockout_hours (S-043), except for the app's own greeting within 3 s of a chat's first
-- message. What carries our own id is ours, whoever shows it to us (ycloud.md 6).
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
        update chat_conversations c
        set human_override_until = now_at + make_interval(secs => shop.lockout_hours * 3600),
            override_since = now_at, override_cause = cause, override_author = null, override_burst_id = null,
            needs_human_since = null, needs_human_reason = null
        where c.id = conversation or c.merge_into = conversation;  -- and of the half that is not joined yet
    end if;
    update chat_conversations c
    set last_message_at = greatest(c.last_message_at, provider_time),
        last_message_preview = left(coalesce(e->>'preview', e->>'content'), 160),
        unread = case when reason is null then 0 else c.unread end, revision = c.revision + 1
    where c.id = conversation;
end $$;

-- A message of before we were connected: kept in its place of the past, never answered, and it silences nobody.
create function accept_history(e jsonb, out outcome text, out conversation uuid)
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    t integer := (e->>'tenant_id')::integer;
    theirs boolean := e->>'direction' = 'in';
    provider_time timestamptz := least((e->>'sent_at')::timestamptz, clock_timestamp());
    inserted uuid;
begin
    conversation := conversation_of(e);
    insert into chat_messages (tenant_id, conversation_id, role, author, kind, message_type, content, payload, quoted_id,
                               provider, provider_message_id, provider_id, correlation_id, provider_status, status_at,
                               sent_at, media_state, media_due_at)
    values (t, conversation, case when theirs then 'user' else 'assistant' end,
            case when theirs then 'customer' else 'human' end, 'history', e->>'message_type', e->>'content',
            nullif(e->'payload', 'null'::jsonb), e->>'quoted_id', e->>'provider', e->>'provider_message_id',
            e->>'provider_id', e->>'correlation_id', case when theirs then null else coalesce(e->>'status', 'sent') end,
            provider_time, provider_time, e->>'media_state',
            case when e->>'media_state' = 'waiting' then clock_timestamp() end)
    on conflict (tenant_id, provider, provider_message_id) do nothing
    returning id into inserted;
    if inserted is null then
        outcome := 'duplicate';
        return;
    end if;
    update chat_conversations c
    set last_message_preview = case when c.last_message_at is null or provider_time > c.last_message_at
                                    then left(coalesce(e->>'preview', e->>'content'), 160)
                                    else c.last_message_preview end,
        last_message_at = greatest(c.last_message_at, provider_time),
        last_inbound_at = case when theirs then greatest(c.last_inbound_at, provider_time) else c.last_inbound_at end,
        revision = c.revision + 1
    where c.id = conversation;
    outcome := 'accepted';
end $$;

-- Something to know about a chat that is no message: a line of the panel. `wa_address_new` moves the customer to
-- another number: the old key stays an alias, and the chat that the new number may have is joined with this one.
-- `user_scoped_id_new` is her username-scoped id from now on; the old one stays an alias, too.
create function accept_line(e jsonb, out outcome text, out conversation uuid, out reason text)
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    t integer := (e->>'tenant_id')::integer;
    new_key text := e->>'external_user_id_new';
    twin uuid;
begin
    conversation := conversation_of(e);
    insert into chat_messages (tenant_id, conversation_id, role, author, kind, message_type, content, payload, provider,
                               provider_message_id, provider_id, correlation_id, sent_at)
    values (t, conversation, 'system', 'system', 'line', e->>'message_type', e->>'content',
            nullif(e->'payload', 'null'::jsonb), e->>'provider', e->>'provider_message_id', e->>'provider_id',
            e->>'correlation_id', least((e->>'sent_at')::timestamptz, clock_timestamp()))
    on conflict (tenant_id, provider, provider_message_id) do nothing;
    if not found then
        outcome := 'duplicate';
        return;
    end if;
    outcome := 'accepted';
    update chat_conversations c
    set revision = c.revision + 1, user_scoped_id = coalesce(e->>'user_scoped_id_new', c.user_scoped_id)
    where c.id = conversation;
    if e->>'user_scoped_id_new' is not null then
        insert into customer_aliases (tenant_id, channel, external_user_id, conversation_id)
        values (t, 'whatsapp', e->>'user_scoped_id_new', conversation)
        on conflict do nothing;
    end if;
    if new_key is null or new_key = e->>'external_user_id' then
        return;
    end if;
    reason := 'number_changed';
    select c.id into twin from chat_conversations c
    where c.tenant_id = t and c.channel = 'whatsapp' and c.external_user_id = new_key for update;
    insert into customer_aliases (tenant_id, channel, external_user_id, conversation_id)
    values (t, 'whatsapp', e->>'external_user_id', coalesce(twin, conversation))
    on conflict do nothing;
    if twin is null then
        update chat_conversations c set external_user_id = new_key, wa_address = e->>'wa_address_new'
        where c.id = conversation;
    else
        update chat_conversations c set merge_into = twin where c.id = conversation;
        if not join_conversation(conversation) then
            perform share_pause(conversation, twin);
        end if;
        conversation := twin;
    end if;
end $$;

-- A state of the number, its account, a template or the webhook, for each of `tenants` (an account may be several
-- shops'). A change for the worse is one event of the log, however often it is said.
create function accept_health(e jsonb, out outcome text)
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    t integer;
    before record;
begin
    outcome := 'accepted';
    for t in select x::integer from jsonb_array_elements_text(e->'tenants') x order by 1 loop
        select h.level, h.code into before from whatsapp_health h
        where h.tenant_id = t and h.subject = e->>'subject' and h.key = e->>'key' for update;
        insert into whatsapp_health as h (tenant_id, subject, key, level, code, details)
        values (t, e->>'subject', e->>'key', e->>'level', e->>'code', coalesce(e->'details', '{}'))
        on conflict (tenant_id, subject, key) do update
            set level = excluded.level, code = excluded.code, details = excluded.details, updated_at = clock_timestamp(),
                since = case when h.level = excluded.level and h.code = excluded.code then h.since
                             else clock_timestamp() end;
        if e->>'subject' = 'template' then
            insert into whatsapp_templates as w (tenant_id, name, language, category, status)
            values (t, e->'details'->>'name', e->'details'->>'language', e->'details'->>'category',
                    coalesce(e->'details'->>'status', 'PENDING'))
            on conflict (tenant_id, name, language) do update
                set category = coalesce(excluded.category, w.category),
                    status = coalesce(e->'details'->>'status', w.status), synced_at = clock_timestamp();
        end if;
        if e->>'level' <> 'ok' and (before is null or (before.level, before.code) <> (e->>'level', e->>'code')) then
            insert into system_events (tenant_id, level, event_type, message, metadata, correlation_id)
            values (t, e->>'level', 'whatsapp_health', 'WhatsApp informó un problema del número, la cuenta o una plantilla',
                    jsonb_build_object('subject', e->>'subject', 'key', e->>'key', 'code', e->>'code'),
                    e->>'correlation_id');
        end if;
    end loop;
end $$;

create or replace function accept_status(e jsonb, out outcome text, out conversation uuid, out reason text)
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    message_id uuid := message_of_status(e);
    m record;
begin
    if message_id is null then
        if e ? 'echo' then  -- the first sight of what somebody wrote in YCloud's Inbox
            select a.outcome, a.conversation, a.reason into outcome, conversation, reason
            from accept_echo(e || (e->'echo')) a;
            return;
        end if;
        outcome := 'ignored';
        reason := 'unknown_message';
        return;
    end if;
    select conversation_id into conversation from chat_messages where id = message_id;
    perform 1 from chat_conversations where id = conversation for update;
    select x.provider_status, x.attempts into m from chat_messages x where x.id = message_id;
    if not send_state_may_become(m.provider_status, m.attempts, e->>'status') then
        outcome := 'ignored';
        reason := 'state_not_allowed';
        return;
    end if;
    update chat_messages
    set provider_status = e->>'status', status_at = clock_timestamp(),
        status_code = case when e->>'status' = 'failed' then e->>'error_code' end,
        status_message = case when e->>'status' = 'failed' then e->>'error_message' end,
        provider_message_id = coalesce(provider_message_id, e->>'provider_message_id'),
        provider_id = coalesce(provider_id, e->>'provider_id')
    where id = message_id;
    update chat_conversations c
    set revision = c.revision + 1,
        outbox_due_at = case when m.provider_status in ('unknown', 'sending', 'pending')
                                  and exists (select 1 from chat_messages p where p.conversation_id = c.id
                                              and p.provider_status = 'pending')
                             then clock_timestamp() else c.outbox_due_at end,
        needs_human_since = case when e->>'status' = 'failed' then coalesce(c.needs_human_since, clock_timestamp())
                                 else c.needs_human_since end,
        needs_human_reason = case when e->>'status' = 'failed' then coalesce(c.needs_human_reason, 'send_failed')
                                  else c.needs_human_reason end
    where c.id = conversation;
    outcome := 'accepted';
end $$;

-- Acknowledges whatever webhooks were waiting, one by one, in an order that two receivers share (see 0003).
create or replace function accept(events jsonb)
    returns table (n integer, outcome text, reason text, conversation_id uuid)
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    e jsonb;
    person text;
    event_row bigint;
    woke boolean := false;
begin
    for e, person in
        select x.value || jsonb_build_object('external_user_id', coalesce(known.external_user_id,
                                                                         x.value->>'external_user_id'),
                                             'by_alias', coalesce(known.by_alias, false)),
               coalesce(known.external_user_id, x.value->>'external_user_id')
        from jsonb_array_elements(events) with ordinality as x(value, position)
        left join lateral (
            select c.external_user_id, false as by_alias
            from chat_messages m join chat_conversations c on c.id = m.conversation_id
            where x.value->>'kind' = 'status' and m.id = message_of_status(x.value)
            union all  -- under another key: an earlier number, a name that was joined
            select c.external_user_id, c.external_user_id <> x.value->>'external_user_id'
            from customer_aliases a join chat_conversations c on c.id = a.conversation_id
            where a.tenant_id = (x.value->>'tenant_id')::integer and a.channel = 'whatsapp'
              and a.external_user_id = x.value->>'external_user_id'
            union all  -- no phone this time, but it was there before
            select c.external_user_id, false from chat_conversations c
            where x.value->>'kind' in ('message', 'echo', 'status', 'history', 'line') and x.value->>'wa_address' is null
              and c.tenant_id = (x.value->>'tenant_id')::integer and c.user_scoped_id = x.value->>'user_scoped_id'
              and c.wa_address is not null
            limit 1
        ) known on true
        order by (x.value->>'tenant_id')::integer nulls first,
                 coalesce(known.external_user_id, x.value->>'external_user_id') nulls first,
                 case when coalesce(known.external_user_id, x.value->>'external_user_id') is null
                      then x.value->>'event_id' end,
                 x.position
    loop
        if person is not null then
            perform pg_advisory_xact_lock(hashtextextended(concat(e->>'tenant_id', ':', person), 0));
        end if;
        n := (e->>'n')::integer;
        reason := e->>'reason';
        conversation_id := null;
        outcome := case when e->>'kind' = 'record' then 'ignored' else 'accepted' end;
        insert into provider_events (tenant_id, provider, endpoint_id, event_id, event_type, outcome, reason,
                                     correlation_id, body)
        values ((e->>'tenant_id')::integer, e->>'provider', e->>'endpoint_id', e->>'event_id', e->>'event_type',
                outcome, reason, e->>'correlation_id', e->'body')
        on conflict (tenant_id, provider, endpoint_id, event_id) do nothing
        returning id into event_row;
        if event_row is null then
            outcome := 'duplicate';
            return next;
            continue;
        end if;
        case e->>'kind'
            when 'message' then
                select a.outcome, a.conversation into outcome, conversation_id from accept_message(e) a;
            when 'echo' then
                select a.outcome, a.conversation, a.reason into outcome, conversation_id, reason from accept_echo(e) a;
            when 'status' then
                select a.outcome, a.conversation, a.reason into outcome, conversation_id, reason from accept_status(e) a;
            when 'history' then
                select a.outcome, a.conversation into outcome, conversation_id from accept_history(e) a;
            when 'line' then
                select a.outcome, a.conversation, a.reason into outcome, conversation_id, reason from accept_line(e) a;
            when 'health' then
                select a into outcome from accept_health(e) a;
            else null;
        end case;
        if outcome <> 'accepted' and e->>'kind' <> 'record' then
            update provider_events p set outcome = accept.outcome, reason = accept.reason where p.id = event_row;
        end if;
        woke := woke or (outcome = 'accepted' and e->>'kind' in ('message', 'status', 'echo', 'history'));
        return next;
    end loop;
    if woke then
        perform pg_notify('nexus_work', '');
    end if;
end $$;

-- Files to fetch and voice notes to put into words, of any tenant, oldest first. A row whose lease ended belonged to a
-- worker that died; the attempt counts. At most eight of a tenant at once: a shop whose downloads or transcriptions
-- hang would else hold every worker, and another shop's voice note would not be heard in time.
create function media_at_work() returns table (tenant_id integer, n bigint)
    language sql stable set search_path = pg_catalog, public
as $$
    select m.tenant_id, count(*) from chat_messages m
    where m.media_due_at is not null and m.media_lease_until >= clock_timestamp() group by m.tenant_id
$$;

create function claim_media(p_limit integer, p_lease interval) returns table (tenant_id integer, message_id uuid)
    language sql security definer set search_path = pg_catalog, public
as $$
    with queued as (
        select x.id, x.media_due_at, coalesce(w.n, 0)
               + row_number() over (partition by x.tenant_id order by x.media_due_at, x.id) as place
        from chat_messages x left join media_at_work() w on w.tenant_id = x.tenant_id
        where x.media_due_at <= clock_timestamp()
          and (x.media_lease_until is null or x.media_lease_until < clock_timestamp())
    )
    update chat_messages m
    set media_lease_until = clock_timestamp() + p_lease, media_attempts = m.media_attempts + 1
    where m.id in (select x.id from chat_messages x join queued q on q.id = x.id
                   where q.place <= 8 and x.media_due_at <= clock_timestamp()
                     and (x.media_lease_until is null or x.media_lease_until < clock_timestamp())
                   order by x.media_due_at limit p_limit for update of x skip locked)
    returning m.tenant_id, m.id
$$;

-- What waits for one of its tenant's eight to end is no reason to look again: that end wakes who looks.
create function next_media() returns double precision
    language sql stable security definer set search_path = pg_catalog, public
as $$
    select extract(epoch from min(greatest(m.media_due_at, m.media_lease_until)) - clock_timestamp())::double precision
    from chat_messages m left join media_at_work() w on w.tenant_id = m.tenant_id
    where m.media_due_at is not null
      and (coalesce(w.n, 0) < 8 or m.media_lease_until >= clock_timestamp())
$$;

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
grant execute on function join_waiting(), claim_media(integer, interval), next_media() to nexus_app;
