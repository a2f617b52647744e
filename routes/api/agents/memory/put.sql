-- PUT /api/agents/memory
-- Remembers something under a key; what was there before is forgotten.
-- also: /api/v1/agents/memory
-- access: admin
-- param: key text min 1 max 500
-- param: value text min 1 max 100000
-- param: category text one of pattern, convention, gotcha, preference, architecture, general = general
insert into agent_memory (key, value, category)
values (:key, :value, :category)
on conflict (key) do update
set value = excluded.value, category = excluded.category, updated_at = now()
returning row_to_json(agent_memory)
