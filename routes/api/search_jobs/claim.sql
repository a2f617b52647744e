-- POST /api/search_jobs/{id}/claim
-- Hands blocks of a running search to a worker. Workers that ask at the same time get different ones.
-- also: /api/v1/search_jobs/{id}/claim
-- access: node
-- param: id bigint
-- param: worker_id text min 1 max 200
-- param: count int = 1 min 1 max 100
select postern.claim_for_node(:id, :worker_id, :count)
