-- POST /api/records/refresh
-- Asks for the world's records to be fetched again; a worker that can does it.
-- also: /api/v1/records/refresh
-- access: admin
-- answer: accepted
select postern.queue_command('records.refresh', '{}')
