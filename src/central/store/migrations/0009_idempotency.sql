-- Requests that carried an Idempotency-Key and were done: a repetition gets the same answer and does nothing.
create table idempotency (
  -- SHA-256 of the credential that asked, and of the key: neither can be read from here.
  caller bytea not null,
  key_hash bytea not null,
  -- SHA-256 of method, address and body: the key belongs to this request and to no other.
  fingerprint bytea not null,
  -- Sealed with what only the caller knows; null where the answer has no body, and while the request runs.
  answer bytea,
  created_at timestamptz not null default now(),
  primary key (caller, key_hash)
);
create index idempotency_created_at on idempotency (created_at);
