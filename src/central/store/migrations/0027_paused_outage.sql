-- A pause is what somebody wants; an outage in it is not, and only the site sees it.
create or replace function cluster_state(
  deleting_since timestamptz,
  paused boolean,
  satellite_state text,
  first_healthy_at timestamptz,
  reported text
) returns text language sql immutable as $$
  select case
    when deleting_since is not null then 'deleting'
    when paused and not (
      first_healthy_at is not null
      and reported is not distinct from 'unavailable'
      and satellite_state in ('connected', 'late')
    ) then 'paused'
    when reported is not null and satellite_state not in ('connected', 'late') then 'unknown'
    when first_healthy_at is null then 'creating'
    else coalesce(reported, 'unknown')
  end
$$;
