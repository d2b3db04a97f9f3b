-- Approvals that a person signs ahead of a run: a decision about the change that was shown, which is
-- used up by the decision about the same change as the run tried it.

alter table approvals
    add column document text, -- what was signed (RFC 7515, compact); null for a decision on the spot
    add column ahead text not null default '', -- the runbook it was signed for; '' on the spot
    add column holder text, -- who may make the change, where that is not the approver
    add column origin uuid references approvals (change_id), -- the signed decision this one used up
    add column withdrawn_at timestamptz,
    add check (document is null or (approved and ahead <> '')),
    add check (withdrawn_at is null or (document is not null and used_at is null)),
    add unique (origin);

create or replace function only_use_an_approval() returns trigger
language plpgsql as $$
begin
    if old.used_at is not null or old.withdrawn_at is not null
        or (new.used_at is null) = (new.withdrawn_at is null)
        or (to_jsonb(new) - 'used_at' - 'withdrawn_at')
            is distinct from (to_jsonb(old) - 'used_at' - 'withdrawn_at') then
        raise exception 'update on approvals is refused: an approval is only used, and once'
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;

-- Uses a signed approval up for a change that was proposed later; why not, or null when it was. Of
-- any number of callers one at most is told so. With the owner's rights, because a run may be
-- somebody else's than the change it was signed for.
create function use_signed_approval(
    p_signed uuid, p_document text, p_change uuid, p_digest text, p_holder text, p_surface text,
    p_at timestamptz, p_expires timestamptz, p_reason text
) returns text
language plpgsql as $$
declare
    signed approvals;
begin
    if session_user <> current_user and not exists (
            select from proposed_changes c join investigations i on i.id = c.investigation_id
            where c.id = p_change and sees_rows_of(i.user_id)) then
        return 'the change is somebody else''s';
    end if;
    select * into signed from approvals where change_id = p_signed for update;
    if not found or signed.document is distinct from p_document then
        return 'it was not signed with this database';
    elsif signed.withdrawn_at is not null then
        return format('it was withdrawn at %s UTC',
            to_char(signed.withdrawn_at at time zone 'utc', 'YYYY-MM-DD HH24:MI'));
    elsif signed.used_at is not null then
        return format('it was used at %s UTC, and each is good once',
            to_char(signed.used_at at time zone 'utc', 'YYYY-MM-DD HH24:MI'));
    elsif p_at >= signed.expires_at then
        return 'it has expired';
    end if;
    insert into approvals (change_id, approved, approver, surface, digest, decided_at, expires_at,
        reason, ahead, holder, origin)
    select c.id, true, signed.approver, p_surface, c.digest, p_at,
        least(p_expires, signed.expires_at), p_reason, signed.ahead, p_holder, signed.change_id
    from proposed_changes c
    where c.id = p_change and c.digest = p_digest and c.expires_at > p_at
    on conflict (change_id) do nothing;
    if not found then
        return 'the change no longer waits for a decision';
    end if;
    update approvals set used_at = p_at where change_id = p_signed;
    return null;
end
$$;

-- For whom the others of that kind were granted to, and nobody else.
do $$
declare
    places text := concat_ws(', ', quote_ident(current_schema()), 'pg_temp');
    target regprocedure := 'use_signed_approval'::regproc;
    granted name;
begin
    execute format('alter function %s security definer set search_path = %s', target, places);
    execute format('revoke execute on function %s from public', target);
    for granted in
        select r.rolname from pg_proc p, aclexplode(p.proacl) a join pg_roles r on r.oid = a.grantee
        where p.pronamespace = current_schema()::regnamespace and p.proname = 'create_investigation'
            and a.privilege_type = 'EXECUTE'
    loop
        execute format('grant execute on function %s to %I', target, granted);
    end loop;
end
$$;
