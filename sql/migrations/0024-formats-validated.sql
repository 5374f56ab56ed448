--! no transaction
alter table batches validate constraint batches_format_check;
