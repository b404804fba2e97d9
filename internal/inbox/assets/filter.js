// Hides the rows that lack a word of the filter, and masks recipients. Both are kept
// in the address, so that they survive a reload and can be bookmarked.

import { byId, messages, reload } from './rows.js';

export function startFilter() {
  const input = byId('filter');
  input.addEventListener('input', () => {
    remember('q', input.value);
    refilter();
    // What a filter kept out when the page was loaded is not here to be shown.
    if (!input.value && byId('page').dataset.filtered) reload().then(refilter, () => {});
  });
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    input.value = '';
    input.dispatchEvent(new Event('input'));
    input.blur();
  });
  byId('filter-form').addEventListener('submit', (event) => event.preventDefault());
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-filter]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    input.value = link.dataset.filter;
    input.dispatchEvent(new Event('input'));
    reload().then(refilter, () => {}); // what belongs to it may be older than all that is shown
  });
  byId('mask-form').addEventListener('submit', (event) => {
    event.preventDefault();
    toggleMask();
  });
}

export const isShown = (row) => !row.hidden;

/** Applies the filter to every row. */
export function refilter() {
  const words = byId('filter').value.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (row) => {
    const text = `${row.dataset.search} ${row.dataset.state ?? ''}`;
    return words.every((word) => text.includes(word));
  };
  byId('clear-filter').value = words.join(' ');
  byId('clear').textContent = words.length ? 'Clear these' : 'Clear';
  let shown = 0;
  for (const row of messages().children) {
    row.hidden = !matches(row);
    if (!row.hidden) shown += 1;
  }
  for (const row of byId('requests').children) row.hidden = !matches(row);
  const all = messages().childElementCount;
  byId('count').textContent = words.length ? `${shown} of ${all}` : String(all);
  byId('nothing').hidden = shown > 0 || !words.length;
  byId('empty').hidden = all > 0 || words.length > 0;
  byId('no-requests').hidden = byId('requests').childElementCount > 0;
}

/** Hides recipients, or shows them again. */
export function toggleMask() {
  const masked = document.documentElement.toggleAttribute('data-masked');
  byId('mask').setAttribute('aria-pressed', String(masked));
  remember('mask', masked ? 'true' : '');
}

function remember(name, value) {
  const address = new URL(location.href);
  if (value) address.searchParams.set(name, value);
  else address.searchParams.delete(name);
  history.replaceState(null, '', address);
}
