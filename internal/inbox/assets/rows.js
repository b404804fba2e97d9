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

/** Makes old look like fresh, and keeps the elements that a person works with. */
function update(old, fresh) {
  const focused = old.contains(document.activeElement);
  morph(old, fresh);
  if (focused && !old.contains(document.activeElement)) old.focus({ preventScroll: true });
}

// Set in the browser only: a person opened the details, or copied a code.
const local = ['open', 'data-copied'];

/**
 * Changes old into fresh in place. An element with an id stays the same element: a
 * press that began on it ends on it, and it keeps the focus and the selection.
 */
function morph(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!local.includes(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (!local.includes(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  let at = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const same = counterpart(at, child);
    if (!same) {
      old.insertBefore(child, at);
      continue;
    }
    for (; at !== same; at = removed(at)); // moving same instead would lose the focus
    if (same.nodeType === Node.ELEMENT_NODE) morph(same, child);
    else if (same.data !== child.data) same.data = child.data;
    at = same.nextSibling;
  }
  while (at) at = removed(at);
}

/** Returns the node from at on that stands for the same thing as child. */
function counterpart(at, child) {
  const id = idOf(child);
  if (!id) return at && !idOf(at) && at.nodeName === child.nodeName ? at : null;
  while (at && idOf(at) !== id) at = at.nextSibling;
  return at;
}

// Not node.id, which in a form is the control named "id".
const idOf = (node) => node.getAttribute?.('id') ?? '';

function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

/** Shows a row, new or changed, in a list whose newest row is on top. */
function place(list, { id, html }, most) {
  const row = parse(html);
  const known = byId(row.id);
  if (known) {
    update(known, row);
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
  if (fresh.innerHTML !== old.innerHTML) update(old, fresh);
}

/** Takes everything from the page as the server shows it now. */
export async function reload() {
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
  if (!answer.ok) throw new Error(`the page answered ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const id of ['messages', 'requests', 'undo', 'clock', 'faults', 'users']) {
    update(byId(id), document.adoptNode(fresh.getElementById(id)));
  }
  byId('page').dataset.stamp = fresh.getElementById('page').dataset.stamp;
  byId('page').dataset.filtered = new URL(location.href).searchParams.get('q') ?? '';
}

/** Announces a text to screen readers. */
export function announce(text) {
  const line = document.createElement('p');
  line.textContent = text;
  byId('announce').replaceChildren(line);
}

/** Shows an error, or hides it when there is no text. */
export function complain(text) {
  byId('problem').textContent = text;
  byId('problem').hidden = !text;
}
