-- What every statement and every wake of a loop asks, in forms that PostgreSQL does not read and plan anew each time
-- (decision 0028). What they answer stays the same.

-- One expression and no SET clause: it becomes part of the statement that uses it. As a body in this form it is bound when
-- it is made, so that no search_path can mean another function by it.
create or replace function nexus_tenant() returns integer
    language sql stable parallel safe
    return nullif(current_setting('nexus.tenant_id', true), '')::integer;

create or replace function is_off(override_until timestamptz) returns boolean
    language sql immutable parallel safe
    return coalesce(override_until >= timestamptz '9999-01-01 00:00:00+00', false);

create or replace function send_state_may_become(old_state text, attempts integer, new_state text) returns boolean
    language sql immutable
    return case old_state
        when 'pending' then attempts > 0 and new_state in ('sent', 'delivered', 'read')
        when 'sending' then new_state in ('sent', 'delivered', 'read', 'failed')
        when 'unknown' then new_state in ('sent', 'delivered', 'read', 'failed')
        when 'sent' then new_state in ('delivered', 'read', 'failed')
        when 'failed' then new_state in ('delivered', 'read')
        when 'delivered' then new_state = 'read'
        else false
    end;

create or replace function media_at_work() returns table (tenant_id integer, n bigint)
    language sql stable
    begin atomic
        select m.tenant_id, count(*) from chat_messages m
        where m.media_due_at is not null and m.media_lease_until >= clock_timestamp() group by m.tenant_id;
    end;

-- PL/pgSQL keeps the plans of a session.
create or replace function is_erased(e jsonb) returns boolean
    language plpgsql stable set search_path = pg_catalog, public
as $$
begin
    return exists (select 1 from erased_ids x where x.tenant_id = (e->>'tenant_id')::integer and x.id_hash = any (array[
        erased_hash('event', e->>'event_id'), erased_hash('message', e->>'provider_message_id'),
        erased_hash('message', e->>'provider_id'), erased_hash('message', e->>'external_id')]));
end $$;

create or replace function message_of_status(e jsonb) returns uuid
    language plpgsql stable security definer set search_path = pg_catalog, public
as $$
begin
    return (select m.id from chat_messages m
            where m.tenant_id = (e->>'tenant_id')::integer and m.author <> 'customer'
              and (m.external_id = e->>'external_id' or m.provider_id = e->>'provider_id'
                   or (m.provider = e->>'provider' and m.provider_message_id = e->>'provider_message_id'))
            order by (m.external_id = e->>'external_id') desc nulls last
            limit 1);
end $$;

create or replace function tenant_by_number(p_number text) returns integer
    language plpgsql stable security definer set search_path = pg_catalog, public
as $$
begin
    return (select id from tenants where bot_phone_number = p_number);
end $$;

create or replace function next_work(out bursts_in double precision, out outbox_in double precision)
    language plpgsql stable security definer set search_path = pg_catalog, public
as $$
begin
    bursts_in := extract(epoch from (select min(greatest(c.claim_at, c.lease_until)) from chat_conversations c
                                     where c.claim_at is not null
                                       and not exists (select 1 from chat_messages m where m.conversation_id = c.id
                                                       and m.provider_status in ('pending', 'sending')))
                                    - clock_timestamp());
    outbox_in := extract(epoch from (select min(greatest(c.outbox_due_at, c.outbox_lease_until))
                                     from chat_conversations c where c.outbox_due_at is not null) - clock_timestamp());
end $$;

create or replace function next_media() returns double precision
    language plpgsql stable security definer set search_path = pg_catalog, public
as $$
begin
    return (select extract(epoch from min(greatest(m.media_due_at, m.media_lease_until)) - clock_timestamp())
            from chat_messages m left join media_at_work() w on w.tenant_id = m.tenant_id
            where m.media_due_at is not null
              and (coalesce(w.n, 0) < 8 or m.media_lease_until >= clock_timestamp()));
end $$;

create or replace function claim_outbox(p_owner text, p_limit integer, p_lease interval)
    returns table (tenant_id integer, conversation_id uuid)
    language plpgsql security definer set search_path = pg_catalog, public
as $$
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

create or replace function claim_media(p_limit integer, p_lease interval)
    returns table (tenant_id integer, message_id uuid)
    language plpgsql security definer set search_path = pg_catalog, public
as $$
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

create or replace function session_by_token(p_token_hash bytea)
    returns table (user_id integer, email text, name text, is_platform_admin boolean, long_unseen boolean,
                   memberships jsonb)
    language plpgsql stable security definer set search_path = pg_catalog, public
as $$
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
