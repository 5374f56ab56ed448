-- A batch without an Idempotency-Key is applied once per content and format, whichever release accepted it
-- (docs/decisions/0022-content-and-format-name-a-batch.md). The worker looks for an applied batch of the same content before it commits;
-- the indexes for it are in 0011-batch-indexes.sql.
-- SHA-256 of the decoded content, set when a batch is applied. Null: not applied, or applied by an older release.
alter table batches add column content_digest text;
-- Kind of the name in the manifest. Null: an older release wrote the row.
alter table batches add column name_kind text;
-- The worker looked for the content of a batch that an older release applied, and the store does not have it any more: not looked for again.
alter table batches add column content_lost boolean not null default false;
-- Validated by 0011: a check of all rows here would hold every reader up.
alter table batches
  add constraint batches_content_digest_check check (content_digest ~ '^[0-9a-f]{64}$') not valid,
  add constraint batches_name_kind_check check (name_kind in ('key', 'upload', 'content', 'request')) not valid;

grant update (content_digest, name_kind, content_lost) on batches to batch_writer;
