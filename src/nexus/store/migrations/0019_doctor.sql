-- The doctor and the health page try what "Probar" does not: the login of the mail server without a mail, and the way
-- from the public address to our webhook.
alter table live_tests drop constraint live_tests_kind_check;
alter table live_tests add constraint live_tests_kind_check
    check (kind in ('tiendanube', 'ycloud', 'llm', 'handoff', 'test_chat', 'mail_login', 'public_url'));
