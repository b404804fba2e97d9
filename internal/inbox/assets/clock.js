// Counts down by the emulator's clock, which may be ahead of ours or stand still.

import { byId, messages } from './rows.js';

let skew = 0;
let stopped = null; // the moment it stands still at
let known = ''; // what the above was read from
let shift = 0; // of the server's time zone from UTC, in milliseconds

const now = () => stopped ?? Date.now() + skew;

export function startClock() {
  sync();
  setInterval(tick, 500);
}

/** Reads the clock if the server sent it anew, and shows what follows from it. */
export function sync() {
  const face = byId('clock').firstElementChild;
  const sent = `${face.dataset.now} ${'frozen' in face.dataset}`;
  if (sent !== known) {
    known = sent;
    skew = Number(face.dataset.now) - Date.now();
    stopped = 'frozen' in face.dataset ? Number(face.dataset.now) : null;
    const [hour, minute] = byId('now').textContent.split(':').map(Number);
    const at = new Date(Number(face.dataset.now));
    shift = (hour * 60 + minute - (at.getUTCHours() * 60 + at.getUTCMinutes())) * 60_000;
  }
  tick();
}

function tick() {
  const at = now();
  setText(byId('now'), new Date(at + shift).toISOString().slice(11, 19));
  let newest = '';
  for (const row of messages().querySelectorAll('[data-state="live"]')) {
    const left = row.querySelector('.left');
    const ms = Number(left.dataset.expires) - at;
    if (ms <= 0) {
      expire(row, left);
      continue;
    }
    newest ||= row.dataset.code;
    const seconds = Math.ceil(ms / 1000);
    setText(left, `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`);
    row.querySelector('.life').value = ms;
  }
  document.title = newest ? `${newest.slice(0, 3)} ${newest.slice(3)} · otpbox` : 'otpbox';
}

function expire(row, left) {
  row.dataset.state = 'expired';
  setText(row.querySelector('.state-name'), 'expired');
  left.remove();
  row.querySelector('.life')?.remove();
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
