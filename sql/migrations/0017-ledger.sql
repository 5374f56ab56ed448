-- The ledger by lane and month (docs/decisions/0047-ledger-by-lane-and-month.md). Until the switch, batches are written to `prices` and
-- `lane_months`, which the release before reads. Readers add the old and the new tables.
--
-- A row of prices has the prices of one lane, kind and month:
--   runs   12 bytes for each batch: its number (int8) and how many of the prices are its own (int4), in the order of the prices. A negative
--          number of prices takes these prices back.
--   days   one byte for each price: the day of the month, 1 to 31
--   cents  four bytes for each price (int4), or eight (int8) in each row that has a price above 2,147,483,647 cents
-- Integers are big-endian, as int4send and int8send write them. lib/ledger/ reads and writes rows.

-- Rows of one batch each. Batches only insert here; merging deletes.
create table unmerged_prices (
  kind smallint not null default 0,
  month date not null check (extract(day from month) = 1),
  orig_code text not null,
  dest_code text not null,
  runs bytea not null,
  days bytea not null,
  cents bytea not null,
  constraint unmerged_prices_days_check check (octet_length(days) > 0),
  constraint unmerged_prices_cents_check check (octet_length(cents) in (4 * octet_length(days), 8 * octet_length(days))),
  constraint unmerged_prices_runs_check check (
    octet_length(runs) = 12
    and abs((get_byte(runs, 8) << 24) | (get_byte(runs, 9) << 16) | (get_byte(runs, 10) << 8) | get_byte(runs, 11)) = octet_length(days))
) with (vacuum_truncate = off); -- the lock of a truncation cancels queries of replicas
create index unmerged_prices_of_lane on unmerged_prices (kind, month, orig_code, dest_code);
alter table unmerged_prices alter days set storage external, alter cents set storage external;

-- Rows of many batches each, which merging writes.
create table merged_prices (
  kind smallint not null default 0,
  month date not null check (extract(day from month) = 1),
  orig_code text not null,
  dest_code text not null,
  runs bytea not null,
  days bytea not null,
  cents bytea not null,
  constraint merged_prices_days_check check (octet_length(days) > 0),
  constraint merged_prices_cents_check check (octet_length(cents) in (4 * octet_length(days), 8 * octet_length(days))),
  constraint merged_prices_runs_check check (octet_length(runs) between 12 and 12 * octet_length(days) and octet_length(runs) % 12 = 0)
) partition by range (month);
-- By the number of prices merging finds the smallest rows of a lane. It takes no more space: the key is padded to eight bytes.
create index merged_prices_of_lane on merged_prices (kind, month, orig_code, dest_code, octet_length(days));
alter table merged_prices alter days set storage external, alter cents set storage external;

-- How many of the merged prices, and how many cents, are on each day of a month. Element 1 is the first of the month. Sums of a lane and month
-- that exceed these types move to `wide_merged_sums`, and the next ones begin here again. Readers add all rows.
create table merged_sums (
  kind smallint not null default 0,
  month date not null check (extract(day from month) = 1),
  orig_code text not null,
  dest_code text not null,
  counts smallint[] not null check (cardinality(counts) = 31),
  cents int[] not null check (cardinality(cents) = 31)
) with (vacuum_truncate = off);
create index merged_sums_of_lane on merged_sums (kind, month, orig_code, dest_code);

-- A row near the maximum of its types is followed by another one of the same lane and month.
create table wide_merged_sums (
  kind smallint not null default 0,
  month date not null check (extract(day from month) = 1),
  orig_code text not null,
  dest_code text not null,
  counts int[] not null check (cardinality(counts) = 31),
  cents bigint[] not null check (cardinality(cents) = 31)
) with (vacuum_truncate = off);
create index wide_merged_sums_of_lane on wide_merged_sums (kind, month, orig_code, dest_code);

-- The conversion empties these tables while readers of replicas use them.
alter table lane_months set (vacuum_truncate = off);
alter table full_lane_months set (vacuum_truncate = off);

-- The lanes that a batch has prices of in a month: the origin and, at the same place, the destination of each, five characters each. Written
-- once. The server compresses them: of some thousand lanes, origins apart from destinations take half of the space.
create table batch_lanes (
  batch_number bigint not null,
  kind smallint not null default 0,
  month date not null check (extract(day from month) = 1),
  orig_codes text not null,
  dest_codes text not null,
  primary key (batch_number, kind, month),
  constraint batch_lanes_codes_check check (length(orig_codes) > 0 and length(orig_codes) % 5 = 0 and length(dest_codes) = length(orig_codes))
);

-- The position of the last commit. Each batch takes the next one in the last statement before its commit: whoever sees a position sees all
-- below it.
create table ledger_position (
  only_row boolean primary key default true check (only_row),
  position bigint not null,
  at timestamptz not null,
  -- Null until the switch.
  switched_at timestamptz
);
insert into ledger_position (position, at) values (0, clock_timestamp());

alter table applied_batches add position bigint;

-- Batches that are taken back. The commit that takes a batch back adds its prices once more, with a negative run.
create table withdrawn_batches (
  batch_number bigint primary key,
  position bigint not null,
  withdrawn_at timestamptz not null
);

create function ledger_prices (month date, runs bytea, days bytea, cents bytea)
returns table (day date, price numeric(12, 2), batch_number bigint)
language sql immutable strict parallel safe rows 100
begin atomic
  select
    month + get_byte(days, at::int) - 1,
    round(case octet_length(cents) / octet_length(days)
      when 4 then ('x' || encode(substring(cents from 4 * at::int + 1 for 4), 'hex'))::bit(32)::int
      else ('x' || encode(substring(cents from 8 * at::int + 1 for 8), 'hex'))::bit(64)::bigint
    end / 100.0, 2),
    number
  from (
    select number, prices, sum(abs(prices)) over (order by run) - abs(prices) as first
    from (
      select run,
        ('x' || encode(substring(runs from 12 * run + 1 for 8), 'hex'))::bit(64)::bigint as number,
        ('x' || encode(substring(runs from 12 * run + 9 for 4), 'hex'))::bit(32)::int as prices
      from generate_series(0, octet_length(runs) / 12 - 1) as run
    ) as run_list
  ) as placed cross join generate_series(first, first + prices - 1) as at;
end;

-- Every price that counts, old and new tables. A condition on `month` selects rows of the ledger; one on `day` selects partitions of `prices`.
create view all_prices as
  select orig_code, dest_code, day, price, batch_number, kind, month
  from (
    select orig_code, dest_code, price.day, price.price, price.batch_number, kind, month
    from unmerged_prices cross join ledger_prices(month, runs, days, cents) as price
    union all
    select orig_code, dest_code, price.day, price.price, price.batch_number, kind, month
    from merged_prices cross join ledger_prices(month, runs, days, cents) as price
    union all
    select orig_code, dest_code, day, price, batch_number, 0::smallint, (date_trunc('month', day::timestamp))::date
    from prices
  ) as price
  where not exists (select from withdrawn_batches as withdrawn where withdrawn.batch_number = price.batch_number);

-- Gives each applied batch its position, and ends writing to `prices` and `lane_months`. Returns false if it was called before. Refused with
-- 55006 while a release before 0.2.0 is connected. Waits for open transactions that have written there, up to lock_timeout.
create function switch_ledger () returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  older text;
  last record;
begin
  if (select switched_at is not null from ledger_position for update) then
    return false;
  end if;
  select string_agg(distinct application_name, ', ') into older from pg_stat_activity
    where datname = current_database() and application_name ~ '@[0-9]+[.][0-9]+[.][0-9]+$'
      and string_to_array(split_part(application_name, '@', 2), '.')::int[] < array[0, 2, 0];
  if older is not null then
    raise exception '% is connected: deploy release 0.2.0 or newer everywhere first', older using errcode = '55006';
  end if;
  lock table only prices, only lane_months, only applied_batches in share mode;
  revoke insert on prices, lane_months from batch_writer;
  update applied_batches set position = numbered.position
    from (select batch_id, row_number() over (order by applied_at, batch_id) as position from applied_batches) as numbered
    where numbered.batch_id = applied_batches.batch_id;
  select coalesce(max(position), 0) as position, greatest(max(applied_at), clock_timestamp()) as at into last from applied_batches;
  update ledger_position set position = last.position, at = last.at, switched_at = clock_timestamp();
  update schema_migrations set oldest_release = '0.2.0' where name = '0017-ledger';
  return true;
end
$$;
revoke all on function switch_ledger () from public;
grant execute on function switch_ledger () to operators;

grant select on unmerged_prices, merged_sums, wide_merged_sums, ledger_position, reference_version to rates_reader;
-- For SQL users, as `prices` before.
grant select on all_prices to rates_reader;
-- To apply batches.
grant insert on unmerged_prices, batch_lanes to batch_writer;
grant select, update (position, at) on ledger_position to batch_writer;
-- To merge. MAINTAIN is for VACUUM.
grant select, delete, maintain on unmerged_prices to batch_writer;
grant select, insert, delete on merged_prices to batch_writer;
grant select, insert, delete, maintain on merged_sums to batch_writer;
grant select, insert, update, maintain on wide_merged_sums to batch_writer;
-- To convert.
grant select, delete on prices to batch_writer;
grant delete on lane_months, full_lane_months to batch_writer;
grant select on batch_lanes to batch_writer;
-- `ledger status` and `prices find`
grant select on ledger_position, all_prices to operators;
-- `ledger merge`
grant select, delete on unmerged_prices to operators;
grant select, insert, delete on merged_prices to operators;
grant select, insert, delete on merged_sums to operators;
grant select, insert, update on wide_merged_sums to operators;

-- A partition for each month that has one in `prices`.
do $$
declare
  partition record;
begin
  for partition in select month, 'merged_prices_' || to_char(month, 'YYYY_MM') as name from price_months loop
    execute format('create table %I partition of merged_prices for values from (%L) to (%L) with (vacuum_truncate = off)',
      partition.name, partition.month, (partition.month + interval '1 month')::date);
    execute format('grant maintain on %I to batch_writer', partition.name);
    -- An operator may have dropped a month of `prices`.
    if to_regclass('prices_' || to_char(partition.month, 'YYYY_MM')) is not null then
      execute format('grant maintain on %I to batch_writer', 'prices_' || to_char(partition.month, 'YYYY_MM'));
    end if;
  end loop;
end
$$;
