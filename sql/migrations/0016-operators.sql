-- What operators' commands (services/ops) may do: docs/decisions/0044-operators-have-a-role.md. A database that an earlier release
-- made has no CONNECT for them yet, and its owner alone can give it.
do $$ begin execute format('grant connect on database %I to operators', current_database()); end $$;

-- batches, dead-letters, messages; a replay writes rows that a restored database has lost, and what a decision in the store says
grant select on batches, batch_attempts, dead_letter_actions, unreadable_batches, stray_messages to operators;
grant select (batch_id, parked_at, hidden_until) on parked_messages to operators; -- the receipt is good for deleting the message
grant insert,
  update (state, reason, waits, queued_at, finished_at, dead_lettered_at, row_count, error_count, first_errors, last_line_ended, checked_under) on batches to operators;
grant insert on dead_letter_actions to operators;

-- reference load and retire, which lock the tables that they write
grant select, insert, update on regions, ports to operators;
grant select, insert, update, delete on port_aliases to operators;
grant select, update (version) on reference_version to operators;
grant select, insert on reference_actions to operators;

-- prices find
grant select on prices, price_months to operators;

-- Statements and sessions that operators ended, when and why; written before the signal is sent, never deleted.
create table session_signals (
  number bigint generated always as identity primary key,
  signal text not null check (signal in ('cancel', 'terminate')),
  pid int not null,
  -- Of the session: its login, program and state, and the statement, at most 200 characters of it.
  usename text,
  application_name text,
  state text,
  statement text check (length(statement) <= 200),
  -- As in dead_letter_actions.
  actor text not null,
  caller text,
  task text,
  reason text not null,
  signalled_at timestamptz not null default clock_timestamp(),
  -- Whether PostgreSQL sent the signal; null where the command ended in between.
  sent boolean
);
grant select, insert, update (sent) on session_signals to operators;
