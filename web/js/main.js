// The start page: asks the server for its numbers, again and again, and hands them to the parts.
import { getJson } from './ask.js';
import { showForms } from './forms.js';
import { showHealth } from './health.js';
import { showLatest } from './latest.js';
import { showNumbers } from './numbers.js';
import { showSnippets } from './snippets.js';
import { showTimeline } from './timeline.js';

const EVERY_MS = 5000;

const parts = [
  { path: '/api/stats', show: showNumbers },
  { path: '/api/stats/leaderboard', show: showForms },
  { path: '/api/stats/timeline?bucket_type=week', show: showTimeline },
  { path: '/api/primes?limit=6', show: showLatest },
];

async function refresh() {
  await showHealth(document.getElementById('health'));
  await Promise.all(parts.map(refreshPart));
}

// A part that cannot be had keeps what it shows: another database has no primes.
async function refreshPart({ path, show }) {
  const answer = await getJson(path);
  if (answer) show(answer);
}

// A page that nobody looks at asks nothing.
async function turn() {
  if (!document.hidden) await refresh();
  setTimeout(turn, EVERY_MS);
}

showSnippets(document.getElementById('snippets'), location.origin);
turn();
