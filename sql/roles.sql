-- A superuser or, on RDS, the master user runs this script before the first migration. It can be repeated without effect.
-- services/migrate/bootstrap.ts holds a lock meanwhile, and sets `bootstrap.database` and `bootstrap.iam`. The migrations grant
-- privileges to the group roles. Each environment defines its own logins and their authentication.
do $$
declare
  master constant name := current_user;
  is_superuser constant boolean := current_setting('is_superuser') = 'on';
  database constant name := current_setting('bootstrap.database');
  iam constant boolean := current_setting('bootstrap.iam') = 'on';
  group_name text;
  login record;
begin
  foreach group_name in array array['rates_reader', 'batch_intake', 'batch_writer', 'operators'] loop
    if not exists (select from pg_roles where rolname = group_name) then
      execute format('create role %I nologin', group_name);
    end if;
  end loop;
  -- Operators see the statements of all sessions, and cancel the statements of all roles but superusers. On RDS the master user may grant
  -- both roles, through rds_superuser.
  foreach group_name in array array['pg_monitor', 'pg_signal_backend'] loop
    if not exists (select from pg_auth_members where roleid = group_name::regrole and member = 'operators'::regrole) then
      execute format('grant %I to operators', group_name);
    end if;
  end loop;

  -- The creator of a role becomes a permanent member of the role, and PostgreSQL does not let the creator revoke that grant. Through a login
  -- with rds_iam the master user would become a member of rds_iam, and RDS would refuse its password. A temporary role therefore creates the
  -- logins. This script drops the role at the end, together with its memberships.
  create role role_maker createrole;
  execute format('grant role_maker to %I', master);
  for login in
    select * from (values
      ('migrator', null), ('rates_api', 'rates_reader'), ('ingestion_api', 'batch_intake'), ('ingestion_worker', 'batch_writer'),
      ('ops', 'operators')
    ) as logins (name, member_of)
  loop
    if not exists (select from pg_roles where rolname = login.name) then
      set local role role_maker;
      execute format('create role %I login', login.name);
      reset role;
    end if;
    if login.member_of is not null then
      execute format('grant %I to %I', login.member_of, login.name);
    end if;
    if iam then
      if not exists (select from pg_auth_members where roleid = 'rds_iam'::regrole and member = login.name::regrole) then
        execute format('grant rds_iam to %I', login.name);
      end if;
    end if;
  end loop;

  if exists (select from pg_database where datname = database and datdba <> 'migrator'::regrole) then
    execute format('revoke all on database %I from public', database);
    execute format('grant connect on database %I to rates_reader, batch_intake, batch_writer, operators', database);
    if is_superuser then
      execute format('alter database %I owner to migrator', database);
    else -- a new owner must be a role of which the current user is a member: a temporary grant
      set local role role_maker;
      execute format('grant migrator to %I', master);
      reset role;
      execute format('alter database %I owner to migrator', database);
      set local role role_maker;
      execute format('revoke migrator from %I', master);
      reset role;
    end if;
  end if;
  drop role role_maker;
end
$$;
