// Runs once for all tabs of a browser, as a shared worker. Over HTTP/1.1 a browser opens at
// most six connections to an origin, and each stream of events keeps one.

const retryDelay = 3000; // before another try when the server refused the stream
const tabs = new BroadcastChannel(location.pathname);

let state = 'off';

function open() {
  state = 'wait';
  const source = new EventSource('../../page/events');
  for (const kind of ['hello', 'message', 'request', 'panels', 'refresh']) {
    source.addEventListener(kind, ({ data }) => {
      state = 'live';
      tabs.postMessage({ kind, data: JSON.parse(data) });
    });
  }
  source.addEventListener('error', () => {
    state = 'lost';
    tabs.postMessage({ kind: 'lost' });
    if (source.readyState === EventSource.CLOSED) setTimeout(open, retryDelay);
  });
}

// A tab that comes later missed the greeting.
addEventListener('connect', ({ ports: [tab] }) => {
  if (state === 'off') open();
  else if (state !== 'wait') tab.postMessage({ kind: state });
});
