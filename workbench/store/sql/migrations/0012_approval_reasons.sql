-- What a person said when they approved or denied a change.
alter table approvals add column reason text not null default '';
