// Shows a notification for a code that arrives while the tab is in the background, if the
// person has asked for that.

import { byId, complain } from './rows.js';

const setting = 'otpbox-notify';

export function startNotifying() {
  const on = byId('notify');
  if (!('Notification' in globalThis) || !isSecureContext) {
    on.disabled = true;
    on.parentElement.append(' (this browser allows it on https and on this machine only)');
    return;
  }
  on.checked = isOn();
  on.addEventListener('change', async () => {
    if (on.checked && await Notification.requestPermission() !== 'granted') {
      on.checked = false;
      complain('The browser does not let this page show notifications. Allow them in its settings for this site.');
    }
    localStorage.setItem(setting, on.checked ? 'on' : 'off');
  });
}

const isOn = () => localStorage.getItem(setting) === 'on' && Notification.permission === 'granted';

/** Notifies of a message. Several tabs show one notification: they give it the same tag. */
export function notify(row) {
  if (!document.hidden || byId('notify').disabled || !isOn()) return;
  const { via, code } = row.dataset;
  new Notification(`${via} code ${code.slice(0, 3)} ${code.slice(3)}`, { tag: `otpbox-${row.id}`, icon: document.querySelector('link[rel=icon]').href });
}
