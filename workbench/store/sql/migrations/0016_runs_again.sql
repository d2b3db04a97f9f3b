-- Runs whose server is gone wait for another, which begins them again.

alter table runbook_runs
    add column claim uuid, -- who may say how it is: the holder of its lease; null for nobody
    add column waits_since timestamptz; -- for another server

create index runbook_runs_that_wait on runbook_runs (waits_since) where waits_since is not null;
