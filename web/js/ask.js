// One question to the server.

/** The JSON of a path and how long it took, or null when it cannot be had. */
export async function getJson(path) {
  const start = performance.now();
  try {
    const response = await fetch(path, { headers: { accept: 'application/json' } });
    if (!response.ok) return null;
    return { json: await response.json(), milliseconds: performance.now() - start };
  } catch {
    return null;
  }
}
