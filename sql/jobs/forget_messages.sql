-- Deletes broadcasts of realtime.messages that are older than three days.
-- every: 1h
select postern.forget_messages();
