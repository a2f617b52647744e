// Reads Prometheus' text: name{label="value",...} number, a line each.
const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;

/** get(name, label value): a number, or null; sum(name): over all labels. */
export function readMetrics(text) {
  const values = new Map();
  for (const line of text.split('\n')) {
    const [, name, labels = '', value] = LINE.exec(line) ?? [];
    if (!name) continue;
    if (!values.has(name)) values.set(name, new Map());
    values.get(name).set(/"([^"]*)"/.exec(labels)?.[1] ?? '', Number(value));
  }
  return {
    get: (name, label = '') => values.get(name)?.get(label) ?? null,
    sum: (name) => [...(values.get(name)?.values() ?? [])].reduce((sum, value) => sum + value, 0),
  };
}

/** The share of hits, null when nothing was asked for. */
export function ratio(metrics, name) {
  const all = metrics.sum(name);
  return all === 0 ? null : metrics.get(name, 'hit') / all;
}
