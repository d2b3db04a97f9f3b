-- Runs of runbooks that the API and the pages began, of every replica.

create table runbook_runs (
    id uuid primary key,
    user_name text not null,
    runbook text not null,
    status text not null check (status in
        ('running', 'healthy', 'findings', 'failed', 'interrupted')),
    body jsonb not null,
    notebook bytea references notebooks (sha256) -- executed; null before the end
);

create index runbook_runs_of_user on runbook_runs (user_name, id desc);
create index runbook_runs_by_notebook on runbook_runs (notebook) where notebook is not null;

create policy own on runbook_runs using (
    (select row_sight()) = 'everybody' or user_name = current_setting('workbench.user', true));
alter table runbook_runs enable row level security;
create policy of_runs on notebooks for select using (
    exists (select from runbook_runs r where r.notebook = notebooks.sha256));
