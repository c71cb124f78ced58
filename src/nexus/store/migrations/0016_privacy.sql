-- Privacy of one customer and of one shop (docs/privacy.md): who asked for what, and what an erasure leaves behind.

-- A request of a person of the shop, of the command line or of Tienda Nube. `subject` says whom it is about and is
-- emptied once that person is erased; what stays is a keyed hash, which nobody can turn back into a phone.
create table privacy_requests (
    tenant_id    integer not null references tenants (id) on delete cascade,
    id           uuid not null default gen_random_uuid(),
    kind         text not null check (kind in ('export', 'erase', 'erase_shop')),
    source       text not null check (source in ('panel', 'cli', 'tiendanube')),
    asked_by     text not null,
    asked_at     timestamptz not null default clock_timestamp(),
    state        text not null default 'open' check (state in ('open', 'done', 'cancelled')),
    due_at       timestamptz,                 -- until when it has to be done; of a shop, when its erasure begins
    done_at      timestamptz,
    done_by      text,
    subject      jsonb not null default '{}', -- {phone, email, orders, ...} while somebody needs it
    person_hash  text,
    same_as      text,                        -- repeats of one webhook have the same
    counts       jsonb not null default '{}', -- how many rows and files went, by kind
    primary key (tenant_id, id)
);
create index privacy_requests_time on privacy_requests (tenant_id, asked_at desc);
create index privacy_requests_person on privacy_requests (tenant_id, person_hash) where person_hash is not null;
create unique index privacy_requests_once on privacy_requests (tenant_id, same_as) where state = 'open';
create index privacy_requests_done on privacy_requests (tenant_id, done_at) where done_at is not null;

-- Ids of erased events and messages, as hashes alone: what the provider delivers once more stays unknown and unanswered.
create table erased_ids (
    tenant_id  integer not null references tenants (id) on delete cascade,
    id_hash    bytea not null,
    erased_at  timestamptz not null default clock_timestamp(),
    primary key (tenant_id, id_hash)
);
create index erased_ids_time on erased_ids (erased_at);

-- Files whose rows are gone: removed right after the commit, and again by the schedule for an hour, should a process
-- have died in between or a download been under way. Without media_id it is the folder of a shop that is no more.
create table erased_files (
    tenant_id  integer not null,
    media_id   uuid,
    erased_at  timestamptz not null default clock_timestamp(),
    unique nulls not distinct (tenant_id, media_id)
);

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['privacy_requests', 'erased_ids', 'erased_files']
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
grant select, insert, delete on erased_ids to nexus_dispatch;
grant select on erased_files to nexus_dispatch;
grant select (tenant_id, kind, done_at) on privacy_requests to nexus_dispatch;
grant select, delete on provider_events, system_events to nexus_dispatch;
grant select, update (subject_id, changes) on audit_log to nexus_dispatch;
grant select (tenant_id, id, burst_id), update (burst_id) on llm_calls to nexus_dispatch;
grant select, update (content) on prompt_versions to nexus_dispatch;
grant select (tenant_id, role) on tenant_members to nexus_dispatch;
grant delete on users to nexus_dispatch;

create trigger audited after insert or update on privacy_requests for each row
    when (current_setting('nexus.actor', true) <> '')
    execute function audit_change('privacy', '+kind', '+source', '+state', '+due_at');

-- What stays of an id. `kind` is event or message.
create function erased_hash(kind text, id text) returns bytea
    language sql immutable strict parallel safe set search_path = pg_catalog
    as $$ select sha256(convert_to(kind || ':' || id, 'UTF8')) $$;

-- Whether an event, or the message that it is about, was erased.
create function is_erased(e jsonb) returns boolean
    language sql stable set search_path = pg_catalog, public
    as $$
    select exists (select 1 from erased_ids x where x.tenant_id = (e->>'tenant_id')::integer and x.id_hash = any (array[
        erased_hash('event', e->>'event_id'), erased_hash('message', e->>'provider_message_id'),
        erased_hash('message', e->>'provider_id'), erased_hash('message', e->>'external_id')]))
$$;

-- As in 0006, and nothing of what was erased comes back. A person found under another key may have been erased while
-- we waited for her lock: then what she writes belongs to the key that it came with.
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

-- As in 0009, and a chat that was erased: no row is left that could have changed. (Its commit came a moment later.)
create or replace function chats_as_seen(p_tenant integer, p_seen pg_snapshot, p_seen_at timestamptz) returns boolean
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
                         and c.human_override_until <= statement_timestamp())
       and not exists (select 1 from privacy_requests p
                       where p.tenant_id = p_tenant and p.done_at > p_seen_at - interval '1 minute'
                         and p.kind = 'erase');
end $$;

-- Erases, of the tenant set, what services may add and never change. `p_needles` are LIKE patterns of the person's
-- numbers and ids, `p_digits` her numbers as digits alone, `p_things` the ids of her conversations, messages, bursts,
-- handoffs and appointments, `p_answers` those of the shop's answers to her own words, `p_runs` correlation ids. Events
-- of no tenant (an unknown number wrote) go, too. Looked at is what came after `p_after`, an id each of events, logs,
-- audit and calls; `newest` are the newest ones: years are read through before anybody has to wait for it.
create function erase_records(p_things text[], p_answers text[], p_runs text[], p_needles text[], p_digits text[],
                              p_after bigint[], out events bigint, out logs bigint, out audits bigint,
                              out newest bigint[])
    language plpgsql security definer set search_path = pg_catalog, public
as $$
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
alter function erase_records(text[], text[], text[], text[], text[], bigint[]) owner to nexus_dispatch;

-- Takes these questions, with their answers, out of the tenant's published versions: nobody else may change one.
create function erase_published(p_questions text[]) returns bigint
    language sql security definer set search_path = pg_catalog, public
as $$
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
alter function erase_published(text[]) owner to nexus_dispatch;

-- Accounts of the tenant's people who belong to no other shop; they go before it does.
create function erase_people() returns bigint
    language sql security definer set search_path = pg_catalog, public
as $$
    with gone as (
        delete from users u
        where not u.is_platform_admin
          and exists (select 1 from tenant_members m where m.user_id = u.id and m.tenant_id = nexus_tenant())
          and not exists (select 1 from tenant_members m where m.user_id = u.id and m.tenant_id <> nexus_tenant())
        returning 1)
    select count(*) from gone
$$;
alter function erase_people() owner to nexus_dispatch;

-- Tenants with files to remove, those that are no more included; hashes that have stood long enough go on the way.
create function erasures_to_finish(p_keep interval) returns setof integer
    language sql security definer set search_path = pg_catalog, public
as $$
    delete from erased_ids where erased_at < clock_timestamp() - p_keep;
    select distinct tenant_id from erased_files order by 1
$$;
alter function erasures_to_finish(interval) owner to nexus_dispatch;

-- The tenants that are connected to a Tienda Nube shop: whose signature a privacy webhook may carry.
create function tenants_of_store(p_store_id text) returns setof integer
    language sql stable security definer set search_path = pg_catalog, public
as $$ select id from tenants where tiendanube_store_id = p_store_id order by id $$;
alter function tenants_of_store(text) owner to nexus_dispatch;

revoke all on function erase_records(text[], text[], text[], text[], text[], bigint[]), erase_published(text[]), erase_people(),
    erasures_to_finish(interval), tenants_of_store(text) from public;
grant execute on function erase_records(text[], text[], text[], text[], text[], bigint[]), erase_published(text[]), erase_people(),
    erasures_to_finish(interval), tenants_of_store(text) to nexus_app;
