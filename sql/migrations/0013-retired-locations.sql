-- A retired port or region stays for the prices that there are. Rates queries find it. Rows of a batch that name a retired port are refused.
-- Nullable columns without a default: the release before this one neither reads nor writes them.
alter table ports add column retired_at timestamptz;
alter table regions add column retired_at timestamptz;

-- What operators did to ports and regions, and why.
create table reference_actions (
  number bigint generated always as identity primary key,
  action text not null check (action in ('retire', 'unretire')),
  -- Codes of ports and slugs of regions whose state the action changed.
  codes text[] not null check (cardinality(codes) > 0),
  actor text not null,
  -- As in dead_letter_actions.
  caller text,
  task text,
  reason text,
  acted_at timestamptz not null default now()
);
