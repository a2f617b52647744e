-- GET /api/projects/{slug}/export
-- A project as TOML: as it was imported, and as it is now.
-- also: /api/v1/projects/{slug}/export
-- access: anyone
-- param: slug text max 200
-- answer: row or 404 Project not found
select json_build_object(
    'original_toml', toml_source,
    'current_toml', postern.to_toml(jsonb_build_object(
        'project', jsonb_build_object('name', name, 'description', description, 'objective', objective, 'form', form),
        'target', target, 'competitive', competitive, 'strategy', strategy, 'infrastructure', infrastructure,
        'budget', budget
    ))
)
from projects
where slug = :slug
