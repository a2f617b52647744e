// A fleet of simulated nodes on one machine: scripts/fleet, and the load of run.mjs.
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { client } from './client.mjs';
import { Node, Processor } from './node.mjs';

const NODES_OF_AN_OPERATOR = 50, AT_ONCE = 20;

/** Calls fn for each of the items, some at once. */
async function each(items, fn) {
    const rest = [...items];
    await Promise.all(Array.from({ length: AT_ONCE }, async () => { while (rest.length) await fn(rest.shift()); }));
}

async function operator(call, name) {
    const reply = await call('POST', '/api/v1/operators/register', { body: { username: name, email: `${name}@example.org`, team: 'simulated' } });
    if (reply.status !== 201) throw new Error(`no operator: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body.api_key;
}

/**
 * Starts nodes against a server. pauseMs: between two blocks; null: they only beat. share: of one processor, for all. Returns { nodes, counts, stop() };
 * counts grow: register, beats, claims, results, tested, primes, failed.
 */
export async function startFleet({ url, nodes = 50, beatMs = 10000, pauseMs = 2000, share = 0.5 }) {
    const call = client(url), run = randomBytes(3).toString('hex'), counts = { failed: 0, tested: 0, primes: 0 };
    const processor = new Processor(share), names = Array.from({ length: nodes }, (_, i) => i);
    const keys = [];
    for (let i = 0; i * NODES_OF_AN_OPERATOR < nodes; i++) keys.push(await operator(call, `sim-${run}-${i}`));
    const fleet = names.map((i) => new Node({
        call, counts, processor, timing: { beatMs, pauseMs }, key: keys[Math.floor(i / NODES_OF_AN_OPERATOR)], name: `sim-${run}-host${Math.floor(i / 4)}-${i}`,
    }));
    await each(fleet, (node) => node.start());
    return { nodes: fleet, counts, call, stop() { fleet.forEach((node) => node.stop()); call.close(); } };
}

/** Makes sure that there is something to search: a job of its own, of primes nobody has yet. */
export async function startSearch(call, token, { blocks = 500, exponent = 16 } = {}) {
    const from = 2 * Math.floor(5e5 + Math.random() * 1e9);
    const body = { search_type: 'gen_fermat', fermat_exp: exponent, min_base: from, max_base: from + blocks * 1000 - 1 };
    const reply = await call('POST', '/api/searches', { key: token, body });
    if (reply.status !== 201) throw new Error(`no search: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body;
}

async function signIn(call, email, password) {
    const reply = await call('POST', '/auth/v1/token?grant_type=password', { body: { email, password } });
    if (reply.status !== 200) throw new Error(`cannot sign in as ${email}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body.access_token;
}

const HELP = `scripts/fleet: simulated nodes that register, beat, claim blocks, really search them, and report.

    --url URL          the server (http://127.0.0.1:8080, where scripts/demo listens)
    --nodes N          how many (50)
    --beat S           seconds between heartbeats (10)
    --pause S          seconds between two blocks of a node (2)
    --seconds S        how long; without it, until Ctrl-C
    --share PART       of one processor, for the search of all nodes (0.5)
    --exponent E       of the search b^E+1, a power of two (16)
    --email, --password   an administrator, who starts the search (the demo's grace)
    --idle             only register and beat
    --no-search        take what searches there are
`;

async function main() {
    const text = (value) => ({ type: 'string', default: value });
    const { values } = parseArgs({ options: {
        url: text('http://127.0.0.1:8080'), nodes: text('50'), beat: text('10'), pause: text('2'), share: text('0.5'), seconds: { type: 'string' }, exponent: text('16'),
        email: text('grace@example.org'), password: text('grace-demo'), 'no-search': { type: 'boolean' }, idle: { type: 'boolean' }, help: { type: 'boolean', short: 'h' },
    } });
    if (values.help) return process.stdout.write(HELP);
    const call = client(values.url, 4);
    if (!values['no-search'] && !values.idle) {
        const search = await startSearch(call, await signIn(call, values.email, values.password), { exponent: Number(values.exponent) });
        console.log(`search ${search.id}: b^${values.exponent}+1 from b = ${search.range_start}`);
    }
    const fleet = await startFleet({ url: values.url, nodes: Number(values.nodes), beatMs: Number(values.beat) * 1000, pauseMs: values.idle ? null : Number(values.pause) * 1000, share: Number(values.share) });
    const { counts } = fleet, started = Date.now();
    const tell = () => console.log(`${Math.round((Date.now() - started) / 1000)} s: ${fleet.nodes.filter((node) => !node.stopped).length} nodes, ${counts.beats ?? 0} beats, ${counts.results ?? 0} blocks, ` +
        `${counts.tested} candidates, ${counts.primes} primes, ${counts.failed} failures${counts.lastFailure ? ` (${counts.lastFailure})` : ''}`);
    const clock = setInterval(tell, 5000);
    const end = () => { clearInterval(clock); fleet.stop(); call.close(); tell(); process.exitCode = counts.failed > 0 ? 1 : 0; };
    process.once('SIGINT', end).once('SIGTERM', end);
    if (values.seconds) setTimeout(end, Number(values.seconds) * 1000);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
    main().catch((error) => { console.error(`scripts/fleet: ${error.message}`); process.exitCode = 1; });
