-- A firm: every kind of relationship, a view over one, and functions of a row.
create schema api;
grant usage on schema api to web_anon;

create table api.firms (id int primary key, name text);
create table api.teams (
    id int primary key,
    name text not null,
    firm_id int references api.firms,
    lead_id int
);
create table api.people (
    id int primary key,
    name text not null,
    boss_id int references api.people,
    born date
);
alter table api.teams add constraint led_by foreign key (lead_id) references api.people;
create table api.badges (person_id int primary key references api.people, number text, spare json);
create table api.members (
    team_id int references api.teams,
    person_id int references api.people,
    hours int not null default 0,
    primary key (team_id, person_id)
);
create view api.senior as select id, name, boss_id from api.people where born < '1980-01-01';
create table api.secrets (person_id int references api.people, secret text, id int primary key);
create table api.lonely (id int primary key, t text, "list of" text);

create function api.initials(api.people) returns text language sql stable
    as $$ select left($1.name, 1) || '.' $$;
create function api.staff(api.firms) returns setof api.people language sql stable as $$
    select distinct p.* from api.people p
    join api.members m on m.person_id = p.id
    join api.teams t on t.id = m.team_id
    where t.firm_id = $1.id
$$;
create function api.oldest(api.firms) returns setof api.people rows 1 language sql stable as $$
    select p.* from api.staff($1) p order by p.born limit 1
$$;
create function api.all_teams() returns setof api.teams language sql stable as 'select * from api.teams';
create function api.new_team(id int, name text, firm_id int) returns setof api.teams language sql volatile
    as 'insert into api.teams (id, name, firm_id) values (id, name, firm_id) returning *';

insert into api.firms values (1, 'Acme'), (2, 'Umbrella'), (3, 'Idle');
insert into api.people values
    (1, 'Ann', null, '1970-05-01'), (2, 'Bob', 1, '1985-01-01'), (3, 'Cid', 1, '1990-01-01'), (4, 'Dee', 2, '1979-12-31');
insert into api.teams values (10, 'red', 1, 1), (11, 'green', 1, 2), (12, 'blue', 2, 2), (13, 'grey', null, null);
insert into api.members values (10, 1, 5), (10, 2, 7), (11, 2, 1), (12, 3, 9), (12, 4, 2);
insert into api.badges values (1, 'A-1', '{"color": "red"}'), (2, 'B-2', null);
insert into api.lonely values (1, 'x', 'y');

grant select on all tables in schema api to web_anon;
revoke select on api.secrets from web_anon;
grant select (person_id, id) on api.secrets to web_anon;
grant insert, update, delete on api.teams to web_anon;
