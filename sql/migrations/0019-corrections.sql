--! after conversion
-- Batches are withdrawn, replaced, held and purged (docs/decisions/0048-corrections.md). 0020 validates the constraints.

alter table batches
  -- The batch that a batch of mode `withdraw` takes back.
  add target_id text,
  -- The batches that this one replaces. `{previous}` until the batch is applied, if the latest of its series is to be found then.
  add replaces text[],
  -- The provider's name of a series, of which each batch may replace the one before.
  add series text,
  -- The batch that has taken this one back in its own commit.
  add replaced_by text,
  -- When the batch was taken back. For a batch that was applied, `withdrawn_batches` has the time of the commit's position.
  add withdrawn_at timestamptz,
  add why text,
  -- When the guard against outliers has set the batch aside, and when a person has let it pass.
  add held_at timestamptz,
  add released_at timestamptz,
  -- When payload, report and prices were removed for ever.
  add purged_at timestamptz,
  alter format drop not null,
  drop constraint batches_state_check,
  drop constraint batches_mode_check,
  add constraint batches_state_check check (state in (
    'queued', 'processing', 'held', 'applied', 'validated', 'rejected', 'dead_lettered', 'discarded', 'withdrawn')) not valid,
  add constraint batches_mode_check check (mode in ('apply', 'dry_run', 'withdraw')) not valid,
  add constraint batches_target_check check ((mode = 'withdraw') = (target_id is not null) and (mode = 'withdraw') = (format is null)) not valid;

alter table dead_letter_actions
  drop constraint dead_letter_actions_action_check,
  add constraint dead_letter_actions_action_check check (action in ('redrive', 'discard', 'dead_letter', 'withdraw', 'release', 'purge')) not valid;

-- When the prices of the batch, and those that take them back, were removed from the ledger. The batch itself stays.
alter table withdrawn_batches add removed_at timestamptz;

grant update (replaces, replaced_by, withdrawn_at, why, held_at, released_at) on batches to batch_writer;
grant update (replaced_by, withdrawn_at, why, released_at) on batches to batch_intake;
grant update (replaced_by, withdrawn_at, why, released_at, purged_at) on batches to operators;
grant select on withdrawn_batches to rates_reader, batch_intake;
grant select, insert, update (removed_at) on withdrawn_batches to batch_writer;
-- To find the prices of a batch, and the sums beside them.
grant select on unmerged_prices, merged_prices, merged_sums, wide_merged_sums, batch_lanes, ledger_position to batch_intake;
-- `batches purge` takes back and removes prices.
grant select, insert on unmerged_prices to operators;
grant select, insert, update (removed_at) on withdrawn_batches to operators;
grant select, insert on applied_batches to operators;
grant update (position, at) on ledger_position to operators;
grant select on batch_lanes to operators;
grant delete on batch_lanes to batch_writer, operators;
