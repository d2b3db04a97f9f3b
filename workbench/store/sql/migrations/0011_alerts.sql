-- Alerts that were told, the run that looked into each, and who was told what it came to.

create table alerts (
    id uuid primary key,
    key text not null check (key <> ''),
    starts_at timestamptz,  -- null where nobody said
    name text not null,
    labels jsonb not null,
    annotations jsonb not null,
    status text not null check (status in ('firing', 'resolved')),
    told integer not null default 1,
    first_told timestamptz not null,
    last_told timestamptz not null,
    told_by text not null,
    looked_at timestamptz,  -- when its last look was asked for
    sweep_id uuid,
    item integer,
    reason text not null default '',  -- why it had another look than its rule says, or none
    unique nulls not distinct (key, starts_at),
    foreign key (sweep_id, item) references sweep_items on delete set null,
    check ((sweep_id is null) = (item is null))
);

create index alerts_by_time on alerts (last_told desc, id);
create index alerts_by_look on alerts (looked_at) where sweep_id is not null;
create index alerts_by_run on alerts (sweep_id, item) where sweep_id is not null;

create table alert_messages (
    sweep_id uuid not null,
    item integer not null,
    target text not null,
    tries integer not null default 0,
    next_at timestamptz not null default now(),
    sent_at timestamptz,
    given_up_at timestamptz,
    error text not null default '',
    primary key (sweep_id, item, target),
    foreign key (sweep_id, item) references sweep_items on delete cascade
);

create index alert_messages_open on alert_messages (next_at)
    where sent_at is null and given_up_at is null;
