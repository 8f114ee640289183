-- Sets of recovery rules that profiles point at: edited here, in force wherever they are attached.
create table recovery_rule_set (
  id uuid primary key,
  name text not null constraint recovery_rule_set_name_key unique,
  description text not null,
  -- As REST has it: whether commands are allowed, and the rules in their order.
  content jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  version integer not null default 1
);
-- Whom a changed set reaches.
create index cluster_by_rule_set on cluster ((spec->>'recoveryRuleSetId'))
  where spec->>'recoveryRuleSetId' is not null;
