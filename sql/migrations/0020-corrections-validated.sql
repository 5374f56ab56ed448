--! no transaction
alter table batches validate constraint batches_state_check;
alter table batches validate constraint batches_mode_check;
alter table batches validate constraint batches_target_check;
alter table dead_letter_actions validate constraint dead_letter_actions_action_check;
-- The withdrawal of a batch.
create unique index concurrently batches_of_target on batches (target_id) where target_id is not null;
-- The batches of a series that count.
create index concurrently batches_of_series on batches (provider, series, number) where series is not null and state = 'applied';
-- Withdrawn batches with the same content.
create index concurrently batches_withdrawn on batches (provider, digest) where state = 'withdrawn';
-- Batches that wait for a person.
create index concurrently batches_held on batches (held_at) where state = 'held';
-- Batches whose prices are due to be removed.
create index concurrently withdrawn_batches_kept on withdrawn_batches (withdrawn_at) where removed_at is null;
-- The batches that a batch has replaced.
create index concurrently batches_replaced_by on batches (replaced_by) where replaced_by is not null;
