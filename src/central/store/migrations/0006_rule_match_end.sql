-- What becomes of a rule's cluster where the rule does not match any more.
alter table rule
  add column on_match_end text not null default 'keep'
    check (on_match_end in ('keep', 'pause', 'delete'));

alter table cluster
  -- By its rule and by nobody else: it goes on when the match is back.
  add column paused_by_rule boolean not null default false,
  -- Neither a person nor a rule deletes it.
  add column deletion_protected boolean not null default false,
  add constraint cluster_paused_by_rule check (paused or not paused_by_rule);
