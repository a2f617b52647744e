// The dot in the corner: can the server reach its database?

export async function showHealth(element) {
  const [state, text] = await ask();
  element.dataset.state = state;
  element.textContent = text;
}

async function ask() {
  try {
    const response = await fetch('/ready', { cache: 'no-store' });
    return response.ok ? ['good', 'database connected'] : ['bad', 'no database'];
  } catch {
    return ['bad', 'server not reached'];
  }
}
