// Server-sent events with a token, which EventSource cannot send: read from fetch, begun again with
// Last-Event-ID when they break off. It needs api.js and nothing else.
const WAIT_MS = 2000;

/** onEvent({ id, event, data: parsed JSON }) for each; ends with the signal, or when the server refuses. */
export async function follow(api, path, { signal, onEvent, onTrouble = () => {} }) {
  let last = null;
  while (!signal.aborted) {
    try {
      const reply = await api.open(path, { signal, headers: { accept: 'text/event-stream', ...(last && { 'last-event-id': last }) } });
      await read(reply.body, (event) => {
        last = event.id ?? last;
        if (event.data !== undefined) onEvent({ ...event, data: JSON.parse(event.data) });
      });
    } catch (error) {
      if (signal.aborted) return;
      onTrouble(error);
      if (error.status >= 400 && !error.passing) return;
    }
    await new Promise((done) => setTimeout(done, WAIT_MS));
  }
}

// Source: HTML, 9.2.6. An event ends with an empty line; a line that begins with a colon is a comment.
async function read(body, onEvent) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    text += next.value;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = parse(text.slice(0, end));
      text = text.slice(end + 2);
      if (event) onEvent(event);
    }
  }
}

function parse(block) {
  const event = {};
  for (const line of block.split('\n')) {
    const [, name, value] = /^([^:]+)(?:: ?(.*))?$/.exec(line) ?? [];
    if (!name) continue;
    event[name] = name === 'data' && event.data !== undefined ? `${event.data}\n${value ?? ''}` : value ?? '';
  }
  return Object.keys(event).length > 0 ? event : null;
}
