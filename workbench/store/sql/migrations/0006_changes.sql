-- Proposed changes to clusters, and people's decisions about them.

create table proposed_changes (
    id uuid primary key,
    number bigint generated always as identity unique,
    investigation_id uuid not null references investigations (id),
    body jsonb not null,
    digest text not null check (digest ~ '^[0-9a-f]{64}$'),
    created_at timestamptz not null,
    expires_at timestamptz not null check (expires_at > created_at)
);

create index proposed_changes_of_investigation on proposed_changes (investigation_id);

create trigger proposed_changes_are_append_only before update or delete on proposed_changes
    for each row execute function refuse_change();
create trigger proposed_changes_are_not_truncated before truncate on proposed_changes
    for each statement execute function refuse_change();

-- One decision a change. It is used at most once; nothing else about it ever changes.
create table approvals (
    change_id uuid primary key references proposed_changes (id),
    approved boolean not null,
    approver text not null check (approver <> ''),
    surface text not null,
    digest text not null check (digest ~ '^[0-9a-f]{64}$'),
    decided_at timestamptz not null,
    expires_at timestamptz not null check (expires_at > decided_at),
    used_at timestamptz,
    reason text not null default '', -- what the person said
    check (used_at is null or approved)
);

create function only_use_an_approval() returns trigger
language plpgsql as $$
begin
    if old.used_at is not null or new.used_at is null
        or (to_jsonb(new) - 'used_at') is distinct from (to_jsonb(old) - 'used_at') then
        raise exception 'update on approvals is refused: an approval is only used, and once'
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;

create trigger approvals_are_only_used before update on approvals
    for each row execute function only_use_an_approval();
create trigger approvals_are_not_deleted before delete on approvals
    for each row execute function refuse_change();
create trigger approvals_are_not_truncated before truncate on approvals
    for each statement execute function refuse_change();
