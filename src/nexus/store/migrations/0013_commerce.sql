-- Commerce beyond the seed: tries at an order that is not the sender's, payable links, notices of what is back, and
-- pictures with words under them.

-- What somebody asked for and was not shown by her phone. `asked` is a digest of number and e-mail: neither is kept.
create table order_tries (
    tenant_id        integer not null,
    conversation_id  uuid not null,
    asked            text not null,
    by_mail          boolean not null,               -- a try at the e-mail; else a number alone
    proved           boolean not null default false,
    tried_at         timestamptz not null default now(),
    primary key (tenant_id, conversation_id, asked),
    foreign key (tenant_id, conversation_id) references chat_conversations (tenant_id, id) on delete cascade
);

-- One draft order for each cart of a chat (tiendanube.md 6): the intent stands before the call, and what nobody knows
-- the outcome of is not called again by itself.
create table draft_carts (
    tenant_id        integer not null,
    conversation_id  uuid not null,
    cart             text not null,                  -- digest of variants, quantities and e-mail
    state            text not null check (state in ('intended', 'made', 'refused', 'unknown')),
    burst_id         uuid not null,
    lines            jsonb not null,                 -- variants, quantities and that day's prices
    draft_id         bigint,
    checkout_url     text,
    reason           text,
    intended_at      timestamptz not null default now(),
    settled_at       timestamptz,
    primary key (tenant_id, conversation_id, cart),
    foreign key (tenant_id, conversation_id) references chat_conversations (tenant_id, id) on delete cascade
);

-- Who wants to hear when something is back, by which words of hers, and that she was told once.
create table stock_notices (
    id                  uuid primary key default gen_random_uuid(),
    tenant_id           integer not null,
    conversation_id     uuid not null,
    product_id          bigint not null,
    variant_id          bigint,                      -- null: any variant of it
    product_name        text not null,
    consent_message_id  uuid references chat_messages (id) on delete set null,
    state               text not null default 'waiting' check (state in ('waiting', 'told', 'withdrawn', 'missed')),
    reason              text,                        -- why it was missed
    message_id          uuid references chat_messages (id) on delete set null,
    asked_at            timestamptz not null default now(),
    settled_at          timestamptz,
    foreign key (tenant_id, conversation_id) references chat_conversations (tenant_id, id) on delete cascade
);
create unique index stock_notices_once on stock_notices (tenant_id, conversation_id, product_id, coalesce(variant_id, 0))
    where state = 'waiting';
create index stock_notices_product on stock_notices (tenant_id, product_id) where state = 'waiting';
create index stock_notices_consent on stock_notices (consent_message_id) where consent_message_id is not null;
create index stock_notices_message on stock_notices (message_id) where message_id is not null;

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['order_tries', 'draft_carts', 'stock_notices']
    loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format('alter table %I force row level security', tenant_table);
        execute format('create policy owner_all on %I to nexus_owner using (true) with check (true)', tenant_table);
        execute format('create policy dispatch_all on %I to nexus_dispatch using (true) with check (true)', tenant_table);
        execute format('create policy one_tenant on %I to nexus_app using (tenant_id = nexus_tenant()) '
                       'with check (tenant_id = nexus_tenant())', tenant_table);
        execute format('grant select, insert, update, delete on %I to nexus_app', tenant_table);
        execute format('grant select, update (conversation_id) on %I to nexus_dispatch', tenant_table);
    end loop;
end $$;

-- Two chats of one person are joined by moving what one has to the other and deleting it (0009, join_conversation).
create function keep_commerce() returns trigger
    language plpgsql set search_path = pg_catalog, public
as $$
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
create trigger commerce_kept before delete on chat_conversations for each row
    when (old.merge_into is not null) execute function keep_commerce();

-- A picture's content is its address; people look for the words under it.
create function keep_caption() returns trigger
    language plpgsql set search_path = pg_catalog, public
as $$
begin
    insert into message_words (tenant_id, message_id, words)
    values (new.tenant_id, new.id, plain(new.payload->>'caption'))
    on conflict (message_id) do update set words = excluded.words;
    return null;
end $$;
create trigger searched_caption after insert on chat_messages for each row
    when (new.role = 'assistant' and new.message_type = 'image' and new.payload ? 'caption')
    execute function keep_caption();

-- WhatsApp may say only afterwards, by webhook, that it could not use a picture: the words under it go as a text.
create function say_words_of_lost_picture() returns trigger
    language plpgsql set search_path = pg_catalog, public
as $$
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
grant insert (delivery, client_ref, provider_status, correlation_id), select (client_ref) on chat_messages
    to nexus_dispatch;
create trigger picture_lost after update of provider_status on chat_messages for each row
    when (new.provider_status = 'failed' and old.provider_status in ('sending', 'sent', 'unknown')
          and new.status_code = '131053' and new.author = 'bot' and new.delivery = 'outbox'
          and new.message_type = 'image' and new.payload ? 'caption')
    execute function say_words_of_lost_picture();
