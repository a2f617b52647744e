-- POST /api/projects/import
-- A new project from a TOML file: [project] with name, form, objective; [target], [strategy], [budget] ...
-- also: /api/v1/projects/import
-- access: admin
-- param: toml text min 1 max 20000
-- answer: created
select postern.create_project(document || coalesce(document -> 'project', '{}'), :toml)
from postern.from_toml(:toml) as document
