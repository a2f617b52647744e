-- POST /api/projects
-- A new project, a draft until it is activated.
-- also: /api/v1/projects
-- access: admin
-- param: name text min 1 max 200
-- param: description text? max 20000
-- param: objective text one of record, survey, verification, custom
-- param: form text min 1 max 100
-- param: target json?
-- param: strategy json?
-- param: budget json?
-- answer: created
select postern.create_project(jsonb_strip_nulls(jsonb_build_object(
    'name', :name, 'description', :description, 'objective', :objective, 'form', :form,
    'target', :target, 'strategy', :strategy, 'budget', :budget
)), null)
