-- Run by a superuser or, on RDS, by the master user, before the first migration, and harmless when run again
-- (services/migrate/bootstrap.ts holds a lock meanwhile). Privileges are given to the group roles, in the migrations;
-- who logs in, and how, is each environment's own.
do $$
declare
  group_name text;
  login record;
begin
  foreach group_name in array array['rates_reader', 'batch_intake', 'batch_writer'] loop
    if not exists (select from pg_roles where rolname = group_name) then
      execute format('create role %I nologin', group_name);
    end if;
  end loop;
  for login in
    select * from (values
      ('migrator', null), ('rates_api', 'rates_reader'), ('ingestion_api', 'batch_intake'), ('ingestion_worker', 'batch_writer')
    ) as logins (name, member_of)
  loop
    if not exists (select from pg_roles where rolname = login.name) then
      execute format('create role %I login', login.name);
    end if;
    if login.member_of is not null then
      execute format('grant %I to %I', login.member_of, login.name);
    end if;
  end loop;
end
$$;
