-- POST /api/strategy/tick
-- Asks the strategy's engine, a program beside this one, to look now. It picks the command up.
-- also: /api/v1/strategy/tick
-- access: admin
-- answer: accepted
select postern.queue_command('strategy.tick', '{}')
