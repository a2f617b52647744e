-- GET /api/auth/me
-- Who the caller is to the dashboard. A user without a profile is an operator without a name.
-- also: /api/v1/auth/me
-- access: user
-- pool: read
select json_build_object(
    'id', caller.id,
    'role', coalesce(profile.role, 'operator'),
    'operator_id', profile.operator_id,
    'display_name', profile.display_name,
    'created_at', profile.created_at,
    'updated_at', profile.updated_at
)
from (select auth.uid() as id) as caller
left join user_profiles as profile on profile.id = caller.id
