-- Makes tasks of the schedules whose time has come.
-- every: 20s
select postern.fire_schedules();
