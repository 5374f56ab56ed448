-- When the removal of the prices of a withdrawn batch began: from then on, what the batch has changed cannot be told. `removed_at` is its end.
alter table withdrawn_batches add removing_since timestamptz;
update withdrawn_batches set removing_since = removed_at where removed_at is not null;
grant update (removing_since) on withdrawn_batches to batch_writer, operators;
