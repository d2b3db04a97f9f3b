-- A question, its investigation and who works on it are written at once now. Of processes that ended
-- in between before that, investigations are left without a step and without a lease: they get one
-- that lapses, so that somebody says so. What is younger than an hour may still be worked on.
insert into leases (work, holder, owner, beat)
select i.id, gen_random_uuid(), 0, i.created_at + interval '1 hour'
from investigations i
where not i.session and not exists (select from steps s where s.investigation_id = i.id)
on conflict (work) do nothing;
