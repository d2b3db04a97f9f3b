-- Investigations and their append-only steps.

create table investigations (
    id uuid primary key,
    number bigint generated always as identity unique,
    conversation_id uuid references conversations (id) on delete set null,
    user_id uuid references users (id) on delete set null,
    question text not null,
    scope jsonb not null,
    created_at timestamptz not null default now()
);

create index investigations_of_user on investigations (user_id, number desc);
create index investigations_of_conversation on investigations (conversation_id);

create table steps (
    investigation_id uuid not null references investigations (id),
    seq integer not null check (seq >= 0),
    kind text not null,
    body jsonb not null,
    created_at timestamptz not null,
    primary key (investigation_id, seq)
);

create function refuse_change() returns trigger
language plpgsql as $$
begin
    raise exception '% on % is refused: its rows are append-only', tg_op, tg_table_name
        using errcode = 'restrict_violation';
end
$$;

create trigger steps_are_append_only before update or delete on steps
    for each row execute function refuse_change();
create trigger steps_are_not_truncated before truncate on steps
    for each statement execute function refuse_change();
