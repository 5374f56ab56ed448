create table batches (
  id text primary key check (id ~ '^[0-9a-f]{64}$'),
  -- Eight bytes in place of sixty-four in every price.
  number bigint generated always as identity unique,
  provider text not null,
  mode text not null check (mode in ('apply', 'dry_run')),
  state text not null default 'queued'
    check (state in ('queued', 'processing', 'applied', 'validated', 'rejected', 'dead_lettered', 'discarded')),
  format text not null check (format in ('csv', 'ndjson', 'json')),
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  bytes bigint not null,
  decoded_bytes bigint,
  accepted_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  row_count bigint,
  error_count bigint,
  first_errors jsonb not null default '[]',
  reason text
);
create index batches_of_provider on batches (provider, accepted_at desc, id desc);

create table batch_attempts (
  batch_id text not null references batches,
  attempt int not null,
  worker text not null,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  rows_read bigint not null default 0,
  outcome text,
  reason text,
  primary key (batch_id, attempt)
);

-- The marker of invariant B: kept for ever, written in the transaction of the prices themselves.
create table applied_batches (
  batch_id text primary key references batches,
  row_count bigint not null,
  applied_at timestamptz not null default now()
);

grant select, insert on batches to batch_intake;
grant select on batch_attempts, applied_batches to batch_intake;
grant select, insert on batches, batch_attempts, applied_batches to batch_writer;
grant update (state, started_at, finished_at, decoded_bytes, row_count, error_count, first_errors, reason) on batches to batch_writer;
grant update (finished_at, rows_read, outcome, reason) on batch_attempts to batch_writer;
