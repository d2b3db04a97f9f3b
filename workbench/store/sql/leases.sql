-- name: take_lease
-- Takes the lease of what nobody holds any more; true if so.
-- $1 uuid: what is worked on
-- $2 uuid: holder, made by the caller
-- $3 integer: the process (see own_calls)
insert into leases as l (work, holder, owner) values ($1, $2, $3)
on conflict (work) do update
    set holder = excluded.holder, owner = excluded.owner, beat = now(),
        stop_asked = l.stop_asked and l.holder = excluded.holder
    where l.holder = excluded.holder or is_lapsed(l)
returning true;

-- name: keep_lease
-- Says that the holder lives; whether somebody asked it to stop, or nothing when it holds no lease.
-- $1 uuid: what is worked on
-- $2 uuid: holder
with kept as (
    update leases set beat = now()
    where work = $1 and holder = $2 and beat < now() - interval '2 s'
)
select stop_asked from leases where work = $1 and holder = $2;

-- name: end_lease
-- $1 uuid: what is worked on
-- $2 uuid: holder
delete from leases where work = $1 and holder = $2;

-- name: leave_lease
-- Lets a lease lapse at once: who finds it looks how the work ended.
-- $1 uuid: what is worked on
-- $2 uuid: holder
update leases set beat = '-infinity' where work = $1 and holder = $2;

-- name: ask_to_stop
-- Asks whoever works on it to stop; true if anybody does.
-- $1 uuid: what is worked on
update leases set stop_asked = true where work = $1 returning true;

-- name: take_lapsed_leases
-- Takes the leases of those that are gone; what they worked on and whether it was to stop. None while
-- the server is younger than that: the living may not have come back to it.
-- $1 uuid: holder, made by the caller
-- $2 integer: the process (see own_calls)
-- $3 double precision: seconds
update leases set holder = $1, owner = $2, beat = now()
where pg_postmaster_start_time() <= now() - make_interval(secs => $3) and work in (
    select l.work from leases l where is_lapsed(l) for update skip locked)
returning work, stop_asked;
