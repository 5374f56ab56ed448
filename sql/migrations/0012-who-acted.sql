-- Who an operator is, beside the name that `actor` has (services/ops/operator.ts): the AWS identity or the user who called the
-- command, and the ECS task that ran it. Null for actions by an API key and for those before this release.
alter table dead_letter_actions add column caller text;
alter table dead_letter_actions add column task text;
