-- GET /api/v1/badges
-- What an operator can be honoured for.
-- access: anyone
-- pool: read
-- cache: 1m
select coalesce(json_agg(badge), '[]')
from (
    select id, name, description, icon, tier, metric as requirement_type, threshold as requirement_value
    from badge_definitions
    order by metric, threshold
) as badge
