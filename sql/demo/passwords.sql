-- Demo: the two who sign in, with the passwords that the demo prints. Those who have one keep it.

select postern.set_password(users.email, split_part(users.email, '@', 1) || '-demo')
from auth.users
where users.email in ('ada@example.org', 'grace@example.org') and users.encrypted_password is null;
