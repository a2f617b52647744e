-- PUT /auth/v1/user of the built-in service: another password, other metadata.

-- up

-- Members that are null go away, as in Supabase Auth.
create function private.merged_metadata(had jsonb, change jsonb) returns jsonb language sql immutable set search_path = '' as $$
    select coalesce(jsonb_object_agg(key, value), '{}')
    from jsonb_each(coalesce(had, '{}') || change)
    where value <> 'null'
$$;
comment on function private.merged_metadata is 'What a user says of himself, with the changes.';

-- The other sessions of who changes the password end: one of them may be why.
create function postern.change_user(change jsonb) returns postern.grant_or_failure
    language plpgsql volatile security definer set search_path = '' as $$
declare
    answer postern.grant_or_failure := postern.signed_in();
    password text := change ->> 'password';
    account auth.users;
begin
    if answer.failure is not null then
        return answer;
    end if;
    select * into account from auth.users where id::text = auth.jwt() ->> 'sub' for update;
    if private.is_banned(account) then
        return private.failed('user_banned');
    end if;
    if password is not null then
        if private.token_session() is null then
            return private.failed('session_not_found');
        end if;
        if length(password) < 6 then
            return private.failed('weak_password');
        end if;
        if octet_length(password) > 72 then
            return private.failed('validation_failed');
        end if;
        if account.encrypted_password like '$2a$%' and private.password_matches(password, account.encrypted_password) then
            return private.failed('same_password');
        end if;
        delete from private.sessions where user_id = account.id and id <> private.token_session();
    end if;
    update auth.users
    set encrypted_password = case when password is null then encrypted_password else private.password_hash(password) end,
        raw_user_meta_data = case when jsonb_typeof(change -> 'data') = 'object'
            then private.merged_metadata(raw_user_meta_data, change -> 'data') else raw_user_meta_data end,
        updated_at = now()
    where id = account.id
    returning * into account;
    return row(null, null, null, private.account_json(account))::postern.grant_or_failure;
end
$$;
comment on function postern.change_user is
    'Changes the password and the metadata ("data") of the calling user, as long as the session lasts.';

revoke execute on function private.merged_metadata, postern.change_user from public;
grant execute on function postern.change_user to postern_api;

-- down

drop function postern.change_user(jsonb);
drop function private.merged_metadata(jsonb, jsonb);
