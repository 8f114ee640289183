-- Kinds of images that fit together: same C library, same user, same extensions.
create table image_variant (
  name text primary key,
  description text not null,
  -- Of `postgres` in its images: it owns the files of every cluster that was made with them.
  uid integer not null check (uid between 1 and 65535),
  created_at timestamptz not null default now(),
  version integer not null default 1
);
insert into image_variant (name, description, uid) values
  ('debian', 'Debian with glibc: the official images without a suffix', 999),
  ('alpine', 'Alpine with musl: smaller, and text sorts otherwise than with glibc', 70);

create table image (
  id uuid primary key,
  variant text not null constraint image_variant_fkey references image_variant,
  major integer not null,
  minor text not null,
  reference text not null,
  -- What a profile gets that names variant and major only.
  is_default boolean not null,
  notes text not null,
  created_at timestamptz not null default now(),
  version integer not null default 1,
  constraint image_minor_key unique (variant, minor)
);
create unique index image_default_key on image (variant, major) where is_default;

-- One row: what holds for the fleet as a whole.
create table fleet_setting (
  one boolean primary key default true check (one),
  image_mirror text,
  version integer not null default 1
);
insert into fleet_setting default values;

-- Null: as the fleet has it; empty: none.
alter table satellite add column image_mirror text;
