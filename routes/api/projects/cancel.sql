-- POST /api/projects/{slug}/cancel
-- Gives a project up; its searches are cancelled.
-- also: /api/v1/projects/{slug}/cancel
-- access: admin
-- param: slug text max 200
-- answer: row or 404 Project not found
select postern.change_project(:slug, 'cancel')
