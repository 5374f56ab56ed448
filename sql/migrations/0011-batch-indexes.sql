--! no transaction
-- Indexes on a table that may be large: built while batches and readers go on (docs/decisions/0032-indexes-are-built-online.md).

-- For the search for an applied batch of the same content (services/ingestion-worker/apply/twin.ts). A batch that a key names has no twin.
create index concurrently batches_of_digest on batches (provider, digest) where state = 'applied' and name_kind is distinct from 'key';
-- The two digests differ for compressed uploads alone.
create index concurrently batches_of_content on batches (provider, content_digest) where content_digest <> digest;
-- Compressed uploads that an older release applied: only their payload tells their content.
create index concurrently batches_of_unread_content on batches (provider, row_count)
  where state = 'applied' and content_digest is null and decoded_bytes is null and not content_lost;

-- For the count of a provider's unfinished batches, which the ingestion API makes every few seconds.
create index concurrently batches_unfinished on batches (provider) where state in ('queued', 'processing');
-- For the question whether others were finished since (services/ingestion-worker/waits.ts).
create index concurrently batches_finished on batches (finished_at) where finished_at is not null;

alter table batches validate constraint batches_content_digest_check;
alter table batches validate constraint batches_name_kind_check;
