-- GET /api/version
-- Which versions of this API there are.
-- also: /api/v1/version
-- access: anyone
-- pool: read
-- cache: 1h
select '{"data": {"version": "1", "supported": ["1"], "deprecated": []}}'::json
