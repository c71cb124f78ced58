-- How long what is kept lives, who agreed to be written to, and what somebody has to be told of.

-- Days; null is for ever. Identities of messages and events outlive a provider's repeats (hours) by far: 7 days at least.
alter table tenants
    add column keep_messages_days  integer check (keep_messages_days >= 7),
    add column keep_traces_days    integer default 30 check (keep_traces_days >= 1),
    add column keep_events_days    integer default 180 check (keep_events_days >= 7),
    add column keep_audit_days     integer default 730 check (keep_audit_days >= 30),
    add column alert_emails        boolean not null default false;

-- How far the provider events have lost their content, so that no night looks at the same ones again and the
-- acknowledging statement keeps no index for it.
create table keeping_progress (
    only_one   boolean primary key default true check (only_one),
    events_to  bigint not null default 0
);
grant select, insert, update on keeping_progress to nexus_dispatch;

-- locks: bursts: an index over a hundred thousand answers takes a part of a second
-- locks: chat_conversations: of the few chats that wait for a person
create index bursts_traced on bursts (tenant_id, created_at) where trace is not null;
create index chat_conversations_needs_human on chat_conversations (tenant_id) where needs_human_since is not null;

-- Who agreed to what, or took it back, and by which words. Nothing is rewritten: the newest row of a chat and a purpose
-- counts. The words themselves are the message's, and go with it.
create table consents (
    id               bigint generated always as identity,
    tenant_id        integer not null,
    conversation_id  uuid not null,
    purpose          text not null check (purpose in ('reminders', 'stock_notices', 'marketing')),
    state            text not null check (state in ('given', 'withdrawn')),
    at               timestamptz not null default clock_timestamp(),
    source           text not null check (source in ('message', 'panel', 'webhook')),
    message_id       uuid references chat_messages (id) on delete set null,
    author           text,                       -- who, in the panel
    primary key (tenant_id, id),
    foreign key (tenant_id, conversation_id) references chat_conversations (tenant_id, id) on delete cascade
);
create index consents_newest on consents (tenant_id, conversation_id, purpose, id desc);
create index consents_message on consents (message_id) where message_id is not null;

-- What is wrong now, one row each; gone once everybody who was told has been told that it is over.
create table alerts (
    id               uuid primary key default gen_random_uuid(),
    tenant_id        integer references tenants (id) on delete cascade,  -- null: the platform's own
    kind             text not null,
    amount           bigint not null default 0,
    since            timestamptz,
    opened_at        timestamptz not null default clock_timestamp(),
    seen_at          timestamptz not null default clock_timestamp(),
    closed_at        timestamptz,
    told_email_at    timestamptz,
    told_webhook_at  timestamptz,
    told_shop_at     timestamptz,
    unique nulls not distinct (tenant_id, kind)
);

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['consents', 'alerts']
    loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format('alter table %I force row level security', tenant_table);
        execute format('create policy owner_all on %I to nexus_owner using (true) with check (true)', tenant_table);
        execute format('create policy dispatch_all on %I to nexus_dispatch using (true) with check (true)', tenant_table);
    end loop;
end $$;
create policy one_tenant on consents to nexus_app using (tenant_id = nexus_tenant())
    with check (tenant_id = nexus_tenant());
create policy one_tenant on alerts to nexus_app using (tenant_id is not distinct from nexus_tenant())
    with check (tenant_id is not distinct from nexus_tenant());
grant select, insert on consents to nexus_app;
grant select, update (conversation_id) on consents to nexus_dispatch;
grant select, insert, update, delete on alerts to nexus_app, nexus_dispatch;

-- By the panel or by a message that the panel answers for; what a customer's own message says has no actor.
create trigger audited after insert on consents for each row
    when (current_setting('nexus.actor', true) <> '')
    execute function audit_change('consent', '#conversation_id', '+purpose', '+state');

-- What was agreed to before there was a table for it: by a message of hers, and taken back likewise.
insert into consents (tenant_id, conversation_id, purpose, state, at, source, message_id)
select n.tenant_id, n.conversation_id, 'stock_notices', 'given', n.asked_at, 'message', n.consent_message_id
from stock_notices n order by n.asked_at;
insert into consents (tenant_id, conversation_id, purpose, state, at, source)
select n.tenant_id, n.conversation_id, 'stock_notices', 'withdrawn', max(n.settled_at), 'message'
from stock_notices n where n.state = 'withdrawn'
group by n.tenant_id, n.conversation_id
having not bool_or(exists (select 1 from stock_notices later
                           where later.tenant_id = n.tenant_id and later.conversation_id = n.conversation_id
                             and later.asked_at > n.settled_at));

-- Two chats of one person are joined by moving what one has to the other and deleting it (0009, join_conversation).
create function keep_consents() returns trigger
    language plpgsql set search_path = pg_catalog, public
as $$
begin
    update consents x set conversation_id = old.merge_into
    where x.tenant_id = old.tenant_id and x.conversation_id = old.id;
    return old;
end $$;
create trigger consents_kept before delete on chat_conversations for each row
    when (old.merge_into is not null) execute function keep_consents();

-- WhatsApp tells of a message that did not go out that she stopped marketing there (131050).
create function note_stopped_marketing() returns trigger
    language plpgsql set search_path = pg_catalog, public
as $$
begin
    insert into consents (tenant_id, conversation_id, purpose, state, source, message_id)
    select new.tenant_id, new.conversation_id, 'marketing', 'withdrawn', 'webhook', new.id
    where 'withdrawn' is distinct from (
        select c.state from consents c where c.tenant_id = new.tenant_id and c.conversation_id = new.conversation_id
          and c.purpose = 'marketing' order by c.id desc limit 1);
    return null;
end $$;
grant insert (tenant_id, conversation_id, purpose, state, source, message_id) on consents to nexus_dispatch;
create trigger stopped_marketing after update of provider_status on chat_messages for each row
    when (new.provider_status = 'failed' and old.provider_status is distinct from 'failed'
          and new.status_code = '131050')
    execute function note_stopped_marketing();

-- Exactly what the functions below touch beyond those of before.
grant delete on system_events, audit_log, provider_events, announcements to nexus_dispatch;
grant select (id, tenant_id, created_at) on system_events, audit_log to nexus_dispatch;
grant select (event_type) on system_events to nexus_dispatch;
grant update (event_id, body, correlation_id) on provider_events to nexus_dispatch;
grant select (resent_as) on chat_messages to nexus_dispatch;

-- The transaction's tenant's events and audit past their days, the oldest `p_most` of each looked at; without a tenant
-- the platform's own, after the days that a new shop begins with.
create function forget_records(p_most integer, out events bigint, out audit bigint)
    language plpgsql security definer set search_path = pg_catalog, public
as $$
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

-- Of all tenants and of none: what providers sent loses its content after `p_days` and keeps a hash of its id, so that it
-- is known again, for a year more; sessions and codes past their end; what nobody was there to say for a day.
create function forget_shared(p_days integer, p_most integer, out payloads bigint, out hashes bigint, out sessions bigint,
                              out codes bigint, out announcements bigint)
    language plpgsql security definer set search_path = pg_catalog, public
as $$
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

-- What is wrong with the shops' answers, and with what waits for all of them (no tenant).
create function alert_facts(p_failed integer)
    returns table (tenant_id integer, kind text, amount bigint, since timestamptz)
    language sql stable security definer set search_path = pg_catalog, public
as $$
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

-- Bring the open alerts up to `p_facts` ([{tenant_id, kind, amount, since}]), one process at a time, and say whom to tell:
-- of what is new, of what is told again after six hours, and of what is over. It is over when not seen for two minutes:
-- what comes and goes is one alert.
create function sync_alerts(p_facts jsonb)
    returns table (id uuid, tenant_id integer, email boolean, webhook boolean, shop boolean)
    language plpgsql security definer set search_path = pg_catalog, public
as $$
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

do $$
declare
    f regprocedure;
begin
    for f in select p.oid::regprocedure from pg_proc p join pg_namespace s on s.oid = p.pronamespace
             where s.nspname = 'public'
               and p.proname in ('forget_records', 'forget_shared', 'alert_facts', 'sync_alerts')
    loop
        execute format('revoke all on function %s from public', f);
        execute format('alter function %s owner to nexus_dispatch', f);
        execute format('grant execute on function %s to nexus_app', f);
    end loop;
end $$;
