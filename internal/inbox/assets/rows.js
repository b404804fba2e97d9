// Rows and panels come as HTML from the server, which escapes what is in them. Here
// they only find their place.

const mostRequests = 200;

export const byId = (id) => document.getElementById(id);
export const messages = () => byId('messages');

/** Returns the element that a piece of HTML describes. */
function parse(html) {
  const template = document.createElement('template');
  template.innerHTML = html;
  return template.content.firstElementChild;
}

/** Puts fresh where old is, and leaves alone what the person is doing there. */
function replace(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement.id : '';
  for (const details of old.querySelectorAll('details[open][id]')) {
    const same = fresh.querySelector(`#${details.id}`);
    if (same) same.open = true;
  }
  old.replaceWith(fresh);
  if (focused) (byId(focused) ?? fresh).focus({ preventScroll: true });
}

/** Shows a row, new or changed, in a list whose newest row is on top. */
function place(list, { id, html }, most) {
  const row = parse(html);
  const known = byId(row.id);
  if (known) {
    replace(known, row);
    return null;
  }
  let next = list.firstElementChild;
  while (next && Number(next.dataset.id) > id) next = next.nextElementSibling;
  if (!next && list.childElementCount >= most) return null; // older than all that is shown
  list.insertBefore(row, next);
  while (list.childElementCount > most) list.lastElementChild.remove();
  return row;
}

/** Shows a message; returns its row if it is a new one. */
export const placeMessage = (event) => {
  const row = place(messages(), event, Math.max(Number(byId('page').dataset.most), 200));
  if (row) row.classList.add('new');
  return row;
};

export const placeRequest = (event) => place(byId('requests'), event, mostRequests);

/** Draws a panel anew, unless nothing changed. */
export function placePanel(id, html) {
  const old = byId(id);
  const fresh = old.cloneNode(false);
  fresh.innerHTML = html;
  if (fresh.innerHTML !== old.innerHTML) replace(old, fresh);
}

/** Takes everything from the page as the server shows it now. */
export async function reload() {
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
  if (!answer.ok) throw new Error(`the page answered ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const id of ['messages', 'requests', 'clock', 'faults', 'users']) {
    replace(byId(id), document.adoptNode(fresh.getElementById(id)));
  }
  byId('page').dataset.stamp = fresh.getElementById('page').dataset.stamp;
}

/** Says something to those who listen rather than look. */
export function announce(text) {
  const line = document.createElement('p');
  line.textContent = text;
  byId('announce').replaceChildren(line);
}

/** Shows what went wrong, or with no text that nothing is. */
export function complain(text) {
  byId('problem').textContent = text;
  byId('problem').hidden = !text;
}
