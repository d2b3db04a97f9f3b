-- Which sweeps and items refer to a notebook, for dropping those that none does.

create index sweeps_by_source on sweeps (source);
create index sweep_items_by_notebook on sweep_items (notebook) where notebook is not null;
