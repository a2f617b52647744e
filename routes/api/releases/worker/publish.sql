-- POST /api/releases/worker
-- Publishes a version, or changes what is told about it.
-- also: /api/v1/releases/worker
-- access: admin
-- param: version text min 1 max 64
-- param: artifacts json = []
-- param: notes text? max 20000
-- param: published_at timestamptz?
-- answer: created
select json_build_object('release', postern.publish_release(:version, :artifacts, :notes, :published_at))
