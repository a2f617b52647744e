// What the dashboard costs a browser: bytes, requests, first paint, the main thread's time; and whether an
// hour of live updates makes it grow. Against a running demo, whose 100,000 primes are behind it.
//
// The hour is compressed: the updates that a server sends in it (one snapshot in two seconds, and a find
// in six) are handed to the page's own socket, and the panels ask again as often as in an hour. The
// memory is the heap after a forced collection, at thirteen moments; a line is fitted through those
// after the first quarter, in which the browser still compiles what runs often.
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const { values: options } = parseArgs({ options: { url: { type: 'string', default: 'http://127.0.0.1:8080' }, quick: { type: 'boolean', default: false }, runs: { type: 'string', default: '5' } } });
const HOUR_UPDATES = 1800, FINDS_EVERY = 3;
const PAGES = ['/', '/browse', '/fleet', '/projects'];
const POINTS = 13, TIMES_FASTER = 60;
const KB = 1000;
const GOALS = { sentKb: 200, paintMs: 1000, mainMs: 1000, growthKb: 500 }; // of a page at most; open for a day, its heap grows by 12 MB
const judged = [];
const judge = (what, figure, goal, unit) => judged.push(`- ${figure <= goal ? 'PASS' : 'MISS'} ${what}: ${figure.toFixed(0)} ${unit} of at most ${goal}`);

/** Stands in for the page's socket, so that messages can be handed to it: everything else is the page's own. */
function recordSockets() {
  globalThis.sockets = [];
  globalThis.WebSocket = class extends globalThis.WebSocket {
    constructor(...all) {
      super(...all);
      globalThis.sockets.push(this);
    }
  };
}

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** One cold visit: nothing in the browser's cache. */
async function visit(browser, path) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  const seen = { requests: 0, bytes: 0, plain: 0 };
  await session.send('Network.enable');
  await session.send('Performance.enable');
  session.on('Network.responseReceived', () => { seen.requests += 1; });
  session.on('Network.loadingFinished', ({ encodedDataLength }) => { seen.bytes += encodedDataLength; });
  session.on('Network.dataReceived', ({ dataLength }) => { seen.plain += dataLength; });
  await page.goto(options.url + path);
  await page.waitForFunction(() => document.querySelector('.page') && !document.querySelector('[aria-busy]'));
  await page.waitForTimeout(500); // charts are drawn
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
  const { metrics } = await session.send('Performance.getMetrics');
  const of = (name) => metrics.find((one) => one.name === name).value;
  await context.close();
  return { ...seen, paint, main: 1000 * of('TaskDuration'), script: 1000 * of('ScriptDuration'), layout: 1000 * (of('LayoutDuration') + of('RecalcStyleDuration')), heap: of('JSHeapUsedSize') };
}

async function memory(session) {
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  const of = (name) => metrics.find((one) => one.name === name).value;
  return { heap: of('JSHeapUsedSize'), nodes: of('Nodes'), listeners: of('JSEventListeners') };
}

/** The panels' own clock goes faster: the other waits of the page stay what they are. */
function hurryPanels(times) {
  const { setTimeout: wait } = globalThis;
  globalThis.setTimeout = (fn, ms, ...rest) => wait(fn, fn.name === 'turn' ? ms / times : ms, ...rest);
}

/** Hands so many updates to the page's socket, evenly over so much time. */
const feed = (page, parts, count, overMs) => page.evaluate(async ([snapshot, amount, span, every]) => {
  const hand = (message) => globalThis.sockets.at(-1).dispatchEvent(new MessageEvent('message', { data: JSON.stringify(message) }));
  const began = performance.now();
  for (let i = 0; i < amount; i++) {
    globalThis.handed = (globalThis.handed ?? 0) + 1;
    const n = globalThis.handed;
    hand({ type: 'update', ...structuredClone(snapshot) });
    if (i % every === 0) hand({ type: 'prime_found', prime: { form: 'kbn', expression: `${2 * n + 1}*2^${n}+1`, digits: 9, proof_method: 'deterministic', timestamp_ms: Date.now() } });
    while (performance.now() - began < (span * i) / amount) await new Promise(requestAnimationFrame);
  }
}, [parts, count, overMs, FINDS_EVERY]);

/** The heap at each of POINTS moments of the hour, on a page that stays open. */
async function hour(browser, path, updates) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.addInitScript(recordSockets);
  await page.addInitScript(hurryPanels, TIMES_FASTER);
  await page.goto(options.url + path);
  await page.waitForFunction(() => document.querySelector('.page') && !document.querySelector('[aria-busy]') && globalThis.sockets.length > 0);
  const snapshot = await page.evaluate(async () => (await fetch('/api/ws-snapshot')).json());
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const points = [];
  for (let i = 0; i < POINTS; i++) {
    if (i > 0) await feed(page, snapshot, updates / (POINTS - 1), 3600000 / TIMES_FASTER / (POINTS - 1));
    points.push(await memory(session));
  }
  await page.close();
  return points;
}

/** Least squares: how much y grows while x does by one. */
function slope(points) {
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const x = mean(([at]) => at), y = mean(([, value]) => value);
  return points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0) / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
}

function report(path, points) {
  const last = points.length - 1, settled = points.map(({ heap }, i) => [i / last, heap]).slice(Math.ceil(points.length / 4)), growth = slope(settled);
  const { nodes, listeners } = points[last], first = points[Math.ceil(points.length / 4)];
  console.log(`| ${path} | ${points.map(({ heap }) => (heap / 1e6).toFixed(2)).join(' ')} | ${(growth / KB).toFixed(0)} | ${first.nodes} / ${nodes} | ${first.listeners} / ${listeners} |`);
  judge(`${path}, growth of the heap in an hour of live updates`, growth / KB, GOALS.growthKb, 'kB');
}

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
try {
  const runs = options.quick ? 1 : Number(options.runs);
  console.log('| page | requests | kB sent | kB unpacked | first paint, ms | main thread, ms | of it script | of it layout | heap, MB |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|');
  for (const path of PAGES) {
    const all = [];
    for (let i = 0; i < runs; i++) all.push(await visit(browser, path));
    const of = (name) => median(all.map((one) => one[name]));
    console.log(`| ${path} | ${of('requests')} | ${(of('bytes') / KB).toFixed(0)} | ${(of('plain') / KB).toFixed(0)} | ${of('paint').toFixed(0)} | ${of('main').toFixed(0)} | ${of('script').toFixed(0)} | ${of('layout').toFixed(0)} | ${(of('heap') / 1e6).toFixed(1)} |`);
    judge(`${path}, bytes sent`, of('bytes') / KB, GOALS.sentKb, 'kB');
    judge(`${path}, first contentful paint`, of('paint'), GOALS.paintMs, 'ms');
    judge(`${path}, main thread until all is drawn`, of('main'), GOALS.mainMs, 'ms');
  }
  const updates = options.quick ? HOUR_UPDATES / 6 : HOUR_UPDATES;
  console.log(`\n${updates} updates, ${updates / FINDS_EVERY} finds, and the panels ask ${TIMES_FASTER} times as often:\n`);
  console.log('| page | heap, MB, after each twelfth | growth by its end, kB | nodes | listeners |\n|---|---|---:|---:|---:|');
  for (const path of ['/', '/fleet']) report(path, await hour(browser, path, updates));
  console.log(`\n${judged.join('\n')}`);
} finally {
  await browser.close();
}
