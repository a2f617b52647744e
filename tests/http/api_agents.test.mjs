// Agents and schedules: the shapes the frontend reads, templates that become tasks, who may.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { admin, anonKey, serviceKey, userA } from '../support/tokens.mjs';
import { startApi } from './api_stand.mjs';

const TASK = ['id', 'title', 'description', 'status', 'priority', 'agent_model', 'assigned_agent', 'source', 'result', 'tokens_used', 'cost_usd', 'created_at', 'started_at', 'completed_at', 'parent_task_id', 'max_cost_usd', 'permission_level', 'template_name', 'on_child_failure', 'role_name'];
const EVENT = ['id', 'task_id', 'event_type', 'agent', 'summary', 'detail', 'created_at', 'tool_name', 'input_tokens', 'output_tokens', 'duration_ms'];
const SCHEDULE = ['id', 'name', 'description', 'enabled', 'trigger_type', 'cron_expr', 'event_filter', 'action_type', 'template_name', 'role_name', 'task_title', 'task_description', 'priority', 'max_cost_usd', 'permission_level', 'fire_count', 'last_fired_at', 'last_checked_at', 'created_at', 'updated_at', 'timezone', 'next_run'];

let stand, api, query;
before(async () => {
    stand = await startApi();
    ({ api, query } = stand);
    await query(`update agent_templates set steps = '[{"title": "Look", "description": "l", "permission_level": 0},
        {"title": "Do", "depends_on_step": 0}, {"title": "Tell", "depends_on_step": 1, "permission_level": 2}]' where name = 'survey'`);
    await query(`insert into agent_logs (task_id, stream, line_num, content) select 2, case n % 3 when 0 then 'stderr' else 'stdout' end, n, 'line ' || n from generate_series(1, 700) as n`);
    await query(`insert into agent_tasks (title, status, template_name, tokens_used, cost_usd, agent_model, completed_at)
        select 't' || n, 'completed', 'survey', case n when 9 then 9000 else 100 end, 0.5, case when n > 5 then 'opus' end, now() - interval '1 day' from generate_series(1, 9) as n`);
});
after(() => stand?.stop());

const ask = (method, path, body, token = admin.token) => api(path, { method, body, token });
const get = async (path) => (await ask('GET', path)).body;
const keys = (object) => Object.keys(object);

const ROUTES = [
    ['GET', 'agents/tasks'], ['POST', 'agents/tasks', { title: 'x' }], ['POST', 'agents/tasks/3/cancel'], ['GET', 'agents/tasks/1/logs'],
    ['GET', 'agents/tasks/1/timeline'], ['GET', 'agents/events'], ['GET', 'agents/templates'], ['POST', 'agents/templates/survey/expand', { title: 'x' }],
    ['GET', 'agents/roles'], ['GET', 'agents/budgets'], ['PUT', 'agents/budgets', { id: 1, budget_usd: 1 }], ['GET', 'agents/memory'],
    ['PUT', 'agents/memory', { key: 'k', value: 'v' }], ['DELETE', 'agents/memory/zeta'], ['GET', 'agents/analytics/daily-costs'],
    ['GET', 'agents/analytics/template-costs'], ['GET', 'agents/analytics/anomalies'], ['GET', 'schedules'],
    ['POST', 'schedules', { name: 'n', trigger_type: 'event', event_filter: 'search_done', task_title: 't' }], ['PUT', 'schedules/1', { name: 'n' }],
    ['PUT', 'schedules/1/toggle', { enabled: true }], ['DELETE', 'schedules/1'],
];

describe('who may', () => {
    const ROLES = [['nobody', undefined, 401, 'Authentication required'], ['the anon key', anonKey, 401, 'Authentication required'], ['a user', userA.token, 403, 'Admin access required']];
    for (const [who, token, status, error] of ROLES)
        test(`${who}: refused everywhere, and nothing changes`, async () => {
            const count = () => query('select (select count(*) from agent_tasks) + (select count(*) from agent_memory) + (select count(*) from agent_schedules) as n');
            const before_ = await count();
            for (const [method, path, body] of ROUTES)
                for (const mount of ['', 'v1/']) {
                    const reply = await api(mount + path, { method, body, token });
                    assert.deepEqual([reply.status, reply.body], [status, { error }], `${method} ${mount}${path}`);
                }
            assert.deepEqual(await count(), before_);
        });
    test('an administrator and the service key read', async () => {
        for (const [method, path] of ROUTES.filter(([method]) => method === 'GET'))
            for (const token of [admin.token, serviceKey]) assert.equal((await ask(method, `v1/${path}`, undefined, token)).status, 200, path);
    });
});

describe('tasks', () => {
    test('the list: newest first, by status, in pages', async () => {
        const { tasks } = await get('agents/tasks');
        assert.deepEqual(keys(tasks[0]), TASK);
        const all = await query('select id::int from agent_tasks order by created_at desc, id desc');
        assert.deepEqual(tasks.map(({ id }) => id), all.map(({ id }) => id));
        assert.deepEqual((await get('agents/tasks?status=pending')).tasks.map(({ id }) => id), [3]);
        assert.deepEqual((await get('agents/tasks?limit=2&offset=1')).tasks.map(({ id }) => id), all.slice(1, 3).map(({ id }) => id));
        assert.deepEqual(await get('agents/tasks?offset=9999'), { tasks: [] });
    });

    test('a new one is pending, and its timeline says so', async () => {
        const sent = { title: 'Search', description: 'd', priority: 'high', agent_model: null, source: 'manual', max_cost_usd: 2.5, permission_level: 2, role_name: 'engineer' };
        const { status, body } = await ask('POST', 'agents/tasks', sent);
        assert.equal(status, 201);
        assert.deepEqual(keys(body), TASK);
        for (const [key, value] of Object.entries({ ...sent, status: 'pending' })) assert.deepEqual(body[key], value, key);
        const timeline = await get(`agents/tasks/${body.id}/timeline`);
        assert.deepEqual(timeline.map(({ event_type }) => event_type), ['created']);
        assert.deepEqual(keys(timeline[0]), EVENT);
    });

    const BAD = [
        [{}, 'title is required: text of 1 to 500 characters'], [{ title: '' }], [{ title: 'x', priority: 'huge' }], [{ title: 'x', permission_level: 4 }],
        [{ title: 'x', max_cost_usd: -1 }], [{ title: 'x', source: 'ai_engine' }], [{ title: 'x', role_name: 'king' }, 'Unknown role: king'],
    ];
    for (const [body, error] of BAD)
        test(`400: ${JSON.stringify(body)}`, async () => {
            const reply = await ask('POST', 'agents/tasks', body);
            assert.equal(reply.status, 400);
            if (error) assert.equal(reply.body.error, error);
        });

    test('cancelling takes the open tasks below along; a finished one stays', async () => {
        const { body: { parent_task_id: id } } = await ask('POST', 'agents/templates/survey/expand', { title: 'Cancel me' });
        await query("update agent_tasks set status = 'completed' where parent_task_id = $1 and title = 'Look'", [id]);
        assert.deepEqual((await ask('POST', `agents/tasks/${id}/cancel`)).body, { ok: true, id });
        const states = await query('select status from agent_tasks where id = $1 or parent_task_id = $1 order by id', [id]);
        assert.deepEqual(states.map(({ status }) => status), ['cancelled', 'completed', 'cancelled', 'cancelled']);
        const again = await ask('POST', `agents/tasks/${id}/cancel`);
        assert.deepEqual([again.status, again.body.error], [409, "Cannot cancel task with status 'cancelled'"]);
        assert.deepEqual((await ask('POST', 'agents/tasks/999999/cancel')).body, { error: 'Task not found' });
    });

    test('logs in pages, of one stream, with the whole count', async () => {
        const first = await get('agents/tasks/2/logs');
        assert.deepEqual([first.logs.length, first.total], [500, 700]);
        assert.deepEqual(keys(first.logs[0]), ['id', 'task_id', 'stream', 'line_num', 'msg_type', 'content', 'created_at']);
        const second = await get('agents/tasks/2/logs?offset=500&limit=500');
        assert.deepEqual([second.logs.length, second.logs[0].line_num, second.logs.at(-1).line_num], [200, 501, 700]);
        const errors = await get('agents/tasks/2/logs?stream=stderr&limit=3');
        assert.deepEqual([errors.total, errors.logs.map(({ line_num }) => line_num)], [233, [3, 6, 9]]);
        assert.deepEqual(await get('agents/tasks/2/logs?offset=700'), { logs: [], total: 700 });
        for (const path of ['logs?limit=0', 'logs?stream=stdin']) assert.equal((await ask('GET', `agents/tasks/2/${path}`)).status, 400);
        for (const path of ['logs', 'timeline']) assert.deepEqual((await ask('GET', `agents/tasks/999999/${path}`)).body, { error: 'Task not found' });
    });

    test('events of all tasks or one', async () => {
        const { events } = await get('agents/events?task_id=1');
        assert.deepEqual(events.map(({ id }) => id), [2, 1]);
        assert.deepEqual(keys(events[0]), EVENT);
        assert.equal((await get('agents/events?limit=2')).events.length, 2);
    });
});

describe('templates', () => {
    test('expanding makes a parent, a child a step, and who waits for whom', async () => {
        const { status, body } = await ask('POST', 'agents/templates/survey/expand', { title: 'Survey', description: 'all', priority: 'urgent', max_cost_usd: 7, permission_level: 1 });
        assert.deepEqual([status, body.ok], [200, true]);
        const [parent, ...children] = await query(`select id::int, title, priority, permission_level, template_name, role_name, max_cost_usd::float, parent_task_id::int,
            array(select depends_on::int from agent_task_deps where task_id = agent_tasks.id) as waits from agent_tasks where id = $1 or parent_task_id = $1 order by id`, [body.parent_task_id]);
        assert.deepEqual(parent, { id: body.parent_task_id, title: 'Survey', priority: 'urgent', permission_level: 1, template_name: 'survey', role_name: 'researcher', max_cost_usd: 7, parent_task_id: null, waits: [] });
        assert.deepEqual(children.map(({ title, permission_level }) => [title, permission_level]), [['Look', 0], ['Do', 1], ['Tell', 2]]);
        assert.deepEqual(children.map(({ waits }) => waits), [[], [children[0].id], [children[1].id]]);
    });

    test('an unknown or a broken one leaves nothing behind', async () => {
        await query(`insert into agent_templates (name, steps) values ('broken', '[{"title": "a", "depends_on_step": 1}, {"title": "b"}]')`);
        const [before_] = await query('select count(*) from agent_tasks');
        const unknown = await ask('POST', 'agents/templates/nothing/expand', { title: 'x' });
        assert.deepEqual([unknown.status, unknown.body.error], [400, 'Unknown template: nothing']);
        assert.equal((await ask('POST', 'agents/templates/broken/expand', { title: 'x' })).status, 400);
        assert.deepEqual((await query('select count(*) from agent_tasks'))[0], before_);
    });

    test('templates and roles are enveloped, by name', async () => {
        const { templates } = await get('agents/templates');
        assert.deepEqual(templates.map(({ name }) => name), ['broken', 'deploy', 'survey']);
        assert.deepEqual(keys(templates[0]), ['id', 'name', 'description', 'steps', 'created_at', 'role_name']);
        const { roles } = await get('agents/roles');
        assert.deepEqual(keys(roles[0]), ['id', 'name', 'description', 'domains', 'default_permission_level', 'default_model', 'system_prompt', 'default_max_cost_usd', 'created_at', 'updated_at']);
    });
});

describe('budgets, memory, analytics', () => {
    test('budgets are an array; one is changed', async () => {
        assert.deepEqual(keys((await get('agents/budgets'))[0]), ['id', 'period', 'budget_usd', 'spent_usd', 'tokens_used', 'period_start', 'updated_at']);
        const [{ id }] = await get('agents/budgets');
        assert.equal((await ask('PUT', 'agents/budgets', { id, budget_usd: 12.5 })).body.budget_usd, 12.5);
        assert.deepEqual((await ask('PUT', 'agents/budgets', { id: 999, budget_usd: 1 })).body, { error: 'Budget not found' });
        assert.equal((await ask('PUT', 'agents/budgets', { id, budget_usd: -1 })).status, 400);
    });

    test('memory is an array; put, put again, delete', async () => {
        assert.deepEqual(keys((await get('agents/memory'))[0]), ['id', 'key', 'value', 'category', 'created_by_task', 'created_at', 'updated_at']);
        const { status, body } = await ask('PUT', 'agents/memory', { key: 'a/b ü', value: 'one', category: 'gotcha' });
        assert.deepEqual([status, body.key, body.value, body.category], [200, 'a/b ü', 'one', 'gotcha']);
        assert.equal((await ask('PUT', 'agents/memory', { key: 'a/b ü', value: 'two' })).body.id, body.id);
        assert.equal((await ask('PUT', 'agents/memory', { key: 'x', value: 'v', category: 'odd' })).status, 400);
        const path = `agents/memory/${encodeURIComponent('a/b ü')}`;
        assert.deepEqual((await ask('DELETE', path)).body, { ok: true });
        const again = await ask('DELETE', path);
        assert.deepEqual([again.status, again.body], [404, { error: 'Memory entry not found' }]);
    });

    test('what it cost, by day and by template, and who used too much', async () => {
        const days = await get('agents/analytics/daily-costs?days=7');
        assert.deepEqual(days.map(({ model, total_cost, total_tokens, task_count }) => [model, total_cost, total_tokens, task_count]), [['opus', 2, 9300, 4], ['unknown', 2.5, 500, 5]]);
        assert.match(days[0].date, /^\d{4}-\d\d-\d\d$/);
        await query("update agent_tasks set template_name = null where title not like 't_'");
        assert.deepEqual(await get('agents/analytics/template-costs'), [{ template_name: 'survey', task_count: 9, total_cost: 4.5, avg_cost: 0.5, total_tokens: 9800, avg_tokens: 1089 }]);
        assert.deepEqual((await get('agents/analytics/anomalies')).map((task) => [task.title, keys(task).length]), [['t9', TASK.length]]);
        assert.deepEqual(await get('agents/analytics/anomalies?threshold=9'), []);
        for (const path of ['daily-costs?days=0', 'anomalies?threshold=0']) assert.equal((await ask('GET', `agents/analytics/${path}`)).status, 400);
    });
});

describe('schedules', () => {
    const SENT = {
        name: 'nights', description: '', enabled: false, trigger_type: 'cron', cron_expr: '*/5 3 1,15 * 1-5', event_filter: null, action_type: 'task',
        template_name: null, role_name: null, task_title: 'T', task_description: '', priority: 'normal', max_cost_usd: null, permission_level: 1,
    };

    test('create, change, switch, delete', async () => {
        const { status, body } = await ask('POST', 'schedules', SENT);
        assert.equal(status, 201);
        assert.deepEqual(keys(body), SCHEDULE);
        for (const [key, value] of Object.entries(SENT)) assert.deepEqual(body[key], value, key);
        assert.equal((await ask('POST', 'schedules', SENT)).status, 409);
        const changed = await ask('PUT', `schedules/${body.id}`, { task_title: 'U', max_cost_usd: 3 });
        assert.deepEqual([changed.body.task_title, changed.body.max_cost_usd, changed.body.cron_expr], ['U', 3, SENT.cron_expr]);
        assert.deepEqual([body.next_run, changed.body.timezone], [null, 'UTC']);
        const on = (await ask('PUT', `schedules/${body.id}/toggle`, { enabled: true })).body;
        assert.deepEqual([on.enabled, new Date(on.next_run).getUTCHours()], [true, 3]);
        const moved = (await ask('PUT', `schedules/${body.id}`, { timezone: 'Asia/Tokyo', cron_expr: '0 3 * * *' })).body;
        assert.deepEqual([moved.timezone, new Date(moved.next_run).getUTCHours()], ['Asia/Tokyo', 18]);
        assert.deepEqual((await get('schedules')).schedules.map(({ name }) => name), ['nightly', 'nights', 'on-prime']);
        assert.deepEqual((await ask('DELETE', `schedules/${body.id}`)).body, { ok: true });
        for (const [method, path, sent] of [['DELETE', ''], ['PUT', '', { name: 'x' }], ['PUT', '/toggle', { enabled: true }]])
            assert.deepEqual((await ask(method, `schedules/${body.id}${path}`, sent)).body, { error: 'Schedule not found' });
    });

    test('a prime starts one', async () => {
        const { body } = await ask('POST', 'schedules', { ...SENT, name: 'titanic', enabled: true, trigger_type: 'event', cron_expr: null, event_filter: 'prime_found:digits>=1000', task_title: 'Verify it' });
        await query("insert into primes (form, expression, digits, search_params) values ('kbn', 'event 1', 999, '{}'), ('kbn', 'event 2', 1001, '{}')");
        await query('select postern.fire_schedules()'); // what the job does every 20 s
        const [task, ...others] = (await get('agents/tasks?limit=50')).tasks.filter(({ title }) => title === 'Verify it');
        assert.deepEqual(others, []);
        assert.match(task.description, /"event 2"/);
        assert.deepEqual([task.source, task.status], ['schedule', 'pending']);
        assert.equal((await get('schedules')).schedules.find(({ name }) => name === 'titanic').fire_count, 1);
        await ask('DELETE', `schedules/${body.id}`);
    });

    const CRON = 'cron_expr must be five fields whose time comes, as "0 3 * * *"';
    const BAD = [
        [{ cron_expr: null }, CRON], [{ cron_expr: '0 3 * *' }, CRON], [{ cron_expr: '0 3 * * x' }, CRON], [{ cron_expr: '60 3 * * *' }, CRON], [{ cron_expr: '0 0 30 2 *' }, CRON],
        [{ timezone: 'Mars/Olympus' }, 'timezone must be the name of a time zone, as Europe/Berlin'],
        [{ trigger_type: 'event' }, 'event_filter must be given for a schedule that an event starts'],
        [{ trigger_type: 'event', event_filter: 'prime_found:digits' }, 'event_filter must be an event, or event:field>=value, as prime_found:digits>=1000'],
        [{ trigger_type: 'event', event_filter: 'search_done:digits>5' }, 'event_filter: search_done tells of id, search_type, project_id, total_tested, total_found, not of digits'],
        [{ trigger_type: 'event', event_filter: 'sunrise' }, 'event_filter must begin with one of prime_found, search_start, search_done, search_failed, task_completed, task_failed, budget_exceeded, worker_lost, error'],
        [{ action_type: 'template' }, 'template_name must be given for a schedule that expands a template'],
        [{ template_name: 'nothing' }, 'Unknown template: nothing'], [{ role_name: 'king' }, 'Unknown role: king'], [{ trigger_type: 'moon' }], [{ name: '' }],
    ];
    for (const [change, error] of BAD)
        test(`400: ${JSON.stringify(change)}`, async () => {
            const reply = await ask('POST', 'schedules', { ...SENT, name: 'bad', ...change });
            assert.equal(reply.status, 400);
            if (error) assert.equal(reply.body.error, error);
        });
});
