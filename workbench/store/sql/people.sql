-- name: ensure_user_by_email
-- The user with that address, created or renamed.
-- $1 uuid: id for a new one
-- $2 text: email
-- $3 text: name
insert into users (id, email, name) values ($1, $2, $3)
on conflict (email) do update set name = excluded.name
returning id, email, name, created_at;

-- name: ensure_local_user
-- The user without an address who goes by that name, created if need be.
-- $1 uuid: id for a new one
-- $2 text: name
insert into users (id, name) values ($1, $2)
on conflict (name) where email is null do update set name = excluded.name
returning id, email, name, created_at;

-- name: user_by_id
-- $1 uuid: id
select id, email, name, created_at from users where id = $1;
