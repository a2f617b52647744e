// Follows the log: what is new since the last look, every two seconds.
const EVERY_MS = 2000;
const AT_ONCE = 200;

/** onRows(rows): the newest first. Ends with the signal. */
export async function tail(api, level, signal, onRows) {
  let since = new Date().toISOString();
  const seen = new Set();
  while (!signal.aborted) {
    await new Promise((done) => setTimeout(done, EVERY_MS));
    if (signal.aborted || document.hidden) continue;
    try {
      const { data } = await api.get('/api/observability/logs', { from: since, level, limit: AT_ONCE }, { signal });
      const fresh = data.logs.filter(({ id }) => !seen.has(id));
      // The border is asked for twice, as lines of the same instant may be committed later.
      seen.clear();
      for (const { id } of data.logs) seen.add(id);
      if (data.logs.length > 0) since = data.logs[0].ts;
      if (fresh.length > 0) onRows(fresh);
    } catch { /* the page says that the server is away; it goes on */ }
  }
}
