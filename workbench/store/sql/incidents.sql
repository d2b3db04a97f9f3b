-- name: open_incident
-- Opens an incident unless the id exists; its number.
-- $1 uuid: id
-- $2 text: title
-- $3 text: namespace, "" for none
-- $4 uuid: owner, or null for everybody's
-- $5 text: who opens it
-- $6 timestamptz: when
insert into incidents (id, title, namespace, owner_id, opened_by, opened_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (id) do nothing
returning number;

-- name: incidents_seen_by
-- Incidents that a person may see, newest first, with what is attached.
-- $1 uuid: who asks, or null for everybody's
-- $2 bigint: only the one of that number, or null
-- $3 boolean: only closed ones
-- $4 bigint: at most
select i.*,
    array(
        select label_of(a.investigation_id) from incident_investigations a
        where a.incident_id = i.id order by a.attached_at, a.investigation_id  -- made by time (UUIDv7)
    ) as investigations,
    (
        select coalesce(jsonb_agg(
            jsonb_build_object('at', n.at, 'author', n.author, 'text', n.text) order by n.at, n.id
        ), '[]')
        from incident_notes n where n.incident_id = i.id
    ) as notes
from incidents i
where ($1::uuid is null or i.owner_id is null or i.owner_id = $1) and ($2::bigint is null or i.number = $2)
    and (not $3 or i.closed_at is not null)
order by i.number desc limit $4;

-- name: attach_investigation
-- Attaches an investigation to an incident that is open and adds what it was found by; the number.
-- $1 uuid: incident
-- $2 uuid: investigation
-- $3 text[]: features
-- $4 timestamptz: when
with attached as (
    insert into incident_investigations (incident_id, investigation_id, attached_at)
    select id, $2, $4 from incidents where id = $1 and closed_at is null
    on conflict do nothing
)
update incidents set features = array(
    select distinct f from unnest(features || $3::text[]) f order by f
)
where id = $1 and closed_at is null returning number;

-- name: note_incident
-- $1 uuid: id
-- $2 uuid: incident
-- $3 text: who says it
-- $4 text: what
-- $5 timestamptz: when
insert into incident_notes (id, incident_id, author, text, at)
values ($1, $2, $3, $4, $5) on conflict (id) do nothing;

-- name: close_incident
-- Closes an incident that is open, with what a person says it was; its number.
-- $1 uuid: incident
-- $2 text: who closes it
-- $3 timestamptz: when
-- $4 text: cause
-- $5 text: fix
-- $6 text: outcome
update incidents set closed_by = $2, closed_at = $3, cause = $4, fix = $5, outcome = $6
where id = $1 and closed_at is null returning number;
