-- Investigations and their append-only steps.
--
-- What is called by hand in one session is kept like an investigation, and counted apart from them.

create table investigations (
    id uuid primary key,
    session boolean not null default false,
    number bigint not null,
    conversation_id uuid references conversations (id) on delete set null,
    user_id uuid references users (id) on delete set null,
    question text not null,
    scope jsonb not null,
    created_at timestamptz not null default now(),
    unique (session, number)
);

-- How people name it: INV-12, or S-3 for a session.
create function label(which investigations) returns text
language sql immutable as $$
    select case when which.session then 'S-' else 'INV-' end || which.number
$$;

-- Creates it with the next number unless the id exists. Numbers have no gaps, which a sequence would
-- leave after every crash.
create function create_investigation(
    p_id uuid, p_question text, p_scope jsonb, p_user uuid, p_conversation uuid, p_at timestamptz,
    p_session boolean
) returns void
language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtext('create_investigation'));
    insert into investigations (
        id, session, number, question, scope, user_id, conversation_id, created_at)
    values (
        p_id, p_session,
        (select coalesce(max(number), 0) + 1 from investigations where session = p_session),
        p_question, p_scope, p_user, p_conversation, p_at)
    on conflict (id) do nothing;
end
$$;

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

-- What answers of models cost is read from one kind of step of many, by time.
create index steps_of_models on steps (created_at) include (investigation_id)
    where kind = 'model_answered';

create trigger steps_are_append_only before update or delete on steps
    for each row execute function refuse_change();
create trigger steps_are_not_truncated before truncate on steps
    for each statement execute function refuse_change();
