-- The agenda: resources, services, hours, what closes them, appointments that exclude each other by their buffered
-- range, and what Socket.IO still has to say. A tenant's first read makes its defaults (store/agenda.py).

alter table tenants
    add column agenda_made                boolean not null default false,  -- its defaults were written once
    add column closes_on_holidays         boolean not null default true,
    add column reminder_hours             double precision[] not null default '{24,2}',
    add column reminder_template_name     text,
    add column reminder_template_language text;

create table agenda_resources (
    id            serial,
    tenant_id     integer not null references tenants (id) on delete cascade,
    name          text not null check (name <> ''),
    color         text not null default 'blue',   -- a key of the panel's palette
    active        boolean not null default true,
    position      integer not null default 0,
    feed_version  integer not null default 0,     -- part of the calendar's signed address: raising it revokes that
    feed_on       boolean not null default false,
    created_at    timestamptz not null default now(),
    primary key (tenant_id, id)
);

create table agenda_services (
    id             serial,
    tenant_id      integer not null references tenants (id) on delete cascade,
    name           text not null check (name <> ''),
    minutes        integer not null check (minutes between 5 and 1440),
    buffer_before  integer not null default 0 check (buffer_before between 0 and 720),
    buffer_after   integer not null default 0 check (buffer_after between 0 and 720),
    active         boolean not null default true,
    position       integer not null default 0,
    created_at     timestamptz not null default now(),
    primary key (tenant_id, id)
);

-- Several intervals a day are one row each. A `closes` of midnight is the end of the day.
create table agenda_hours (
    tenant_id    integer not null,
    resource_id  integer not null,
    weekday      integer not null check (weekday between 0 and 6),  -- from Monday
    opens        time not null,
    closes       time not null,
    primary key (tenant_id, resource_id, weekday, opens),
    foreign key (tenant_id, resource_id) references agenda_resources (tenant_id, id) on delete cascade,
    check (closes > opens or closes = '00:00')
);

-- One day that is not as its weekday: other hours, or closed all day. Several rows are several intervals.
create table agenda_exceptions (
    id           bigint generated always as identity,
    tenant_id    integer not null references tenants (id) on delete cascade,
    resource_id  integer,                          -- null is all
    day          date not null,
    opens        time,
    closes       time,                             -- null is closed
    reason       text,
    created_at   timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, resource_id) references agenda_resources (tenant_id, id) on delete cascade,
    check ((opens is null) = (closes is null)),
    check (closes > opens or closes = '00:00')
);
create index agenda_exceptions_day on agenda_exceptions (tenant_id, day);
create index agenda_exceptions_resource on agenda_exceptions (tenant_id, resource_id);

create table agenda_blocks (
    id           bigint generated always as identity,
    tenant_id    integer not null references tenants (id) on delete cascade,
    resource_id  integer,                          -- null is all
    starts_at    timestamptz not null,
    ends_at      timestamptz not null,
    reason       text,
    created_by   text,
    created_at   timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, resource_id) references agenda_resources (tenant_id, id) on delete cascade,
    check (ends_at > starts_at)
);
create index agenda_blocks_time on agenda_blocks (tenant_id, ends_at);
create index agenda_blocks_resource on agenda_blocks (tenant_id, resource_id);

-- Appointments of before had a number without a resource behind it: each such number becomes one.
do $$
declare
    old record;
    made integer;
begin
    for old in select distinct tenant_id, resource_id from appointments order by 1, 2 loop
        insert into agenda_resources (tenant_id, name) values (old.tenant_id, 'Agenda ' || old.resource_id)
        returning id into made;
        update appointments set resource_id = -made where tenant_id = old.tenant_id and resource_id = old.resource_id;
    end loop;
    update appointments set resource_id = -resource_id, service_id = null;
end $$;

alter table appointments
    drop constraint appointments_never_double,
    alter column resource_id drop default,
    add column busy_from             timestamptz,  -- the range with the service's buffers: what excludes
    add column busy_to               timestamptz,
    add column created_by            text,
    add column confirmation_asked_at timestamptz;
update appointments set busy_from = starts_at, busy_to = ends_at;
alter table appointments
    alter column busy_from set not null,
    alter column busy_to set not null,
    add unique (tenant_id, id),
    add check (busy_from <= starts_at and busy_to >= ends_at),
    add foreign key (tenant_id, resource_id) references agenda_resources (tenant_id, id),
    add foreign key (tenant_id, service_id) references agenda_services (tenant_id, id),
    add constraint appointments_never_double exclude using gist
        (tenant_id with =, resource_id with =, tstzrange(busy_from, busy_to, '[)') with &&)
        where (status in ('scheduled', 'confirmed'));
create index appointments_time on appointments (tenant_id, ends_at);
create index appointments_resource on appointments (tenant_id, resource_id);
create index appointments_service on appointments (tenant_id, service_id) where service_id is not null;

-- One row for each reminder of each version of an appointment: what was moved is reminded of anew.
create table appointment_reminders (
    tenant_id            integer not null,
    appointment_id       uuid not null,
    lead_hours           double precision not null check (lead_hours > 0),
    appointment_version  integer not null,
    state                text not null default 'pending' check (state in ('pending', 'sent', 'skipped', 'failed')),
    message_id           uuid,
    created_at           timestamptz not null default now(),
    updated_at           timestamptz not null default now(),
    foreign key (tenant_id, appointment_id) references appointments (tenant_id, id) on delete cascade,
    primary key (tenant_id, appointment_id, lead_hours, appointment_version)
);

-- What Socket.IO still has to say: written in the change's own transaction, gone once the bus took it.
create table announcements (
    tenant_id   integer not null references tenants (id) on delete cascade,
    id          bigint generated always as identity,
    event       text not null check (event in ('NEW_APPOINTMENT', 'APPOINTMENT_UPDATED', 'APPOINTMENT_DELETED')),
    arguments   jsonb not null,
    created_at  timestamptz not null default now(),
    primary key (tenant_id, id)
);

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['agenda_resources', 'agenda_services', 'agenda_hours', 'agenda_exceptions',
        'agenda_blocks', 'appointment_reminders', 'announcements']
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
grant usage on sequence agenda_resources_id_seq, agenda_services_id_seq to nexus_app;

-- Exactly what the function below touches; locking a row takes the right to update one of its columns.
grant select, update (created_at) on announcements to nexus_dispatch;

-- The oldest announcements of every tenant that nobody else is announcing for, up to p_limit of each, in its order.
-- They are the caller's until its transaction ends: it says them, deletes them and commits, or leaves them to others.
create function claim_announcements(p_limit integer)
    returns table (tenant_id integer, id bigint, event text, arguments jsonb)
    language plpgsql security definer set search_path = pg_catalog, public
as $$
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
revoke all on function claim_announcements(integer) from public;
alter function claim_announcements(integer) owner to nexus_dispatch;
grant execute on function claim_announcements(integer) to nexus_app;
