-- Who did what (audit_log, written by triggers only), names and invitations of people, codes for a forgotten password.

-- One row for each write of a person or a machine, with what became of each field. tenant_id is null for what is
-- no shop's: an account of its own, a shop that is gone. Nobody but audit_change() writes here, and nobody rewrites.
create table audit_log (
    id              bigint generated always as identity primary key,
    tenant_id       integer references tenants (id) on delete cascade,
    actor           text not null,
    action          text not null,              -- "tenant.update"
    subject         text not null,              -- the family of the thing: tenant, person, appointment…
    subject_id      text,
    changes         jsonb not null default '[]',
    correlation_id  text,
    created_at      timestamptz not null default clock_timestamp()
);
create index audit_log_tenant on audit_log (tenant_id, id desc);

alter table audit_log enable row level security;
alter table audit_log force row level security;
create policy owner_all on audit_log to nexus_owner using (true) with check (true);
create policy dispatch_all on audit_log to nexus_dispatch using (true) with check (true);
create policy one_tenant on audit_log to nexus_app using (tenant_id is not distinct from nexus_tenant())
    with check (tenant_id is not distinct from nexus_tenant());
grant select on audit_log to nexus_app;
grant insert on audit_log to nexus_dispatch;

-- Writes down a change of one row. Every trigger that calls it has the condition
--     when (current_setting('nexus.actor', true) <> '')
-- so that what no person does (webhooks, bursts, sending) pays for one comparison and nothing else.
-- Its first argument is the subject's word; each of the others says something of a column:
--     column    its value is never copied, only that it changed (secrets, phones, what people wrote)
--     -column   is not worth telling
--     +column   is among the only ones that are told
--     #column   has the subject's id ("id" otherwise)
--     =text     is the subject's id itself
--     @column   names the field that the row is, as in (kind, name, value)
create function audit_change() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
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

create trigger audited after insert or update on tenants for each row
    when (current_setting('nexus.actor', true) <> '')
    execute function audit_change('tenant', '-agenda_made', '-tiendanube_store_id', '-tiendanube_access_token');
create trigger audited_token after update of tiendanube_access_token on tenants for each row
    when (current_setting('nexus.actor', true) <> '')
    execute function audit_change('credentials', '=tiendanube', '+tiendanube_access_token', 'tiendanube_access_token');
create trigger audited_end after delete on tenants for each row
    when (current_setting('nexus.actor', true) <> '')
    execute function audit_change('tenant', '+store_name', '+bot_phone_number');
create trigger audited after insert or update or delete on tenant_credentials for each row
    when (current_setting('nexus.actor', true) <> '')
    execute function audit_change('credentials', '#kind', '@name', '+value', '+secret', 'secret');
create trigger audited after insert or update or delete on tenant_human_handoff_config for each row
    when (current_setting('nexus.actor', true) <> '')
    execute function audit_change('handoff', '#tenant_id', 'smtp_password_encrypted');
create trigger audited after insert or update or delete on tenant_members for each row
    when (current_setting('nexus.actor', true) <> '')
    execute function audit_change('person', '#user_id', '+role');
create trigger audited after insert or update on users for each row
    when (current_setting('nexus.actor', true) <> '')
    execute function audit_change('person', '+name', '+password_hash', '+is_platform_admin', '+disabled_at', 'password_hash');
create trigger audited after insert or update or delete on agenda_resources for each row
    when (current_setting('nexus.actor', true) <> '') execute function audit_change('agenda');
create trigger audited after insert or update or delete on agenda_services for each row
    when (current_setting('nexus.actor', true) <> '') execute function audit_change('agenda');
create trigger audited after insert or update or delete on agenda_hours for each row
    when (current_setting('nexus.actor', true) <> '') execute function audit_change('agenda', '#resource_id');
create trigger audited after insert or update or delete on agenda_exceptions for each row
    when (current_setting('nexus.actor', true) <> '') execute function audit_change('agenda');
create trigger audited after insert or update or delete on agenda_blocks for each row
    when (current_setting('nexus.actor', true) <> '') execute function audit_change('agenda', '-created_by');
create trigger audited after insert or update or delete on appointments for each row
    when (current_setting('nexus.actor', true) <> '')
    execute function audit_change('appointment', 'customer_name', 'customer_phone', 'notes', '-busy_from', '-busy_to',
                                  '-client_ref', '-created_by', '-confirmation_asked_at');
create trigger audited after update of human_override_until, status on chat_conversations for each row
    when (current_setting('nexus.actor', true) <> '')
    execute function audit_change('conversation', '+human_override_until', '+override_cause', '+status');
-- Who wrote in which chat, never what.
create trigger audited after insert on chat_messages for each row
    when (current_setting('nexus.actor', true) <> '' and new.author = 'human')
    execute function audit_change('message', '#conversation_id', '+message_type');
create trigger audited_state after update of provider_status, resent_as on chat_messages for each row
    when (current_setting('nexus.actor', true) <> '' and new.author in ('human', 'bot'))
    execute function audit_change('message', '#conversation_id', '+provider_status', '+resent_as');

-- People: invited ones have no password yet.
alter table users
    alter column password_hash drop not null,
    add column name          text check (name <> ''),
    add column last_seen_at  timestamptz;
alter table tenant_members add column joined_at timestamptz not null default now();
create index tenant_members_user on tenant_members (user_id);
create index sessions_user on sessions (user_id);

-- A code that stands for a forgotten password or is an invitation. Asked for by an e-mail of nobody it has no user:
-- the same work, and nothing is sent.
create table password_codes (
    id          uuid primary key default gen_random_uuid(),
    user_id     integer references users (id) on delete cascade,
    purpose     text not null check (purpose in ('reset', 'invitation')),
    code_hash   bytea,                          -- HMAC; null until the mail is written
    tries       integer not null default 0,
    expires_at  timestamptz,
    created_at  timestamptz not null default clock_timestamp()
);
create index password_codes_user on password_codes (user_id, created_at desc);

grant delete on tenant_members to nexus_dispatch;
grant select, insert, update, delete on password_codes to nexus_dispatch;
grant select (tenant_id, smtp_host) on tenant_human_handoff_config to nexus_dispatch;

drop function session_by_token(bytea);
create function session_by_token(p_token_hash bytea)
    returns table (user_id integer, email text, name text, is_platform_admin boolean, long_unseen boolean,
                   memberships jsonb)
    language sql stable security definer set search_path = pg_catalog, public
as $$
    select u.id, u.email, u.name, u.is_platform_admin,
           u.last_seen_at is null or u.last_seen_at < clock_timestamp() - interval '2 minutes',
           coalesce((select jsonb_agg(jsonb_build_object('tenant_id', m.tenant_id, 'role', m.role,
                                                         'store_name', t.store_name) order by m.tenant_id)
                     from tenant_members m join tenants t on t.id = m.tenant_id where m.user_id = u.id), '[]')
    from sessions s join users u on u.id = s.user_id
    where s.token_hash = p_token_hash and s.expires_at > clock_timestamp() and u.disabled_at is null
$$;

create function note_seen(p_user integer) returns void
    language sql security definer set search_path = pg_catalog, public
as $$ update users set last_seen_at = clock_timestamp() where id = p_user $$;

-- The people of the transaction's tenant. Somebody who works elsewhere, too, shows a name and a last visit only once
-- she has come in as one of this shop.
create function tenant_people()
    returns table (user_id integer, email text, name text, role text, last_seen_at timestamptz, invited boolean)
    language sql stable security definer set search_path = pg_catalog, public
as $$
    select u.id, u.email, case when not e.elsewhere or u.last_seen_at >= m.joined_at then u.name end, m.role,
           case when u.last_seen_at >= m.joined_at then u.last_seen_at end, u.password_hash is null
    from tenant_members m join users u on u.id = m.user_id,
        lateral (select exists (select 1 from tenant_members x where x.user_id = u.id and x.tenant_id <> m.tenant_id)
                 as elsewhere) e
    where m.tenant_id = nexus_tenant() and u.disabled_at is null
    order by m.joined_at, u.id
$$;

-- Puts somebody into the transaction's tenant, with a new account when the e-mail has none; null when she is in it.
create function add_person(p_email text, p_name text, p_role text) returns integer
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    person integer;
begin
    insert into users (email, name) values (lower(p_email), p_name) on conflict (email) do nothing;
    select u.id into person from users u where u.email = lower(p_email);
    insert into tenant_members (tenant_id, user_id, role) values (nexus_tenant(), person, p_role) on conflict do nothing;
    return case when found then person end;
end $$;

-- A person's own name; in a tenant's transaction only of one who works for that tenant alone.
create function rename_user(p_user integer, p_name text) returns boolean
    language sql security definer set search_path = pg_catalog, public
as $$
    update users u set name = p_name
    where u.id = p_user
      and (nexus_tenant() is null
           or not u.is_platform_admin
              and array(select m.tenant_id from tenant_members m where m.user_id = u.id) = array[nexus_tenant()])
    returning true
$$;

create function list_users() returns table (email text, name text, is_platform_admin boolean, invited boolean,
                                            last_seen_at timestamptz, memberships jsonb)
    language sql stable security definer set search_path = pg_catalog, public
as $$
    select u.email, u.name, u.is_platform_admin, u.password_hash is null, u.last_seen_at,
           coalesce((select jsonb_agg(jsonb_build_object('tenant_id', m.tenant_id, 'role', m.role) order by m.tenant_id)
                     from tenant_members m where m.user_id = u.id), '[]')
    from users u where u.disabled_at is null order by u.email
$$;

-- A request for a code: for an account, null when it had three within half an hour, or for an e-mail. Nobody's mailbox
-- is filled by others, and who asks for an e-mail cannot tell: then the request is one of nobody.
create function ask_code(p_user integer, p_email text, p_purpose text) returns uuid
    language plpgsql security definer set search_path = pg_catalog, public
as $$
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

-- Whose a code is, and the shops whose mail server may carry it, the person's own first.
create function code_recipient(p_id uuid)
    returns table (user_id integer, email text, name text, purpose text, has_password boolean, shops integer[])
    language sql stable security definer set search_path = pg_catalog, public
as $$
    select u.id, u.email, u.name, c.purpose, u.password_hash is not null,
           array(select h.tenant_id from tenant_human_handoff_config h
                 left join tenant_members m on m.tenant_id = h.tenant_id and m.user_id = u.id
                 where coalesce(h.smtp_host, '') <> '' and (m.user_id is not null or u.is_platform_admin)
                 order by m.user_id is null, h.tenant_id)
    from password_codes c join users u on u.id = c.user_id
    where c.id = p_id and u.disabled_at is null
$$;

-- The code is on its way: the account's earlier ones are void.
create function set_code(p_id uuid, p_code_hash bytea, p_lifetime interval) returns void
    language sql security definer set search_path = pg_catalog, public
as $$
    update password_codes c set code_hash = null
    where c.id <> p_id and c.user_id = (select x.user_id from password_codes x where x.id = p_id);
    update password_codes set code_hash = p_code_hash, tries = 0, expires_at = clock_timestamp() + p_lifetime where id = p_id
$$;

create function change_password(p_user integer, p_password_hash text, p_kept_session bytea) returns void
    language sql security definer set search_path = pg_catalog, public
as $$
    update users set password_hash = p_password_hash, failed_logins = 0, locked_until = null where id = p_user;
    update password_codes set code_hash = null where user_id = p_user;
    delete from sessions where user_id = p_user and token_hash is distinct from p_kept_session
$$;

-- The account's id when the code is its living one, which it ends with every session; else null, and one of the
-- code's five tries is gone. Without a code to count on, a row comes and goes: the same work on the disk.
create function reset_password(p_email text, p_code_hash bytea, p_password_hash text) returns integer
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
    returning c.user_id, c.code_hash = p_code_hash as fits into living;
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
grant execute on function session_by_token(bytea), note_seen(integer), tenant_people(), add_person(text, text, text),
    rename_user(integer, text), list_users(), ask_code(integer, text, text), code_recipient(uuid),
    set_code(uuid, bytea, interval), change_password(integer, text, bytea), reset_password(text, bytea, text) to nexus_app;
