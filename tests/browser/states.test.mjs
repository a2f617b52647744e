// The dashboard without a mouse, without data, and without its server: on a stand of its own, as it takes it away.
import { after, before, describe } from 'node:test';
import { broken } from './broken.mjs';
import { keyboard } from './keyboard.mjs';
import { offline } from './offline.mjs';
import { startBrowser } from './stand.mjs';
import { states } from './states.mjs';

let at;
before(async () => { at = await startBrowser(); });
after(() => at?.stop());

describe('by keyboard', () => keyboard(() => at));
describe('what cannot be shown', () => states(() => at));
describe('while the server is away', () => offline(() => at));
describe('when the feed breaks off', () => broken(() => at));
