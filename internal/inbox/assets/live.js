// Follows the server's events.

import { sync } from './clock.js';
import { refilter, isShown } from './filter.js';
import { notify } from './notify.js';
import { announce, byId, placeMessage, placePanel, placeRequest, reload } from './rows.js';

const retryDelay = 3000; // before another try when the server refused the stream

let queue = [];
let timer = 0;
let reloading = false;
let pressed = false;

/** Follows the stream of events, which all tabs of the browser share. */
export function connect() {
  if (!('SharedWorker' in globalThis)) {
    connectAlone();
    return;
  }
  const address = new URL('events.js', import.meta.url);
  new BroadcastChannel(address.pathname).addEventListener('message', ({ data }) => receive(data));
  new SharedWorker(address, { type: 'module' }).port.onmessage = ({ data }) => receive(data);
}

/** Follows the stream while the tab is in front, so that other tabs have a connection. */
function connectAlone() {
  let source = null;
  const follow = () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else if (!source || source.readyState === EventSource.CLOSED) {
      source = new EventSource('_otp/page/events');
      for (const kind of ['hello', 'message', 'request', 'panels', 'refresh']) {
        source.addEventListener(kind, ({ data }) => receive({ kind, data: JSON.parse(data) }));
      }
      source.addEventListener('error', () => {
        receive({ kind: 'lost' });
        if (source?.readyState === EventSource.CLOSED) setTimeout(follow, retryDelay);
      });
    }
  };
  document.addEventListener('visibilitychange', follow);
  follow();
}

let connected = false;

function receive({ kind, data }) {
  show(kind === 'lost' ? 'lost' : 'live');
  if (kind === 'hello' || kind === 'live') {
    if (connected || data?.stamp !== byId('page').dataset.stamp) add({ kind: 'refresh' });
    connected = true;
  } else if (kind !== 'lost') {
    add({ kind, data });
  }
}

/**
 * Holds updates back while a button of the mouse, a finger or the space bar is down:
 * a row that came on top would move what is pressed away from under the pointer.
 */
export function startHolding() {
  addEventListener('pointerdown', ({ isPrimary, button }) => { pressed ||= isPrimary && button === 0; });
  addEventListener('keydown', ({ key, target }) => {
    if (key === ' ' && target.closest('button, summary')) pressed = true;
    else end({});
  });
  const end = ({ buttons }) => {
    if (!pressed || buttons) return;
    pressed = false;
    if (queue.length) timer ||= setTimeout(flush, 30); // after the click
  };
  // A menu or a dragged link swallows the end of the press.
  for (const kind of ['pointerup', 'pointercancel', 'pointermove', 'contextmenu', 'keyup', 'blur']) addEventListener(kind, end);
}

function show(state) {
  byId('link').dataset.state = state;
  byId('link').textContent = state === 'live' ? 'live' : 'not connected';
}

/** Collects what comes in a burst, so that the page is laid out once for it. */
function add(event) {
  queue.push(event);
  timer ||= setTimeout(flush, 30);
}

async function flush() {
  timer = 0;
  if (reloading || pressed) return; // what came meanwhile is applied after it
  if (queue.some(({ kind }) => kind === 'refresh')) {
    queue = [];
    reloading = true;
    try {
      await reload();
    } catch {
      show('lost');
    } finally {
      reloading = false;
    }
  }
  const events = queue;
  queue = [];
  const arrived = [];
  for (const { kind, data } of events) {
    if (kind === 'message') {
      const row = placeMessage(data);
      if (row) arrived.push(row);
    } else if (kind === 'request') {
      placeRequest(data);
    } else if (kind === 'panels') {
      for (const id of ['faults', 'users', 'clock']) placePanel(id, data[id]);
    } else if (kind === 'refresh') {
      add({ kind });
    }
  }
  refilter();
  sync();
  speak(arrived.filter(isShown));
}

function speak(rows) {
  if (!rows.length) return;
  const { via, code } = rows[rows.length - 1].dataset;
  const more = rows.length > 1 ? `${rows.length} new messages, the last one: ` : '';
  announce(`${more}${via} code ${[...code].join(' ')}`);
  notify(rows[rows.length - 1]);
}
