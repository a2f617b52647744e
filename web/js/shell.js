// What is around every page: the list of pages, the state of the connection, theme, who is here.
import { fill, h } from './dom.js';
import { timeOf } from './format.js';
import { pages } from './pages.js';
import { listenForTries } from './parts/drawer.js';
import { steadily } from './parts/steady.js';

const $ = (id) => document.getElementById(id);

export function startShell({ session, live }, router) {
  let current = null;
  const drawPages = () => fill($('pages'), pages.filter((page) => !page.hidden && (page.needs !== 'admin' || session.admin) && (page.needs !== 'user' || session.known))
    .map((page) => h('li', {}, h('a', { href: page.path, 'aria-current': page === current ? 'page' : null }, page.name))));

  router.onPage((page) => {
    current = page;
    drawPages();
    setMenu(false);
  });
  session.addEventListener('change', () => {
    steadily($('pages'), drawPages);
    steadily($('who'), () => drawWho(session));
  });
  drawPages();
  drawWho(session);
  drawState(live);
  live.on('state', () => drawState(live));
  startTheme();
  listenForTries();
  $('menu-button').addEventListener('click', () => setMenu($('menu-button').getAttribute('aria-expanded') !== 'true'));
  addEventListener('keydown', (event) => { if (event.key === 'Escape') setMenu(false); });
}

function setMenu(open) {
  $('menu-button').setAttribute('aria-expanded', String(open));
}

function drawWho(session) {
  fill($('who'), session.known
    ? [h('a', { href: '/account' }, session.name), h('button', { class: 'plain', type: 'button', onclick: () => session.signOut() }, 'Sign out')]
    : h('a', { class: 'button', href: '/signin' }, 'Sign in'));
}

const STATES = {
  connecting: 'Connecting …',
  open: 'Live',
  offline: 'Offline',
};

function drawState(live) {
  $('state').dataset.state = document.body.dataset.live = live.state;
  $('state').textContent = STATES[live.state];
  $('offline').hidden = live.state !== 'offline';
  $('offline').textContent = live.heardAt
    ? `The server has not been heard since ${timeOf(live.heardAt)}. What you see is from then; it goes on by itself.`
    : 'The server cannot be reached. It is tried again by itself; nothing is shown that it did not say.';
}

const THEMES = { '': ['Theme: system', 'light'], light: ['Theme: light', 'dark'], dark: ['Theme: dark', ''] };

function startTheme() {
  const root = document.documentElement;
  const draw = () => { $('theme').textContent = THEMES[root.dataset.theme ?? ''][0]; };
  $('theme').addEventListener('click', () => {
    const next = THEMES[root.dataset.theme ?? ''][1];
    if (next) root.dataset.theme = next;
    else delete root.dataset.theme;
    localStorage.setItem('postern-theme', next);
    draw();
    dispatchEvent(new Event('themechange'));
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => dispatchEvent(new Event('themechange')));
  draw();
}
