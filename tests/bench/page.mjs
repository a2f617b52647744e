// What the dashboard costs a browser: bytes, requests, first paint, the main thread's time; and whether an
// hour of live updates makes it grow. Against a running demo, whose 100,000 primes are behind it.
//
// The hour is compressed: the updates that a server sends in it (one snapshot in two seconds, and a find
// in six) are handed to the page's own socket as fast as it draws them. The memory is the heap after a
// forced collection, and the count of DOM nodes; before, in the middle and at the end.
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const { values: options } = parseArgs({ options: { url: { type: 'string', default: 'http://127.0.0.1:8080' }, quick: { type: 'boolean', default: false }, runs: { type: 'string', default: '5' } } });
const HOUR_UPDATES = 1800, FINDS_EVERY = 3;
const PAGES = ['/', '/browse', '/fleet', '/projects'];
const WARM_UPDATES = 200;
const KB = 1000;

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

async function go(page, path, shows) {
  await page.evaluate((address) => {
    history.pushState(null, '', address);
    dispatchEvent(new PopStateEvent('popstate'));
  }, path);
  await page.locator(shows).first().waitFor(); // not waitForSelector: its handle would keep the page's nodes
}

async function hour(browser, updates) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(recordSockets);
  await page.goto(`${options.url}/`);
  await page.waitForFunction(() => document.querySelector('.ticker li') && globalThis.sockets.length > 0);
  const snapshot = await page.evaluate(async () => (await fetch('/api/ws-snapshot')).json());
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable');
  const feed = (count, from) => page.evaluate(async ([parts, amount, first, every]) => {
    const hand = (message) => globalThis.sockets.at(-1).dispatchEvent(new MessageEvent('message', { data: JSON.stringify(message) }));
    for (let i = first; i < first + amount; i++) {
      hand({ type: 'update', ...parts });
      if (i % every === 0) hand({ type: 'prime_found', prime: { form: 'kbn', expression: `${2 * i + 1}*2^${i}+1`, digits: 9, proof_method: 'deterministic', timestamp_ms: Date.now() } });
      if (i % 20 === 0) await new Promise(requestAnimationFrame);
    }
  }, [snapshot, count, from, FINDS_EVERY]);
  // Both pages have been seen, and everything has been drawn, before the first look.
  const walk = async (count, from) => {
    await go(page, '/fleet', 'h1:text("Fleet")');
    await feed(count / 2, from);
    await go(page, '/', '.ticker li');
    await feed(count / 2, from + count / 2);
    await page.waitForTimeout(1000);
    return memory(session);
  };
  const points = [await walk(WARM_UPDATES, 0), await walk(updates / 2, WARM_UPDATES), await walk(updates / 2, WARM_UPDATES + updates / 2)];
  await context.close();
  return points;
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
  }
  const updates = options.quick ? 400 : HOUR_UPDATES;
  const points = await hour(browser, updates);
  console.log(`\n${updates} updates and ${Math.round(updates / FINDS_EVERY)} finds (${options.quick ? 'a part of ' : ''}an hour, compressed), then a forced collection:\n`);
  console.log('| | heap, MB | DOM nodes | listeners |\n|---|---:|---:|---:|');
  for (const [i, name] of ['at the beginning', 'in the middle', 'at the end'].entries())
    console.log(`| ${name} | ${(points[i].heap / 1e6).toFixed(2)} | ${points[i].nodes} | ${points[i].listeners} |`);
} finally {
  await browser.close();
}
