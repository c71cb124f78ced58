-- Who remembers that a shop's chats are as somebody saw them hears when one of them changes (decision 0027).

create function tell_chat_changed() returns trigger
    language plpgsql set search_path = pg_catalog, public
as $$
begin
    perform pg_notify('nexus_chats', coalesce(new.tenant_id, old.tenant_id)::text);
    return null;
end $$;
create trigger told_new after insert or delete on chat_conversations for each row execute function tell_chat_changed();
create trigger told_changed after update on chat_conversations for each row
    when ((old.revision, old.changed_xid) is distinct from (new.revision, new.changed_xid))
    execute function tell_chat_changed();
