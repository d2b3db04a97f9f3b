-- name: create_service_token
-- Keeps a token unless the name or the id is taken; its id if it was kept.
-- $1 uuid: id, made by the caller
-- $2 text: name
-- $3 text: role
-- $4 text[]: scopes
-- $5 bytea: SHA-256 of the token
-- $6 text: who made it
-- $7 timestamptz: when
-- $8 timestamptz: until when it is good
insert into service_tokens (id, name, role, scopes, hash, created_by, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict do nothing
returning id;

-- name: service_tokens
-- All of them, the newest first.
select id, name, role, scopes, created_by, created_at, expires_at, revoked_at, used_at
from service_tokens order by created_at desc, id desc;

-- name: valid_service_token
-- The token of that hash while it is good.
-- $1 bytea: SHA-256 of the token
-- $2 timestamptz: when
select id, name, role, scopes, created_by, created_at, expires_at, revoked_at, used_at
from service_tokens where hash = $1 and revoked_at is null and expires_at > $2;

-- name: mark_service_token
-- Notes that a token was used, by the minute.
-- $1 uuid: id
-- $2 timestamptz: when
update service_tokens set used_at = $2
where id = $1 and (used_at is null or used_at < $2::timestamptz - interval '1 minute');

-- name: revoke_service_token
-- Ends a token; its id if there was one that was not revoked.
-- $1 text: name
-- $2 timestamptz: when
update service_tokens set revoked_at = $2 where name = $1 and revoked_at is null returning id;
