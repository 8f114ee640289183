-- What people decided must happen when a parameter changes: stronger than what the catalog says of it.
create table parameter_order (
  -- In lower case.
  name text primary key,
  effect text not null check (effect in ('reload', 'restart', 'full-restart')),
  note text not null,
  actor text not null,
  ordered_at timestamptz not null default now(),
  version integer not null default 1
);
