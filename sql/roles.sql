-- Run by a superuser or, on RDS, by the master user, before the first migration, and harmless when run again.
-- Privileges are given to group roles, in the migrations; who logs in, and how, is each environment's own.
-- Two runs at once may both try to make a role: the second one's error is the wished state.
do $$
declare
  role_name text;
  member record;
begin
  foreach role_name in array array['rates_reader', 'batch_intake', 'batch_writer'] loop
    begin
      if not exists (select from pg_roles where rolname = role_name) then
        execute format('create role %I nologin', role_name);
      end if;
    exception when duplicate_object or unique_violation then null;
    end;
  end loop;
  foreach role_name in array array['migrator', 'rates_api', 'ingestion_api', 'ingestion_worker'] loop
    begin
      if not exists (select from pg_roles where rolname = role_name) then
        execute format('create role %I login noinherit', role_name);
      end if;
    exception when duplicate_object or unique_violation then null;
    end;
  end loop;
  for member in
    select * from (values ('rates_api', 'rates_reader'), ('ingestion_api', 'batch_intake'), ('ingestion_worker', 'batch_writer')) as pairs (login, grp)
  loop
    begin
      execute format('alter role %I inherit', member.login);
      execute format('grant %I to %I', member.grp, member.login);
    exception when unique_violation or internal_error then null; -- tuple concurrently updated: the other run made it so
    end;
  end loop;
end
$$;
