-- Rows of lane_months that came near the end of their types: the worker moves such a row here as it is and begins a new one.
-- A lane and month may have several rows here; readers add them up. Empty in practice (docs/decisions/0020-a-lane-day-has-no-limit.md).
create table full_lane_months (
  orig_code text not null,
  dest_code text not null,
  month date not null check (extract(day from month) = 1),
  counts int[] not null check (cardinality(counts) = 31),
  cents bigint[] not null check (cardinality(cents) = 31)
);
create index full_lane_months_of_lane on full_lane_months (orig_code, dest_code, month);

grant select on full_lane_months to rates_reader, batch_writer;
grant insert on full_lane_months to batch_writer;
