-- When the batch's message was last put on the queue: the sweeper reckons by it, and a redrive renews it.
alter table batches add column queued_at timestamptz not null default now();
alter table batches add column dead_lettered_at timestamptz;
create index batches_dead_lettered on batches (dead_lettered_at desc, id desc) where state = 'dead_lettered';
create index batches_under_way on batches (queued_at) where state in ('queued', 'processing');

-- How many rows the attempt will have read at its end, as far as its bytes so far let it be told.
alter table batch_attempts add column rows_expected bigint;
grant update (rows_expected) on batch_attempts to batch_writer;

-- Who did what to a batch that could not be applied, when and why; never changed, never deleted.
create table dead_letter_actions (
  number bigint generated always as identity primary key,
  batch_id text not null references batches,
  action text not null check (action in ('redrive', 'discard')),
  actor text not null,
  reason text,
  acted_at timestamptz not null default now()
);
create index dead_letter_actions_of_batch on dead_letter_actions (batch_id, number);

grant select, insert on dead_letter_actions to batch_intake;
grant update (state, reason, queued_at, finished_at) on batches to batch_intake;
grant update (queued_at, dead_lettered_at) on batches to batch_writer;
