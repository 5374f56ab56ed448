-- How a worker has read the file of the batch, as JSON of at most 8 KiB.
alter table batches add understood jsonb;
grant update (understood) on batches to batch_writer, batch_intake, operators;

-- Formats of this release. The rows of before have one of the three earlier ones: 0024 validates them without a lock.
alter table batches
  drop constraint batches_format_check,
  add constraint batches_format_check check (format in ('csv', 'ndjson', 'json', 'xlsx', 'parquet', 'zip')) not valid;
