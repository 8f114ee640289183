-- Logs that somebody follows now. The central of whoever watches renews the row; the stream of the satellite, wherever it
-- ends, asks the site for what it finds here. Worth nothing after a crash of the database, so it is not written to the WAL.
create unlogged table log_tail (
  id uuid primary key,
  satellite_id uuid not null references satellite (id) on delete cascade,
  order_body jsonb not null,
  -- Of the stream that brings it; null until one does.
  stream_serial bigint,
  expires_at timestamptz not null
);
create index log_tail_satellite on log_tail (satellite_id);

-- On their way from the central that has the satellite's stream to the one that has the watcher: taken out as they are read.
create unlogged table log_tail_batch (
  tail_id uuid not null references log_tail (id) on delete cascade,
  sequence bigint not null,
  body jsonb not null,
  primary key (tail_id, sequence)
);
