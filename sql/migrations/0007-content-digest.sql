-- A batch without an Idempotency-Key is applied once per content and format, whichever release accepted it
-- (docs/decisions/0022-content-and-format-name-a-batch.md). The worker looks for an applied batch of the same content before it commits.
-- SHA-256 of the decoded content, set when a batch is applied. Null: not applied, or applied by an older release.
alter table batches add column content_digest text check (content_digest ~ '^[0-9a-f]{64}$');
-- Kind of the name in the manifest. Null: an older release wrote the row.
alter table batches add column name_kind text check (name_kind in ('key', 'upload', 'content', 'request'));
-- The worker looked for the content of a batch that an older release applied, and the store does not have it any more: not looked for again.
alter table batches add column content_lost boolean not null default false;

create index batches_of_content on batches (provider, content_digest) where content_digest is not null;
create index batches_of_digest on batches (provider, digest);
-- Compressed uploads that an older release applied: only their payload tells their content.
create index batches_of_unread_content on batches (provider, row_count)
  where state = 'applied' and content_digest is null and decoded_bytes is null and not content_lost;

grant update (content_digest, name_kind, content_lost) on batches to batch_writer;
