-- A content that was rejected is checked again, as a batch of its own, when what it was checked under has changed
-- (docs/decisions/0028-a-rejected-content-is-checked-again.md).
-- The conditions of a rejection, or {"duplicate": id}. Null: not rejected, or rejected by an older release.
alter table batches add column checked_under jsonb;

-- Moved by every load of reference data that changes anything (services/reference/load.ts).
create table reference_version (
  only_row boolean primary key default true check (only_row),
  version bigint not null
);
insert into reference_version (version) values (1);

-- What the workers of now check by: written by a worker when it starts, read by the ingestion API.
create table worker_rules (
  only_row boolean primary key default true check (only_row),
  release text not null,
  limits jsonb not null,
  since timestamptz not null
);

grant update (checked_under) on batches to batch_writer;
grant select on reference_version to batch_intake, batch_writer;
grant select on price_months to batch_intake;
grant select on worker_rules to batch_intake;
grant select, insert, update (release, limits, since) on worker_rules to batch_writer;
