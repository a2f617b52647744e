-- POST /api/v1/operators/register
-- A new operator. The answer holds its API key, which is shown this once and stored hashed.
-- A signed-in user who registers owns the account.
-- also: /api/v1/register
-- access: anyone
-- param: username text min 3 max 32
-- param: email text min 3 max 254
-- param: team text? min 1 max 80
-- answer: created
select postern.register_operator(:username, :email, :team)
