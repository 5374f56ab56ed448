--! no transaction
-- Batches in the order of their commits.
create unique index concurrently applied_batches_position on applied_batches (position);
