-- The schema as the migrations make it. Generated: PYTHONPATH=src .venv/bin/python -m tests.schema_dump

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;

CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;

CREATE TYPE public.pgqueuer_status AS ENUM (
    'queued',
    'picked',
    'successful',
    'exception',
    'canceled',
    'deleted',
    'failed'
);

ALTER TYPE public.pgqueuer_status OWNER TO nexus_owner;

CREATE FUNCTION public.accept(events jsonb) RETURNS TABLE(n integer, outcome text, reason text, conversation_id uuid)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    e jsonb;
    person text;
    event_row bigint;
    woke boolean := false;
begin
    for e, person in
        select x.value || jsonb_build_object('external_user_id', coalesce(known.external_user_id,
                                                                         x.value->>'external_user_id'),
                                             'given_user_id', x.value->>'external_user_id',
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
            if person <> e->>'given_user_id' and not exists (
                    select 1 from chat_conversations c where c.tenant_id = (e->>'tenant_id')::integer
                    and c.channel = 'whatsapp' and c.external_user_id = person) then
                perform pg_advisory_xact_lock(hashtextextended(concat(e->>'tenant_id', ':', e->>'given_user_id'), 0));
                e := e || jsonb_build_object('external_user_id', e->>'given_user_id', 'by_alias', false);
            end if;
        end if;
        n := (e->>'n')::integer;
        reason := e->>'reason';
        conversation_id := null;
        outcome := case when e->>'kind' = 'record' then 'ignored' else 'accepted' end;
        if is_erased(e) then
            outcome := 'duplicate';
            return next;
            continue;
        end if;
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

ALTER FUNCTION public.accept(events jsonb) OWNER TO nexus_dispatch;

CREATE FUNCTION public.accept_echo(e jsonb, OUT outcome text, OUT conversation uuid, OUT reason text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
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

ALTER FUNCTION public.accept_echo(e jsonb, OUT outcome text, OUT conversation uuid, OUT reason text) OWNER TO nexus_dispatch;

CREATE FUNCTION public.accept_health(e jsonb, OUT outcome text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
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

ALTER FUNCTION public.accept_health(e jsonb, OUT outcome text) OWNER TO nexus_dispatch;

CREATE FUNCTION public.accept_history(e jsonb, OUT outcome text, OUT conversation uuid) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
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

ALTER FUNCTION public.accept_history(e jsonb, OUT outcome text, OUT conversation uuid) OWNER TO nexus_dispatch;

CREATE FUNCTION public.accept_line(e jsonb, OUT outcome text, OUT conversation uuid, OUT reason text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
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

ALTER FUNCTION public.accept_line(e jsonb, OUT outcome text, OUT conversation uuid, OUT reason text) OWNER TO nexus_dispatch;

CREATE FUNCTION public.accept_message(e jsonb, OUT outcome text, OUT conversation uuid) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
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

ALTER FUNCTION public.accept_message(e jsonb, OUT outcome text, OUT conversation uuid) OWNER TO nexus_dispatch;

CREATE FUNCTION public.accept_status(e jsonb, OUT outcome text, OUT conversation uuid, OUT reason text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
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

ALTER FUNCTION public.accept_status(e jsonb, OUT outcome text, OUT conversation uuid, OUT reason text) OWNER TO nexus_dispatch;

CREATE FUNCTION public.account_by_email(p_email text) RETURNS TABLE(id integer, password_hash text, is_locked boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    select id, password_hash, coalesce(locked_until > clock_timestamp(), false)
    from users where email = lower(p_email) and disabled_at is null
$$;

ALTER FUNCTION public.account_by_email(p_email text) OWNER TO nexus_dispatch;

CREATE FUNCTION public.add_member(p_tenant integer, p_user integer, p_role text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    insert into tenant_members (tenant_id, user_id, role) values (p_tenant, p_user, p_role)
    on conflict (tenant_id, user_id) do update set role = excluded.role
$$;

ALTER FUNCTION public.add_member(p_tenant integer, p_user integer, p_role text) OWNER TO nexus_dispatch;

CREATE FUNCTION public.add_person(p_email text, p_name text, p_role text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    person integer;
begin
    insert into users (email, name) values (lower(p_email), p_name) on conflict (email) do nothing;
    select u.id into person from users u where u.email = lower(p_email);
    insert into tenant_members (tenant_id, user_id, role) values (nexus_tenant(), person, p_role) on conflict do nothing;
    return case when found then person end;
end $$;

ALTER FUNCTION public.add_person(p_email text, p_name text, p_role text) OWNER TO nexus_dispatch;

CREATE FUNCTION public.alert_facts(p_failed integer) RETURNS TABLE(tenant_id integer, kind text, amount bigint, since timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    select c.tenant_id, 'parked', count(*), min(c.needs_human_since) from chat_conversations c
    where c.needs_human_since is not null and c.needs_human_reason in ('burst_parked', 'effect_not_told')
    group by c.tenant_id
    union all
    select b.tenant_id, 'answers_failing', count(*), min(b.finished_at) from bursts b
    where b.created_at > now() - interval '1 hour' and b.state in ('error', 'parked')
      and b.finished_at > clock_timestamp() - interval '10 minutes'
    group by b.tenant_id having count(*) >= p_failed
    union all
    select m.tenant_id, 'bubbles_failed', count(*), min(m.created_at) from chat_messages m
    where m.created_at > now() - interval '1 hour' and m.provider_status = 'failed' and m.delivery = 'outbox'
      and m.resent_as is null
    group by m.tenant_id having count(*) >= 3
    union all
    select m.tenant_id, 'bubbles_unknown', count(*), min(m.status_at) from chat_messages m
    where m.provider_status = 'unknown' and m.status_at < clock_timestamp() - interval '10 minutes'
      and m.status_at > clock_timestamp() - interval '1 day'
    group by m.tenant_id
    union all
    select h.tenant_id, case when h.subject = 'template' then 'template' else 'number' end, count(*), min(h.since)
    from whatsapp_health h where h.level = 'error' group by 1, 2
    union all
    select null::integer, 'answers_waiting', count(*), min(coalesce(b.first_accepted_at, c.waiting_since))
    from chat_conversations c left join bursts b on b.id = c.active_burst_id
    where c.claim_at is not null
      and coalesce(b.first_accepted_at, c.waiting_since) < clock_timestamp() - interval '1 minute'
    having count(*) > 0
    union all
    select null::integer, 'bubbles_waiting', count(*), min(m.created_at) from chat_messages m
    where m.provider_status in ('pending', 'sending') and m.created_at < clock_timestamp() - interval '5 minutes'
    having count(*) > 0
$$;

ALTER FUNCTION public.alert_facts(p_failed integer) OWNER TO nexus_dispatch;

CREATE FUNCTION public.ask_code(p_user integer, p_email text, p_purpose text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    person integer := coalesce(p_user, (select u.id from users u where u.email = lower(p_email) and u.disabled_at is null));
    asked uuid;
begin
    delete from password_codes c where c.created_at < clock_timestamp() - interval '1 day';
    if (select count(*) from password_codes c where c.user_id = person
        and c.created_at > clock_timestamp() - interval '30 minutes') >= 3 then
        person := null;
    end if;
    if person is not null or p_user is null then
        insert into password_codes (user_id, purpose) values (person, p_purpose) returning id into asked;
    end if;
    return asked;
end $$;

ALTER FUNCTION public.ask_code(p_user integer, p_email text, p_purpose text) OWNER TO nexus_dispatch;

CREATE FUNCTION public.audit_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    before jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
    after jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
    thing jsonb := coalesce(after, before);
    about text;
    told text[];
    hidden text[] := '{}';
    skipped text[] := '{id,tenant_id,created_at,updated_at,version,revision}';
    key text := thing->>'id';
    called text;
    owner integer := coalesce((thing->>'tenant_id')::integer, nexus_tenant());
    differences jsonb;
begin
    for i in 1 .. tg_nargs - 1 loop
        about := substr(tg_argv[i], 2);
        case left(tg_argv[i], 1)
            when '-' then skipped := skipped || about;
            when '+' then told := told || about;
            when '#' then key := thing->>about; skipped := skipped || about;
            when '=' then key := about;
            when '@' then called := thing->>about; skipped := skipped || about;
            else hidden := hidden || tg_argv[i];
        end case;
    end loop;
    select jsonb_agg(jsonb_build_object(
               'field', coalesce(called, c.name),
               'before', case when c.name = any (hidden) and c.was is not null then '"••••"' else c.was end,
               'after', case when c.name = any (hidden) and c.is_now is not null then '"•••• cambió"' else c.is_now end)
               order by c.name)
    into differences
    from (select k as name, nullif(before->k, 'null') as was, nullif(after->k, 'null') as is_now
          from jsonb_object_keys(thing) k where k <> all (skipped) and (told is null or k = any (told))) c
    where c.was is distinct from c.is_now;
    if differences is null and tg_op = 'UPDATE' then
        return null;
    end if;
    if tg_table_name = 'tenants' then
        owner := case when tg_op <> 'DELETE' then (thing->>'id')::integer end;
    elsif tg_op = 'DELETE' and not exists (select 1 from tenants t where t.id = owner) then
        return null;  -- it goes with its shop, which is told
    end if;
    insert into audit_log (tenant_id, actor, action, subject, subject_id, changes, correlation_id)
    values (owner, current_setting('nexus.actor', true),
            tg_argv[0] || case tg_op when 'INSERT' then '.create' when 'UPDATE' then '.update' else '.delete' end,
            tg_argv[0], key, coalesce(differences, '[]'), nullif(current_setting('nexus.correlation_id', true), ''));
    return null;
end $$;

ALTER FUNCTION public.audit_change() OWNER TO nexus_dispatch;

CREATE FUNCTION public.bind_waiting(p_tenant integer, p_conversation uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
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

ALTER FUNCTION public.bind_waiting(p_tenant integer, p_conversation uuid) OWNER TO nexus_dispatch;

CREATE FUNCTION public.catalogue_matches(p_query tsquery, p_most integer) RETURNS TABLE(id bigint, words jsonb, in_stock boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    tenant integer := nexus_tenant();
    wanted tsquery := p_query && format('%L', '#' || tenant)::tsquery;
begin
    return query
        select p.id, p.words, (p.item->>'in_stock')::boolean from catalogue_products p
        where p.tenant_id = tenant and p.search @@ wanted
        order by ts_rank('{0.05, 0.2, 0.4, 1.0}', p.search, p_query) desc, p.id
        limit p_most;
end $$;

ALTER FUNCTION public.catalogue_matches(p_query tsquery, p_most integer) OWNER TO nexus_dispatch;

CREATE FUNCTION public.catalogue_similar(p_words text[], p_most integer) RETURNS TABLE(asked text, word text, uses integer, likeness real)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    tenant integer := nexus_tenant();
begin
    return query
        select a.asked, n.word, n.uses, n.likeness from unnest(p_words) as a(asked) cross join lateral (
            select w.word, w.uses, similarity(w.word, a.asked) as likeness from catalogue_words w
            where w.tenant_id = tenant and w.word % a.asked
            order by similarity(w.word, a.asked) desc, w.word limit p_most) n;
end $$;

ALTER FUNCTION public.catalogue_similar(p_words text[], p_most integer) OWNER TO nexus_dispatch;

CREATE FUNCTION public.change_password(p_user integer, p_password_hash text, p_kept_session bytea) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    update users set password_hash = p_password_hash, failed_logins = 0, locked_until = null where id = p_user;
    update password_codes set code_hash = null where user_id = p_user;
    delete from sessions where user_id = p_user and token_hash is distinct from p_kept_session
$$;

ALTER FUNCTION public.change_password(p_user integer, p_password_hash text, p_kept_session bytea) OWNER TO nexus_dispatch;

CREATE FUNCTION public.chats_as_seen(p_tenant integer, p_seen pg_snapshot, p_seen_at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql STABLE
    AS $$
begin
    return pg_snapshot_xmax(p_seen) <= pg_snapshot_xmax(pg_current_snapshot())  -- else of another database
       and not exists (select 1 from chat_conversations c
                       where c.tenant_id = p_tenant and c.changed_xid >= pg_snapshot_xmin(p_seen)
                         and c.changed_xid < pg_snapshot_xmax(pg_current_snapshot())
                         and not pg_visible_in_snapshot(c.changed_xid, p_seen))
       and not exists (select 1 from chat_conversations c
                       where c.tenant_id = p_tenant and c.human_override_until > p_seen_at
                         and c.human_override_until <= statement_timestamp())
       and not exists (select 1 from privacy_requests p
                       where p.tenant_id = p_tenant and p.done_at > p_seen_at - interval '1 minute'
                         and p.kind = 'erase');
end $$;

ALTER FUNCTION public.chats_as_seen(p_tenant integer, p_seen pg_snapshot, p_seen_at timestamp with time zone) OWNER TO nexus_owner;

CREATE FUNCTION public.chats_with(p_patterns text[], p_most integer) RETURNS TABLE(conversation_id uuid, hits bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    return query
        select x.id, count(*) from (
            select m.conversation_id as id from message_words w join chat_messages m on m.id = w.message_id
            where w.tenant_id = nexus_tenant() and w.words like p_patterns[1] and w.words like all (p_patterns)
            limit p_most) x
        group by x.id;
end $$;

ALTER FUNCTION public.chats_with(p_patterns text[], p_most integer) OWNER TO nexus_dispatch;

CREATE FUNCTION public.claim_announcements(p_limit integer) RETURNS TABLE(tenant_id integer, id bigint, event text, arguments jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    waiting integer;
begin
    for waiting in select a.tenant_id from announcements a group by a.tenant_id order by min(a.id) loop
        if pg_try_advisory_xact_lock(hashtext('nexus.announcements'), waiting) then
            return query select a.tenant_id, a.id, a.event, a.arguments from announcements a
                         where a.tenant_id = waiting order by a.id limit p_limit for update skip locked;
        end if;
    end loop;
end $$;

ALTER FUNCTION public.claim_announcements(p_limit integer) OWNER TO nexus_dispatch;

CREATE FUNCTION public.claim_bursts(p_owner text, p_limit integer, p_lease interval) RETURNS TABLE(tenant_id integer, conversation_id uuid, burst_id uuid, fence bigint, failures integer, correlation_id text, resumed boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
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

ALTER FUNCTION public.claim_bursts(p_owner text, p_limit integer, p_lease interval) OWNER TO nexus_dispatch;

CREATE FUNCTION public.claim_media(p_limit integer, p_lease interval) RETURNS TABLE(tenant_id integer, message_id uuid)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    return query
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
        returning m.tenant_id, m.id;
end $$;

ALTER FUNCTION public.claim_media(p_limit integer, p_lease interval) OWNER TO nexus_dispatch;

CREATE FUNCTION public.claim_outbox(p_owner text, p_limit integer, p_lease interval) RETURNS TABLE(tenant_id integer, conversation_id uuid)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    return query
        update chat_conversations c
        set outbox_owner = p_owner, outbox_lease_until = clock_timestamp() + p_lease
        where c.id in (select x.id from chat_conversations x
                       where x.outbox_due_at <= clock_timestamp()
                         and (x.outbox_lease_until is null or x.outbox_lease_until < clock_timestamp())
                       order by x.outbox_due_at limit p_limit for update skip locked)
        returning c.tenant_id, c.id;
end $$;

ALTER FUNCTION public.claim_outbox(p_owner text, p_limit integer, p_lease interval) OWNER TO nexus_dispatch;

CREATE FUNCTION public.close_session(p_token_hash bytea) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$ delete from sessions where token_hash = p_token_hash $$;

ALTER FUNCTION public.close_session(p_token_hash bytea) OWNER TO nexus_dispatch;

CREATE FUNCTION public.code_recipient(p_id uuid) RETURNS TABLE(user_id integer, email text, name text, purpose text, has_password boolean, shops integer[])
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    select u.id, u.email, u.name, c.purpose, u.password_hash is not null,
           array(select h.tenant_id from tenant_human_handoff_config h
                 left join tenant_members m on m.tenant_id = h.tenant_id and m.user_id = u.id
                 where coalesce(h.smtp_host, '') <> '' and (m.user_id is not null or u.is_platform_admin)
                 order by m.user_id is null, h.tenant_id)
    from password_codes c join users u on u.id = c.user_id
    where c.id = p_id and u.disabled_at is null
$$;

ALTER FUNCTION public.code_recipient(p_id uuid) OWNER TO nexus_dispatch;

CREATE FUNCTION public.codes_living_until() RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    select max(expires_at) from password_codes
    where code_hash is not null and tries < 5 and expires_at > clock_timestamp()
$$;

ALTER FUNCTION public.codes_living_until() OWNER TO nexus_dispatch;

CREATE FUNCTION public.conversation_of(e jsonb) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
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

ALTER FUNCTION public.conversation_of(e jsonb) OWNER TO nexus_dispatch;

CREATE FUNCTION public.create_tenant(p_store_name text, p_number text) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$ insert into tenants (store_name, bot_phone_number) values (p_store_name, p_number) returning id $$;

ALTER FUNCTION public.create_tenant(p_store_name text, p_number text) OWNER TO nexus_dispatch;

CREATE FUNCTION public.create_user(p_email text, p_password_hash text, p_platform_admin boolean) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    insert into users (email, password_hash, is_platform_admin) values (lower(p_email), p_password_hash, p_platform_admin)
    on conflict (email) do update set password_hash = excluded.password_hash,
        is_platform_admin = users.is_platform_admin or excluded.is_platform_admin, failed_logins = 0, locked_until = null
    returning id
$$;

ALTER FUNCTION public.create_user(p_email text, p_password_hash text, p_platform_admin boolean) OWNER TO nexus_dispatch;

CREATE FUNCTION public.erase_people() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    with gone as (
        delete from users u
        where not u.is_platform_admin
          and exists (select 1 from tenant_members m where m.user_id = u.id and m.tenant_id = nexus_tenant())
          and not exists (select 1 from tenant_members m where m.user_id = u.id and m.tenant_id <> nexus_tenant())
        returning 1)
    select count(*) from gone
$$;

ALTER FUNCTION public.erase_people() OWNER TO nexus_dispatch;

CREATE FUNCTION public.erase_published(p_questions text[]) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    with changed as (
        update prompt_versions v
        set content = jsonb_set(v.content, '{answers}', coalesce(
            (select jsonb_agg(pair order by place) from jsonb_array_elements(v.content->'answers')
                 with ordinality as kept (pair, place) where pair->>0 <> all (p_questions)), '[]'))
        where v.tenant_id = nexus_tenant()
          and exists (select 1 from jsonb_array_elements(v.content->'answers') pair where pair->>0 = any (p_questions))
        returning 1)
    select count(*) from changed
$$;

ALTER FUNCTION public.erase_published(p_questions text[]) OWNER TO nexus_dispatch;

CREATE FUNCTION public.erase_records(p_things text[], p_answers text[], p_runs text[], p_needles text[], p_digits text[], p_after bigint[], OUT events bigint, OUT logs bigint, OUT audits bigint, OUT newest bigint[]) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    t integer := nexus_tenant();
begin
    newest := array[(select coalesce(max(id), 0) from provider_events), (select coalesce(max(id), 0) from system_events),
                    (select coalesce(max(id), 0) from audit_log),
                    (select coalesce(max(id), 0) from llm_calls where tenant_id = t)];
    with gone as (
        delete from provider_events p
        where p.id > p_after[1] and (p.tenant_id = t or p.tenant_id is null) and p.body::text like any (p_needles)
        returning p.event_id)
    , kept as (
        insert into erased_ids (tenant_id, id_hash) select distinct t, erased_hash('event', event_id) from gone
        on conflict do nothing)
    select count(*) into events from gone;
    with gone as (
        delete from system_events s
        where s.id > p_after[2] and s.tenant_id = t
          and (s.correlation_id = any (p_runs) or s.metadata->>'conversation_id' = any (p_things)
               or s.metadata->>'message_id' = any (p_things) or s.metadata->>'burst_id' = any (p_things)
               or s.metadata->>'handoff_id' = any (p_things) or s.metadata->>'appointment_id' = any (p_things)
               or (s.message || s.metadata::text) like any (p_needles))
        returning 1)
    select count(*) into logs from gone;
    with gone as (  -- who did what and when stays; to whom, and what was written, goes
        update audit_log a set subject_id = null, changes = '[]'
        where a.id > p_after[3] and a.tenant_id = t
          and (a.subject_id = any (p_things) or a.subject = 'knowledge' and a.subject_id = any (p_answers)
               or a.changes::text like any (p_needles)
               or regexp_replace(a.changes::text, '[^0-9]', '', 'g') like any (p_digits))
        returning 1)
    select count(*) into audits from gone;
    update llm_calls c set burst_id = null
    where c.tenant_id = t and c.id > p_after[4] and c.burst_id::text = any (p_things);
end $$;

ALTER FUNCTION public.erase_records(p_things text[], p_answers text[], p_runs text[], p_needles text[], p_digits text[], p_after bigint[], OUT events bigint, OUT logs bigint, OUT audits bigint, OUT newest bigint[]) OWNER TO nexus_dispatch;

CREATE FUNCTION public.erased_hash(kind text, id text) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog'
    AS $$ select sha256(convert_to(kind || ':' || id, 'UTF8')) $$;

ALTER FUNCTION public.erased_hash(kind text, id text) OWNER TO nexus_owner;

CREATE FUNCTION public.erasures_to_finish(p_keep interval) RETURNS SETOF integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    delete from erased_ids where erased_at < clock_timestamp() - p_keep;
    select distinct tenant_id from erased_files order by 1
$$;

ALTER FUNCTION public.erasures_to_finish(p_keep interval) OWNER TO nexus_dispatch;

CREATE FUNCTION public.fn_pgqueuer_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    to_emit BOOLEAN := false;  -- Flag to decide whether to emit a notification
BEGIN
    -- Check operation type and set the emit flag accordingly
    IF TG_OP = 'UPDATE' AND OLD IS DISTINCT FROM NEW THEN
        to_emit := true;
    ELSIF TG_OP = 'DELETE' THEN
        to_emit := true;
    ELSIF TG_OP = 'INSERT' THEN
        to_emit := true;
    ELSIF TG_OP = 'TRUNCATE' THEN
        to_emit := true;
    END IF;

    -- Perform notification if the emit flag is set
    IF to_emit THEN
        PERFORM pg_notify(
            'ch_pgqueuer',
            json_build_object(
                'channel', 'ch_pgqueuer',
                'operation', lower(TG_OP),
                'sent_at', NOW(),
                'table', TG_TABLE_NAME,
                'type', 'table_changed_event'
            )::text
        );
    END IF;

    -- Return appropriate value based on the operation
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        RETURN NEW;
    ELSIF TG_OP = 'DELETE' THEN
        RETURN OLD;
    ELSE
        RETURN NULL; -- For TRUNCATE and other non-row-specific contexts
    END IF;

END;
$$;

ALTER FUNCTION public.fn_pgqueuer_changed() OWNER TO nexus_owner;

CREATE FUNCTION public.forget_records(p_most integer, OUT events bigint, OUT audit bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    t integer := nexus_tenant();
    event_days integer := 180;
    audit_days integer := 730;
begin
    if t is not null then
        select keep_events_days, keep_audit_days into event_days, audit_days from tenants where id = t;
    end if;
    with gone as (
        delete from system_events e
        where e.id in (select x.id from system_events x where x.tenant_id is not distinct from t order by x.id limit p_most)
          and e.created_at < clock_timestamp() - make_interval(days => event_days)
          -- How old the newest backup is has to be known for as long as there is none since.
          and not (t is null and e.event_type = 'backup_taken' and not exists (
                       select 1 from system_events n
                       where n.tenant_id is null and n.event_type = 'backup_taken' and n.id > e.id))
        returning 1)
    select count(*) into events from gone;
    with gone as (
        delete from audit_log a
        where a.id in (select x.id from audit_log x where x.tenant_id is not distinct from t order by x.id limit p_most)
          and a.created_at < clock_timestamp() - make_interval(days => audit_days)
        returning 1)
    select count(*) into audit from gone;
end $$;

ALTER FUNCTION public.forget_records(p_most integer, OUT events bigint, OUT audit bigint) OWNER TO nexus_dispatch;

CREATE FUNCTION public.forget_shared(p_days integer, p_most integer, OUT payloads bigint, OUT hashes bigint, OUT sessions bigint, OUT codes bigint, OUT announcements bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    done_to bigint;
begin
    insert into keeping_progress default values on conflict do nothing;
    select k.events_to into done_to from keeping_progress k for update;
    with next as (
        select x.id, x.received_at from provider_events x where x.id > done_to order by x.id limit p_most),
    young as (
        select min(n.id) as id from next n
        where n.received_at >= clock_timestamp() - make_interval(days => greatest(p_days, 7))),
    old as (select n.id from next n, young y where y.id is null or n.id < y.id),
    moved as (
        update keeping_progress k set events_to = (select max(old.id) from old) where exists (select 1 from old)),
    bare as (
        update provider_events p
        set body = '{}', correlation_id = null,
            event_id = 'sha256:' || encode(sha256(convert_to(p.event_id, 'UTF8')), 'hex')
        where p.id in (select old.id from old)
        returning 1)
    select count(*) into payloads from bare;
    with gone as (
        delete from provider_events p
        where p.id in (select x.id from provider_events x order by x.id limit p_most)
          and p.received_at < clock_timestamp() - make_interval(days => greatest(p_days, 7) + 365)
        returning 1)
    select count(*) into hashes from gone;
    with gone as (delete from public.sessions s where s.expires_at < clock_timestamp() returning 1)
    select count(*) into sessions from gone;
    with gone as (
        delete from password_codes c
        where coalesce(c.expires_at, c.created_at + interval '3 days') < clock_timestamp() returning 1)
    select count(*) into codes from gone;
    with gone as (
        delete from public.announcements a where a.created_at < clock_timestamp() - interval '1 day' returning 1)
    select count(*) into announcements from gone;
end $$;

ALTER FUNCTION public.forget_shared(p_days integer, p_most integer, OUT payloads bigint, OUT hashes bigint, OUT sessions bigint, OUT codes bigint, OUT announcements bigint) OWNER TO nexus_dispatch;

CREATE FUNCTION public.hasten_unreached() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
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

ALTER FUNCTION public.hasten_unreached() OWNER TO nexus_dispatch;

CREATE FUNCTION public.is_erased(e jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    return exists (select 1 from erased_ids x where x.tenant_id = (e->>'tenant_id')::integer and x.id_hash = any (array[
        erased_hash('event', e->>'event_id'), erased_hash('message', e->>'provider_message_id'),
        erased_hash('message', e->>'provider_id'), erased_hash('message', e->>'external_id')]));
end $$;

ALTER FUNCTION public.is_erased(e jsonb) OWNER TO nexus_owner;

CREATE FUNCTION public.is_off(override_until timestamp with time zone) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN COALESCE((override_until >= '9999-01-01 00:00:00+00'::timestamp with time zone), false);

ALTER FUNCTION public.is_off(override_until timestamp with time zone) OWNER TO nexus_owner;

CREATE FUNCTION public.join_conversation(p_from uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
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

ALTER FUNCTION public.join_conversation(p_from uuid) OWNER TO nexus_dispatch;

CREATE FUNCTION public.join_waiting() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    waiting uuid;
    joined integer := 0;
begin
    for waiting in select c.id from chat_conversations c where c.merge_into is not null order by c.id limit 50 loop
        joined := joined + join_conversation(waiting)::integer;
    end loop;
    return joined;
end $$;

ALTER FUNCTION public.join_waiting() OWNER TO nexus_dispatch;

CREATE FUNCTION public.keep_caption() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    insert into message_words (tenant_id, message_id, words)
    values (new.tenant_id, new.id, plain(new.payload->>'caption'))
    on conflict (message_id) do update set words = excluded.words;
    return null;
end $$;

ALTER FUNCTION public.keep_caption() OWNER TO nexus_owner;

CREATE FUNCTION public.keep_commerce() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    update order_tries x set conversation_id = old.merge_into
    where x.tenant_id = old.tenant_id and x.conversation_id = old.id
      and not exists (select 1 from order_tries o where o.tenant_id = old.tenant_id
                      and o.conversation_id = old.merge_into and o.asked = x.asked);
    update draft_carts x set conversation_id = old.merge_into
    where x.tenant_id = old.tenant_id and x.conversation_id = old.id
      and not exists (select 1 from draft_carts o where o.tenant_id = old.tenant_id
                      and o.conversation_id = old.merge_into and o.cart = x.cart);
    update stock_notices x set conversation_id = old.merge_into
    where x.tenant_id = old.tenant_id and x.conversation_id = old.id
      and not exists (select 1 from stock_notices o where o.tenant_id = old.tenant_id
                      and o.conversation_id = old.merge_into and o.product_id = x.product_id
                      and o.variant_id is not distinct from x.variant_id and o.state = 'waiting');
    return old;
end $$;

ALTER FUNCTION public.keep_commerce() OWNER TO nexus_owner;

CREATE FUNCTION public.keep_consents() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    update consents x set conversation_id = old.merge_into
    where x.tenant_id = old.tenant_id and x.conversation_id = old.id;
    return old;
end $$;

ALTER FUNCTION public.keep_consents() OWNER TO nexus_owner;

CREATE FUNCTION public.keep_words() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    insert into message_words (tenant_id, message_id, words) values (new.tenant_id, new.id, plain(new.content))
    on conflict (message_id) do update set words = excluded.words;
    return null;
end $$;

ALTER FUNCTION public.keep_words() OWNER TO nexus_owner;

CREATE FUNCTION public.list_tenants() RETURNS TABLE(id integer, store_name text, bot_phone_number text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$ select id, store_name, bot_phone_number from tenants order by id $$;

ALTER FUNCTION public.list_tenants() OWNER TO nexus_dispatch;

CREATE FUNCTION public.list_users() RETURNS TABLE(email text, name text, is_platform_admin boolean, invited boolean, last_seen_at timestamp with time zone, memberships jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    select u.email, u.name, u.is_platform_admin, u.password_hash is null, u.last_seen_at,
           coalesce((select jsonb_agg(jsonb_build_object('tenant_id', m.tenant_id, 'role', m.role) order by m.tenant_id)
                     from tenant_members m where m.user_id = u.id), '[]')
    from users u where u.disabled_at is null order by u.email
$$;

ALTER FUNCTION public.list_users() OWNER TO nexus_dispatch;

CREATE TABLE public.chat_messages (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    seq bigint NOT NULL,
    tenant_id integer NOT NULL,
    conversation_id uuid NOT NULL,
    role text NOT NULL,
    author text NOT NULL,
    kind text DEFAULT 'message'::text NOT NULL,
    message_type text NOT NULL,
    content text NOT NULL,
    payload jsonb,
    media_id uuid,
    provider text,
    provider_message_id text,
    provider_id text,
    external_id text,
    client_ref text,
    correlation_id text,
    delivery text,
    burst_id uuid,
    awaits_answer boolean DEFAULT false NOT NULL,
    part integer,
    total integer,
    provider_status text,
    status_code text,
    status_message text,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone,
    sending_until timestamp with time zone,
    status_at timestamp with time zone,
    sent_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    quoted_id text,
    resent_as uuid,
    media_state text,
    words_state text,
    media_problem text,
    words_problem text,
    media_due_at timestamp with time zone,
    media_lease_until timestamp with time zone,
    media_attempts integer DEFAULT 0 NOT NULL,
    superseded_burst_id uuid,
    CONSTRAINT chat_messages_author_check CHECK ((author = ANY (ARRAY['customer'::text, 'bot'::text, 'human'::text, 'system'::text]))),
    CONSTRAINT chat_messages_delivery_check CHECK ((delivery = ANY (ARRAY['outbox'::text, 'caller'::text]))),
    CONSTRAINT chat_messages_kind_check CHECK ((kind = ANY (ARRAY['message'::text, 'reply'::text, 'handoff'::text, 'apology'::text, 'manual'::text, 'api'::text, 'echo'::text, 'history'::text, 'line'::text]))),
    CONSTRAINT chat_messages_media_state_check CHECK ((media_state = ANY (ARRAY['waiting'::text, 'stored'::text, 'failed'::text]))),
    CONSTRAINT chat_messages_provider_status_check CHECK ((provider_status = ANY (ARRAY['pending'::text, 'sending'::text, 'sent'::text, 'delivered'::text, 'read'::text, 'failed'::text, 'unknown'::text, 'discarded'::text]))),
    CONSTRAINT chat_messages_role_check CHECK ((role = ANY (ARRAY['user'::text, 'assistant'::text, 'system'::text]))),
    CONSTRAINT chat_messages_words_state_check CHECK ((words_state = ANY (ARRAY['waiting'::text, 'done'::text, 'failed'::text])))
);

ALTER TABLE ONLY public.chat_messages FORCE ROW LEVEL SECURITY;

ALTER TABLE public.chat_messages OWNER TO nexus_owner;

CREATE FUNCTION public.media_at_work() RETURNS TABLE(tenant_id integer, n bigint)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT m.tenant_id,
     count(*) AS count
    FROM public.chat_messages m
   WHERE ((m.media_due_at IS NOT NULL) AND (m.media_lease_until >= clock_timestamp()))
   GROUP BY m.tenant_id;
END;

ALTER FUNCTION public.media_at_work() OWNER TO nexus_owner;

CREATE FUNCTION public.message_of_status(e jsonb) RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    return (select m.id from chat_messages m
            where m.tenant_id = (e->>'tenant_id')::integer and m.author <> 'customer'
              and (m.external_id = e->>'external_id' or m.provider_id = e->>'provider_id'
                   or (m.provider = e->>'provider' and m.provider_message_id = e->>'provider_message_id'))
            order by (m.external_id = e->>'external_id') desc nulls last
            limit 1);
end $$;

ALTER FUNCTION public.message_of_status(e jsonb) OWNER TO nexus_dispatch;

CREATE FUNCTION public.next_media() RETURNS double precision
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    return (select extract(epoch from min(greatest(m.media_due_at, m.media_lease_until)) - clock_timestamp())
            from chat_messages m left join media_at_work() w on w.tenant_id = m.tenant_id
            where m.media_due_at is not null
              and (coalesce(w.n, 0) < 8 or m.media_lease_until >= clock_timestamp()));
end $$;

ALTER FUNCTION public.next_media() OWNER TO nexus_dispatch;

CREATE FUNCTION public.next_work(OUT bursts_in double precision, OUT outbox_in double precision) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    bursts_in := extract(epoch from (select min(greatest(c.claim_at, c.lease_until)) from chat_conversations c
                                     where c.claim_at is not null
                                       and not exists (select 1 from chat_messages m where m.conversation_id = c.id
                                                       and m.provider_status in ('pending', 'sending')))
                                    - clock_timestamp());
    outbox_in := extract(epoch from (select min(greatest(c.outbox_due_at, c.outbox_lease_until))
                                     from chat_conversations c where c.outbox_due_at is not null) - clock_timestamp());
end $$;

ALTER FUNCTION public.next_work(OUT bursts_in double precision, OUT outbox_in double precision) OWNER TO nexus_dispatch;

CREATE FUNCTION public.nexus_tenant() RETURNS integer
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (NULLIF(current_setting('nexus.tenant_id'::text, true), ''::text))::integer;

ALTER FUNCTION public.nexus_tenant() OWNER TO nexus_owner;

CREATE FUNCTION public.note_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    new.changed_xid := pg_current_xact_id();
    return new;
end $$;

ALTER FUNCTION public.note_change() OWNER TO nexus_owner;

CREATE FUNCTION public.note_login(p_user integer, p_success boolean) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    update users set
        failed_logins = case when p_success then 0 else failed_logins + 1 end,
        locked_until = case when p_success then null
                            when failed_logins + 1 >= 10 then clock_timestamp() + interval '15 minutes'
                            else locked_until end
    where id = p_user
$$;

ALTER FUNCTION public.note_login(p_user integer, p_success boolean) OWNER TO nexus_dispatch;

CREATE FUNCTION public.note_seen(p_user integer) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$ update users set last_seen_at = clock_timestamp() where id = p_user $$;

ALTER FUNCTION public.note_seen(p_user integer) OWNER TO nexus_dispatch;

CREATE FUNCTION public.note_stopped_marketing() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    insert into consents (tenant_id, conversation_id, purpose, state, source, message_id)
    select new.tenant_id, new.conversation_id, 'marketing', 'withdrawn', 'webhook', new.id
    where 'withdrawn' is distinct from (
        select c.state from consents c where c.tenant_id = new.tenant_id and c.conversation_id = new.conversation_id
          and c.purpose = 'marketing' order by c.id desc limit 1);
    return null;
end $$;

ALTER FUNCTION public.note_stopped_marketing() OWNER TO nexus_owner;

CREATE FUNCTION public.note_unsent() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    update chat_conversations c set changed_xid = pg_current_xact_id() where c.id = new.conversation_id;
    return null;
end $$;

ALTER FUNCTION public.note_unsent() OWNER TO nexus_owner;

CREATE FUNCTION public.open_session(p_token_hash bytea, p_user integer, p_lifetime interval) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    delete from sessions where expires_at < clock_timestamp();
    insert into sessions (token_hash, user_id, expires_at) values (p_token_hash, p_user, clock_timestamp() + p_lifetime)
$$;

ALTER FUNCTION public.open_session(p_token_hash bytea, p_user integer, p_lifetime interval) OWNER TO nexus_dispatch;

CREATE FUNCTION public.plain(words text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
begin
    return pg_catalog.lower(public.unaccent('public.unaccent'::pg_catalog.regdictionary, words));
end $$;

ALTER FUNCTION public.plain(words text) OWNER TO nexus_owner;

CREATE FUNCTION public.poll_chats(p_token_hash bytea, p_tenant integer, p_seen pg_snapshot, p_seen_at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    return session_reads(p_token_hash, p_tenant) and chats_as_seen(p_tenant, p_seen, p_seen_at);
end $$;

ALTER FUNCTION public.poll_chats(p_token_hash bytea, p_tenant integer, p_seen pg_snapshot, p_seen_at timestamp with time zone) OWNER TO nexus_dispatch;

CREATE FUNCTION public.poll_thread(p_token_hash bytea, p_tenant integer, p_conversation uuid, p_revision bigint, p_doubtful bigint, p_open boolean) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    return session_reads(p_token_hash, p_tenant)
       and exists (select 1 from chat_conversations c
                   where c.tenant_id = p_tenant and c.id = p_conversation and c.revision = p_revision
                     and (c.unread = 0 or not p_open))
       and p_doubtful = (select count(*) from chat_messages m
                         where m.conversation_id = p_conversation and m.provider_status = 'unknown'
                           and m.status_at < clock_timestamp() - interval '10 minutes');
end $$;

ALTER FUNCTION public.poll_thread(p_token_hash bytea, p_tenant integer, p_conversation uuid, p_revision bigint, p_doubtful bigint, p_open boolean) OWNER TO nexus_dispatch;

CREATE FUNCTION public.queue_figures(OUT bursts_waiting bigint, OUT oldest_burst_seconds double precision, OUT bubbles_waiting bigint, OUT oldest_bubble_seconds double precision, OUT bubbles_unknown bigint) RETURNS record
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    select (select count(*) from chat_conversations where claim_at is not null),
           (select coalesce(extract(epoch from clock_timestamp() - min(claim_at)), 0)::double precision
            from chat_conversations where claim_at is not null),
           (select count(*) from chat_messages where provider_status in ('pending', 'sending')),
           (select coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::double precision
            from chat_messages where provider_status in ('pending', 'sending')),
           (select count(*) from chat_messages where provider_status = 'unknown')
$$;

ALTER FUNCTION public.queue_figures(OUT bursts_waiting bigint, OUT oldest_burst_seconds double precision, OUT bubbles_waiting bigint, OUT oldest_bubble_seconds double precision, OUT bubbles_unknown bigint) OWNER TO nexus_dispatch;

CREATE FUNCTION public.rename_user(p_user integer, p_name text) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    update users u set name = p_name
    where u.id = p_user
      and (nexus_tenant() is null
           or not u.is_platform_admin
              and array(select m.tenant_id from tenant_members m where m.user_id = u.id) = array[nexus_tenant()])
    returning true
$$;

ALTER FUNCTION public.rename_user(p_user integer, p_name text) OWNER TO nexus_dispatch;

CREATE FUNCTION public.reset_password(p_email text, p_code_hash bytea, p_password_hash text) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$ select reset_password_with(p_email, array[p_code_hash], p_password_hash) $$;

ALTER FUNCTION public.reset_password(p_email text, p_code_hash bytea, p_password_hash text) OWNER TO nexus_dispatch;

CREATE FUNCTION public.reset_password_with(p_email text, p_code_hashes bytea[], p_password_hash text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    living record;
begin
    update password_codes c set tries = c.tries + 1
    where c.id = (select x.id from password_codes x join users u on u.id = x.user_id
                  where u.email = lower(p_email) and u.disabled_at is null and x.code_hash is not null
                    and x.tries < 5 and x.expires_at > clock_timestamp()
                  order by x.created_at desc limit 1 for update of x)
    returning c.user_id, c.code_hash = any (p_code_hashes) as fits into living;
    if living is null then
        with decoy as (insert into password_codes (purpose) values ('reset') returning id)
        select id into living from decoy;
        delete from password_codes c where c.id = living.id;
        return null;
    end if;
    if not living.fits then
        return null;
    end if;
    perform set_config('nexus.actor', lower(p_email), true);
    perform change_password(living.user_id, p_password_hash, null);
    return living.user_id;
end $$;

ALTER FUNCTION public.reset_password_with(p_email text, p_code_hashes bytea[], p_password_hash text) OWNER TO nexus_dispatch;

CREATE FUNCTION public.say_words_of_lost_picture() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    insert into chat_messages (tenant_id, conversation_id, role, author, kind, message_type, content, payload, delivery,
                               client_ref, provider_status, correlation_id)
    values (new.tenant_id, new.conversation_id, new.role, new.author, new.kind, 'text', new.payload->>'caption',
            jsonb_build_object('picture', new.content), 'outbox', 'caption:' || new.id, 'pending', new.correlation_id)
    on conflict (tenant_id, client_ref) do nothing;
    update chat_conversations set outbox_due_at = clock_timestamp(), revision = revision + 1
    where tenant_id = new.tenant_id and id = new.conversation_id;
    perform pg_notify('nexus_work', '');
    return null;
end $$;

ALTER FUNCTION public.say_words_of_lost_picture() OWNER TO nexus_owner;

CREATE FUNCTION public.send_state_may_become(old_state text, attempts integer, new_state text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN CASE old_state WHEN 'pending'::text THEN ((attempts > 0) AND (new_state = ANY (ARRAY['sent'::text, 'delivered'::text, 'read'::text]))) WHEN 'sending'::text THEN (new_state = ANY (ARRAY['sent'::text, 'delivered'::text, 'read'::text, 'failed'::text])) WHEN 'unknown'::text THEN (new_state = ANY (ARRAY['sent'::text, 'delivered'::text, 'read'::text, 'failed'::text])) WHEN 'sent'::text THEN (new_state = ANY (ARRAY['delivered'::text, 'read'::text, 'failed'::text])) WHEN 'failed'::text THEN (new_state = ANY (ARRAY['delivered'::text, 'read'::text])) WHEN 'delivered'::text THEN (new_state = 'read'::text) ELSE false END;

ALTER FUNCTION public.send_state_may_become(old_state text, attempts integer, new_state text) OWNER TO nexus_owner;

CREATE FUNCTION public.session_by_token(p_token_hash bytea) RETURNS TABLE(user_id integer, email text, name text, is_platform_admin boolean, long_unseen boolean, memberships jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    return query
        select u.id, u.email, u.name, u.is_platform_admin,
               u.last_seen_at is null or u.last_seen_at < clock_timestamp() - interval '2 minutes',
               coalesce((select jsonb_agg(jsonb_build_object('tenant_id', m.tenant_id, 'role', m.role,
                                                             'store_name', t.store_name) order by m.tenant_id)
                         from tenant_members m join tenants t on t.id = m.tenant_id where m.user_id = u.id), '[]')
        from sessions s join users u on u.id = s.user_id
        where s.token_hash = p_token_hash and s.expires_at > clock_timestamp() and u.disabled_at is null;
end $$;

ALTER FUNCTION public.session_by_token(p_token_hash bytea) OWNER TO nexus_dispatch;

CREATE FUNCTION public.session_reads(p_token_hash bytea, p_tenant integer) RETURNS boolean
    LANGUAGE plpgsql STABLE
    AS $$
begin
    return exists (select 1 from sessions s join users u on u.id = s.user_id
                   where s.token_hash = p_token_hash and s.expires_at > clock_timestamp() and u.disabled_at is null
                     and u.last_seen_at > clock_timestamp() - interval '2 minutes'
                     and (exists (select 1 from tenant_members m where m.tenant_id = p_tenant and m.user_id = u.id)
                          or u.is_platform_admin and exists (select 1 from tenants t where t.id = p_tenant)));
end $$;

ALTER FUNCTION public.session_reads(p_token_hash bytea, p_tenant integer) OWNER TO nexus_owner;

CREATE FUNCTION public.set_code(p_id uuid, p_code_hash bytea, p_lifetime interval) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    update password_codes c set code_hash = null
    where c.id <> p_id and c.user_id = (select x.user_id from password_codes x where x.id = p_id);
    update password_codes set code_hash = p_code_hash, tries = 0, expires_at = clock_timestamp() + p_lifetime where id = p_id
$$;

ALTER FUNCTION public.set_code(p_id uuid, p_code_hash bytea, p_lifetime interval) OWNER TO nexus_dispatch;

CREATE FUNCTION public.share_pause(p_one uuid, p_other uuid) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    update chat_conversations c
    set human_override_until = o.human_override_until, override_since = o.override_since,
        override_cause = o.override_cause, override_author = o.override_author, override_reason = o.override_reason,
        override_burst_id = o.override_burst_id, revision = c.revision + 1
    from chat_conversations o
    where ((c.id = p_one and o.id = p_other) or (c.id = p_other and o.id = p_one))
      and o.human_override_until > coalesce(c.human_override_until, '-infinity')
$$;

ALTER FUNCTION public.share_pause(p_one uuid, p_other uuid) OWNER TO nexus_owner;

CREATE FUNCTION public.sync_alerts(p_facts jsonb) RETURNS TABLE(id uuid, tenant_id integer, email boolean, webhook boolean, shop boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    again timestamptz := clock_timestamp() - interval '6 hours';
begin
    perform pg_advisory_xact_lock(hashtextextended('alerts', 0));
    insert into alerts as a (tenant_id, kind, amount, since)
    select f.tenant_id, f.kind, f.amount, f.since
    from jsonb_to_recordset(p_facts) as f (tenant_id integer, kind text, amount bigint, since timestamptz)
    where f.tenant_id is null or exists (select 1 from tenants t where t.id = f.tenant_id)
    on conflict on constraint alerts_tenant_id_kind_key do update
        set amount = excluded.amount, since = excluded.since, seen_at = clock_timestamp(), closed_at = null;
    update alerts a set closed_at = clock_timestamp()
    where a.closed_at is null and a.seen_at < clock_timestamp() - interval '2 minutes';
    delete from alerts a
    where a.closed_at is not null and coalesce(a.told_email_at, a.told_webhook_at, a.told_shop_at) is null;
    return query
        select a.id, a.tenant_id,
               case when a.closed_at is null then coalesce(a.told_email_at < again, true)
                    else a.told_email_at is not null end,
               case when a.closed_at is null then coalesce(a.told_webhook_at < again, true)
                    else a.told_webhook_at is not null end,
               case when a.closed_at is null then coalesce(a.told_shop_at < again, true) and coalesce(t.alert_emails, false)
                    else a.told_shop_at is not null end
        from alerts a left join tenants t on t.id = a.tenant_id;
end $$;

ALTER FUNCTION public.sync_alerts(p_facts jsonb) OWNER TO nexus_dispatch;

CREATE FUNCTION public.tell_chat_changed() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    perform pg_notify('nexus_chats', coalesce(new.tenant_id, old.tenant_id)::text);
    return null;
end $$;

ALTER FUNCTION public.tell_chat_changed() OWNER TO nexus_owner;

CREATE FUNCTION public.tenant_by_number(p_number text) RETURNS integer
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
begin
    return (select id from tenants where bot_phone_number = p_number);
end $$;

ALTER FUNCTION public.tenant_by_number(p_number text) OWNER TO nexus_dispatch;

CREATE FUNCTION public.tenant_people() RETURNS TABLE(user_id integer, email text, name text, role text, last_seen_at timestamp with time zone, invited boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    select u.id, u.email, case when not e.elsewhere or u.last_seen_at >= m.joined_at then u.name end, m.role,
           case when u.last_seen_at >= m.joined_at then u.last_seen_at end, u.password_hash is null
    from tenant_members m join users u on u.id = m.user_id,
        lateral (select exists (select 1 from tenant_members x where x.user_id = u.id and x.tenant_id <> m.tenant_id)
                 as elsewhere) e
    where m.tenant_id = nexus_tenant() and u.disabled_at is null
    order by m.joined_at, u.id
$$;

ALTER FUNCTION public.tenant_people() OWNER TO nexus_dispatch;

CREATE FUNCTION public.tenants_of_store(p_store_id text) RETURNS SETOF integer
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$ select id from tenants where tiendanube_store_id = p_store_id order by id $$;

ALTER FUNCTION public.tenants_of_store(p_store_id text) OWNER TO nexus_dispatch;

CREATE FUNCTION public.webhook_secrets() RETURNS TABLE(tenant_id integer, bot_phone_number text, secret text, previous_secret text, endpoint_id text, previous_until timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    select s.tenant_id, t.bot_phone_number, s.secret, s.previous_secret, e.value,
           coalesce(s.previous_until, s.updated_at + interval '24 hours')
    from tenant_credentials s
    join tenants t on t.id = s.tenant_id
    left join tenant_credentials e
        on e.tenant_id = s.tenant_id and e.kind = 'ycloud' and e.name = 'webhook_endpoint_id'
    where s.kind = 'ycloud' and s.name = 'webhook_secret' and s.secret is not null
    order by s.tenant_id
$$;

ALTER FUNCTION public.webhook_secrets() OWNER TO nexus_dispatch;

CREATE TEXT SEARCH CONFIGURATION public.nexus_spanish (
    PARSER = pg_catalog."default" );

ALTER TEXT SEARCH CONFIGURATION public.nexus_spanish
    ADD MAPPING FOR asciiword WITH public.unaccent, spanish_stem;

ALTER TEXT SEARCH CONFIGURATION public.nexus_spanish
    ADD MAPPING FOR word WITH public.unaccent, spanish_stem;

ALTER TEXT SEARCH CONFIGURATION public.nexus_spanish
    ADD MAPPING FOR numword WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.nexus_spanish
    ADD MAPPING FOR email WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.nexus_spanish
    ADD MAPPING FOR url WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.nexus_spanish
    ADD MAPPING FOR host WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.nexus_spanish
    ADD MAPPING FOR sfloat WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.nexus_spanish
    ADD MAPPING FOR version WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.nexus_spanish
    ADD MAPPING FOR hword_numpart WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.nexus_spanish
    ADD MAPPING FOR hword_part WITH public.unaccent, spanish_stem;

ALTER TEXT SEARCH CONFIGURATION public.nexus_spanish
    ADD MAPPING FOR hword_asciipart WITH public.unaccent, spanish_stem;

ALTER TEXT SEARCH CONFIGURATION public.nexus_spanish
    ADD MAPPING FOR numhword WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.nexus_spanish
    ADD MAPPING FOR asciihword WITH public.unaccent, spanish_stem;

ALTER TEXT SEARCH CONFIGURATION public.nexus_spanish
    ADD MAPPING FOR hword WITH public.unaccent, spanish_stem;

ALTER TEXT SEARCH CONFIGURATION public.nexus_spanish
    ADD MAPPING FOR url_path WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.nexus_spanish
    ADD MAPPING FOR file WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.nexus_spanish
    ADD MAPPING FOR "float" WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.nexus_spanish
    ADD MAPPING FOR "int" WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.nexus_spanish
    ADD MAPPING FOR uint WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.nexus_spanish OWNER TO nexus_owner;

CREATE TABLE public.agenda_blocks (
    id bigint NOT NULL,
    tenant_id integer NOT NULL,
    resource_id integer,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    reason text,
    created_by text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT agenda_blocks_check CHECK ((ends_at > starts_at))
);

ALTER TABLE ONLY public.agenda_blocks FORCE ROW LEVEL SECURITY;

ALTER TABLE public.agenda_blocks OWNER TO nexus_owner;

ALTER TABLE public.agenda_blocks ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.agenda_blocks_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.agenda_exceptions (
    id bigint NOT NULL,
    tenant_id integer NOT NULL,
    resource_id integer,
    day date NOT NULL,
    opens time without time zone,
    closes time without time zone,
    reason text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT agenda_exceptions_check CHECK (((opens IS NULL) = (closes IS NULL))),
    CONSTRAINT agenda_exceptions_check1 CHECK (((closes > opens) OR (closes = '00:00:00'::time without time zone)))
);

ALTER TABLE ONLY public.agenda_exceptions FORCE ROW LEVEL SECURITY;

ALTER TABLE public.agenda_exceptions OWNER TO nexus_owner;

ALTER TABLE public.agenda_exceptions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.agenda_exceptions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.agenda_feed_keys (
    tenant_id integer NOT NULL,
    key_id text NOT NULL,
    sealed text NOT NULL
);

ALTER TABLE ONLY public.agenda_feed_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE public.agenda_feed_keys OWNER TO nexus_owner;

CREATE TABLE public.agenda_hours (
    tenant_id integer NOT NULL,
    resource_id integer NOT NULL,
    weekday integer NOT NULL,
    opens time without time zone NOT NULL,
    closes time without time zone NOT NULL,
    CONSTRAINT agenda_hours_check CHECK (((closes > opens) OR (closes = '00:00:00'::time without time zone))),
    CONSTRAINT agenda_hours_weekday_check CHECK (((weekday >= 0) AND (weekday <= 6)))
);

ALTER TABLE ONLY public.agenda_hours FORCE ROW LEVEL SECURITY;

ALTER TABLE public.agenda_hours OWNER TO nexus_owner;

CREATE TABLE public.agenda_resources (
    id integer NOT NULL,
    tenant_id integer NOT NULL,
    name text NOT NULL,
    color text DEFAULT 'blue'::text NOT NULL,
    active boolean DEFAULT true NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    feed_version integer DEFAULT 0 NOT NULL,
    feed_on boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT agenda_resources_name_check CHECK ((name <> ''::text))
);

ALTER TABLE ONLY public.agenda_resources FORCE ROW LEVEL SECURITY;

ALTER TABLE public.agenda_resources OWNER TO nexus_owner;

CREATE SEQUENCE public.agenda_resources_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.agenda_resources_id_seq OWNER TO nexus_owner;

ALTER SEQUENCE public.agenda_resources_id_seq OWNED BY public.agenda_resources.id;

CREATE TABLE public.agenda_services (
    id integer NOT NULL,
    tenant_id integer NOT NULL,
    name text NOT NULL,
    minutes integer NOT NULL,
    buffer_before integer DEFAULT 0 NOT NULL,
    buffer_after integer DEFAULT 0 NOT NULL,
    active boolean DEFAULT true NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT agenda_services_buffer_after_check CHECK (((buffer_after >= 0) AND (buffer_after <= 720))),
    CONSTRAINT agenda_services_buffer_before_check CHECK (((buffer_before >= 0) AND (buffer_before <= 720))),
    CONSTRAINT agenda_services_minutes_check CHECK (((minutes >= 5) AND (minutes <= 1440))),
    CONSTRAINT agenda_services_name_check CHECK ((name <> ''::text))
);

ALTER TABLE ONLY public.agenda_services FORCE ROW LEVEL SECURITY;

ALTER TABLE public.agenda_services OWNER TO nexus_owner;

CREATE SEQUENCE public.agenda_services_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.agenda_services_id_seq OWNER TO nexus_owner;

ALTER SEQUENCE public.agenda_services_id_seq OWNED BY public.agenda_services.id;

CREATE TABLE public.alerts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id integer,
    kind text NOT NULL,
    amount bigint DEFAULT 0 NOT NULL,
    since timestamp with time zone,
    opened_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    seen_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    closed_at timestamp with time zone,
    told_email_at timestamp with time zone,
    told_webhook_at timestamp with time zone,
    told_shop_at timestamp with time zone
);

ALTER TABLE ONLY public.alerts FORCE ROW LEVEL SECURITY;

ALTER TABLE public.alerts OWNER TO nexus_owner;

CREATE TABLE public.announcements (
    tenant_id integer NOT NULL,
    id bigint NOT NULL,
    event text NOT NULL,
    arguments jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT announcements_event_check CHECK ((event = ANY (ARRAY['NEW_APPOINTMENT'::text, 'APPOINTMENT_UPDATED'::text, 'APPOINTMENT_DELETED'::text])))
);

ALTER TABLE ONLY public.announcements FORCE ROW LEVEL SECURITY;

ALTER TABLE public.announcements OWNER TO nexus_owner;

ALTER TABLE public.announcements ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.announcements_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.appointment_reminders (
    tenant_id integer NOT NULL,
    appointment_id uuid NOT NULL,
    lead_hours double precision NOT NULL,
    appointment_version integer NOT NULL,
    state text DEFAULT 'pending'::text NOT NULL,
    message_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT appointment_reminders_lead_hours_check CHECK ((lead_hours > (0)::double precision)),
    CONSTRAINT appointment_reminders_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'sent'::text, 'skipped'::text, 'failed'::text])))
);

ALTER TABLE ONLY public.appointment_reminders FORCE ROW LEVEL SECURITY;

ALTER TABLE public.appointment_reminders OWNER TO nexus_owner;

CREATE TABLE public.appointments (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id integer NOT NULL,
    conversation_id uuid,
    resource_id integer NOT NULL,
    service_id integer,
    title text,
    customer_name text NOT NULL,
    customer_phone text,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    status text DEFAULT 'scheduled'::text NOT NULL,
    source text DEFAULT 'manual'::text NOT NULL,
    notes text,
    client_ref text,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    busy_from timestamp with time zone NOT NULL,
    busy_to timestamp with time zone NOT NULL,
    created_by text,
    confirmation_asked_at timestamp with time zone,
    CONSTRAINT appointments_check CHECK ((ends_at > starts_at)),
    CONSTRAINT appointments_check1 CHECK (((busy_from <= starts_at) AND (busy_to >= ends_at))),
    CONSTRAINT appointments_source_check CHECK ((source = ANY (ARRAY['ai'::text, 'manual'::text]))),
    CONSTRAINT appointments_status_check CHECK ((status = ANY (ARRAY['scheduled'::text, 'confirmed'::text, 'cancelled'::text, 'attended'::text, 'no_show'::text])))
);

ALTER TABLE ONLY public.appointments FORCE ROW LEVEL SECURITY;

ALTER TABLE public.appointments OWNER TO nexus_owner;

CREATE TABLE public.audit_log (
    id bigint NOT NULL,
    tenant_id integer,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    subject_id text,
    changes jsonb DEFAULT '[]'::jsonb NOT NULL,
    correlation_id text,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE ONLY public.audit_log FORCE ROW LEVEL SECURITY;

ALTER TABLE public.audit_log OWNER TO nexus_owner;

ALTER TABLE public.audit_log ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.burst_recordings (
    tenant_id integer NOT NULL,
    burst_id uuid NOT NULL,
    run jsonb NOT NULL,
    tools jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.burst_recordings FORCE ROW LEVEL SECURITY;

ALTER TABLE public.burst_recordings OWNER TO nexus_owner;

CREATE TABLE public.bursts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id integer NOT NULL,
    conversation_id uuid NOT NULL,
    delivery text NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    reason text,
    fence bigint DEFAULT 0 NOT NULL,
    claims integer DEFAULT 0 NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    retries integer DEFAULT 0 NOT NULL,
    in_hand boolean DEFAULT false NOT NULL,
    correlation_id text,
    shown_products jsonb,
    retry_of uuid,
    first_accepted_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    claimed_at timestamp with time zone,
    finished_at timestamp with time zone,
    tokens_in integer,
    tokens_out integer,
    model_seconds double precision,
    trace jsonb,
    CONSTRAINT bursts_delivery_check CHECK ((delivery = ANY (ARRAY['outbox'::text, 'caller'::text]))),
    CONSTRAINT bursts_state_check CHECK ((state = ANY (ARRAY['open'::text, 'answered'::text, 'ignored'::text, 'error'::text, 'parked'::text])))
);

ALTER TABLE ONLY public.bursts FORCE ROW LEVEL SECURITY;

ALTER TABLE public.bursts OWNER TO nexus_owner;

CREATE TABLE public.canned_replies (
    id integer NOT NULL,
    tenant_id integer NOT NULL,
    shortcut text NOT NULL,
    text text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT canned_replies_shortcut_check CHECK ((shortcut ~ '^[a-z0-9_-]{1,32}$'::text)),
    CONSTRAINT canned_replies_text_check CHECK ((text <> ''::text))
);

ALTER TABLE ONLY public.canned_replies FORCE ROW LEVEL SECURITY;

ALTER TABLE public.canned_replies OWNER TO nexus_owner;

ALTER TABLE public.canned_replies ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.canned_replies_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.catalogue_categories (
    tenant_id integer NOT NULL,
    id bigint NOT NULL,
    name text NOT NULL,
    parent bigint,
    visible boolean NOT NULL
);

ALTER TABLE ONLY public.catalogue_categories FORCE ROW LEVEL SECURITY;

ALTER TABLE public.catalogue_categories OWNER TO nexus_owner;

CREATE TABLE public.catalogue_changes (
    tenant_id integer NOT NULL,
    product_id bigint NOT NULL
);

ALTER TABLE ONLY public.catalogue_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE public.catalogue_changes OWNER TO nexus_owner;

CREATE TABLE public.catalogue_products (
    tenant_id integer NOT NULL,
    id bigint NOT NULL,
    item jsonb NOT NULL,
    words jsonb NOT NULL,
    search tsvector NOT NULL,
    updated_at timestamp with time zone,
    read_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.catalogue_products FORCE ROW LEVEL SECURITY;

ALTER TABLE public.catalogue_products OWNER TO nexus_owner;

CREATE TABLE public.catalogue_syncs (
    tenant_id integer NOT NULL,
    store_id text DEFAULT ''::text NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    products integer DEFAULT 0 NOT NULL,
    categories integer DEFAULT 0 NOT NULL,
    loading_since timestamp with time zone,
    refreshed_at timestamp with time zone,
    full_at timestamp with time zone,
    webhooks_at timestamp with time zone,
    error text,
    refused integer,
    refused_at timestamp with time zone
);

ALTER TABLE ONLY public.catalogue_syncs FORCE ROW LEVEL SECURITY;

ALTER TABLE public.catalogue_syncs OWNER TO nexus_owner;

CREATE TABLE public.catalogue_synonyms (
    tenant_id integer NOT NULL,
    "position" integer NOT NULL,
    words text[] NOT NULL,
    means text[] NOT NULL,
    CONSTRAINT catalogue_synonyms_means_check CHECK ((cardinality(means) > 0)),
    CONSTRAINT catalogue_synonyms_words_check CHECK ((cardinality(words) > 0))
);

ALTER TABLE ONLY public.catalogue_synonyms FORCE ROW LEVEL SECURITY;

ALTER TABLE public.catalogue_synonyms OWNER TO nexus_owner;

CREATE TABLE public.catalogue_words (
    tenant_id integer NOT NULL,
    word text NOT NULL,
    stem text NOT NULL,
    sound text NOT NULL,
    lexeme text NOT NULL,
    uses integer NOT NULL
);

ALTER TABLE ONLY public.catalogue_words FORCE ROW LEVEL SECURITY;

ALTER TABLE public.catalogue_words OWNER TO nexus_owner;

CREATE TABLE public.chat_conversations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id integer NOT NULL,
    channel text DEFAULT 'whatsapp'::text NOT NULL,
    external_user_id text NOT NULL,
    status text DEFAULT 'open'::text NOT NULL,
    display_name text,
    wa_address text,
    user_scoped_id text,
    human_override_until timestamp with time zone,
    override_since timestamp with time zone,
    override_cause text,
    override_burst_id uuid,
    last_message_at timestamp with time zone,
    last_message_preview text,
    last_inbound_at timestamp with time zone,
    unread integer DEFAULT 0 NOT NULL,
    needs_human_since timestamp with time zone,
    needs_human_reason text,
    last_apology_at timestamp with time zone,
    revision bigint DEFAULT 0 NOT NULL,
    waiting_since timestamp with time zone,
    due_at timestamp with time zone,
    active_burst_id uuid,
    retry_at timestamp with time zone,
    lease_until timestamp with time zone,
    lease_owner text,
    fence bigint DEFAULT 0 NOT NULL,
    claim_at timestamp with time zone GENERATED ALWAYS AS (
CASE
    WHEN (active_burst_id IS NOT NULL) THEN retry_at
    ELSE due_at
END) STORED,
    outbox_due_at timestamp with time zone,
    outbox_lease_until timestamp with time zone,
    outbox_owner text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    override_author text,
    merge_into uuid,
    pair_tokens double precision DEFAULT 20 NOT NULL,
    pair_at timestamp with time zone DEFAULT now() NOT NULL,
    override_reason text,
    assigned_to integer,
    changed_xid xid8 DEFAULT pg_current_xact_id(),
    CONSTRAINT chat_conversations_status_check CHECK ((status = ANY (ARRAY['open'::text, 'closed'::text, 'archived'::text])))
);

ALTER TABLE ONLY public.chat_conversations FORCE ROW LEVEL SECURITY;

ALTER TABLE public.chat_conversations OWNER TO nexus_owner;

CREATE TABLE public.chat_media (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id integer NOT NULL,
    storage_url text NOT NULL,
    media_type text NOT NULL,
    provider_media_id text,
    mime_type text,
    file_name text,
    byte_size bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    sha256 text,
    seconds double precision,
    uploaded_by text,
    provider_media_at timestamp with time zone
);

ALTER TABLE ONLY public.chat_media FORCE ROW LEVEL SECURITY;

ALTER TABLE public.chat_media OWNER TO nexus_owner;

ALTER TABLE public.chat_messages ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.chat_messages_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.consents (
    id bigint NOT NULL,
    tenant_id integer NOT NULL,
    conversation_id uuid NOT NULL,
    purpose text NOT NULL,
    state text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    source text NOT NULL,
    message_id uuid,
    author text,
    CONSTRAINT consents_purpose_check CHECK ((purpose = ANY (ARRAY['reminders'::text, 'stock_notices'::text, 'marketing'::text]))),
    CONSTRAINT consents_source_check CHECK ((source = ANY (ARRAY['message'::text, 'panel'::text, 'webhook'::text]))),
    CONSTRAINT consents_state_check CHECK ((state = ANY (ARRAY['given'::text, 'withdrawn'::text])))
);

ALTER TABLE ONLY public.consents FORCE ROW LEVEL SECURITY;

ALTER TABLE public.consents OWNER TO nexus_owner;

ALTER TABLE public.consents ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.consents_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.conversation_labels (
    tenant_id integer NOT NULL,
    conversation_id uuid NOT NULL,
    label_id integer NOT NULL
);

ALTER TABLE ONLY public.conversation_labels FORCE ROW LEVEL SECURITY;

ALTER TABLE public.conversation_labels OWNER TO nexus_owner;

CREATE TABLE public.conversation_notes (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id integer NOT NULL,
    conversation_id uuid NOT NULL,
    text text NOT NULL,
    author text NOT NULL,
    author_id integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone,
    CONSTRAINT conversation_notes_text_check CHECK ((text <> ''::text))
);

ALTER TABLE ONLY public.conversation_notes FORCE ROW LEVEL SECURITY;

ALTER TABLE public.conversation_notes OWNER TO nexus_owner;

CREATE TABLE public.customer_aliases (
    tenant_id integer NOT NULL,
    channel text DEFAULT 'whatsapp'::text NOT NULL,
    external_user_id text NOT NULL,
    conversation_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.customer_aliases FORCE ROW LEVEL SECURITY;

ALTER TABLE public.customer_aliases OWNER TO nexus_owner;

CREATE TABLE public.draft_carts (
    tenant_id integer NOT NULL,
    conversation_id uuid NOT NULL,
    cart text NOT NULL,
    state text NOT NULL,
    burst_id uuid NOT NULL,
    lines jsonb NOT NULL,
    draft_id bigint,
    checkout_url text,
    reason text,
    intended_at timestamp with time zone DEFAULT now() NOT NULL,
    settled_at timestamp with time zone,
    CONSTRAINT draft_carts_state_check CHECK ((state = ANY (ARRAY['intended'::text, 'made'::text, 'refused'::text, 'unknown'::text])))
);

ALTER TABLE ONLY public.draft_carts FORCE ROW LEVEL SECURITY;

ALTER TABLE public.draft_carts OWNER TO nexus_owner;

CREATE TABLE public.erased_files (
    tenant_id integer NOT NULL,
    media_id uuid,
    erased_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE ONLY public.erased_files FORCE ROW LEVEL SECURITY;

ALTER TABLE public.erased_files OWNER TO nexus_owner;

CREATE TABLE public.erased_ids (
    tenant_id integer NOT NULL,
    id_hash bytea NOT NULL,
    erased_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE ONLY public.erased_ids FORCE ROW LEVEL SECURITY;

ALTER TABLE public.erased_ids OWNER TO nexus_owner;

CREATE TABLE public.handoffs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id integer NOT NULL,
    conversation_id uuid NOT NULL,
    burst_id uuid,
    source text NOT NULL,
    reason text NOT NULL,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    email_state text DEFAULT 'pending'::text NOT NULL,
    email_attempts integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT handoffs_email_state_check CHECK ((email_state = ANY (ARRAY['pending'::text, 'sent'::text, 'failed'::text, 'skipped'::text]))),
    CONSTRAINT handoffs_source_check CHECK ((source = ANY (ARRAY['bot'::text, 'panel'::text])))
);

ALTER TABLE ONLY public.handoffs FORCE ROW LEVEL SECURITY;

ALTER TABLE public.handoffs OWNER TO nexus_owner;

CREATE TABLE public.keeping_progress (
    only_one boolean DEFAULT true NOT NULL,
    events_to bigint DEFAULT 0 NOT NULL,
    CONSTRAINT keeping_progress_only_one_check CHECK (only_one)
);

ALTER TABLE public.keeping_progress OWNER TO nexus_owner;

CREATE TABLE public.knowledge_answers (
    id integer NOT NULL,
    tenant_id integer NOT NULL,
    question text NOT NULL,
    answer text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT knowledge_answers_answer_check CHECK ((answer <> ''::text)),
    CONSTRAINT knowledge_answers_question_check CHECK ((question <> ''::text))
);

ALTER TABLE ONLY public.knowledge_answers FORCE ROW LEVEL SECURITY;

ALTER TABLE public.knowledge_answers OWNER TO nexus_owner;

ALTER TABLE public.knowledge_answers ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.knowledge_answers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.knowledge_sections (
    tenant_id integer NOT NULL,
    kind text NOT NULL,
    text text NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT knowledge_sections_kind_check CHECK ((kind = ANY (ARRAY['shop'::text, 'hours'::text, 'shipping'::text, 'payments'::text, 'exchanges'::text, 'sizes'::text]))),
    CONSTRAINT knowledge_sections_text_check CHECK ((text <> ''::text))
);

ALTER TABLE ONLY public.knowledge_sections FORCE ROW LEVEL SECURITY;

ALTER TABLE public.knowledge_sections OWNER TO nexus_owner;

CREATE TABLE public.labels (
    id integer NOT NULL,
    tenant_id integer NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT labels_name_check CHECK ((name <> ''::text))
);

ALTER TABLE ONLY public.labels FORCE ROW LEVEL SECURITY;

ALTER TABLE public.labels OWNER TO nexus_owner;

ALTER TABLE public.labels ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.labels_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.live_tests (
    tenant_id integer NOT NULL,
    kind text NOT NULL,
    ok boolean NOT NULL,
    message text NOT NULL,
    tested_by text NOT NULL,
    tested_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT live_tests_kind_check CHECK ((kind = ANY (ARRAY['tiendanube'::text, 'ycloud'::text, 'llm'::text, 'handoff'::text, 'test_chat'::text, 'mail_login'::text, 'public_url'::text])))
);

ALTER TABLE ONLY public.live_tests FORCE ROW LEVEL SECURITY;

ALTER TABLE public.live_tests OWNER TO nexus_owner;

CREATE TABLE public.llm_calls (
    tenant_id integer NOT NULL,
    id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    purpose text NOT NULL,
    burst_id uuid,
    model text NOT NULL,
    api text NOT NULL,
    outcome text NOT NULL,
    tokens_in integer,
    tokens_cached integer,
    tokens_out integer,
    tokens_reasoning integer,
    cost_usd numeric(14,8),
    seconds double precision NOT NULL,
    CONSTRAINT llm_calls_api_check CHECK ((api = ANY (ARRAY['responses'::text, 'chat'::text]))),
    CONSTRAINT llm_calls_purpose_check CHECK ((purpose = ANY (ARRAY['burst'::text, 'test'::text])))
);

ALTER TABLE ONLY public.llm_calls FORCE ROW LEVEL SECURITY;

ALTER TABLE public.llm_calls OWNER TO nexus_owner;

ALTER TABLE public.llm_calls ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.llm_calls_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.message_words (
    tenant_id integer NOT NULL,
    message_id uuid NOT NULL,
    words text NOT NULL
);

ALTER TABLE ONLY public.message_words FORCE ROW LEVEL SECURITY;

ALTER TABLE public.message_words OWNER TO nexus_owner;

CREATE TABLE public.order_tries (
    tenant_id integer NOT NULL,
    conversation_id uuid NOT NULL,
    asked text NOT NULL,
    by_mail boolean NOT NULL,
    proved boolean DEFAULT false NOT NULL,
    tried_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.order_tries FORCE ROW LEVEL SECURITY;

ALTER TABLE public.order_tries OWNER TO nexus_owner;

CREATE TABLE public.password_codes (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id integer,
    purpose text NOT NULL,
    code_hash bytea,
    tries integer DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT password_codes_purpose_check CHECK ((purpose = ANY (ARRAY['reset'::text, 'invitation'::text])))
);

ALTER TABLE public.password_codes OWNER TO nexus_owner;

CREATE TABLE public.pgqueuer (
    id bigint NOT NULL,
    priority integer NOT NULL,
    queue_manager_id uuid,
    created timestamp with time zone DEFAULT now() NOT NULL,
    updated timestamp with time zone DEFAULT now() NOT NULL,
    heartbeat timestamp with time zone DEFAULT now() NOT NULL,
    execute_after timestamp with time zone DEFAULT now() NOT NULL,
    status public.pgqueuer_status NOT NULL,
    entrypoint text NOT NULL,
    dedupe_key text,
    payload bytea,
    headers jsonb,
    attempts integer DEFAULT 0 NOT NULL,
    slot bigint
);

ALTER TABLE public.pgqueuer OWNER TO nexus_owner;

CREATE SEQUENCE public.pgqueuer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.pgqueuer_id_seq OWNER TO nexus_owner;

ALTER SEQUENCE public.pgqueuer_id_seq OWNED BY public.pgqueuer.id;

CREATE TABLE public.pgqueuer_log (
    id bigint NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    job_id bigint NOT NULL,
    status public.pgqueuer_status NOT NULL,
    priority integer NOT NULL,
    entrypoint text NOT NULL,
    traceback jsonb,
    aggregated boolean DEFAULT false
);

ALTER TABLE public.pgqueuer_log OWNER TO nexus_owner;

ALTER TABLE public.pgqueuer_log ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.pgqueuer_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.pgqueuer_schedules (
    id bigint NOT NULL,
    expression text NOT NULL,
    entrypoint text NOT NULL,
    heartbeat timestamp with time zone DEFAULT now() NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    updated timestamp with time zone DEFAULT now() NOT NULL,
    next_run timestamp with time zone DEFAULT now() NOT NULL,
    last_run timestamp with time zone,
    status public.pgqueuer_status DEFAULT 'queued'::public.pgqueuer_status
);

ALTER TABLE public.pgqueuer_schedules OWNER TO nexus_owner;

CREATE SEQUENCE public.pgqueuer_schedules_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.pgqueuer_schedules_id_seq OWNER TO nexus_owner;

ALTER SEQUENCE public.pgqueuer_schedules_id_seq OWNED BY public.pgqueuer_schedules.id;

CREATE TABLE public.pgqueuer_statistics (
    id bigint NOT NULL,
    created timestamp with time zone DEFAULT date_trunc('sec'::text, now()) NOT NULL,
    count bigint NOT NULL,
    priority integer NOT NULL,
    status public.pgqueuer_status NOT NULL,
    entrypoint text NOT NULL
);

ALTER TABLE public.pgqueuer_statistics OWNER TO nexus_owner;

CREATE SEQUENCE public.pgqueuer_statistics_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.pgqueuer_statistics_id_seq OWNER TO nexus_owner;

ALTER SEQUENCE public.pgqueuer_statistics_id_seq OWNED BY public.pgqueuer_statistics.id;

CREATE TABLE public.privacy_requests (
    tenant_id integer NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    kind text NOT NULL,
    source text NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    due_at timestamp with time zone,
    done_at timestamp with time zone,
    done_by text,
    subject jsonb DEFAULT '{}'::jsonb NOT NULL,
    person_hash text,
    same_as text,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT privacy_requests_kind_check CHECK ((kind = ANY (ARRAY['export'::text, 'erase'::text, 'erase_shop'::text]))),
    CONSTRAINT privacy_requests_source_check CHECK ((source = ANY (ARRAY['panel'::text, 'cli'::text, 'tiendanube'::text]))),
    CONSTRAINT privacy_requests_state_check CHECK ((state = ANY (ARRAY['open'::text, 'done'::text, 'cancelled'::text])))
);

ALTER TABLE ONLY public.privacy_requests FORCE ROW LEVEL SECURITY;

ALTER TABLE public.privacy_requests OWNER TO nexus_owner;

CREATE TABLE public.prompt_versions (
    tenant_id integer NOT NULL,
    number integer NOT NULL,
    content jsonb NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    copy_of integer,
    published_by text NOT NULL,
    published_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT prompt_versions_number_check CHECK ((number > 0))
);

ALTER TABLE ONLY public.prompt_versions FORCE ROW LEVEL SECURITY;

ALTER TABLE public.prompt_versions OWNER TO nexus_owner;

CREATE TABLE public.provider_events (
    id bigint NOT NULL,
    tenant_id integer,
    provider text NOT NULL,
    endpoint_id text DEFAULT ''::text NOT NULL,
    event_id text NOT NULL,
    event_type text NOT NULL,
    outcome text NOT NULL,
    reason text,
    correlation_id text,
    body jsonb NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT provider_events_outcome_check CHECK ((outcome = ANY (ARRAY['accepted'::text, 'duplicate'::text, 'ignored'::text])))
);

ALTER TABLE ONLY public.provider_events FORCE ROW LEVEL SECURITY;

ALTER TABLE public.provider_events OWNER TO nexus_owner;

ALTER TABLE public.provider_events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.provider_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.reply_drafts (
    tenant_id integer NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    burst_id uuid NOT NULL,
    bubbles jsonb NOT NULL,
    promised jsonb DEFAULT '[]'::jsonb NOT NULL,
    shown_products jsonb,
    state text DEFAULT 'waiting'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    decided_at timestamp with time zone,
    decided_by text,
    CONSTRAINT reply_drafts_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'sent'::text, 'discarded'::text, 'replaced'::text])))
);

ALTER TABLE ONLY public.reply_drafts FORCE ROW LEVEL SECURITY;

ALTER TABLE public.reply_drafts OWNER TO nexus_owner;

CREATE TABLE public.schema_migrations (
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
    oldest text
);

ALTER TABLE public.schema_migrations OWNER TO nexus_owner;

CREATE TABLE public.sessions (
    token_hash bytea NOT NULL,
    user_id integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE public.sessions OWNER TO nexus_owner;

CREATE TABLE public.stock_notices (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id integer NOT NULL,
    conversation_id uuid NOT NULL,
    product_id bigint NOT NULL,
    variant_id bigint,
    product_name text NOT NULL,
    consent_message_id uuid,
    state text DEFAULT 'waiting'::text NOT NULL,
    reason text,
    message_id uuid,
    asked_at timestamp with time zone DEFAULT now() NOT NULL,
    settled_at timestamp with time zone,
    CONSTRAINT stock_notices_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'told'::text, 'withdrawn'::text, 'missed'::text])))
);

ALTER TABLE ONLY public.stock_notices FORCE ROW LEVEL SECURITY;

ALTER TABLE public.stock_notices OWNER TO nexus_owner;

CREATE TABLE public.system_events (
    id integer NOT NULL,
    tenant_id integer,
    level text NOT NULL,
    event_type text NOT NULL,
    message text NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    correlation_id text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT system_events_level_check CHECK ((level = ANY (ARRAY['info'::text, 'warn'::text, 'error'::text])))
);

ALTER TABLE ONLY public.system_events FORCE ROW LEVEL SECURITY;

ALTER TABLE public.system_events OWNER TO nexus_owner;

CREATE SEQUENCE public.system_events_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.system_events_id_seq OWNER TO nexus_owner;

ALTER SEQUENCE public.system_events_id_seq OWNED BY public.system_events.id;

CREATE TABLE public.tenant_bot_settings (
    tenant_id integer NOT NULL,
    vision text DEFAULT 'auto'::text NOT NULL,
    shadow_mode boolean DEFAULT false NOT NULL,
    draft_orders text DEFAULT 'off'::text NOT NULL,
    back_in_stock boolean DEFAULT false NOT NULL,
    back_in_stock_template text,
    fallback_model text,
    monthly_token_ceiling bigint,
    monthly_cost_ceiling_usd numeric(12,2),
    human_topics jsonb DEFAULT '{}'::jsonb NOT NULL,
    tone jsonb DEFAULT '{}'::jsonb NOT NULL,
    persona_name text,
    persona_notes text,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tenant_bot_settings_back_in_stock_template_check CHECK ((back_in_stock_template <> ''::text)),
    CONSTRAINT tenant_bot_settings_draft_orders_check CHECK ((draft_orders = ANY (ARRAY['off'::text, 'dry_run'::text, 'on'::text]))),
    CONSTRAINT tenant_bot_settings_fallback_model_check CHECK ((fallback_model <> ''::text)),
    CONSTRAINT tenant_bot_settings_human_topics_check CHECK ((jsonb_typeof(human_topics) = 'object'::text)),
    CONSTRAINT tenant_bot_settings_monthly_cost_ceiling_usd_check CHECK ((monthly_cost_ceiling_usd > (0)::numeric)),
    CONSTRAINT tenant_bot_settings_monthly_token_ceiling_check CHECK ((monthly_token_ceiling > 0)),
    CONSTRAINT tenant_bot_settings_persona_name_check CHECK ((persona_name <> ''::text)),
    CONSTRAINT tenant_bot_settings_persona_notes_check CHECK ((persona_notes <> ''::text)),
    CONSTRAINT tenant_bot_settings_tone_check CHECK ((jsonb_typeof(tone) = 'object'::text)),
    CONSTRAINT tenant_bot_settings_vision_check CHECK ((vision = ANY (ARRAY['auto'::text, 'on'::text, 'off'::text])))
);

ALTER TABLE ONLY public.tenant_bot_settings FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tenant_bot_settings OWNER TO nexus_owner;

CREATE TABLE public.tenant_credentials (
    tenant_id integer NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    value text,
    secret text,
    previous_secret text,
    hint text,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_by text,
    previous_until timestamp with time zone,
    CONSTRAINT tenant_credentials_kind_check CHECK ((kind = ANY (ARRAY['tiendanube'::text, 'ycloud'::text, 'llm'::text])))
);

ALTER TABLE ONLY public.tenant_credentials FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tenant_credentials OWNER TO nexus_owner;

CREATE TABLE public.tenant_human_handoff_config (
    tenant_id integer NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    destination_email text,
    smtp_host text,
    smtp_port integer,
    smtp_security text DEFAULT 'STARTTLS'::text NOT NULL,
    smtp_username text,
    smtp_password_encrypted text,
    handoff_message text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tenant_human_handoff_config_smtp_port_check CHECK (((smtp_port >= 1) AND (smtp_port <= 65535))),
    CONSTRAINT tenant_human_handoff_config_smtp_security_check CHECK ((smtp_security = ANY (ARRAY['SSL'::text, 'STARTTLS'::text, 'NONE'::text])))
);

ALTER TABLE ONLY public.tenant_human_handoff_config FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tenant_human_handoff_config OWNER TO nexus_owner;

CREATE TABLE public.tenant_members (
    tenant_id integer NOT NULL,
    user_id integer NOT NULL,
    role text NOT NULL,
    joined_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tenant_members_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'manager'::text, 'agent'::text, 'read-only'::text])))
);

ALTER TABLE ONLY public.tenant_members FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tenant_members OWNER TO nexus_owner;

CREATE TABLE public.tenants (
    id integer NOT NULL,
    store_name text NOT NULL,
    bot_phone_number text NOT NULL,
    tiendanube_store_id text,
    tiendanube_access_token text,
    store_website text,
    store_description text,
    store_catalog_knowledge text,
    store_location text,
    store_address text,
    shipping_partners text,
    system_prompt text,
    time_zone text DEFAULT 'America/Argentina/Buenos_Aires'::text NOT NULL,
    lockout_hours double precision DEFAULT 24 NOT NULL,
    bot_enabled boolean DEFAULT true NOT NULL,
    inbox_replies_pause boolean DEFAULT true NOT NULL,
    ignore_app_greeting boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    voice_vocabulary text,
    business_hours jsonb DEFAULT '[]'::jsonb NOT NULL,
    agenda_made boolean DEFAULT false NOT NULL,
    closes_on_holidays boolean DEFAULT true NOT NULL,
    reminder_hours double precision[] DEFAULT '{24,2}'::double precision[] NOT NULL,
    reminder_template_name text,
    reminder_template_language text,
    keep_messages_days integer,
    keep_traces_days integer DEFAULT 30,
    keep_events_days integer DEFAULT 180,
    keep_audit_days integer DEFAULT 730,
    alert_emails boolean DEFAULT false NOT NULL,
    CONSTRAINT tenants_bot_phone_number_check CHECK ((bot_phone_number ~ '^\+[1-9][0-9]{6,14}$'::text)),
    CONSTRAINT tenants_keep_audit_days_check CHECK ((keep_audit_days >= 30)),
    CONSTRAINT tenants_keep_events_days_check CHECK ((keep_events_days >= 7)),
    CONSTRAINT tenants_keep_messages_days_check CHECK ((keep_messages_days >= 7)),
    CONSTRAINT tenants_keep_traces_days_check CHECK ((keep_traces_days >= 1)),
    CONSTRAINT tenants_lockout_hours_check CHECK ((lockout_hours > (0)::double precision)),
    CONSTRAINT tenants_store_name_check CHECK ((store_name <> ''::text))
);

ALTER TABLE ONLY public.tenants FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tenants OWNER TO nexus_owner;

CREATE SEQUENCE public.tenants_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.tenants_id_seq OWNER TO nexus_owner;

ALTER SEQUENCE public.tenants_id_seq OWNED BY public.tenants.id;

CREATE TABLE public.tool_effects (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id integer NOT NULL,
    conversation_id uuid NOT NULL,
    burst_id uuid NOT NULL,
    tool text NOT NULL,
    ordinal integer NOT NULL,
    arguments jsonb NOT NULL,
    result jsonb,
    state text DEFAULT 'done'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tool_effects_state_check CHECK ((state = ANY (ARRAY['intended'::text, 'done'::text, 'unknown'::text])))
);

ALTER TABLE ONLY public.tool_effects FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tool_effects OWNER TO nexus_owner;

CREATE TABLE public.users (
    id integer NOT NULL,
    email text NOT NULL,
    password_hash text,
    is_platform_admin boolean DEFAULT false NOT NULL,
    disabled_at timestamp with time zone,
    failed_logins integer DEFAULT 0 NOT NULL,
    locked_until timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    name text,
    last_seen_at timestamp with time zone,
    CONSTRAINT users_email_check CHECK ((email = lower(email))),
    CONSTRAINT users_name_check CHECK ((name <> ''::text))
);

ALTER TABLE public.users OWNER TO nexus_owner;

CREATE SEQUENCE public.users_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.users_id_seq OWNER TO nexus_owner;

ALTER SEQUENCE public.users_id_seq OWNED BY public.users.id;

CREATE TABLE public.webhook_lights (
    tenant_id integer NOT NULL,
    last_signed_at timestamp with time zone,
    last_refused_at timestamp with time zone,
    refusals integer DEFAULT 0 NOT NULL,
    previous_signed_at timestamp with time zone,
    previous_refused_at timestamp with time zone
);

ALTER TABLE ONLY public.webhook_lights FORCE ROW LEVEL SECURITY;

ALTER TABLE public.webhook_lights OWNER TO nexus_owner;

CREATE TABLE public.whatsapp_health (
    tenant_id integer NOT NULL,
    subject text NOT NULL,
    key text NOT NULL,
    level text NOT NULL,
    code text NOT NULL,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT whatsapp_health_level_check CHECK ((level = ANY (ARRAY['ok'::text, 'warn'::text, 'error'::text]))),
    CONSTRAINT whatsapp_health_subject_check CHECK ((subject = ANY (ARRAY['number'::text, 'account'::text, 'template'::text, 'endpoint'::text, 'credential'::text])))
);

ALTER TABLE ONLY public.whatsapp_health FORCE ROW LEVEL SECURITY;

ALTER TABLE public.whatsapp_health OWNER TO nexus_owner;

CREATE TABLE public.whatsapp_templates (
    tenant_id integer NOT NULL,
    name text NOT NULL,
    language text NOT NULL,
    category text,
    status text NOT NULL,
    components jsonb DEFAULT '[]'::jsonb NOT NULL,
    synced_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.whatsapp_templates FORCE ROW LEVEL SECURITY;

ALTER TABLE public.whatsapp_templates OWNER TO nexus_owner;

ALTER TABLE ONLY public.agenda_resources ALTER COLUMN id SET DEFAULT nextval('public.agenda_resources_id_seq'::regclass);

ALTER TABLE ONLY public.agenda_services ALTER COLUMN id SET DEFAULT nextval('public.agenda_services_id_seq'::regclass);

ALTER TABLE ONLY public.pgqueuer ALTER COLUMN id SET DEFAULT nextval('public.pgqueuer_id_seq'::regclass);

ALTER TABLE ONLY public.pgqueuer_schedules ALTER COLUMN id SET DEFAULT nextval('public.pgqueuer_schedules_id_seq'::regclass);

ALTER TABLE ONLY public.pgqueuer_statistics ALTER COLUMN id SET DEFAULT nextval('public.pgqueuer_statistics_id_seq'::regclass);

ALTER TABLE ONLY public.system_events ALTER COLUMN id SET DEFAULT nextval('public.system_events_id_seq'::regclass);

ALTER TABLE ONLY public.tenants ALTER COLUMN id SET DEFAULT nextval('public.tenants_id_seq'::regclass);

ALTER TABLE ONLY public.users ALTER COLUMN id SET DEFAULT nextval('public.users_id_seq'::regclass);

ALTER TABLE ONLY public.agenda_blocks
    ADD CONSTRAINT agenda_blocks_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.agenda_exceptions
    ADD CONSTRAINT agenda_exceptions_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.agenda_feed_keys
    ADD CONSTRAINT agenda_feed_keys_pkey PRIMARY KEY (tenant_id, key_id);

ALTER TABLE ONLY public.agenda_hours
    ADD CONSTRAINT agenda_hours_pkey PRIMARY KEY (tenant_id, resource_id, weekday, opens);

ALTER TABLE ONLY public.agenda_resources
    ADD CONSTRAINT agenda_resources_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.agenda_services
    ADD CONSTRAINT agenda_services_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_tenant_id_kind_key UNIQUE NULLS NOT DISTINCT (tenant_id, kind);

ALTER TABLE ONLY public.announcements
    ADD CONSTRAINT announcements_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.appointment_reminders
    ADD CONSTRAINT appointment_reminders_pkey PRIMARY KEY (tenant_id, appointment_id, lead_hours, appointment_version);

ALTER TABLE ONLY public.appointments
    ADD CONSTRAINT appointments_never_double EXCLUDE USING gist (tenant_id WITH =, resource_id WITH =, tstzrange(busy_from, busy_to, '[)'::text) WITH &&) WHERE ((status = ANY (ARRAY['scheduled'::text, 'confirmed'::text])));

ALTER TABLE ONLY public.appointments
    ADD CONSTRAINT appointments_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.appointments
    ADD CONSTRAINT appointments_tenant_id_client_ref_key UNIQUE (tenant_id, client_ref);

ALTER TABLE ONLY public.appointments
    ADD CONSTRAINT appointments_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.burst_recordings
    ADD CONSTRAINT burst_recordings_pkey PRIMARY KEY (tenant_id, burst_id);

ALTER TABLE ONLY public.bursts
    ADD CONSTRAINT bursts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.canned_replies
    ADD CONSTRAINT canned_replies_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.canned_replies
    ADD CONSTRAINT canned_replies_tenant_id_shortcut_key UNIQUE (tenant_id, shortcut);

ALTER TABLE ONLY public.catalogue_categories
    ADD CONSTRAINT catalogue_categories_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.catalogue_changes
    ADD CONSTRAINT catalogue_changes_pkey PRIMARY KEY (tenant_id, product_id);

ALTER TABLE ONLY public.catalogue_products
    ADD CONSTRAINT catalogue_products_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.catalogue_syncs
    ADD CONSTRAINT catalogue_syncs_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.catalogue_synonyms
    ADD CONSTRAINT catalogue_synonyms_pkey PRIMARY KEY (tenant_id, "position");

ALTER TABLE ONLY public.catalogue_words
    ADD CONSTRAINT catalogue_words_pkey PRIMARY KEY (tenant_id, word);

ALTER TABLE ONLY public.chat_conversations
    ADD CONSTRAINT chat_conversations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.chat_conversations
    ADD CONSTRAINT chat_conversations_tenant_id_channel_external_user_id_key UNIQUE (tenant_id, channel, external_user_id);

ALTER TABLE ONLY public.chat_conversations
    ADD CONSTRAINT chat_conversations_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.chat_media
    ADD CONSTRAINT chat_media_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.chat_messages
    ADD CONSTRAINT chat_messages_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.chat_messages
    ADD CONSTRAINT chat_messages_tenant_id_client_ref_key UNIQUE (tenant_id, client_ref);

ALTER TABLE ONLY public.chat_messages
    ADD CONSTRAINT chat_messages_tenant_id_external_id_key UNIQUE (tenant_id, external_id);

ALTER TABLE ONLY public.chat_messages
    ADD CONSTRAINT chat_messages_tenant_id_provider_provider_message_id_key UNIQUE (tenant_id, provider, provider_message_id);

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.conversation_labels
    ADD CONSTRAINT conversation_labels_pkey PRIMARY KEY (tenant_id, conversation_id, label_id);

ALTER TABLE ONLY public.conversation_notes
    ADD CONSTRAINT conversation_notes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customer_aliases
    ADD CONSTRAINT customer_aliases_pkey PRIMARY KEY (tenant_id, channel, external_user_id);

ALTER TABLE ONLY public.draft_carts
    ADD CONSTRAINT draft_carts_pkey PRIMARY KEY (tenant_id, conversation_id, cart);

ALTER TABLE ONLY public.erased_files
    ADD CONSTRAINT erased_files_tenant_id_media_id_key UNIQUE NULLS NOT DISTINCT (tenant_id, media_id);

ALTER TABLE ONLY public.erased_ids
    ADD CONSTRAINT erased_ids_pkey PRIMARY KEY (tenant_id, id_hash);

ALTER TABLE ONLY public.handoffs
    ADD CONSTRAINT handoffs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.keeping_progress
    ADD CONSTRAINT keeping_progress_pkey PRIMARY KEY (only_one);

ALTER TABLE ONLY public.knowledge_answers
    ADD CONSTRAINT knowledge_answers_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.knowledge_sections
    ADD CONSTRAINT knowledge_sections_pkey PRIMARY KEY (tenant_id, kind);

ALTER TABLE ONLY public.labels
    ADD CONSTRAINT labels_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.live_tests
    ADD CONSTRAINT live_tests_pkey PRIMARY KEY (tenant_id, kind);

ALTER TABLE ONLY public.llm_calls
    ADD CONSTRAINT llm_calls_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.message_words
    ADD CONSTRAINT message_words_pkey PRIMARY KEY (message_id);

ALTER TABLE ONLY public.order_tries
    ADD CONSTRAINT order_tries_pkey PRIMARY KEY (tenant_id, conversation_id, asked);

ALTER TABLE ONLY public.password_codes
    ADD CONSTRAINT password_codes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.pgqueuer_log
    ADD CONSTRAINT pgqueuer_log_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.pgqueuer
    ADD CONSTRAINT pgqueuer_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.pgqueuer_schedules
    ADD CONSTRAINT pgqueuer_schedules_expression_entrypoint_key UNIQUE (expression, entrypoint);

ALTER TABLE ONLY public.pgqueuer_schedules
    ADD CONSTRAINT pgqueuer_schedules_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.pgqueuer_statistics
    ADD CONSTRAINT pgqueuer_statistics_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.privacy_requests
    ADD CONSTRAINT privacy_requests_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.prompt_versions
    ADD CONSTRAINT prompt_versions_pkey PRIMARY KEY (tenant_id, number);

ALTER TABLE ONLY public.provider_events
    ADD CONSTRAINT provider_events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.provider_events
    ADD CONSTRAINT provider_events_tenant_id_provider_endpoint_id_event_id_key UNIQUE NULLS NOT DISTINCT (tenant_id, provider, endpoint_id, event_id);

ALTER TABLE ONLY public.reply_drafts
    ADD CONSTRAINT reply_drafts_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.reply_drafts
    ADD CONSTRAINT reply_drafts_tenant_id_burst_id_key UNIQUE (tenant_id, burst_id);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY public.stock_notices
    ADD CONSTRAINT stock_notices_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.system_events
    ADD CONSTRAINT system_events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenant_bot_settings
    ADD CONSTRAINT tenant_bot_settings_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.tenant_credentials
    ADD CONSTRAINT tenant_credentials_pkey PRIMARY KEY (tenant_id, kind, name);

ALTER TABLE ONLY public.tenant_human_handoff_config
    ADD CONSTRAINT tenant_human_handoff_config_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.tenant_members
    ADD CONSTRAINT tenant_members_pkey PRIMARY KEY (tenant_id, user_id);

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_bot_phone_number_key UNIQUE (bot_phone_number);

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tool_effects
    ADD CONSTRAINT tool_effects_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tool_effects
    ADD CONSTRAINT tool_effects_tenant_id_burst_id_tool_ordinal_key UNIQUE (tenant_id, burst_id, tool, ordinal);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.webhook_lights
    ADD CONSTRAINT webhook_lights_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.whatsapp_health
    ADD CONSTRAINT whatsapp_health_pkey PRIMARY KEY (tenant_id, subject, key);

ALTER TABLE ONLY public.whatsapp_templates
    ADD CONSTRAINT whatsapp_templates_pkey PRIMARY KEY (tenant_id, name, language);

CREATE INDEX agenda_blocks_resource ON public.agenda_blocks USING btree (tenant_id, resource_id);

CREATE INDEX agenda_blocks_time ON public.agenda_blocks USING btree (tenant_id, ends_at);

CREATE INDEX agenda_exceptions_day ON public.agenda_exceptions USING btree (tenant_id, day);

CREATE INDEX agenda_exceptions_resource ON public.agenda_exceptions USING btree (tenant_id, resource_id);

CREATE INDEX appointments_conversation ON public.appointments USING btree (tenant_id, conversation_id) WHERE (conversation_id IS NOT NULL);

CREATE INDEX appointments_resource ON public.appointments USING btree (tenant_id, resource_id);

CREATE INDEX appointments_service ON public.appointments USING btree (tenant_id, service_id) WHERE (service_id IS NOT NULL);

CREATE INDEX appointments_time ON public.appointments USING btree (tenant_id, ends_at);

CREATE INDEX audit_log_tenant ON public.audit_log USING btree (tenant_id, id DESC);

CREATE INDEX burst_recordings_burst ON public.burst_recordings USING btree (burst_id);

CREATE INDEX burst_recordings_time ON public.burst_recordings USING btree (tenant_id, created_at);

CREATE INDEX bursts_conversation ON public.bursts USING btree (tenant_id, conversation_id, created_at);

CREATE INDEX bursts_time ON public.bursts USING brin (created_at) WITH (autosummarize='on');

CREATE INDEX bursts_traced ON public.bursts USING btree (tenant_id, created_at) WHERE (trace IS NOT NULL);

CREATE INDEX catalogue_products_search ON public.catalogue_products USING gin (search);

CREATE INDEX catalogue_words_lexeme ON public.catalogue_words USING btree (tenant_id, lexeme);

CREATE INDEX catalogue_words_like ON public.catalogue_words USING gin (word public.gin_trgm_ops);

CREATE INDEX catalogue_words_sound ON public.catalogue_words USING btree (tenant_id, sound);

CREATE INDEX catalogue_words_stem ON public.catalogue_words USING btree (tenant_id, stem);

CREATE INDEX chat_conversations_assigned ON public.chat_conversations USING btree (tenant_id, assigned_to) WHERE (assigned_to IS NOT NULL);

CREATE INDEX chat_conversations_changed ON public.chat_conversations USING btree (tenant_id, changed_xid);

CREATE INDEX chat_conversations_claim ON public.chat_conversations USING btree (claim_at) WHERE (claim_at IS NOT NULL);

CREATE INDEX chat_conversations_list ON public.chat_conversations USING btree (tenant_id, last_message_at DESC NULLS LAST, id);

CREATE INDEX chat_conversations_merge ON public.chat_conversations USING btree (merge_into) WHERE (merge_into IS NOT NULL);

CREATE INDEX chat_conversations_needs_human ON public.chat_conversations USING btree (tenant_id) WHERE (needs_human_since IS NOT NULL);

CREATE INDEX chat_conversations_outbox ON public.chat_conversations USING btree (outbox_due_at) WHERE (outbox_due_at IS NOT NULL);

CREATE INDEX chat_conversations_override ON public.chat_conversations USING btree (tenant_id, human_override_until) WHERE (human_override_until IS NOT NULL);

CREATE INDEX chat_conversations_user_id ON public.chat_conversations USING btree (tenant_id, user_scoped_id) WHERE (user_scoped_id IS NOT NULL);

CREATE INDEX chat_media_tenant ON public.chat_media USING btree (tenant_id, created_at);

CREATE INDEX chat_messages_burst ON public.chat_messages USING btree (tenant_id, burst_id) WHERE (burst_id IS NOT NULL);

CREATE INDEX chat_messages_media ON public.chat_messages USING btree (media_id) WHERE (media_id IS NOT NULL);

CREATE INDEX chat_messages_media_due ON public.chat_messages USING btree (media_due_at) WHERE (media_due_at IS NOT NULL);

CREATE INDEX chat_messages_provider_id ON public.chat_messages USING btree (tenant_id, provider_id) WHERE (provider_id IS NOT NULL);

CREATE INDEX chat_messages_reactions ON public.chat_messages USING btree (tenant_id, conversation_id, quoted_id) WHERE (message_type = 'reaction'::text);

CREATE INDEX chat_messages_seq ON public.chat_messages USING btree (tenant_id, conversation_id, seq);

CREATE INDEX chat_messages_thread ON public.chat_messages USING btree (tenant_id, conversation_id, COALESCE(sent_at, created_at) DESC, seq DESC);

CREATE INDEX chat_messages_time ON public.chat_messages USING brin (created_at) WITH (autosummarize='on');

CREATE INDEX chat_messages_unsent ON public.chat_messages USING btree (conversation_id, seq) WHERE (provider_status = ANY (ARRAY['pending'::text, 'sending'::text, 'unknown'::text]));

CREATE INDEX chat_messages_waiting ON public.chat_messages USING btree (conversation_id) WHERE (awaits_answer AND (burst_id IS NULL));

CREATE INDEX consents_message ON public.consents USING btree (message_id) WHERE (message_id IS NOT NULL);

CREATE INDEX consents_newest ON public.consents USING btree (tenant_id, conversation_id, purpose, id DESC);

CREATE INDEX conversation_labels_label ON public.conversation_labels USING btree (tenant_id, label_id);

CREATE INDEX conversation_notes_chat ON public.conversation_notes USING btree (tenant_id, conversation_id, created_at DESC);

CREATE INDEX customer_aliases_conversation ON public.customer_aliases USING btree (tenant_id, conversation_id);

CREATE INDEX erased_ids_time ON public.erased_ids USING btree (erased_at);

CREATE INDEX handoffs_conversation ON public.handoffs USING btree (tenant_id, conversation_id, created_at);

CREATE INDEX handoffs_time ON public.handoffs USING btree (tenant_id, created_at);

CREATE UNIQUE INDEX labels_name ON public.labels USING btree (tenant_id, lower(name));

CREATE INDEX llm_calls_time ON public.llm_calls USING btree (tenant_id, created_at);

CREATE INDEX message_words_words ON public.message_words USING gin (words public.gin_trgm_ops) WITH (gin_pending_list_limit='256');

CREATE INDEX password_codes_user ON public.password_codes USING btree (user_id, created_at DESC);

CREATE INDEX pgqueuer_ep_ea_idx ON public.pgqueuer USING btree (entrypoint, execute_after) WHERE (status = 'queued'::public.pgqueuer_status);

CREATE INDEX pgqueuer_ep_prio_id_idx ON public.pgqueuer USING btree (entrypoint, priority DESC, id) WHERE (status = 'queued'::public.pgqueuer_status);

CREATE INDEX pgqueuer_log_created ON public.pgqueuer_log USING btree (created);

CREATE INDEX pgqueuer_log_job_id_status ON public.pgqueuer_log USING btree (job_id, created DESC);

CREATE INDEX pgqueuer_log_not_aggregated ON public.pgqueuer_log USING btree ((1)) WHERE (NOT aggregated);

CREATE INDEX pgqueuer_log_status ON public.pgqueuer_log USING btree (status);

CREATE INDEX pgqueuer_picked_heartbeat_idx ON public.pgqueuer USING btree (heartbeat) WHERE (status = 'picked'::public.pgqueuer_status);

CREATE UNIQUE INDEX pgqueuer_picked_slot_idx ON public.pgqueuer USING btree (entrypoint, slot) WHERE ((status = 'picked'::public.pgqueuer_status) AND (slot IS NOT NULL));

CREATE INDEX pgqueuer_priority_id_id1_idx ON public.pgqueuer USING btree (priority, id DESC) INCLUDE (id) WHERE (status = 'queued'::public.pgqueuer_status);

CREATE INDEX pgqueuer_queue_manager_id_idx ON public.pgqueuer USING btree (queue_manager_id) WHERE (queue_manager_id IS NOT NULL);

CREATE UNIQUE INDEX pgqueuer_statistics_unique_count ON public.pgqueuer_statistics USING btree (priority, date_trunc('sec'::text, timezone('UTC'::text, created)), status, entrypoint);

CREATE UNIQUE INDEX pgqueuer_unique_dedupe_key ON public.pgqueuer USING btree (dedupe_key) WHERE ((status = ANY (ARRAY['queued'::public.pgqueuer_status, 'picked'::public.pgqueuer_status])) AND (dedupe_key IS NOT NULL));

CREATE INDEX pgqueuer_updated_id_id1_idx ON public.pgqueuer USING btree (updated, id DESC) INCLUDE (id) WHERE (status = 'picked'::public.pgqueuer_status);

CREATE INDEX privacy_requests_done ON public.privacy_requests USING btree (tenant_id, done_at) WHERE (done_at IS NOT NULL);

CREATE UNIQUE INDEX privacy_requests_once ON public.privacy_requests USING btree (tenant_id, same_as) WHERE (state = 'open'::text);

CREATE INDEX privacy_requests_person ON public.privacy_requests USING btree (tenant_id, person_hash) WHERE (person_hash IS NOT NULL);

CREATE INDEX privacy_requests_time ON public.privacy_requests USING btree (tenant_id, asked_at DESC);

CREATE INDEX reply_drafts_burst ON public.reply_drafts USING btree (burst_id);

CREATE INDEX reply_drafts_waiting ON public.reply_drafts USING btree (tenant_id, created_at) WHERE (state = 'waiting'::text);

CREATE INDEX sessions_user ON public.sessions USING btree (user_id);

CREATE INDEX stock_notices_consent ON public.stock_notices USING btree (consent_message_id) WHERE (consent_message_id IS NOT NULL);

CREATE INDEX stock_notices_message ON public.stock_notices USING btree (message_id) WHERE (message_id IS NOT NULL);

CREATE UNIQUE INDEX stock_notices_once ON public.stock_notices USING btree (tenant_id, conversation_id, product_id, COALESCE(variant_id, (0)::bigint)) WHERE (state = 'waiting'::text);

CREATE INDEX stock_notices_product ON public.stock_notices USING btree (tenant_id, product_id) WHERE (state = 'waiting'::text);

CREATE INDEX system_events_tenant ON public.system_events USING btree (tenant_id, id DESC);

CREATE INDEX tenant_members_user ON public.tenant_members USING btree (user_id);

CREATE INDEX tool_effects_burst ON public.tool_effects USING btree (burst_id);

CREATE INDEX tool_effects_conversation ON public.tool_effects USING btree (tenant_id, conversation_id);

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.agenda_blocks FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('agenda', '-created_by');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.agenda_exceptions FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('agenda');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.agenda_hours FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('agenda', '#resource_id');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.agenda_resources FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('agenda');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.agenda_services FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('agenda');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.appointments FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('appointment', 'customer_name', 'customer_phone', 'notes', '-busy_from', '-busy_to', '-client_ref', '-created_by', '-confirmation_asked_at');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.canned_replies FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('canned_reply');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.catalogue_synonyms FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('synonyms', '#position');

CREATE TRIGGER audited AFTER UPDATE OF human_override_until, status, assigned_to ON public.chat_conversations FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('conversation', '+human_override_until', '+override_cause', '+status', '+assigned_to', '+override_reason', 'override_reason');

CREATE TRIGGER audited AFTER INSERT ON public.chat_messages FOR EACH ROW WHEN (((current_setting('nexus.actor'::text, true) <> ''::text) AND (new.author = 'human'::text))) EXECUTE FUNCTION public.audit_change('message', '#conversation_id', '+message_type');

CREATE TRIGGER audited AFTER INSERT ON public.consents FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('consent', '#conversation_id', '+purpose', '+state');

CREATE TRIGGER audited AFTER INSERT OR DELETE ON public.conversation_labels FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('conversation', '#conversation_id', '+label_id');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.conversation_notes FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('note', '#conversation_id', '+text', 'text');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.knowledge_answers FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('knowledge');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.knowledge_sections FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('knowledge', '#kind');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.labels FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('label');

CREATE TRIGGER audited AFTER INSERT OR UPDATE ON public.privacy_requests FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('privacy', '+kind', '+source', '+state', '+due_at');

CREATE TRIGGER audited AFTER INSERT ON public.prompt_versions FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('prompt_version', '#number', '+note', '+copy_of');

CREATE TRIGGER audited AFTER UPDATE ON public.reply_drafts FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('draft', '#burst_id', '+state');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.tenant_bot_settings FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('bot_settings', '#tenant_id');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.tenant_credentials FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('credentials', '#kind', '@name', '+value', '+secret', 'secret');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.tenant_human_handoff_config FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('handoff', '#tenant_id', 'smtp_password_encrypted');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.tenant_members FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('person', '#user_id', '+role');

CREATE TRIGGER audited AFTER INSERT OR UPDATE ON public.tenants FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('tenant', '-agenda_made', '-tiendanube_store_id', '-tiendanube_access_token');

CREATE TRIGGER audited AFTER INSERT OR UPDATE ON public.users FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('person', '+name', '+password_hash', '+is_platform_admin', '+disabled_at', 'password_hash');

CREATE TRIGGER audited_end AFTER DELETE ON public.tenants FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('tenant', '+store_name', '+bot_phone_number');

CREATE TRIGGER audited_state AFTER UPDATE OF provider_status, resent_as ON public.chat_messages FOR EACH ROW WHEN (((current_setting('nexus.actor'::text, true) <> ''::text) AND (new.author = ANY (ARRAY['human'::text, 'bot'::text])))) EXECUTE FUNCTION public.audit_change('message', '#conversation_id', '+provider_status', '+resent_as');

CREATE TRIGGER audited_token AFTER UPDATE OF tiendanube_access_token ON public.tenants FOR EACH ROW WHEN ((current_setting('nexus.actor'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_change('credentials', '=tiendanube', '+tiendanube_access_token', 'tiendanube_access_token');

CREATE TRIGGER changed BEFORE UPDATE ON public.chat_conversations FOR EACH ROW WHEN (((((((((((((((((old.external_user_id IS DISTINCT FROM new.external_user_id) OR (old.wa_address IS DISTINCT FROM new.wa_address)) OR (old.display_name IS DISTINCT FROM new.display_name)) OR (old.status IS DISTINCT FROM new.status)) OR (old.human_override_until IS DISTINCT FROM new.human_override_until)) OR (old.override_since IS DISTINCT FROM new.override_since)) OR (old.override_cause IS DISTINCT FROM new.override_cause)) OR (old.override_author IS DISTINCT FROM new.override_author)) OR (old.override_reason IS DISTINCT FROM new.override_reason)) OR (old.last_message_at IS DISTINCT FROM new.last_message_at)) OR (old.last_message_preview IS DISTINCT FROM new.last_message_preview)) OR (old.unread IS DISTINCT FROM new.unread)) OR (old.last_inbound_at IS DISTINCT FROM new.last_inbound_at)) OR (old.needs_human_since IS DISTINCT FROM new.needs_human_since)) OR (old.needs_human_reason IS DISTINCT FROM new.needs_human_reason)) OR (old.assigned_to IS DISTINCT FROM new.assigned_to))) EXECUTE FUNCTION public.note_change();

CREATE TRIGGER commerce_kept BEFORE DELETE ON public.chat_conversations FOR EACH ROW WHEN ((old.merge_into IS NOT NULL)) EXECUTE FUNCTION public.keep_commerce();

CREATE TRIGGER consents_kept BEFORE DELETE ON public.chat_conversations FOR EACH ROW WHEN ((old.merge_into IS NOT NULL)) EXECUTE FUNCTION public.keep_consents();

CREATE TRIGGER picture_lost AFTER UPDATE OF provider_status ON public.chat_messages FOR EACH ROW WHEN (((new.provider_status = 'failed'::text) AND (old.provider_status = ANY (ARRAY['sending'::text, 'sent'::text, 'unknown'::text])) AND (new.status_code = '131053'::text) AND (new.author = 'bot'::text) AND (new.delivery = 'outbox'::text) AND (new.message_type = 'image'::text) AND (new.payload ? 'caption'::text))) EXECUTE FUNCTION public.say_words_of_lost_picture();

CREATE TRIGGER searched AFTER INSERT ON public.chat_messages FOR EACH ROW WHEN (((new.content <> ''::text) AND (new.role <> 'system'::text) AND (new.message_type <> 'reaction'::text) AND (NOT ((new.message_type = 'image'::text) AND (new.role = 'assistant'::text) AND (new.content ~~ 'http%'::text))))) EXECUTE FUNCTION public.keep_words();

CREATE TRIGGER searched_again AFTER UPDATE OF content ON public.chat_messages FOR EACH ROW WHEN (((new.content IS DISTINCT FROM old.content) AND (new.role <> 'system'::text) AND (new.message_type <> 'reaction'::text))) EXECUTE FUNCTION public.keep_words();

CREATE TRIGGER searched_caption AFTER INSERT ON public.chat_messages FOR EACH ROW WHEN (((new.role = 'assistant'::text) AND (new.message_type = 'image'::text) AND (new.payload ? 'caption'::text))) EXECUTE FUNCTION public.keep_caption();

CREATE TRIGGER stopped_marketing AFTER UPDATE OF provider_status ON public.chat_messages FOR EACH ROW WHEN (((new.provider_status = 'failed'::text) AND (old.provider_status IS DISTINCT FROM 'failed'::text) AND (new.status_code = '131050'::text))) EXECUTE FUNCTION public.note_stopped_marketing();

CREATE TRIGGER tg_pgqueuer_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.pgqueuer FOR EACH STATEMENT EXECUTE FUNCTION public.fn_pgqueuer_changed();

CREATE TRIGGER told_changed AFTER UPDATE ON public.chat_conversations FOR EACH ROW WHEN (((old.revision IS DISTINCT FROM new.revision) OR (old.changed_xid IS DISTINCT FROM new.changed_xid))) EXECUTE FUNCTION public.tell_chat_changed();

CREATE TRIGGER told_new AFTER INSERT OR DELETE ON public.chat_conversations FOR EACH ROW EXECUTE FUNCTION public.tell_chat_changed();

CREATE TRIGGER unsent AFTER UPDATE OF provider_status ON public.chat_messages FOR EACH ROW WHEN (((old.provider_status IS DISTINCT FROM new.provider_status) AND ((new.provider_status = ANY (ARRAY['failed'::text, 'discarded'::text])) OR (old.provider_status = ANY (ARRAY['failed'::text, 'discarded'::text]))))) EXECUTE FUNCTION public.note_unsent();

ALTER TABLE ONLY public.agenda_blocks
    ADD CONSTRAINT agenda_blocks_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.agenda_blocks
    ADD CONSTRAINT agenda_blocks_tenant_id_resource_id_fkey FOREIGN KEY (tenant_id, resource_id) REFERENCES public.agenda_resources(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.agenda_exceptions
    ADD CONSTRAINT agenda_exceptions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.agenda_exceptions
    ADD CONSTRAINT agenda_exceptions_tenant_id_resource_id_fkey FOREIGN KEY (tenant_id, resource_id) REFERENCES public.agenda_resources(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.agenda_feed_keys
    ADD CONSTRAINT agenda_feed_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.agenda_hours
    ADD CONSTRAINT agenda_hours_tenant_id_resource_id_fkey FOREIGN KEY (tenant_id, resource_id) REFERENCES public.agenda_resources(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.agenda_resources
    ADD CONSTRAINT agenda_resources_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.agenda_services
    ADD CONSTRAINT agenda_services_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.announcements
    ADD CONSTRAINT announcements_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.appointment_reminders
    ADD CONSTRAINT appointment_reminders_tenant_id_appointment_id_fkey FOREIGN KEY (tenant_id, appointment_id) REFERENCES public.appointments(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.appointments
    ADD CONSTRAINT appointments_tenant_id_conversation_id_fkey FOREIGN KEY (tenant_id, conversation_id) REFERENCES public.chat_conversations(tenant_id, id) ON DELETE SET NULL (conversation_id);

ALTER TABLE ONLY public.appointments
    ADD CONSTRAINT appointments_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.appointments
    ADD CONSTRAINT appointments_tenant_id_resource_id_fkey FOREIGN KEY (tenant_id, resource_id) REFERENCES public.agenda_resources(tenant_id, id);

ALTER TABLE ONLY public.appointments
    ADD CONSTRAINT appointments_tenant_id_service_id_fkey FOREIGN KEY (tenant_id, service_id) REFERENCES public.agenda_services(tenant_id, id);

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.burst_recordings
    ADD CONSTRAINT burst_recordings_burst_id_fkey FOREIGN KEY (burst_id) REFERENCES public.bursts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.burst_recordings
    ADD CONSTRAINT burst_recordings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.bursts
    ADD CONSTRAINT bursts_tenant_id_conversation_id_fkey FOREIGN KEY (tenant_id, conversation_id) REFERENCES public.chat_conversations(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.canned_replies
    ADD CONSTRAINT canned_replies_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.catalogue_categories
    ADD CONSTRAINT catalogue_categories_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.catalogue_changes
    ADD CONSTRAINT catalogue_changes_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.catalogue_products
    ADD CONSTRAINT catalogue_products_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.catalogue_syncs
    ADD CONSTRAINT catalogue_syncs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.catalogue_synonyms
    ADD CONSTRAINT catalogue_synonyms_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.catalogue_words
    ADD CONSTRAINT catalogue_words_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.chat_conversations
    ADD CONSTRAINT chat_conversations_tenant_id_assigned_to_fkey FOREIGN KEY (tenant_id, assigned_to) REFERENCES public.tenant_members(tenant_id, user_id) ON DELETE SET NULL (assigned_to);

ALTER TABLE ONLY public.chat_conversations
    ADD CONSTRAINT chat_conversations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.chat_media
    ADD CONSTRAINT chat_media_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.chat_messages
    ADD CONSTRAINT chat_messages_media_id_fkey FOREIGN KEY (media_id) REFERENCES public.chat_media(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.chat_messages
    ADD CONSTRAINT chat_messages_tenant_id_conversation_id_fkey FOREIGN KEY (tenant_id, conversation_id) REFERENCES public.chat_conversations(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.chat_messages(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_tenant_id_conversation_id_fkey FOREIGN KEY (tenant_id, conversation_id) REFERENCES public.chat_conversations(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.conversation_labels
    ADD CONSTRAINT conversation_labels_tenant_id_conversation_id_fkey FOREIGN KEY (tenant_id, conversation_id) REFERENCES public.chat_conversations(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.conversation_labels
    ADD CONSTRAINT conversation_labels_tenant_id_label_id_fkey FOREIGN KEY (tenant_id, label_id) REFERENCES public.labels(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.conversation_notes
    ADD CONSTRAINT conversation_notes_tenant_id_conversation_id_fkey FOREIGN KEY (tenant_id, conversation_id) REFERENCES public.chat_conversations(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.customer_aliases
    ADD CONSTRAINT customer_aliases_tenant_id_conversation_id_fkey FOREIGN KEY (tenant_id, conversation_id) REFERENCES public.chat_conversations(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.draft_carts
    ADD CONSTRAINT draft_carts_tenant_id_conversation_id_fkey FOREIGN KEY (tenant_id, conversation_id) REFERENCES public.chat_conversations(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.erased_ids
    ADD CONSTRAINT erased_ids_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.handoffs
    ADD CONSTRAINT handoffs_tenant_id_conversation_id_fkey FOREIGN KEY (tenant_id, conversation_id) REFERENCES public.chat_conversations(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.knowledge_answers
    ADD CONSTRAINT knowledge_answers_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.knowledge_sections
    ADD CONSTRAINT knowledge_sections_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.labels
    ADD CONSTRAINT labels_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.live_tests
    ADD CONSTRAINT live_tests_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.llm_calls
    ADD CONSTRAINT llm_calls_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.message_words
    ADD CONSTRAINT message_words_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.chat_messages(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.order_tries
    ADD CONSTRAINT order_tries_tenant_id_conversation_id_fkey FOREIGN KEY (tenant_id, conversation_id) REFERENCES public.chat_conversations(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.password_codes
    ADD CONSTRAINT password_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.privacy_requests
    ADD CONSTRAINT privacy_requests_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.prompt_versions
    ADD CONSTRAINT prompt_versions_tenant_id_copy_of_fkey FOREIGN KEY (tenant_id, copy_of) REFERENCES public.prompt_versions(tenant_id, number);

ALTER TABLE ONLY public.prompt_versions
    ADD CONSTRAINT prompt_versions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.provider_events
    ADD CONSTRAINT provider_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.reply_drafts
    ADD CONSTRAINT reply_drafts_burst_id_fkey FOREIGN KEY (burst_id) REFERENCES public.bursts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.reply_drafts
    ADD CONSTRAINT reply_drafts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.stock_notices
    ADD CONSTRAINT stock_notices_consent_message_id_fkey FOREIGN KEY (consent_message_id) REFERENCES public.chat_messages(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.stock_notices
    ADD CONSTRAINT stock_notices_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.chat_messages(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.stock_notices
    ADD CONSTRAINT stock_notices_tenant_id_conversation_id_fkey FOREIGN KEY (tenant_id, conversation_id) REFERENCES public.chat_conversations(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.system_events
    ADD CONSTRAINT system_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tenant_bot_settings
    ADD CONSTRAINT tenant_bot_settings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tenant_credentials
    ADD CONSTRAINT tenant_credentials_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tenant_human_handoff_config
    ADD CONSTRAINT tenant_human_handoff_config_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tenant_members
    ADD CONSTRAINT tenant_members_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tenant_members
    ADD CONSTRAINT tenant_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tool_effects
    ADD CONSTRAINT tool_effects_burst_id_fkey FOREIGN KEY (burst_id) REFERENCES public.bursts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tool_effects
    ADD CONSTRAINT tool_effects_tenant_id_conversation_id_fkey FOREIGN KEY (tenant_id, conversation_id) REFERENCES public.chat_conversations(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.webhook_lights
    ADD CONSTRAINT webhook_lights_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.whatsapp_health
    ADD CONSTRAINT whatsapp_health_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.whatsapp_templates
    ADD CONSTRAINT whatsapp_templates_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE public.agenda_blocks ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.agenda_exceptions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.agenda_feed_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.agenda_hours ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.agenda_resources ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.agenda_services ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.alerts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.announcements ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.appointment_reminders ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.appointments ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_log ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.burst_recordings ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.bursts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.canned_replies ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.catalogue_categories ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.catalogue_changes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.catalogue_products ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.catalogue_syncs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.catalogue_synonyms ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.catalogue_words ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.chat_conversations ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.chat_media ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.chat_messages ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.consents ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.conversation_labels ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.conversation_notes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.customer_aliases ENABLE ROW LEVEL SECURITY;

CREATE POLICY dispatch_all ON public.agenda_blocks TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.agenda_exceptions TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.agenda_feed_keys TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.agenda_hours TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.agenda_resources TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.agenda_services TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.alerts TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.announcements TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.appointment_reminders TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.appointments TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.audit_log TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.burst_recordings TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.bursts TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.canned_replies TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.catalogue_categories TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.catalogue_changes TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.catalogue_products TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.catalogue_syncs TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.catalogue_synonyms TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.catalogue_words TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.chat_conversations TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.chat_media TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.chat_messages TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.consents TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.conversation_labels TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.conversation_notes TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.customer_aliases TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.draft_carts TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.erased_files TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.erased_ids TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.handoffs TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.knowledge_answers TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.knowledge_sections TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.labels TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.live_tests TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.llm_calls TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.message_words TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.order_tries TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.privacy_requests TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.prompt_versions TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.provider_events TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.reply_drafts TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.stock_notices TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.system_events TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.tenant_bot_settings TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.tenant_credentials TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.tenant_human_handoff_config TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.tenant_members TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.tenants TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.tool_effects TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.webhook_lights TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.whatsapp_health TO nexus_dispatch USING (true) WITH CHECK (true);

CREATE POLICY dispatch_all ON public.whatsapp_templates TO nexus_dispatch USING (true) WITH CHECK (true);

ALTER TABLE public.draft_carts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.erased_files ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.erased_ids ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.handoffs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.knowledge_answers ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.knowledge_sections ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.labels ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.live_tests ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.llm_calls ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.message_words ENABLE ROW LEVEL SECURITY;

CREATE POLICY one_tenant ON public.agenda_blocks TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.agenda_exceptions TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.agenda_feed_keys TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.agenda_hours TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.agenda_resources TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.agenda_services TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.alerts TO nexus_app USING ((NOT (tenant_id IS DISTINCT FROM public.nexus_tenant()))) WITH CHECK ((NOT (tenant_id IS DISTINCT FROM public.nexus_tenant())));

CREATE POLICY one_tenant ON public.announcements TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.appointment_reminders TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.appointments TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.audit_log TO nexus_app USING ((NOT (tenant_id IS DISTINCT FROM public.nexus_tenant()))) WITH CHECK ((NOT (tenant_id IS DISTINCT FROM public.nexus_tenant())));

CREATE POLICY one_tenant ON public.burst_recordings TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.bursts TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.canned_replies TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.catalogue_categories TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.catalogue_changes TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.catalogue_products TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.catalogue_syncs TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.catalogue_synonyms TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.catalogue_words TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.chat_conversations TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.chat_media TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.chat_messages TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.consents TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.conversation_labels TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.conversation_notes TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.customer_aliases TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.draft_carts TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.erased_files TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.erased_ids TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.handoffs TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.knowledge_answers TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.knowledge_sections TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.labels TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.live_tests TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.llm_calls TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.message_words TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.order_tries TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.privacy_requests TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.prompt_versions TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.provider_events TO nexus_app USING ((NOT (tenant_id IS DISTINCT FROM public.nexus_tenant()))) WITH CHECK ((NOT (tenant_id IS DISTINCT FROM public.nexus_tenant())));

CREATE POLICY one_tenant ON public.reply_drafts TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.stock_notices TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.system_events TO nexus_app USING ((NOT (tenant_id IS DISTINCT FROM public.nexus_tenant()))) WITH CHECK ((NOT (tenant_id IS DISTINCT FROM public.nexus_tenant())));

CREATE POLICY one_tenant ON public.tenant_bot_settings TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.tenant_credentials TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.tenant_human_handoff_config TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.tenant_members TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.tenants TO nexus_app USING ((id = public.nexus_tenant())) WITH CHECK ((id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.tool_effects TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.webhook_lights TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.whatsapp_health TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

CREATE POLICY one_tenant ON public.whatsapp_templates TO nexus_app USING ((tenant_id = public.nexus_tenant())) WITH CHECK ((tenant_id = public.nexus_tenant()));

ALTER TABLE public.order_tries ENABLE ROW LEVEL SECURITY;

CREATE POLICY owner_all ON public.agenda_blocks TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.agenda_exceptions TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.agenda_feed_keys TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.agenda_hours TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.agenda_resources TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.agenda_services TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.alerts TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.announcements TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.appointment_reminders TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.appointments TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.audit_log TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.burst_recordings TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.bursts TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.canned_replies TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.catalogue_categories TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.catalogue_changes TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.catalogue_products TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.catalogue_syncs TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.catalogue_synonyms TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.catalogue_words TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.chat_conversations TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.chat_media TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.chat_messages TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.consents TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.conversation_labels TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.conversation_notes TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.customer_aliases TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.draft_carts TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.erased_files TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.erased_ids TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.handoffs TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.knowledge_answers TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.knowledge_sections TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.labels TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.live_tests TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.llm_calls TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.message_words TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.order_tries TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.privacy_requests TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.prompt_versions TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.provider_events TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.reply_drafts TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.stock_notices TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.system_events TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.tenant_bot_settings TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.tenant_credentials TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.tenant_human_handoff_config TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.tenant_members TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.tenants TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.tool_effects TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.webhook_lights TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.whatsapp_health TO nexus_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON public.whatsapp_templates TO nexus_owner USING (true) WITH CHECK (true);

ALTER TABLE public.privacy_requests ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.prompt_versions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.provider_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.reply_drafts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.stock_notices ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.system_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenant_bot_settings ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenant_credentials ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenant_human_handoff_config ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenant_members ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tool_effects ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.webhook_lights ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.whatsapp_health ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.whatsapp_templates ENABLE ROW LEVEL SECURITY;

GRANT ALL ON SCHEMA public TO nexus_dispatch;
GRANT USAGE ON SCHEMA public TO nexus_app;

REVOKE ALL ON FUNCTION public.accept(events jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.accept(events jsonb) TO nexus_app;

REVOKE ALL ON FUNCTION public.accept_echo(e jsonb, OUT outcome text, OUT conversation uuid, OUT reason text) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.accept_health(e jsonb, OUT outcome text) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.accept_history(e jsonb, OUT outcome text, OUT conversation uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.accept_line(e jsonb, OUT outcome text, OUT conversation uuid, OUT reason text) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.accept_message(e jsonb, OUT outcome text, OUT conversation uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.accept_status(e jsonb, OUT outcome text, OUT conversation uuid, OUT reason text) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.account_by_email(p_email text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.account_by_email(p_email text) TO nexus_app;

REVOKE ALL ON FUNCTION public.add_member(p_tenant integer, p_user integer, p_role text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.add_member(p_tenant integer, p_user integer, p_role text) TO nexus_app;

REVOKE ALL ON FUNCTION public.add_person(p_email text, p_name text, p_role text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.add_person(p_email text, p_name text, p_role text) TO nexus_app;

REVOKE ALL ON FUNCTION public.alert_facts(p_failed integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.alert_facts(p_failed integer) TO nexus_app;

REVOKE ALL ON FUNCTION public.ask_code(p_user integer, p_email text, p_purpose text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ask_code(p_user integer, p_email text, p_purpose text) TO nexus_app;

REVOKE ALL ON FUNCTION public.audit_change() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.bind_waiting(p_tenant integer, p_conversation uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.bind_waiting(p_tenant integer, p_conversation uuid) TO nexus_app;

REVOKE ALL ON FUNCTION public.catalogue_matches(p_query tsquery, p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.catalogue_matches(p_query tsquery, p_most integer) TO nexus_app;

REVOKE ALL ON FUNCTION public.catalogue_similar(p_words text[], p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.catalogue_similar(p_words text[], p_most integer) TO nexus_app;

REVOKE ALL ON FUNCTION public.change_password(p_user integer, p_password_hash text, p_kept_session bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.change_password(p_user integer, p_password_hash text, p_kept_session bytea) TO nexus_app;

REVOKE ALL ON FUNCTION public.chats_with(p_patterns text[], p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.chats_with(p_patterns text[], p_most integer) TO nexus_app;

REVOKE ALL ON FUNCTION public.claim_announcements(p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_announcements(p_limit integer) TO nexus_app;

REVOKE ALL ON FUNCTION public.claim_bursts(p_owner text, p_limit integer, p_lease interval) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_bursts(p_owner text, p_limit integer, p_lease interval) TO nexus_app;

REVOKE ALL ON FUNCTION public.claim_media(p_limit integer, p_lease interval) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_media(p_limit integer, p_lease interval) TO nexus_app;

REVOKE ALL ON FUNCTION public.claim_outbox(p_owner text, p_limit integer, p_lease interval) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_outbox(p_owner text, p_limit integer, p_lease interval) TO nexus_app;

REVOKE ALL ON FUNCTION public.close_session(p_token_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.close_session(p_token_hash bytea) TO nexus_app;

REVOKE ALL ON FUNCTION public.code_recipient(p_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.code_recipient(p_id uuid) TO nexus_app;

REVOKE ALL ON FUNCTION public.codes_living_until() FROM PUBLIC;
GRANT ALL ON FUNCTION public.codes_living_until() TO nexus_app;

REVOKE ALL ON FUNCTION public.conversation_of(e jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.create_tenant(p_store_name text, p_number text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_tenant(p_store_name text, p_number text) TO nexus_app;

REVOKE ALL ON FUNCTION public.create_user(p_email text, p_password_hash text, p_platform_admin boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_user(p_email text, p_password_hash text, p_platform_admin boolean) TO nexus_app;

REVOKE ALL ON FUNCTION public.erase_people() FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_people() TO nexus_app;

REVOKE ALL ON FUNCTION public.erase_published(p_questions text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_published(p_questions text[]) TO nexus_app;

REVOKE ALL ON FUNCTION public.erase_records(p_things text[], p_answers text[], p_runs text[], p_needles text[], p_digits text[], p_after bigint[], OUT events bigint, OUT logs bigint, OUT audits bigint, OUT newest bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_records(p_things text[], p_answers text[], p_runs text[], p_needles text[], p_digits text[], p_after bigint[], OUT events bigint, OUT logs bigint, OUT audits bigint, OUT newest bigint[]) TO nexus_app;

REVOKE ALL ON FUNCTION public.erasures_to_finish(p_keep interval) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erasures_to_finish(p_keep interval) TO nexus_app;

REVOKE ALL ON FUNCTION public.forget_records(p_most integer, OUT events bigint, OUT audit bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.forget_records(p_most integer, OUT events bigint, OUT audit bigint) TO nexus_app;

REVOKE ALL ON FUNCTION public.forget_shared(p_days integer, p_most integer, OUT payloads bigint, OUT hashes bigint, OUT sessions bigint, OUT codes bigint, OUT announcements bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.forget_shared(p_days integer, p_most integer, OUT payloads bigint, OUT hashes bigint, OUT sessions bigint, OUT codes bigint, OUT announcements bigint) TO nexus_app;

REVOKE ALL ON FUNCTION public.hasten_unreached() FROM PUBLIC;
GRANT ALL ON FUNCTION public.hasten_unreached() TO nexus_app;

REVOKE ALL ON FUNCTION public.join_conversation(p_from uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.join_waiting() FROM PUBLIC;
GRANT ALL ON FUNCTION public.join_waiting() TO nexus_app;

REVOKE ALL ON FUNCTION public.list_tenants() FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_tenants() TO nexus_app;

REVOKE ALL ON FUNCTION public.list_users() FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_users() TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.chat_messages TO nexus_app;

GRANT SELECT(id) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(seq) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(tenant_id),INSERT(tenant_id) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(conversation_id),INSERT(conversation_id),UPDATE(conversation_id) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(role),INSERT(role) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(author),INSERT(author) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(kind),INSERT(kind) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(message_type),INSERT(message_type) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT INSERT(content) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT INSERT(payload) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(provider),INSERT(provider) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(provider_message_id),INSERT(provider_message_id),UPDATE(provider_message_id) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(provider_id),INSERT(provider_id),UPDATE(provider_id) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(external_id) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(client_ref),INSERT(client_ref) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(correlation_id),INSERT(correlation_id) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(delivery),INSERT(delivery) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(burst_id),UPDATE(burst_id) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(awaits_answer),INSERT(awaits_answer) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(provider_status),INSERT(provider_status),UPDATE(provider_status) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT UPDATE(status_code) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT UPDATE(status_message) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(attempts) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(status_at),INSERT(status_at),UPDATE(status_at) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(sent_at),INSERT(sent_at) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(created_at) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT INSERT(quoted_id) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(resent_as) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(media_state),INSERT(media_state) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(words_state),INSERT(words_state) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(media_due_at),INSERT(media_due_at) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(media_lease_until),UPDATE(media_lease_until) ON TABLE public.chat_messages TO nexus_dispatch;

GRANT SELECT(media_attempts),UPDATE(media_attempts) ON TABLE public.chat_messages TO nexus_dispatch;

REVOKE ALL ON FUNCTION public.message_of_status(e jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.next_media() FROM PUBLIC;
GRANT ALL ON FUNCTION public.next_media() TO nexus_app;

REVOKE ALL ON FUNCTION public.next_work(OUT bursts_in double precision, OUT outbox_in double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION public.next_work(OUT bursts_in double precision, OUT outbox_in double precision) TO nexus_app;

REVOKE ALL ON FUNCTION public.note_login(p_user integer, p_success boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.note_login(p_user integer, p_success boolean) TO nexus_app;

REVOKE ALL ON FUNCTION public.note_seen(p_user integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.note_seen(p_user integer) TO nexus_app;

REVOKE ALL ON FUNCTION public.open_session(p_token_hash bytea, p_user integer, p_lifetime interval) FROM PUBLIC;
GRANT ALL ON FUNCTION public.open_session(p_token_hash bytea, p_user integer, p_lifetime interval) TO nexus_app;

REVOKE ALL ON FUNCTION public.poll_chats(p_token_hash bytea, p_tenant integer, p_seen pg_snapshot, p_seen_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.poll_chats(p_token_hash bytea, p_tenant integer, p_seen pg_snapshot, p_seen_at timestamp with time zone) TO nexus_app;

REVOKE ALL ON FUNCTION public.poll_thread(p_token_hash bytea, p_tenant integer, p_conversation uuid, p_revision bigint, p_doubtful bigint, p_open boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.poll_thread(p_token_hash bytea, p_tenant integer, p_conversation uuid, p_revision bigint, p_doubtful bigint, p_open boolean) TO nexus_app;

REVOKE ALL ON FUNCTION public.queue_figures(OUT bursts_waiting bigint, OUT oldest_burst_seconds double precision, OUT bubbles_waiting bigint, OUT oldest_bubble_seconds double precision, OUT bubbles_unknown bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.queue_figures(OUT bursts_waiting bigint, OUT oldest_burst_seconds double precision, OUT bubbles_waiting bigint, OUT oldest_bubble_seconds double precision, OUT bubbles_unknown bigint) TO nexus_app;

REVOKE ALL ON FUNCTION public.rename_user(p_user integer, p_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.rename_user(p_user integer, p_name text) TO nexus_app;

REVOKE ALL ON FUNCTION public.reset_password(p_email text, p_code_hash bytea, p_password_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.reset_password(p_email text, p_code_hash bytea, p_password_hash text) TO nexus_app;

REVOKE ALL ON FUNCTION public.reset_password_with(p_email text, p_code_hashes bytea[], p_password_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.reset_password_with(p_email text, p_code_hashes bytea[], p_password_hash text) TO nexus_app;

REVOKE ALL ON FUNCTION public.session_by_token(p_token_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.session_by_token(p_token_hash bytea) TO nexus_app;

REVOKE ALL ON FUNCTION public.set_code(p_id uuid, p_code_hash bytea, p_lifetime interval) FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_code(p_id uuid, p_code_hash bytea, p_lifetime interval) TO nexus_app;

REVOKE ALL ON FUNCTION public.sync_alerts(p_facts jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sync_alerts(p_facts jsonb) TO nexus_app;

REVOKE ALL ON FUNCTION public.tenant_by_number(p_number text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.tenant_by_number(p_number text) TO nexus_app;

REVOKE ALL ON FUNCTION public.tenant_people() FROM PUBLIC;
GRANT ALL ON FUNCTION public.tenant_people() TO nexus_app;

REVOKE ALL ON FUNCTION public.tenants_of_store(p_store_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.tenants_of_store(p_store_id text) TO nexus_app;

REVOKE ALL ON FUNCTION public.webhook_secrets() FROM PUBLIC;
GRANT ALL ON FUNCTION public.webhook_secrets() TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agenda_blocks TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agenda_exceptions TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agenda_feed_keys TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agenda_hours TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agenda_resources TO nexus_app;

GRANT USAGE ON SEQUENCE public.agenda_resources_id_seq TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agenda_services TO nexus_app;

GRANT USAGE ON SEQUENCE public.agenda_services_id_seq TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.alerts TO nexus_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.alerts TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.announcements TO nexus_app;
GRANT SELECT,DELETE ON TABLE public.announcements TO nexus_dispatch;

GRANT UPDATE(created_at) ON TABLE public.announcements TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.appointment_reminders TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.appointments TO nexus_app;

GRANT SELECT(tenant_id) ON TABLE public.appointments TO nexus_dispatch;

GRANT SELECT(conversation_id),UPDATE(conversation_id) ON TABLE public.appointments TO nexus_dispatch;

GRANT SELECT ON TABLE public.audit_log TO nexus_app;
GRANT SELECT,INSERT,DELETE ON TABLE public.audit_log TO nexus_dispatch;

GRANT SELECT(id) ON TABLE public.audit_log TO nexus_dispatch;

GRANT SELECT(tenant_id) ON TABLE public.audit_log TO nexus_dispatch;

GRANT UPDATE(subject_id) ON TABLE public.audit_log TO nexus_dispatch;

GRANT UPDATE(changes) ON TABLE public.audit_log TO nexus_dispatch;

GRANT SELECT(created_at) ON TABLE public.audit_log TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.burst_recordings TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.bursts TO nexus_app;
GRANT SELECT,INSERT ON TABLE public.bursts TO nexus_dispatch;

GRANT UPDATE(conversation_id) ON TABLE public.bursts TO nexus_dispatch;

GRANT UPDATE(fence) ON TABLE public.bursts TO nexus_dispatch;

GRANT UPDATE(claims) ON TABLE public.bursts TO nexus_dispatch;

GRANT UPDATE(failures) ON TABLE public.bursts TO nexus_dispatch;

GRANT UPDATE(in_hand) ON TABLE public.bursts TO nexus_dispatch;

GRANT UPDATE(claimed_at) ON TABLE public.bursts TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.canned_replies TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.catalogue_categories TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.catalogue_changes TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.catalogue_products TO nexus_app;
GRANT SELECT ON TABLE public.catalogue_products TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.catalogue_syncs TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.catalogue_synonyms TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.catalogue_words TO nexus_app;
GRANT SELECT ON TABLE public.catalogue_words TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.chat_conversations TO nexus_app;
GRANT DELETE ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(id) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(tenant_id),INSERT(tenant_id) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(channel),INSERT(channel) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(external_user_id),INSERT(external_user_id),UPDATE(external_user_id) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(status),UPDATE(status) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(display_name),INSERT(display_name),UPDATE(display_name) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(wa_address),INSERT(wa_address),UPDATE(wa_address) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(user_scoped_id),INSERT(user_scoped_id),UPDATE(user_scoped_id) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(human_override_until),UPDATE(human_override_until) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(override_since),UPDATE(override_since) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(override_cause),UPDATE(override_cause) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(override_burst_id),UPDATE(override_burst_id) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(last_message_at),UPDATE(last_message_at) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(last_message_preview),UPDATE(last_message_preview) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(last_inbound_at),UPDATE(last_inbound_at) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(unread),UPDATE(unread) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(needs_human_since),UPDATE(needs_human_since) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(needs_human_reason),UPDATE(needs_human_reason) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(revision),UPDATE(revision) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(waiting_since),UPDATE(waiting_since) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(due_at),UPDATE(due_at) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(active_burst_id),UPDATE(active_burst_id) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(retry_at),UPDATE(retry_at) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(lease_until),UPDATE(lease_until) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(lease_owner),UPDATE(lease_owner) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(fence),UPDATE(fence) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(claim_at) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(outbox_due_at),UPDATE(outbox_due_at) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(outbox_lease_until),UPDATE(outbox_lease_until) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(outbox_owner),UPDATE(outbox_owner) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(created_at),UPDATE(created_at) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(override_author),UPDATE(override_author) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(merge_into),UPDATE(merge_into) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(override_reason),UPDATE(override_reason) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(assigned_to),UPDATE(assigned_to) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT(changed_xid),UPDATE(changed_xid) ON TABLE public.chat_conversations TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.chat_media TO nexus_app;

GRANT USAGE ON SEQUENCE public.chat_messages_seq_seq TO nexus_app;

GRANT SELECT,INSERT ON TABLE public.consents TO nexus_app;
GRANT SELECT ON TABLE public.consents TO nexus_dispatch;

GRANT INSERT(tenant_id) ON TABLE public.consents TO nexus_dispatch;

GRANT INSERT(conversation_id),UPDATE(conversation_id) ON TABLE public.consents TO nexus_dispatch;

GRANT INSERT(purpose) ON TABLE public.consents TO nexus_dispatch;

GRANT INSERT(state) ON TABLE public.consents TO nexus_dispatch;

GRANT INSERT(source) ON TABLE public.consents TO nexus_dispatch;

GRANT INSERT(message_id) ON TABLE public.consents TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.conversation_labels TO nexus_app;
GRANT SELECT,INSERT ON TABLE public.conversation_labels TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.conversation_notes TO nexus_app;

GRANT SELECT(tenant_id) ON TABLE public.conversation_notes TO nexus_dispatch;

GRANT SELECT(conversation_id),UPDATE(conversation_id) ON TABLE public.conversation_notes TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.customer_aliases TO nexus_app;
GRANT SELECT,INSERT ON TABLE public.customer_aliases TO nexus_dispatch;

GRANT UPDATE(conversation_id) ON TABLE public.customer_aliases TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.draft_carts TO nexus_app;
GRANT SELECT ON TABLE public.draft_carts TO nexus_dispatch;

GRANT UPDATE(conversation_id) ON TABLE public.draft_carts TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.erased_files TO nexus_app;
GRANT SELECT ON TABLE public.erased_files TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.erased_ids TO nexus_app;
GRANT SELECT,INSERT,DELETE ON TABLE public.erased_ids TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.handoffs TO nexus_app;

GRANT SELECT(tenant_id) ON TABLE public.handoffs TO nexus_dispatch;

GRANT SELECT(conversation_id),UPDATE(conversation_id) ON TABLE public.handoffs TO nexus_dispatch;

GRANT SELECT,INSERT,UPDATE ON TABLE public.keeping_progress TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.knowledge_answers TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.knowledge_sections TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.labels TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.live_tests TO nexus_app;

GRANT SELECT,INSERT ON TABLE public.llm_calls TO nexus_app;

GRANT SELECT(tenant_id) ON TABLE public.llm_calls TO nexus_dispatch;

GRANT SELECT(id) ON TABLE public.llm_calls TO nexus_dispatch;

GRANT SELECT(burst_id),UPDATE(burst_id) ON TABLE public.llm_calls TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.message_words TO nexus_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.message_words TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.order_tries TO nexus_app;
GRANT SELECT ON TABLE public.order_tries TO nexus_dispatch;

GRANT UPDATE(conversation_id) ON TABLE public.order_tries TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.password_codes TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pgqueuer TO nexus_app;

GRANT USAGE ON SEQUENCE public.pgqueuer_id_seq TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pgqueuer_log TO nexus_app;

GRANT USAGE ON SEQUENCE public.pgqueuer_log_id_seq TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pgqueuer_schedules TO nexus_app;

GRANT USAGE ON SEQUENCE public.pgqueuer_schedules_id_seq TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pgqueuer_statistics TO nexus_app;

GRANT USAGE ON SEQUENCE public.pgqueuer_statistics_id_seq TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.privacy_requests TO nexus_app;

GRANT SELECT(tenant_id) ON TABLE public.privacy_requests TO nexus_dispatch;

GRANT SELECT(kind) ON TABLE public.privacy_requests TO nexus_dispatch;

GRANT SELECT(done_at) ON TABLE public.privacy_requests TO nexus_dispatch;

GRANT SELECT,INSERT ON TABLE public.prompt_versions TO nexus_app;
GRANT SELECT ON TABLE public.prompt_versions TO nexus_dispatch;

GRANT UPDATE(content) ON TABLE public.prompt_versions TO nexus_dispatch;

GRANT SELECT,INSERT ON TABLE public.provider_events TO nexus_app;
GRANT SELECT,INSERT,DELETE ON TABLE public.provider_events TO nexus_dispatch;

GRANT UPDATE(event_id) ON TABLE public.provider_events TO nexus_dispatch;

GRANT UPDATE(outcome) ON TABLE public.provider_events TO nexus_dispatch;

GRANT UPDATE(reason) ON TABLE public.provider_events TO nexus_dispatch;

GRANT UPDATE(correlation_id) ON TABLE public.provider_events TO nexus_dispatch;

GRANT UPDATE(body) ON TABLE public.provider_events TO nexus_dispatch;

GRANT USAGE ON SEQUENCE public.provider_events_id_seq TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.reply_drafts TO nexus_app;

GRANT SELECT ON TABLE public.schema_migrations TO nexus_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.sessions TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.stock_notices TO nexus_app;
GRANT SELECT ON TABLE public.stock_notices TO nexus_dispatch;

GRANT UPDATE(conversation_id) ON TABLE public.stock_notices TO nexus_dispatch;

GRANT SELECT,INSERT ON TABLE public.system_events TO nexus_app;
GRANT SELECT,INSERT,DELETE ON TABLE public.system_events TO nexus_dispatch;

GRANT SELECT(id) ON TABLE public.system_events TO nexus_dispatch;

GRANT SELECT(tenant_id) ON TABLE public.system_events TO nexus_dispatch;

GRANT SELECT(event_type) ON TABLE public.system_events TO nexus_dispatch;

GRANT SELECT(created_at) ON TABLE public.system_events TO nexus_dispatch;

GRANT USAGE ON SEQUENCE public.system_events_id_seq TO nexus_app;
GRANT USAGE ON SEQUENCE public.system_events_id_seq TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenant_bot_settings TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenant_credentials TO nexus_app;
GRANT SELECT ON TABLE public.tenant_credentials TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenant_human_handoff_config TO nexus_app;

GRANT SELECT(tenant_id) ON TABLE public.tenant_human_handoff_config TO nexus_dispatch;

GRANT SELECT(smtp_host) ON TABLE public.tenant_human_handoff_config TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenant_members TO nexus_app;
GRANT SELECT,INSERT,DELETE ON TABLE public.tenant_members TO nexus_dispatch;

GRANT SELECT(tenant_id) ON TABLE public.tenant_members TO nexus_dispatch;

GRANT SELECT(role),UPDATE(role) ON TABLE public.tenant_members TO nexus_dispatch;

GRANT SELECT,DELETE,UPDATE ON TABLE public.tenants TO nexus_app;
GRANT SELECT,INSERT ON TABLE public.tenants TO nexus_dispatch;

GRANT USAGE ON SEQUENCE public.tenants_id_seq TO nexus_dispatch;
GRANT USAGE ON SEQUENCE public.tenants_id_seq TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tool_effects TO nexus_app;

GRANT SELECT(tenant_id) ON TABLE public.tool_effects TO nexus_dispatch;

GRANT SELECT(conversation_id),UPDATE(conversation_id) ON TABLE public.tool_effects TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.users TO nexus_dispatch;

GRANT USAGE ON SEQUENCE public.users_id_seq TO nexus_dispatch;
GRANT USAGE ON SEQUENCE public.users_id_seq TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.webhook_lights TO nexus_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.whatsapp_health TO nexus_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.whatsapp_health TO nexus_dispatch;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.whatsapp_templates TO nexus_app;
GRANT SELECT,INSERT ON TABLE public.whatsapp_templates TO nexus_dispatch;

GRANT UPDATE(category) ON TABLE public.whatsapp_templates TO nexus_dispatch;

GRANT UPDATE(status) ON TABLE public.whatsapp_templates TO nexus_dispatch;

GRANT UPDATE(synced_at) ON TABLE public.whatsapp_templates TO nexus_dispatch;
