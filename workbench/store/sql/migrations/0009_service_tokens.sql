-- Tokens that programs use the API with. Only a hash is kept, so that nobody who reads the database
-- can use them.

create table service_tokens (
    id uuid primary key,
    name text not null unique check (name <> ''),
    role text not null,
    scopes text[] not null default '{}',
    hash bytea not null unique,
    created_by text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    used_at timestamptz
);
