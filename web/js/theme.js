// Before the first paint: the theme that was chosen here. No choice: the system's. A classic script,
// as a module would come too late.
(() => {
  try {
    const chosen = localStorage.getItem('postern-theme');
    if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
  } catch { /* no storage: the system's theme */ }
})();
