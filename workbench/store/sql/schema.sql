-- name: create_schema_migrations
-- The table of applied migrations.
create table if not exists schema_migrations (
    number integer primary key,
    name text not null,
    sha256 text not null,
    applied_at timestamptz not null default now()
);

-- name: lock_schema
-- One migration at a time; let go at the end of the transaction.
select pg_advisory_xact_lock(7274496132);

-- name: applied_migrations
select number, name, sha256 from schema_migrations order by number;

-- name: record_migration
-- $1 integer: number
-- $2 text: name
-- $3 text: SHA-256 of the file, hex
insert into schema_migrations (number, name, sha256) values ($1, $2, $3);

-- name: schema_exists
-- Whether anything was ever migrated here.
select to_regclass('schema_migrations') is not null;

-- name: server_version
-- As a number: 180004 is 18.4.
select current_setting('server_version_num')::integer;

-- name: offers_vector
-- Whether the server has the pgvector extension to install.
select exists (select from pg_available_extensions where name = 'vector');

-- name: ping
select 1;

-- name: server_description
-- What the server is, for people: PostgreSQL 18.4 with pgvector 0.8.1.
select 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1)
    || ' with pgvector ' || coalesce((select extversion from pg_extension where extname = 'vector'), '?');

-- name: row_security_active
-- Whether policies hold for the role that asks: they do not for the owner of the tables.
select row_security_active('conversations');

-- name: see_as
-- Whose rows the rest of the transaction sees.
-- $1 text: name
-- $2 text: own, changes or everybody
select set_config('workbench.user', $1, true), set_config('workbench.sees', $2, true);

-- name: grant_application
-- Lets a role run the workbench without owning its tables.
-- $1 name: role
select grant_application($1);
