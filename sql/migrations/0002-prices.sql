-- The ledger: every price as it was sent, duplicates included, hence no unique key.
-- No index on the lane: lane_months answers the queries, and an index here would triple the cost of loading
-- (docs/decisions/0003-lane-months.md). Nor a foreign key to ports: the worker checks every row against them.
create table prices (
  orig_code text not null,
  dest_code text not null,
  day date not null,
  price numeric(12, 2) not null check (price > 0),
  batch_number bigint not null
) partition by range (day);
-- A batch's rows lie side by side and numbers grow, so that a few bytes per megabyte find them.
create index prices_batch_number on prices using brin (batch_number);

-- The months that have a partition: the span in which a day is accepted. Written in the transaction that makes the partition.
create table price_months (
  month date primary key check (extract(day from month) = 1)
);

-- The read model: how many prices, and how many cents, on each day of a month. Element 1 is the first of the month.
create table lane_months (
  orig_code text not null,
  dest_code text not null,
  month date not null check (extract(day from month) = 1),
  counts int[] not null check (cardinality(counts) = 31),
  cents bigint[] not null check (cardinality(cents) = 31),
  primary key (orig_code, dest_code, month)
) with (fillfactor = 70); -- room for updates in place (HOT): no index changes when a batch adds to a month

grant select on prices, price_months, lane_months to rates_reader;
grant select on price_months to batch_writer;
grant insert on prices to batch_writer;
grant select, insert, update on lane_months to batch_writer;
