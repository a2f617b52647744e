-- POST /api/projects/{slug}/pause
-- Pauses an active project and its searches.
-- also: /api/v1/projects/{slug}/pause
-- access: admin
-- param: slug text max 200
-- answer: row or 404 Project not found
select postern.change_project(:slug, 'pause')
