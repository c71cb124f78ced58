-- Row-level security for every tenant table, forced on the owner too; the owner's own policy keeps pg_dump and
-- restore possible. nexus_dispatch owns the few functions that look across tenants (0003).

create function nexus_tenant() returns integer
    language sql stable parallel safe
    set search_path = pg_catalog
    as $$ select nullif(current_setting('nexus.tenant_id', true), '')::integer $$;

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['tenant_credentials', 'tenant_human_handoff_config', 'chat_conversations',
        'bursts', 'chat_media', 'chat_messages', 'tool_effects', 'handoffs', 'appointments', 'tenant_members',
        'provider_events', 'system_events']
    loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format('alter table %I force row level security', tenant_table);
        execute format('create policy owner_all on %I to nexus_owner using (true) with check (true)', tenant_table);
        execute format('create policy dispatch_all on %I to nexus_dispatch using (true) with check (true)', tenant_table);
    end loop;
    foreach tenant_table in array array['tenant_credentials', 'tenant_human_handoff_config', 'chat_conversations',
        'bursts', 'chat_media', 'chat_messages', 'tool_effects', 'handoffs', 'appointments', 'tenant_members']
    loop
        execute format('create policy one_tenant on %I to nexus_app using (tenant_id = nexus_tenant()) '
                       'with check (tenant_id = nexus_tenant())', tenant_table);
        execute format('grant select, insert, update, delete on %I to nexus_app', tenant_table);
    end loop;
    -- Rows of no tenant are events of the platform; they show only where no tenant is set.
    foreach tenant_table in array array['provider_events', 'system_events']
    loop
        execute format('create policy one_tenant on %I to nexus_app using (tenant_id is not distinct from nexus_tenant()) '
                       'with check (tenant_id is not distinct from nexus_tenant())', tenant_table);
        execute format('grant select, insert on %I to nexus_app', tenant_table);
    end loop;
end $$;

alter table tenants enable row level security;
alter table tenants force row level security;
create policy owner_all on tenants to nexus_owner using (true) with check (true);
create policy dispatch_all on tenants to nexus_dispatch using (true) with check (true);
create policy one_tenant on tenants to nexus_app using (id = nexus_tenant()) with check (id = nexus_tenant());
grant select, update, delete on tenants to nexus_app;

grant usage on sequence system_events_id_seq to nexus_app;
grant usage on schema public to nexus_app, nexus_dispatch;

-- Exactly what the functions of 0003 touch.
grant select, insert on tenants to nexus_dispatch;
grant usage on sequence tenants_id_seq, users_id_seq to nexus_dispatch;
grant select, insert on provider_events to nexus_dispatch;
grant update (outcome, reason) on provider_events to nexus_dispatch;
grant select (id, tenant_id, channel, external_user_id, display_name, wa_address, user_scoped_id, human_override_until,
              override_since, override_cause, override_burst_id, last_message_at, last_message_preview, last_inbound_at,
              unread, needs_human_since, needs_human_reason, revision, waiting_since, due_at, active_burst_id, retry_at,
              lease_until, lease_owner, fence, claim_at, outbox_due_at, outbox_lease_until, outbox_owner, created_at, status)
    on chat_conversations to nexus_dispatch;
grant insert (tenant_id, channel, external_user_id, display_name, wa_address, user_scoped_id)
    on chat_conversations to nexus_dispatch;
grant update (external_user_id, display_name, wa_address, user_scoped_id, human_override_until, override_since, override_cause,
              override_burst_id, last_message_at, last_message_preview, last_inbound_at, unread, needs_human_since,
              needs_human_reason, revision, waiting_since, due_at, active_burst_id, retry_at, lease_until, lease_owner,
              fence, outbox_due_at, outbox_lease_until, outbox_owner, status)
    on chat_conversations to nexus_dispatch;
grant select (id, tenant_id, conversation_id, role, author, provider, provider_message_id, provider_id, external_id,
              delivery, burst_id, awaits_answer, provider_status, attempts, correlation_id, created_at, sent_at)
    on chat_messages to nexus_dispatch;
grant insert (tenant_id, conversation_id, role, author, kind, message_type, content, provider, provider_message_id,
              provider_id, correlation_id, delivery, awaits_answer, provider_status, status_at, sent_at)
    on chat_messages to nexus_dispatch;
grant update (burst_id, provider_status, status_code, status_message, status_at, provider_message_id, provider_id)
    on chat_messages to nexus_dispatch;
grant select, insert on bursts to nexus_dispatch;
grant update (fence, claims, failures, in_hand, claimed_at) on bursts to nexus_dispatch;
grant select on tenant_credentials to nexus_dispatch;
grant select, insert, update on users to nexus_dispatch;
grant select, insert on tenant_members to nexus_dispatch;
grant update (role) on tenant_members to nexus_dispatch;
grant select, insert, delete on sessions to nexus_dispatch;
