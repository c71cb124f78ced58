-- What a shop sells, as it was read last: found here, quoted from the shop itself (tiendanube.md 2.5).

-- Spanish words by their stem, whatever the accents.
create text search configuration nexus_spanish (copy = pg_catalog.spanish);
alter text search configuration nexus_spanish
    alter mapping for asciiword, word, hword, hword_part, asciihword, hword_asciipart with unaccent, spanish_stem;

create table catalogue_products (
    tenant_id   integer not null references tenants (id) on delete cascade,
    id          bigint not null,               -- Tienda Nube's
    item        jsonb not null,                -- what the model is told of it
    words       jsonb not null,                -- what the ranking compares: {name, labels, codes, variants, body}
    search      tsvector not null,             -- the same words, folded: name A, labels B, options C, description D
    updated_at  timestamptz,                   -- when the shop changed it, by the shop
    read_at     timestamptz not null,
    primary key (tenant_id, id)
);
-- Words are shared by all shops: each product also has the word "#tenant", so that a search meets its own only.
create index catalogue_products_search on catalogue_products using gin (search);

create table catalogue_categories (
    tenant_id  integer not null references tenants (id) on delete cascade,
    id         bigint not null,
    name       text not null,
    parent     bigint,
    visible    boolean not null,
    primary key (tenant_id, id)
);

-- Every word of the shop's products: what else somebody may have meant by a word that no product has.
create table catalogue_words (
    tenant_id  integer not null references tenants (id) on delete cascade,
    word       text not null,                  -- folded
    stem       text not null,                  -- without plural and gender
    sound      text not null,                  -- as it is heard: sapatiya
    lexeme     text not null,                  -- of nexus_spanish
    uses       integer not null,               -- products that have it
    primary key (tenant_id, word)
);
create index catalogue_words_stem on catalogue_words (tenant_id, stem);
create index catalogue_words_sound on catalogue_words (tenant_id, sound);
create index catalogue_words_lexeme on catalogue_words (tenant_id, lexeme);
create index catalogue_words_like on catalogue_words using gin (word gin_trgm_ops);

-- What the shop's people say means the same; words and meanings are as they were typed.
create table catalogue_synonyms (
    tenant_id  integer not null references tenants (id) on delete cascade,
    position   integer not null,
    words      text[] not null check (cardinality(words) > 0),
    means      text[] not null check (cardinality(means) > 0),
    primary key (tenant_id, position)
);
create trigger audited after insert or update or delete on catalogue_synonyms for each row
    when (current_setting('nexus.actor', true) <> '') execute function audit_change('synonyms', '#position');

-- How fresh the above is. `version` counts the changes; `refused` is the status with which the shop refuses its token.
create table catalogue_syncs (
    tenant_id     integer primary key references tenants (id) on delete cascade,
    store_id      text not null default '',    -- whose products these are
    version       bigint not null default 0,
    products      integer not null default 0,
    categories    integer not null default 0,
    loading_since timestamptz,
    refreshed_at  timestamptz,                 -- everything changed before it is here
    full_at       timestamptz,                 -- everything gone before it is gone here
    webhooks_at   timestamptz,
    error         text,
    refused       integer,
    refused_at    timestamptz
);

-- What the shop said has changed, until it is read again.
create table catalogue_changes (
    tenant_id   integer not null references tenants (id) on delete cascade,
    product_id  bigint not null,
    primary key (tenant_id, product_id)
);

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['catalogue_products', 'catalogue_categories', 'catalogue_words',
                                        'catalogue_synonyms', 'catalogue_syncs', 'catalogue_changes']
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
grant select on catalogue_products, catalogue_words to nexus_dispatch;

-- The transaction's tenant's products that a query finds, names before the rest. As with chats_with, the index of a
-- text search is not used under row-level security, for its operators may not look at rows before the policy did.
create function catalogue_matches(p_query tsquery, p_most integer)
    returns table (id bigint, words jsonb, in_stock boolean)
    language plpgsql stable security definer set search_path = pg_catalog, public
as $$
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

-- The transaction's tenant's words that look like each of these, the likest first.
create function catalogue_similar(p_words text[], p_most integer)
    returns table (asked text, word text, uses integer, likeness real)
    language plpgsql stable security definer set search_path = pg_catalog, public
as $$
declare
    tenant integer := nexus_tenant();
begin
    return query
        select a.asked, n.word, n.uses, n.likeness from unnest(p_words) as a(asked) cross join lateral (
            select w.word, w.uses, similarity(w.word, a.asked) as likeness from catalogue_words w
            where w.tenant_id = tenant and w.word % a.asked
            order by similarity(w.word, a.asked) desc, w.word limit p_most) n;
end $$;

do $$
declare
    f regprocedure;
begin
    for f in select p.oid::regprocedure from pg_proc p join pg_namespace s on s.oid = p.pronamespace
             where s.nspname = 'public' and p.proname in ('catalogue_matches', 'catalogue_similar')
    loop
        execute format('revoke all on function %s from public', f);
        execute format('alter function %s owner to nexus_dispatch', f);
        execute format('grant execute on function %s to nexus_app', f);
    end loop;
end $$;
