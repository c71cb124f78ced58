-- The only code that looks across tenants: SECURITY DEFINER functions with a fixed search_path, owned by
-- nexus_dispatch. tests/integration/store holds the list. Clock: the database's, always clock_timestamp().
-- Lock order everywhere: conversation row first, then its messages and bursts.

-- One webhook event as the gateway prepared it. Returns its outcome and the conversation it touched.
create function accept_message(e jsonb, out outcome text, out conversation uuid)
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    t integer := (e->>'tenant_id')::integer;
    accepted_at timestamptz := clock_timestamp();
    -- Nothing was sent after it came: a clock ahead of ours would keep its message the newest of the memory for hours.
    provider_time timestamptz := least((e->>'sent_at')::timestamptz, accepted_at);
    inserted uuid;
begin
    -- Who wrote under a username alone is the same person when the phone appears (ycloud.md 8.2, 1).
    update chat_conversations c set external_user_id = e->>'external_user_id'
    where c.tenant_id = t and c.channel = 'whatsapp' and c.external_user_id = e->>'user_scoped_id'
      and e->>'wa_address' is not null
      and not exists (select 1 from chat_conversations p where p.tenant_id = t and p.channel = 'whatsapp'
                      and p.external_user_id = e->>'external_user_id');
    insert into chat_conversations as c (tenant_id, channel, external_user_id, display_name, wa_address, user_scoped_id)
    values (t, 'whatsapp', e->>'external_user_id', e->>'display_name', e->>'wa_address', e->>'user_scoped_id')
    on conflict (tenant_id, channel, external_user_id) do update
        set display_name = coalesce(excluded.display_name, c.display_name),
            wa_address = coalesce(excluded.wa_address, c.wa_address),
            user_scoped_id = coalesce(excluded.user_scoped_id, c.user_scoped_id)
    returning id into conversation;

    insert into chat_messages (tenant_id, conversation_id, role, author, message_type, content, provider,
                               provider_message_id, provider_id, correlation_id, delivery, awaits_answer, sent_at)
    values (t, conversation, 'user', 'customer', e->>'message_type', e->>'content', e->>'provider',
            e->>'provider_message_id', e->>'provider_id', e->>'correlation_id', 'outbox', true, provider_time)
    on conflict (tenant_id, provider, provider_message_id) do nothing
    returning id into inserted;
    if inserted is null then
        outcome := 'duplicate';
        return;
    end if;

    update chat_conversations c
    set waiting_since = coalesce(c.waiting_since, accepted_at),
        due_at = least(accepted_at + make_interval(secs => (e->>'debounce')::double precision),
                       coalesce(c.waiting_since, accepted_at) + make_interval(secs => (e->>'debounce_max')::double precision)),
        last_message_at = greatest(c.last_message_at, provider_time),
        last_message_preview = left(e->>'content', 160),
        last_inbound_at = greatest(c.last_inbound_at, least(provider_time, accepted_at)),
        unread = c.unread + 1,
        revision = c.revision + 1,
        status = 'open'
    where c.id = conversation;
    outcome := 'accepted';
end $$;

-- A person's message from the phone app: stored, and the bot is silent for lockout_hours (S-043), except for the
-- app's own greeting within 3 s of a chat's first message.
create function accept_echo(e jsonb, out outcome text, out conversation uuid, out reason text)
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    t integer := (e->>'tenant_id')::integer;
    now_at timestamptz := clock_timestamp();
    provider_time timestamptz := least((e->>'sent_at')::timestamptz, now_at);
    first_inbound timestamptz;
    first_outbound boolean;
    shop record;
    inserted uuid;
begin
    insert into chat_conversations as c (tenant_id, channel, external_user_id, wa_address, user_scoped_id)
    values (t, 'whatsapp', e->>'external_user_id', e->>'wa_address', e->>'user_scoped_id')
    on conflict (tenant_id, channel, external_user_id) do update
        set wa_address = coalesce(c.wa_address, excluded.wa_address)
    returning id into conversation;

    select not exists (select 1 from chat_messages m where m.tenant_id = t and m.conversation_id = conversation
                       and m.role = 'assistant') into first_outbound;
    if first_outbound then
        select min(m.sent_at) into first_inbound from chat_messages m
        where m.tenant_id = t and m.conversation_id = conversation and m.role = 'user';
    end if;

    insert into chat_messages (tenant_id, conversation_id, role, author, kind, message_type, content, provider,
                               provider_message_id, provider_id, correlation_id, provider_status, status_at, sent_at)
    values (t, conversation, 'assistant', 'human', 'echo', e->>'message_type', e->>'content', e->>'provider',
            e->>'provider_message_id', e->>'provider_id', e->>'correlation_id', 'sent', now_at, provider_time)
    on conflict (tenant_id, provider, provider_message_id) do nothing
    returning id into inserted;
    if inserted is null then
        outcome := 'duplicate';
        return;
    end if;
    outcome := 'accepted';

    select lockout_hours, ignore_app_greeting into shop from tenants where id = t;
    if shop.ignore_app_greeting and first_outbound and first_inbound is not null
       and coalesce((e->>'sent_at')::timestamptz, now_at) between first_inbound and first_inbound + interval '3 seconds' then
        reason := 'app_greeting';
    else
        update chat_conversations c
        set human_override_until = now_at + make_interval(secs => shop.lockout_hours * 3600),
            override_since = now_at, override_cause = 'phone_echo', override_burst_id = null,
            needs_human_since = null, needs_human_reason = null
        where c.id = conversation;
    end if;
    update chat_conversations c
    set last_message_at = greatest(c.last_message_at, provider_time),
        last_message_preview = left(e->>'content', 160), unread = 0, revision = c.revision + 1
    where c.id = conversation;
end $$;

create function send_state_may_become(old_state text, attempts integer, new_state text) returns boolean
    language sql immutable set search_path = pg_catalog
as $$
    select case old_state
        when 'pending' then attempts > 0 and new_state in ('sent', 'delivered', 'read')
        when 'sending' then new_state in ('sent', 'delivered', 'read', 'failed')
        when 'unknown' then new_state in ('sent', 'delivered', 'read', 'failed')
        when 'sent' then new_state in ('delivered', 'read', 'failed')
        when 'failed' then new_state in ('delivered', 'read')
        when 'delivered' then new_state = 'read'
        else false
    end
$$;

-- The message a status speaks of: by our externalId, else by the provider's id, else by wamid.
create function message_of_status(e jsonb) returns uuid
    language sql stable security definer set search_path = pg_catalog, public
as $$
    select m.id from chat_messages m
    where m.tenant_id = (e->>'tenant_id')::integer and m.author <> 'customer'
      and (m.external_id = e->>'external_id' or m.provider_id = e->>'provider_id'
           or (m.provider = e->>'provider' and m.provider_message_id = e->>'provider_message_id'))
    order by (m.external_id = e->>'external_id') desc nulls last
    limit 1
$$;

create function accept_status(e jsonb, out outcome text, out conversation uuid, out reason text)
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    message_id uuid := message_of_status(e);
    m record;
begin
    if message_id is null then
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

-- Acknowledges whatever webhooks were waiting, one by one, in an order that two receivers share (a set-based upsert
-- fails when a conversation stands twice in a batch, and differing orders deadlock). A conversation's events keep
-- their order of arrival, which two receivers of the same deliveries need not share: so they queue for the
-- conversation before either writes an event row that the other may be writing, too.
create function accept(events jsonb)
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
                                                                         x.value->>'external_user_id')),
               coalesce(known.external_user_id, x.value->>'external_user_id')
        from jsonb_array_elements(events) with ordinality as x(value, position)
        left join lateral (
            select c.external_user_id from chat_messages m join chat_conversations c on c.id = m.conversation_id
            where x.value->>'kind' = 'status' and m.id = message_of_status(x.value)
            union all  -- no phone this time, but it was there before
            select c.external_user_id from chat_conversations c
            where x.value->>'kind' in ('message', 'echo') and x.value->>'wa_address' is null
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
        if e->>'kind' = 'message' then
            select a.outcome, a.conversation into outcome, conversation_id from accept_message(e) a;
        elsif e->>'kind' = 'echo' then
            select a.outcome, a.conversation, a.reason into outcome, conversation_id, reason from accept_echo(e) a;
        elsif e->>'kind' = 'status' then
            select a.outcome, a.conversation, a.reason into outcome, conversation_id, reason from accept_status(e) a;
        end if;
        if outcome <> 'accepted' and e->>'kind' <> 'record' then
            update provider_events p set outcome = accept.outcome, reason = accept.reason where p.id = event_row;
        end if;
        woke := woke or (outcome = 'accepted' and e->>'kind' in ('message', 'status'));
        return next;
    end loop;
    if woke then
        perform pg_notify('nexus_work', '');
    end if;
end $$;

-- Takes up to p_limit due conversations: raises the fence, opens the lease, binds waiting messages to a burst or
-- takes up an unfinished one. A burst still in_hand was held by a worker that died: that claim is counted.
create function claim_bursts(p_owner text, p_limit integer, p_lease interval)
    returns table (tenant_id integer, conversation_id uuid, burst_id uuid, fence bigint, failures integer,
                   correlation_id text, resumed boolean)
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    c record;
begin
    for c in
        select x.id, x.tenant_id, x.active_burst_id, x.fence from chat_conversations x
        where x.claim_at <= clock_timestamp()
          and (x.lease_until is null or x.lease_until < clock_timestamp())
          and not exists (select 1 from chat_messages m where m.conversation_id = x.id
                          and m.provider_status in ('pending', 'sending'))
        order by x.claim_at
        limit p_limit
        for update skip locked
    loop
        -- Again, now that the row is ours: a reply committed after the query began is not in its view of messages.
        if exists (select 1 from chat_messages m where m.conversation_id = c.id
                   and m.provider_status in ('pending', 'sending')) then
            continue;
        end if;
        tenant_id := c.tenant_id;
        conversation_id := c.id;
        fence := c.fence + 1;
        resumed := c.active_burst_id is not null;
        burst_id := coalesce(c.active_burst_id, bind_waiting(c.tenant_id, c.id));
        if burst_id is null then
            update chat_conversations x set due_at = null, waiting_since = null where x.id = c.id;
            continue;
        end if;
        update chat_conversations x
        set fence = claim_bursts.fence, lease_until = clock_timestamp() + p_lease, lease_owner = p_owner,
            active_burst_id = claim_bursts.burst_id, retry_at = clock_timestamp(),
            due_at = case when resumed then x.due_at end,
            waiting_since = case when resumed then x.waiting_since end
        where x.id = c.id;
        update bursts b
        set fence = claim_bursts.fence, claims = b.claims + 1, claimed_at = clock_timestamp(),
            failures = b.failures + (b.in_hand)::integer, in_hand = true
        where b.id = claim_bursts.burst_id
        returning b.failures, b.correlation_id into failures, correlation_id;
        return next;
    end loop;
end $$;

-- The burst's age counts from when its messages began to wait, which is anew for those that were given back to the
-- bot or tried again by hand: their own age says nothing about how long the bot has had them.
create function bind_waiting(p_tenant integer, p_conversation uuid) returns uuid
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    first record;
    burst uuid;
begin
    select coalesce(c.waiting_since, m.created_at) as since, m.correlation_id into first
    from chat_messages m join chat_conversations c on c.id = m.conversation_id
    where m.conversation_id = p_conversation and m.awaits_answer and m.burst_id is null and m.delivery = 'outbox'
    order by m.created_at limit 1;
    if not found then
        return null;
    end if;
    insert into bursts (tenant_id, conversation_id, delivery, correlation_id, first_accepted_at)
    values (p_tenant, p_conversation, 'outbox', first.correlation_id, first.since)
    returning id into burst;
    update chat_messages m set burst_id = burst
    where m.conversation_id = p_conversation and m.awaits_answer and m.burst_id is null and m.delivery = 'outbox';
    return burst;
end $$;

create function claim_outbox(p_owner text, p_limit integer, p_lease interval)
    returns table (tenant_id integer, conversation_id uuid)
    language sql security definer set search_path = pg_catalog, public
as $$
    update chat_conversations c
    set outbox_owner = p_owner, outbox_lease_until = clock_timestamp() + p_lease
    where c.id in (select x.id from chat_conversations x
                   where x.outbox_due_at <= clock_timestamp()
                     and (x.outbox_lease_until is null or x.outbox_lease_until < clock_timestamp())
                   order by x.outbox_due_at limit p_limit for update skip locked)
    returning c.tenant_id, c.id
$$;

-- The Orchestrator is back: bursts that wait out a backoff only because it was away are due now.
create function hasten_unreached() returns void
    language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
    update chat_conversations c set retry_at = clock_timestamp()
    where c.id in (select x.id from chat_conversations x join bursts b on b.id = x.active_burst_id
                   where x.claim_at > clock_timestamp() and x.lease_until is null
                     and b.reason in ('orchestrator_unreachable', 'orchestrator_unavailable')
                   for update of x skip locked);
    if found then
        perform pg_notify('nexus_work', '');
    end if;
end $$;

-- Seconds until something may be claimed; null when nothing waits.
create function next_work(out bursts_in double precision, out outbox_in double precision)
    language sql stable security definer set search_path = pg_catalog, public
as $$
    select extract(epoch from (select min(greatest(c.claim_at, c.lease_until)) from chat_conversations c
                               where c.claim_at is not null
                                 and not exists (select 1 from chat_messages m where m.conversation_id = c.id
                                                 and m.provider_status in ('pending', 'sending')))
                   - clock_timestamp())::double precision,
           extract(epoch from (select min(greatest(c.outbox_due_at, c.outbox_lease_until)) from chat_conversations c
                               where c.outbox_due_at is not null) - clock_timestamp())::double precision
$$;

create function queue_figures(out bursts_waiting bigint, out oldest_burst_seconds double precision,
                              out bubbles_waiting bigint, out oldest_bubble_seconds double precision,
                              out bubbles_unknown bigint)
    language sql stable security definer set search_path = pg_catalog, public
as $$
    select (select count(*) from chat_conversations where claim_at is not null),
           (select coalesce(extract(epoch from clock_timestamp() - min(claim_at)), 0)::double precision
            from chat_conversations where claim_at is not null),
           (select count(*) from chat_messages where provider_status in ('pending', 'sending')),
           (select coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::double precision
            from chat_messages where provider_status in ('pending', 'sending')),
           (select count(*) from chat_messages where provider_status = 'unknown')
$$;

create function tenant_by_number(p_number text) returns integer
    language sql stable security definer set search_path = pg_catalog, public
as $$ select id from tenants where bot_phone_number = p_number $$;

create function list_tenants() returns table (id integer, store_name text, bot_phone_number text)
    language sql stable security definer set search_path = pg_catalog, public
as $$ select id, store_name, bot_phone_number from tenants order by id $$;

create function create_tenant(p_store_name text, p_number text) returns integer
    language sql security definer set search_path = pg_catalog, public
as $$ insert into tenants (store_name, bot_phone_number) values (p_store_name, p_number) returning id $$;

-- Candidate secrets of a webhook, encrypted; the caller tries them all before it believes a word of the body.
create function webhook_secrets()
    returns table (tenant_id integer, bot_phone_number text, secret text, previous_secret text, endpoint_id text)
    language sql stable security definer set search_path = pg_catalog, public
as $$
    select s.tenant_id, t.bot_phone_number, s.secret, s.previous_secret, e.value
    from tenant_credentials s
    join tenants t on t.id = s.tenant_id
    left join tenant_credentials e
        on e.tenant_id = s.tenant_id and e.kind = 'ycloud' and e.name = 'webhook_endpoint_id'
    where s.kind = 'ycloud' and s.name = 'webhook_secret' and s.secret is not null
    order by s.tenant_id
$$;

create function create_user(p_email text, p_password_hash text, p_platform_admin boolean) returns integer
    language sql security definer set search_path = pg_catalog, public
as $$
    insert into users (email, password_hash, is_platform_admin) values (lower(p_email), p_password_hash, p_platform_admin)
    on conflict (email) do update set password_hash = excluded.password_hash,
        is_platform_admin = users.is_platform_admin or excluded.is_platform_admin, failed_logins = 0, locked_until = null
    returning id
$$;

create function add_member(p_tenant integer, p_user integer, p_role text) returns void
    language sql security definer set search_path = pg_catalog, public
as $$
    insert into tenant_members (tenant_id, user_id, role) values (p_tenant, p_user, p_role)
    on conflict (tenant_id, user_id) do update set role = excluded.role
$$;

create function account_by_email(p_email text)
    returns table (id integer, password_hash text, is_locked boolean)
    language sql stable security definer set search_path = pg_catalog, public
as $$
    select id, password_hash, coalesce(locked_until > clock_timestamp(), false)
    from users where email = lower(p_email) and disabled_at is null
$$;

-- Ten wrong passwords lock an account for fifteen minutes.
create function note_login(p_user integer, p_success boolean) returns void
    language sql security definer set search_path = pg_catalog, public
as $$
    update users set
        failed_logins = case when p_success then 0 else failed_logins + 1 end,
        locked_until = case when p_success then null
                            when failed_logins + 1 >= 10 then clock_timestamp() + interval '15 minutes'
                            else locked_until end
    where id = p_user
$$;

create function open_session(p_token_hash bytea, p_user integer, p_lifetime interval) returns void
    language sql security definer set search_path = pg_catalog, public
as $$
    delete from sessions where expires_at < clock_timestamp();
    insert into sessions (token_hash, user_id, expires_at) values (p_token_hash, p_user, clock_timestamp() + p_lifetime)
$$;

create function close_session(p_token_hash bytea) returns void
    language sql security definer set search_path = pg_catalog, public
as $$ delete from sessions where token_hash = p_token_hash $$;

create function session_by_token(p_token_hash bytea)
    returns table (user_id integer, email text, is_platform_admin boolean, memberships jsonb)
    language sql stable security definer set search_path = pg_catalog, public
as $$
    select u.id, u.email, u.is_platform_admin,
           coalesce((select jsonb_agg(jsonb_build_object('tenant_id', m.tenant_id, 'role', m.role,
                                                         'store_name', t.store_name) order by m.tenant_id)
                     from tenant_members m join tenants t on t.id = m.tenant_id where m.user_id = u.id), '[]')
    from sessions s join users u on u.id = s.user_id
    where s.token_hash = p_token_hash and s.expires_at > clock_timestamp() and u.disabled_at is null
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
grant execute on function accept(jsonb), claim_bursts(text, integer, interval), claim_outbox(text, integer, interval),
    bind_waiting(integer, uuid), hasten_unreached(), next_work(), queue_figures(), tenant_by_number(text), list_tenants(),
    create_tenant(text, text), webhook_secrets(), create_user(text, text, boolean), add_member(integer, integer, text),
    account_by_email(text), note_login(integer, boolean), open_session(bytea, integer, interval),
    close_session(bytea), session_by_token(bytea) to nexus_app;
