-- Makes the partitions of metrics for the weeks ahead, and drops those that are too old.
-- every: 1h
select postern.keep_metric_partitions();
