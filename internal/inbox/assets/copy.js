// Puts codes on the clipboard.

import { announce, byId, complain } from './rows.js';

const shownFor = 1500;

export function startCopying() {
  document.addEventListener('click', (event) => {
    const source = event.target.closest('[data-copy], [data-copy-from]');
    if (source) copyFrom(source);
  });
}

/** Copies what the element stands for, and says so on its button. */
export async function copyFrom(source) {
  const text = source.dataset.copy ?? byId(source.dataset.copyFrom).textContent;
  try {
    await write(text);
  } catch {
    complain('The browser did not let the page copy. Select the text and copy it by hand.');
    return;
  }
  const button = source.matches('button') ? source : source.closest('.message')?.querySelector('.copy');
  if (button) {
    button.dataset.copied = '';
    setTimeout(() => delete button.dataset.copied, shownFor);
  }
  announce('Copied');
}

async function write(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  // Plain http to another machine has no clipboard; the old way still works there.
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  const focused = document.activeElement;
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  focused?.focus();
  if (!done) throw new Error('not copied');
}
