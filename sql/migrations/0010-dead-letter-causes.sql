-- Batches of which the store does not give what was accepted. Workers tell by them one broken batch from a store that is wrong.
create table unreadable_batches (
  batch_id text primary key,
  provider text not null,
  reason text not null,
  failed_at timestamptz not null,
  -- Since when the batch is held because other providers' batches failed too; null for one that was dead-lettered.
  held_since timestamptz,
  -- When a worker last read it again.
  checked_at timestamptz not null,
  -- Until when the worker that reads the held batches has the lease; null while none does.
  leased_until timestamptz,
  -- The store gave other batches as they were accepted: this one alone is broken.
  store_is_right boolean not null default false
);
grant select, insert, update, delete on unreadable_batches to batch_writer;

-- Messages that name no batch that is known: kept, since nothing else is left of them. Each text is one row.
create table stray_messages (
  sha256 text primary key,
  message_group text not null,
  body text not null,
  reason text not null,
  messages bigint not null default 1,
  last_at timestamptz not null
);
grant select, insert, update, delete on stray_messages to batch_writer;
grant select on stray_messages to batch_intake;

-- Messages that were handed back and are hidden until their next delivery. A worker deletes the message of a batch that an operator ends.
create table parked_messages (
  batch_id text primary key,
  receipt text not null,
  parked_at timestamptz not null,
  hidden_until timestamptz not null
);
grant select, insert, update, delete on parked_messages to batch_writer;

alter table dead_letter_actions drop constraint dead_letter_actions_action_check;
alter table dead_letter_actions add constraint dead_letter_actions_action_check check (action in ('redrive', 'discard', 'dead_letter'));
grant update (dead_lettered_at) on batches to batch_intake;

-- How often the batch failed for a reason that passes by itself, while other batches were finished.
alter table batches add column waits integer not null default 0;
grant update (waits) on batches to batch_writer, batch_intake;
