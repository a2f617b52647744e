-- Makes the partitions of the audit for the months ahead, and drops those that are too old.
-- every: 6h
-- given: audit_days
select postern.keep_audit($1::integer);
