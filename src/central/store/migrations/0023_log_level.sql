-- Levels that people asked for from afar, each for a while; null, or past its time: the program's own.
alter table satellite add column log_level text, add column log_level_until timestamptz;
alter table cluster add column log_level text, add column log_level_until timestamptz;
