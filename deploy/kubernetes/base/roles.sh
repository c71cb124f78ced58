#!/bin/sh
# Roles and database of Nexus, as an administrator of PostgreSQL; harmless when repeated. Passwords come from
# POSTGRES_OWNER_PASSWORD and POSTGRES_APP_PASSWORD, or from the files that ..._FILE names, and never stand in arguments.
# The image of PostgreSQL runs it when its volume is new; without containers: docs/deploy.md.
set -eu

from_file() { # from_file NAME: NAME from the file that NAME_FILE names, unless it is set
    eval "value=\${$1:-} file=\${$1_FILE:-}"
    if [ -z "$value" ] && [ -n "$file" ]; then value=$(cat "$file"); fi
    if [ -z "$value" ]; then
        echo "roles.sh: falta $1 (o $1_FILE)" >&2
        exit 1
    fi
    export "$1=$value"
}
from_file POSTGRES_OWNER_PASSWORD
from_file POSTGRES_APP_PASSWORD

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv owner_password POSTGRES_OWNER_PASSWORD
\getenv app_password POSTGRES_APP_PASSWORD
-- The statements below carry passwords: a server that logs statements must not keep them.
set log_statement = 'none';
set log_min_duration_statement = -1;
set log_min_error_statement = 'panic';
set password_encryption = 'scram-sha-256';
set client_min_messages = 'warning';
select format('create role %I', name)
from unnest(array['nexus_owner', 'nexus_app', 'nexus_dispatch']) as name
where to_regrole(name) is null
\gexec
alter role nexus_owner login createrole nosuperuser nobypassrls nocreatedb noreplication password :'owner_password';
alter role nexus_app login nocreaterole nosuperuser nobypassrls nocreatedb noreplication password :'app_password';
alter role nexus_dispatch nologin nocreaterole nosuperuser nobypassrls nocreatedb noreplication;
-- PostgreSQL 15 has no options here: membership alone inherits and lets SET ROLE.
select 'grant nexus_dispatch to nexus_owner'
    || case when current_setting('server_version_num')::int >= 160000 then ' with inherit true, set true' else '' end
\gexec
select 'create database nexus owner nexus_owner template template0 encoding ''UTF8'' locale ''C.UTF-8'''
where not exists (select from pg_database where datname = 'nexus')
\gexec
revoke connect on database nexus from public;
grant connect on database nexus to nexus_app;
SQL
