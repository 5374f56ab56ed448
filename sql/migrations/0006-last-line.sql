-- Whether the last line of a CSV or NDJSON file has a line end; null where that is not known. A release before this one leaves it null.
alter table batches add column last_line_ended boolean;
grant update (last_line_ended) on batches to batch_writer;
