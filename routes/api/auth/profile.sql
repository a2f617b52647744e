-- GET /api/auth/profile
-- The profile of any user, for administrators; everybody reads the own one at /api/auth/me.
-- also: /api/v1/auth/profile
-- access: admin
-- pool: read
-- param: user_id uuid
-- answer: row or 404 User profile not found
select row_to_json(profile)
from (
    select id, role, operator_id, display_name, created_at, updated_at
    from user_profiles
    where id = :user_id
) as profile
