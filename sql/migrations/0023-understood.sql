-- How a worker has read the file of the batch, as JSON of at most 8 KiB.
alter table batches add understood jsonb;
grant update (understood) on batches to batch_writer, batch_intake, operators;
