-- POST /api/v1/operators/rotate-key
-- A new API key for the caller's operator; the old one stops at once.
-- access: user
select postern.rotate_key()
