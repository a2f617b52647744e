// OPTIONS: which methods a path takes, by what the database allows and not by privileges.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startLanguage } from './stand.mjs';

const READS = 'OPTIONS,GET,HEAD';

describe('Allow', () => {
    let stand;
    before(async () => (stand = await startLanguage({ fixture: 'options.sql' })));
    after(() => stand?.stop());

    const cases = [
        ['/', READS],
        ['/notes', `${READS},POST,PUT,PATCH,DELETE`],
        ['/keyless', `${READS},POST,PATCH,DELETE`],
        ['/parts', `${READS},POST,PUT,PATCH,DELETE`],
        ['/grouped', READS],
        ['/triggered', `${READS},POST`],
        ['/deleted', `${READS},DELETE`],
        ['/frozen', READS],
        ['/rpc/changes', 'OPTIONS,POST'],
        ['/rpc/looks', `${READS},POST`],
        ['/rpc/counts', `${READS},POST`],
    ];
    for (const [path, allow] of cases)
        it(`${path}: ${allow}`, async () => {
            const reply = await stand.ask(path, { method: 'OPTIONS' });
            assert.deepEqual([reply.status, reply.text, reply.headers.get('allow')], [200, '', allow]);
        });

    for (const [path, code] of [['/nothing', 'PGRST205'], ['/rpc/nothing', 'PGRST202'], ['/a/b', 'PGRST125']])
        it(`${path} is not there: ${code}`, async () => {
            const reply = await stand.ask(path, { method: 'OPTIONS' });
            assert.deepEqual([reply.status, reply.json.code], [404, code]);
        });
});
