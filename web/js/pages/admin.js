// What only administrators see: who changed what, releases, the gateway's pools and the database itself.
import { fill, h } from '../dom.js';
import { audit } from './admin/audit.js';
import { database } from './admin/database.js';
import { gateway } from './admin/gateway.js';
import { releases } from './admin/releases.js';
import { statements } from './admin/statements.js';

export function show(place, app) {
  const health = database(app);
  fill(place, h('h1', {}, 'Admin'), gateway(app), health.panels, statements(health), releases(app), audit(app));
}
