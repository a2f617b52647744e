// All pages. The server answers an address with this dashboard when pages/<its first word>.js exists.
// needs: who may see it; the server decides, this only saves a walk to a closed door.

export const pages = [
  { path: '/', name: 'Overview', load: () => import('./pages/overview.js') },
  { path: '/browse', name: 'Browse', load: () => import('./pages/browse.js') },
  { path: '/fleet', name: 'Fleet', load: () => import('./pages/fleet.js') },
  { path: '/projects', name: 'Projects', load: () => import('./pages/projects.js') },
  { path: '/agents', name: 'Agents', needs: 'admin', load: () => import('./pages/agents.js') },
  { path: '/observability', name: 'Observability', needs: 'admin', load: () => import('./pages/observability.js') },
  { path: '/account', name: 'Account', needs: 'user', load: () => import('./pages/account.js') },
  { path: '/admin', name: 'Admin', needs: 'admin', load: () => import('./pages/admin.js') },
  { path: '/signin', name: 'Sign in', hidden: true, load: () => import('./pages/signin.js') },
];

/** '/projects/twin-ladder' -> { page, rest: 'twin-ladder' }, or null. */
export function pageOf(pathname) {
  const [, first = '', ...rest] = pathname.split('/');
  const page = pages.find(({ path }) => path === `/${first}`);
  return page ? { page, rest: decodeURIComponent(rest.join('/')) } : null;
}
