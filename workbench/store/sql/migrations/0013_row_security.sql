-- A second wall between people, behind the one in the queries: for every role but the owner of the
-- tables, a row is there only for whom it belongs to. Who that is, each transaction says by itself:
-- workbench.user is the name, workbench.sees one of
--   own        what is theirs and what is everybody's (also when nothing is said)
--   changes    and proposed changes with the investigations they belong to, as approvers do
--   everybody  everything, as administrators and workers do

create function row_sight() returns text
language sql stable as $$
    select coalesce(nullif(current_setting('workbench.sees', true), ''), 'own')
$$;

create function acting_user() returns uuid
language sql stable as $$
    select id from users where email is null and name = current_setting('workbench.user', true)
$$;

-- What belongs to that user (nobody's for null) may be seen.
create function sees_rows_of(p_user uuid) returns boolean
language sql stable as $$
    select row_sight() = 'everybody' or coalesce(p_user = acting_user(), false)
$$;

-- The same for what bears a name instead.
create function is_of(p_name text) returns boolean
language sql stable as $$
    select row_sight() = 'everybody'
        or coalesce(p_name = nullif(current_setting('workbench.user', true), ''), false)
$$;

-- Whether an approver may have to read it. With the owner's rights: the policies of the two tables
-- would ask each other for ever.
create function has_change(p_investigation uuid) returns boolean
language sql stable as $$
    select exists (select from proposed_changes c where c.investigation_id = p_investigation)
$$;

-- The name of an investigation, also of one that may not be read.
create function label_of(p_investigation uuid) returns text
language sql stable as $$
    select label(i) from investigations i where i.id = p_investigation
$$;

-- As before, and of nobody but whom the caller acts for: it counts everybody's, so that it runs with
-- the owner's rights, which no policy holds back.
create or replace function create_investigation(
    p_id uuid, p_question text, p_scope jsonb, p_user uuid, p_conversation uuid, p_at timestamptz,
    p_session boolean
) returns void
language plpgsql as $$
begin
    if session_user <> current_user and not sees_rows_of(p_user) then
        raise exception 'an investigation of somebody else is refused'
            using errcode = 'insufficient_privilege';
    end if;
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

-- Policies ------------------------------------------------------------------------------------

-- Sub-selects without a column are computed once a statement, and not for every row.

create policy own on conversations using (
    (select row_sight()) = 'everybody' or user_id = (select acting_user()));
create policy own on messages using (
    exists (select from conversations c where c.id = conversation_id));

create policy own on investigations using (
    (select row_sight()) = 'everybody' or user_id = (select acting_user())
    or ((select row_sight()) = 'changes' and has_change(id)));
create policy own on steps using (
    exists (select from investigations i where i.id = investigation_id));

create policy own on proposed_changes using (
    (select row_sight()) in ('everybody', 'changes')
    or exists (select from investigations i where i.id = investigation_id));
create policy own on approvals using (
    exists (select from proposed_changes c where c.id = change_id));

-- The record is written by functions with the owner's rights and by nobody else. Its partitions have
-- no policy, so that by themselves they show nothing.
create policy own on audit_logs for select using (
    (select row_sight()) = 'everybody'
    or exists (select from investigations i where i.id = investigation_id));
create policy own on audit_heads for select using (
    (select row_sight()) = 'everybody'
    or exists (select from investigations i where i.id = investigation_id));
create policy own on audit_anchors for select using (
    (select row_sight()) = 'everybody'
    or exists (select from investigations i where i.id = investigation_id));
create policy own on audit_roots for select using (
    (select row_sight()) = 'everybody'
    or exists (select from investigations i where i.id = investigation_id));
create policy kept on audit_roots for insert with check ((select row_sight()) = 'everybody');

-- Alerts are everybody's, and so is what the runs that look into them found.
create policy own on sweeps using (is_of(plan ->> 'person'));
create policy of_alerts on sweeps for select using (plan ->> 'over' = 'alerts');
create policy own on sweep_items using (
    (select row_sight()) = 'everybody'
    or exists (select from sweeps s where s.id = sweep_id and is_of(s.plan ->> 'person')));
create policy of_alerts on sweep_items for select using (
    exists (select from sweeps s where s.id = sweep_id));
create policy own on sweep_tries using (
    (select row_sight()) = 'everybody'
    or exists (select from sweeps s where s.id = sweep_id and is_of(s.plan ->> 'person')));
create policy of_alerts on sweep_tries for select using (
    exists (select from sweeps s where s.id = sweep_id));
create policy own on sweep_schedules using (is_of(plan ->> 'person'));

-- Results too large for their row, and notebooks: kept once per content by whoever has it first, and
-- read by whom something belongs to that refers to it.
create policy own on payload_uses for select using (
    (select row_sight()) = 'everybody' or exists (
        select from audit_logs a where a.id = audit_id and a.created_at = payload_uses.created_at));
create policy own on notebooks for select using (
    (select row_sight()) = 'everybody'
    or exists (select from sweeps s where s.source = notebooks.sha256)
    or exists (select from sweep_items i where i.notebook = notebooks.sha256)
    or exists (select from sweep_schedules d where d.source = notebooks.sha256));
create policy own on payload_parts for select using (
    (select row_sight()) = 'everybody'
    or exists (select from payload_uses u where u.sha256 = payload_parts.sha256)
    or exists (select from notebooks n where n.sha256 = payload_parts.sha256));
do $$
declare
    target text;
begin
    foreach target in array array['payload_uses', 'payload_parts', 'notebooks'] loop
        execute format('create policy kept on %I for insert with check (true)', target);
        execute format(
            $q$create policy dropped on %I for delete using ((select row_sight()) = 'everybody')$q$,
            target);
    end loop;
end
$$;

-- Whether a large result with that content is kept, whoever made the call.
create function payload_is_kept(p_sha256 bytea) returns boolean
language sql stable as $$
    select exists (select from payload_uses u where u.sha256 = p_sha256)
$$;

-- Says that a notebook is kept once more; whether there is one with that content.
create function touch_notebook(p_sha256 bytea) returns boolean
language sql as $$
    with kept as (update notebooks set kept_at = now() where sha256 = p_sha256 returning 1)
    select exists (select from kept)
$$;

create policy own on documents using (
    owner_id is null or (select row_sight()) = 'everybody' or owner_id = (select acting_user()));
create policy own on passages using (
    owner_id is null or (select row_sight()) = 'everybody' or owner_id = (select acting_user()));
create policy own on embeddings using (
    owner_id is null or (select row_sight()) = 'everybody' or owner_id = (select acting_user()));

create policy own on incidents using (
    owner_id is null or (select row_sight()) = 'everybody' or owner_id = (select acting_user()));
create policy own on incident_investigations using (
    exists (select from incidents i where i.id = incident_id));
create policy own on incident_notes using (
    exists (select from incidents i where i.id = incident_id));

do $$
declare
    target text;
begin
    foreach target in array array[
        'conversations', 'messages', 'investigations', 'steps', 'proposed_changes', 'approvals',
        'documents', 'passages', 'embeddings', 'incidents', 'incident_investigations',
        'incident_notes', 'audit_logs', 'audit_logs_default', 'audit_heads', 'audit_anchors',
        'audit_roots', 'sweeps', 'sweep_items', 'sweep_tries', 'sweep_schedules', 'payload_uses',
        'payload_parts', 'notebooks'
    ] loop
        execute format('alter table %I enable row level security', target);
    end loop;
end
$$;

-- With the owner's rights ---------------------------------------------------------------------

-- What makes partitions and indexes, counts over everybody's rows, asks for what a policy needs, or
-- records a call, on a connection that says nobody's name. Names are looked up where they were when
-- this was applied, and never among temporary ones first; who was granted nothing may only call what the
-- policies ask.
-- A search by words would not use its index for a role that policies hold for: what it finds is read
-- by the caller, through them.
do $$
declare
    places text := concat_ws(', ', quote_ident(current_schema()), (
        select quote_ident(nspname) from pg_extension e join pg_namespace n on n.oid = extnamespace
        where extname = 'vector' and nspname <> current_schema()), 'pg_temp');
    target regprocedure;
begin
    for target in
        select p.oid from pg_proc p
        where p.pronamespace = current_schema()::regnamespace and p.proname in (
            'acting_user', 'has_change', 'label_of', 'create_investigation', 'audit_ensure_partition',
            'audit_advance', 'audit_intend', 'audit_finish', 'audit_proceed', 'audit_sweep',
            'payload_is_kept', 'touch_notebook',
            'create_embedding_index', 'create_embedding_indexes',
            'drop_embedding_model', 'settle_passages', 'refresh_lexemes', 'search_passages')
    loop
        execute format('alter function %s security definer set search_path = %s', target, places);
        execute format('revoke execute on function %s from public', target);
    end loop;
    grant execute on function acting_user(), has_change(uuid), label_of(uuid) to public;
end
$$;

-- What a role needs to run the workbench: the rows, and neither the tables nor the migrations.
create function grant_application(p_role name) returns void
language plpgsql as $$
declare
    place text := quote_ident(current_schema());
    rows text := 'select, insert, update, delete on';
begin
    execute format('grant usage on schema %s to %I', place, p_role);
    execute format('grant %s all tables in schema %s to %I', rows, place, p_role);
    execute format('grant usage on all sequences in schema %s to %I', place, p_role);
    execute format('grant execute on all functions in schema %s to %I', place, p_role);
    execute format(
        'alter default privileges in schema %s grant select, insert, update, delete on tables to %I',
        place, p_role);
    execute format(
        'alter default privileges in schema %s grant usage on sequences to %I', place, p_role);
    execute format('revoke insert, update, delete on schema_migrations from %I', p_role);
    execute format('revoke update, delete on steps, proposed_changes from %I', p_role);
    execute format('revoke insert, update, delete on audit_logs, audit_heads from %I', p_role);
end
$$;
