// Behind PgBouncer in transaction mode, where every transaction may get another backend: prepared
// statements switch off by themselves, nothing of one request reaches the next, migrations and LISTEN go
// the direct way. The suites are those that also run without a pooler.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../support/process.mjs';

/** Runs a suite as a process of its own, with a pooler of three backends; resolves to its output. */
function throughPooler(suite, env = {}) {
    const { NODE_TEST_CONTEXT, ...rest } = process.env;
    const child = spawn(process.execPath, ['--test', join(root, 'tests/http', suite)], { env: { ...rest, STAND_POOLER: '3', ...env }, cwd: root });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => { output += bytes; });
    return new Promise((done) => child.on('exit', (code) => done({ code, output })));
}

test('no row of another in 10,000 requests', async () => {
    const { code, output } = await throughPooler('leak.test.mjs', { LEAK_REQUESTS: '10000' });
    assert.equal(code, 0, output);
    assert.match(output, /foreign tags: 0/);
});

test('every call of the frontend', async () => {
    const { code, output } = await throughPooler('supabase.test.mjs');
    assert.equal(code, 0, output);
    assert.match(output, /# fail 0/);
});

test('what a transaction is told, what runs first and how it ends', async () => {
    const { code, output } = await throughPooler('../language/transactions.test.mjs');
    assert.equal(code, 0, output);
    assert.match(output, /# fail 0/);
});
