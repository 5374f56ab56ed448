create table regions (
  slug text primary key check (slug ~ '^[a-z][a-z0-9_]{0,63}$'),
  name text not null check (name <> ''),
  -- Deferred, so that one statement may load a whole tree in any order.
  parent_slug text references regions deferrable initially deferred
);
create index regions_parent_slug on regions (parent_slug);

create table ports (
  code text primary key check (code ~ '^[A-Z]{2}[A-Z2-9]{3}$'),
  name text not null check (name <> ''),
  parent_slug text not null references regions deferrable initially deferred
);
create index ports_parent_slug on ports (parent_slug);

-- The files that came with a release and were loaded: the same ones are not loaded again over an operator's later changes.
create table reference_loads (
  sha256 text primary key,
  loaded_at timestamptz not null default now()
);

grant select on regions, ports to rates_reader, batch_writer;
