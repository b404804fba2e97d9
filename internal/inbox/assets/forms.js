// Sends the page's forms in the background. What they change comes by the stream.

import { complain } from './rows.js';

export function startForms() {
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.method !== 'post') return;
    event.preventDefault();
    const question = form.dataset.confirm;
    if (question && !confirm(question)) return;
    send(form, event.submitter);
  });
}

async function send(form, button) {
  complain('');
  try {
    const answer = await fetch(form.action, {
      method: 'POST',
      headers: { Accept: 'application/json' },
      body: new URLSearchParams(new FormData(form, button)),
    });
    if (!answer.ok) complain((await answer.json()).error_message);
  } catch {
    complain('otpbox does not answer. Was it stopped?');
  }
}
