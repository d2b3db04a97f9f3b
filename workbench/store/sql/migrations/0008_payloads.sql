-- Results too large for their row: whole, compressed, once per content.
--
-- The row keeps the beginning and names the SHA-256 of the whole, so that the hash chain covers it.
-- Nothing here refuses deletion, which retention needs: what is gone or changed shows.

create table payload_parts (
    sha256 bytea not null check (octet_length(sha256) = 32),
    number integer not null,
    body bytea not null,
    primary key (sha256, number)
);

alter table payload_parts alter column body set storage external;  -- compressed already

create table payload_uses (
    audit_id uuid not null,
    created_at timestamptz not null,
    kind text not null check (kind in ('text', 'data')),
    sha256 bytea not null,
    bytes bigint not null,
    parts integer not null,
    primary key (audit_id, kind)
);

create index payload_uses_of_content on payload_uses (sha256);
create index payload_uses_by_time on payload_uses (created_at);

create trigger payload_parts_are_not_changed before update on payload_parts
    for each row execute function refuse_change();
create trigger payload_uses_are_not_changed before update on payload_uses
    for each row execute function refuse_change();
