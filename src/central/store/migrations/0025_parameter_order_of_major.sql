-- What people decide about a parameter holds for one major version. Until now it held for all of them.
alter table parameter_order add column major integer;
alter table parameter_order drop constraint parameter_order_pkey;
insert into parameter_order (major, name, effect, note, actor, ordered_at, version)
  select one.major, name, effect, note, actor, ordered_at, version
  from parameter_order, unnest(array[15, 16, 17, 18]) as one (major);
delete from parameter_order where major is null;
alter table parameter_order alter column major set not null;
alter table parameter_order add primary key (major, name);
