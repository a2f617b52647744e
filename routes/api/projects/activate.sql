-- POST /api/projects/{slug}/activate
-- Starts a draft, or goes on with a paused project and its searches.
-- also: /api/v1/projects/{slug}/activate
-- access: admin
-- param: slug text max 200
-- answer: row or 404 Project not found
select postern.change_project(:slug, 'activate')
