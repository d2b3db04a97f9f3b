-- name: has_notebook
-- Whether a notebook with that content is kept.
-- $1 bytea: SHA-256
select exists (select from notebooks where sha256 = $1);

-- name: touch_notebook
-- Says that a notebook is kept once more; whether there is one with that content.
-- $1 bytea: SHA-256
select touch_notebook($1);

-- name: keep_notebook
-- Says that a notebook is kept, all parts of which are stored.
-- $1 bytea: SHA-256
-- $2 bigint: bytes, before compression
-- $3 integer: parts
insert into notebooks (sha256, bytes, parts) values ($1, $2, $3) on conflict do nothing;
