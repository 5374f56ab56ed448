-- The reference data of each moment from this migration on, for `GET /rates` with `as_of` (docs/decisions/0050-as-known-at.md). A row is valid from
-- version `from_version` of the reference data until before `until_version`; null is still valid.

-- No load runs until the commit. Batches and readers continue.
lock table regions, ports, port_aliases in share row exclusive mode;

create table region_history (
  slug text not null,
  parent_slug text,
  from_version bigint not null,
  until_version bigint,
  primary key (slug, from_version)
);
create index region_history_parent_slug on region_history (parent_slug);

create table port_history (
  code text not null,
  parent_slug text not null,
  from_version bigint not null,
  until_version bigint,
  primary key (code, from_version)
);
create index port_history_parent_slug on port_history (parent_slug);

create table alias_history (
  code text not null,
  port_code text not null,
  from_version bigint not null,
  until_version bigint,
  primary key (code, from_version)
);
create index alias_history_port_code on alias_history (port_code);

-- The position and the time of each version of the reference data. The time is that of the position.
create table reference_changes (
  version bigint primary key,
  position bigint not null,
  changed_at timestamptz not null
);

insert into region_history (slug, parent_slug, from_version) select slug, parent_slug, version from regions cross join reference_version;
insert into port_history (code, parent_slug, from_version) select code, parent_slug, version from ports cross join reference_version;
insert into alias_history (code, port_code, from_version) select code, port_code, version from port_aliases cross join reference_version;

-- Writes the differences between the last version and the present reference data, and then takes a position. The row of positions is locked until
-- the commit, so it comes last: batches wait for it.
create function record_reference_change () returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  present bigint;
begin
  select version into present from reference_version;
  if exists (select from reference_changes where version = present) then
    return null;
  end if;

  update region_history as history set until_version = present
    where until_version is null and not exists (
      select from regions where regions.slug = history.slug and regions.parent_slug is not distinct from history.parent_slug);
  insert into region_history (slug, parent_slug, from_version)
    select slug, parent_slug, present from regions
    where not exists (select from region_history as history where history.slug = regions.slug and until_version is null);

  update port_history as history set until_version = present
    where until_version is null and not exists (select from ports where ports.code = history.code and ports.parent_slug = history.parent_slug);
  insert into port_history (code, parent_slug, from_version)
    select code, parent_slug, present from ports
    where not exists (select from port_history as history where history.code = ports.code and until_version is null);

  update alias_history as history set until_version = present
    where until_version is null and not exists (
      select from port_aliases as alias where alias.code = history.code and alias.port_code = history.port_code);
  insert into alias_history (code, port_code, from_version)
    select code, port_code, present from port_aliases as alias
    where not exists (select from alias_history as history where history.code = alias.code and until_version is null);

  with next as (
    update ledger_position set position = position + 1, at = greatest(clock_timestamp(), at + interval '1 microsecond') returning position, at
  )
  insert into reference_changes (version, position, changed_at) select present, position, at from next;
  return null;
end
$$;
revoke all on function record_reference_change () from public;

-- Loads of each release add 1 to the version. The trigger runs in their COMMIT.
create constraint trigger reference_changed after update on reference_version
  deferrable initially deferred for each row execute function record_reference_change();

-- Makes every later commit later than the present. It waits for the commit that has the row of positions locked.
create function pass_time () returns void
language sql security definer set search_path = public, pg_temp
begin atomic
  update ledger_position set at = greatest(at, clock_timestamp()) where at < clock_timestamp();
end;
revoke all on function pass_time () from public;
grant execute on function pass_time () to rates_reader;

grant select on region_history, port_history, alias_history, reference_changes, merged_prices, applied_batches to rates_reader;
grant select (number, id) on batches to rates_reader;

-- Moments at which a restore has lost commits: what was answered for them cannot be answered again. `batches replay` adds them.
create table as_of_gaps (
  from_at timestamptz primary key,
  until_at timestamptz not null check (until_at > from_at)
);
grant select on as_of_gaps to rates_reader;
grant select, insert on as_of_gaps to operators;

-- A purged batch counts at no moment. Set before its prices are removed, lane by lane.
alter table withdrawn_batches add is_purged boolean not null default false;
grant update (is_purged) on withdrawn_batches to operators;

-- The earliest moment that `as_of` may name. Whoever removes the prices of a withdrawn batch raises it to the time of the withdrawal.
alter table ledger_position add as_of_since timestamptz;
grant update (as_of_since) on ledger_position to batch_writer, operators;
with next as (
  update ledger_position set position = position + 1, at = later.at, as_of_since = later.at
  from (select greatest(clock_timestamp(), at + interval '1 microsecond') as at from ledger_position) as later
  returning position, later.at
)
insert into reference_changes (version, position, changed_at) select version, position, at from next cross join reference_version;
