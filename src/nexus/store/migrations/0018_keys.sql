-- Rotation of secrets: until when a webhook's previous secret counts, who still signs with it, and what keeps the
-- addresses of calendars good after the encryption key that signed them is gone.

alter table tenant_credentials add column previous_until timestamptz;  -- null beside a previous one: a day after the change
-- Of the other secrets nobody reads the previous one, and what is not kept cannot leak.
update tenant_credentials set previous_secret = null
where previous_secret is not null and not (kind = 'ycloud' and name = 'webhook_secret' and secret is not null);
update tenant_credentials set previous_until = now() + interval '24 hours' where previous_secret is not null;

alter table webhook_lights add column previous_signed_at timestamptz;   -- the last delivery taken with the previous one
alter table webhook_lights add column previous_refused_at timestamptz;  -- and the last one refused after its time

drop function webhook_secrets();
create function webhook_secrets()
    returns table (tenant_id integer, bot_phone_number text, secret text, previous_secret text, endpoint_id text,
                   previous_until timestamptz)
    language sql stable security definer set search_path = pg_catalog, public
as $$
    select s.tenant_id, t.bot_phone_number, s.secret, s.previous_secret, e.value,
           coalesce(s.previous_until, s.updated_at + interval '24 hours')
    from tenant_credentials s
    join tenants t on t.id = s.tenant_id
    left join tenant_credentials e
        on e.tenant_id = s.tenant_id and e.kind = 'ycloud' and e.name = 'webhook_endpoint_id'
    where s.kind = 'ycloud' and s.name = 'webhook_secret' and s.secret is not null
    order by s.tenant_id
$$;

-- The key that signed a tenant's calendar addresses under a former ENCRYPTION_KEY, sealed with the present one.
create table agenda_feed_keys (
    tenant_id  integer not null references tenants (id) on delete cascade,
    key_id     text not null,                 -- of the ENCRYPTION_KEY that it was derived from
    sealed     text not null,
    primary key (tenant_id, key_id)
);
alter table agenda_feed_keys enable row level security;
alter table agenda_feed_keys force row level security;
create policy owner_all on agenda_feed_keys to nexus_owner using (true) with check (true);
create policy dispatch_all on agenda_feed_keys to nexus_dispatch using (true) with check (true);
create policy one_tenant on agenda_feed_keys to nexus_app using (tenant_id = nexus_tenant())
    with check (tenant_id = nexus_tenant());
grant select, insert, update, delete on agenda_feed_keys to nexus_app;

-- As before, with a code's HMAC under each key that the process knows: one of them may have made it.
create function reset_password_with(p_email text, p_code_hashes bytea[], p_password_hash text) returns integer
    language plpgsql security definer set search_path = pg_catalog, public
as $$
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

-- For processes of the neighbouring version, which know one key.
create or replace function reset_password(p_email text, p_code_hash bytea, p_password_hash text) returns integer
    language sql security definer set search_path = pg_catalog, public
as $$ select reset_password_with(p_email, array[p_code_hash], p_password_hash) $$;

-- When the last code that is on its way ends; null when there is none.
create function codes_living_until() returns timestamptz
    language sql stable security definer set search_path = pg_catalog, public
as $$
    select max(expires_at) from password_codes
    where code_hash is not null and tries < 5 and expires_at > clock_timestamp()
$$;

do $$
declare
    f regprocedure;
begin
    foreach f in array array['webhook_secrets()'::regprocedure, 'reset_password_with(text, bytea[], text)'::regprocedure,
                             'codes_living_until()'::regprocedure]
    loop
        execute format('revoke all on function %s from public', f);
        execute format('alter function %s owner to nexus_dispatch', f);
    end loop;
end $$;
grant execute on function webhook_secrets(), reset_password_with(text, bytea[], text), codes_living_until() to nexus_app;
