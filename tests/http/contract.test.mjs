// The endpoints of the frontend, one by one: which are here, and does each of them answer. A line
// is printed for each.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { admin } from '../support/tokens.mjs';
import { startApi } from './api_stand.mjs';

const ENDPOINTS = `
GET /api/stats
GET /api/stats/timeline
GET /api/stats/distribution
GET /api/stats/leaderboard
GET /api/stats/tags
GET /api/primes
GET /api/primes/{id}
GET /api/primes/{id}/verifications
GET /api/prime-verification/stats
POST /api/primes/{id}/verify
GET /api/export
GET /api/auth/me
POST /api/v1/operators/rotate-key
GET /api/v1/operators/me/nodes
GET /api/v1/operators/stats
GET /api/v1/operators/me/credits
GET /api/v1/operators/me/earnings
GET /api/v1/operators/me/badges
GET /api/v1/operators/me/trust
GET /api/v1/badges
GET /api/v1/leaderboard
GET /api/v1/marketplace/forms
GET /api/resources/rates
GET /api/v1/contribute/work
POST /api/v1/contribute/result
POST /api/v1/contribute/heartbeat
GET /api/agents/tasks
POST /api/agents/tasks
POST /api/agents/tasks/{id}/cancel
GET /api/agents/tasks/{id}/logs
GET /api/agents/tasks/{id}/timeline
GET /api/agents/events
GET /api/agents/templates
POST /api/agents/templates/{name}/expand
GET /api/agents/roles
GET /api/agents/budgets
PUT /api/agents/budgets
GET /api/agents/memory
PUT /api/agents/memory
DELETE /api/agents/memory/{key}
GET /api/agents/analytics/daily-costs
GET /api/agents/analytics/template-costs
GET /api/agents/analytics/anomalies
GET /api/schedules
POST /api/schedules
PUT /api/schedules/{id}
PUT /api/schedules/{id}/toggle
DELETE /api/schedules/{id}
GET /api/projects
POST /api/projects
POST /api/projects/import
GET /api/projects/{slug}
POST /api/projects/{slug}/activate
POST /api/projects/{slug}/pause
POST /api/projects/{slug}/cancel
GET /api/projects/{slug}/events
GET /api/projects/{slug}/cost-history
GET /api/projects/{slug}/export
GET /api/records
POST /api/records/refresh
POST /api/searches
DELETE /api/searches/{id}
POST /api/searches/{id}/pause
POST /api/searches/{id}/resume
POST /api/search_jobs/{id}/cancel
POST /api/search_jobs/{id}/pause
POST /api/search_jobs/{id}/resume
POST /api/fleet/workers/{worker_id}/stop
POST /api/fleet/deploy
GET /api/observability/metrics
GET /api/observability/logs
GET /api/observability/logs/search
GET /api/observability/logs/stats
GET /api/observability/logs/stream
GET /api/observability/report
GET /api/observability/workers/top
GET /api/releases/worker
POST /api/releases/worker
GET /api/releases/events
GET /api/releases/health
POST /api/releases/rollout
POST /api/releases/rollback
GET /api/strategy/status
GET /api/strategy/scores
GET /api/strategy/decisions
GET /api/strategy/config
PUT /api/strategy/config
POST /api/strategy/decisions/{id}/override
POST /api/strategy/tick
GET /api/audit
GET /api/docs
GET /api/docs/search
GET /api/docs/{slug}
GET /api/docs/roadmaps/{slug}
GET /api/docs/agent/{slug}
GET /api/ws-snapshot
GET /api/version
GET /api/notifications
`.trim().split('\n');

/** Names of path parameters do not matter. */
const shape = (path) => path.replace(/\{\w+\}/g, '{}');
/** A value for each parameter: nothing that exists, so that nothing is changed by asking. */
const filled = (path) => path.replace(/\{(\w+)\}/g, (_, name) => /id$/.test(name) && name !== 'worker_id' ? '2000000000' : 'nothing-of-this-name');

describe('the contract with the frontend', () => {
    let stand, here;
    before(async () => {
        stand = await startApi();
        const { paths } = (await stand.api('openapi.json')).body;
        here = new Set(Object.entries(paths).flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${shape(path)}`)));
    });
    after(() => stand?.stop());

    for (const endpoint of ENDPOINTS)
        test(endpoint, async () => {
            const [method, path] = endpoint.split(' ');
            const present = here.has(`${method} ${shape(path)}`);
            const { status } = await stand.api(filled(path).replace('/api/', ''), { method, token: admin.token, body: method === 'GET' || method === 'DELETE' ? undefined : {} });
            console.log(`${present ? 'here  ' : 'absent'} ${status} ${endpoint}`);
            assert.ok(present, 'it is absent');
            assert.ok(status < 500 && status !== 405, `${status}`);
        });
});
