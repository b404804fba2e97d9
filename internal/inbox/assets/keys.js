// Single keys for what is done all the time. They can be switched off, for those
// whose speech or switch device types letters by accident.

import { copyFrom } from './copy.js';
import { isShown, toggleMask } from './filter.js';
import { byId, messages } from './rows.js';

const setting = 'otpbox-keys';

let chosen = ''; // the id of the message that j or k went to

export function startKeys() {
  const on = byId('keys-on');
  on.checked = localStorage.getItem(setting) !== 'off';
  on.addEventListener('change', () => localStorage.setItem(setting, on.checked ? 'on' : 'off'));
  byId('help-button').addEventListener('click', () => byId('help').showModal());
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (!on.checked || event.target.closest('input, select, textarea, dialog')) return;
    if (press(event.key)) event.preventDefault();
  });
}

function press(key) {
  switch (key) {
    case 'c': {
      // A click gives a message the focus too, but who clicked an old one and then
      // presses c means the newest code that works.
      const all = rows();
      const newest = all.find((message) => message.dataset.state === 'live') ?? all[0];
      const row = chosen && chosen === document.activeElement?.id ? selected() : newest;
      if (row) copyFrom(row.querySelector('.copy'));
      return true;
    }
    case 'j':
    case 'k':
      move(key === 'j' ? 1 : -1);
      return true;
    case '/':
      byId('filter').focus();
      byId('filter').select();
      return true;
    case 'm':
      toggleMask();
      return true;
    case '?':
      byId('help').showModal();
      return true;
    default:
      return false;
  }
}

const rows = () => [...messages().children].filter(isShown);
const selected = () => document.activeElement?.closest('.message');

function move(step) {
  const all = rows();
  const at = all.indexOf(selected());
  const row = at < 0 ? all[0] : all[at + step];
  if (!row) return;
  chosen = row.id;
  row.focus();
  row.scrollIntoView({ block: 'nearest' });
}
