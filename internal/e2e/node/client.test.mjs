// Stytch's own client for Node, unchanged, with its base URL pointed at otpbox.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'stytch';

const { STYTCH_BASE_URL, STYTCH_PROJECT_ID, STYTCH_SECRET, OTPBOX_URL } = process.env;

const client = new Client({
  project_id: STYTCH_PROJECT_ID,
  secret: STYTCH_SECRET,
  custom_base_url: STYTCH_BASE_URL, // must be https: hence otpbox --tls
});

/** Asks otpbox for the live code that somebody got last. */
async function codeFor(recipient) {
  const query = new URLSearchParams({ to: recipient, state: 'live', wait: '5s' });
  const answer = await fetch(`${OTPBOX_URL}/_otp/messages/latest?${query}`);
  assert.equal(answer.status, 200);
  return (await answer.json()).code;
}

const advance = (duration) =>
  fetch(`${OTPBOX_URL}/_otp/clock`, { method: 'PUT', body: JSON.stringify({ advance: duration }) });

const reset = () => fetch(`${OTPBOX_URL}/_otp/reset`, { method: 'POST' });

/** Asserts that a call is refused with a status and an error type. */
const refused = (call, status_code, error_type) =>
  assert.rejects(call, (error) => {
    assert.equal(error.status_code, status_code);
    assert.equal(error.error_type, error_type);
    assert.match(error.request_id, /^request-id-test-/);
    return true;
  });

const channels = {
  sms: { phone_number: '+12025550162' },
  whatsapp: { phone_number: '+12125550123' },
  email: { email: 'grace@example.com' },
};

for (const [channel, to] of Object.entries(channels)) {
  const recipient = to.phone_number ?? to.email;
  const idOf = (sent) => sent.phone_id ?? sent.email_id;

  test(`${channel}: log in`, async () => {
    await reset(); // also the clock: a JWT of tomorrow is not valid today
    const sent = await client.otps[channel].loginOrCreate({ ...to, expiration_minutes: 5 });
    assert.equal(sent.status_code, 200);
    assert.equal(sent.user_created, true);
    const login = await client.otps.authenticate({
      method_id: idOf(sent), code: await codeFor(recipient), session_duration_minutes: 60,
    });
    assert.equal(login.user_id, sent.user_id);
    assert.equal(login.method_id, idOf(sent));
    assert.equal(login.session.authentication_factors[0].delivery_method, channel);

    // The JWT is verified by the keys that otpbox serves.
    const { session } = await client.sessions.authenticateJwt({ session_jwt: login.session_jwt });
    assert.equal(session.user_id, sent.user_id);
  });

  test(`${channel}: send to a user, and a wrong code`, async () => {
    const sent = await client.otps[channel].send(to);
    const code = await codeFor(recipient);
    const wrong = code === '111111' ? '222222' : '111111';
    await refused(client.otps.authenticate({ method_id: idOf(sent), code: wrong }), 404, 'otp_code_not_found');
    const login = await client.otps.authenticate({ method_id: idOf(sent), code });
    assert.equal(login.user_id, sent.user_id, 'a mistake does not use the code up');
    await refused(client.otps.authenticate({ method_id: idOf(sent), code }), 401, 'unable_to_auth_otp_code');
  });

  test(`${channel}: an expired code`, async () => {
    const sent = await client.otps[channel].loginOrCreate(to);
    assert.equal(sent.user_created, false);
    const code = await codeFor(recipient);
    await advance('3m');
    await refused(client.otps.authenticate({ method_id: idOf(sent), code }), 401, 'unable_to_auth_otp_code');
  });
}

test('what the API refuses', async () => {
  await refused(client.otps.sms.loginOrCreate({ phone_number: '+1202' }), 400, 'invalid_phone_number');
  await refused(client.otps.email.send({ email: 'nobody@example.com' }), 404, 'email_not_found');
  const stranger = new Client({ project_id: STYTCH_PROJECT_ID, secret: 'wrong', custom_base_url: STYTCH_BASE_URL });
  await refused(stranger.otps.sms.send({ phone_number: '+12025550162' }), 401, 'unauthorized_credentials');
});

test('the sandbox', async () => {
  const sent = await client.otps.sms.send({ phone_number: '+10000000000' });
  const login = await client.otps.authenticate({ method_id: sent.phone_id, code: '000000' });
  assert.equal(login.status_code, 200);
});
