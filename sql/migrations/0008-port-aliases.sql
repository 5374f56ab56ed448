-- Other codes of a port. A code that is here is an alias, whether or not `ports` has it too: a port that became an alias keeps
-- its row there, because the release before this one reads `ports` alone and has prices under that code.
create table port_aliases (
  code text primary key check (code ~ '^[A-Z]{2}[A-Z0-9]{3}$'),
  port_code text not null references ports deferrable initially deferred,
  check (code <> port_code)
);
create index port_aliases_port_code on port_aliases (port_code);

grant select on port_aliases to rates_reader, batch_writer;

-- UN/LOCODE has codes with 0 and 1.
alter table ports
  drop constraint ports_code_check,
  add constraint ports_code_check check (code ~ '^[A-Z]{2}[A-Z0-9]{3}$');
