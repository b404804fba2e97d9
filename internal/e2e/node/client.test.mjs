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

/** Asks otpbox for the live code that a recipient got last. */
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
    await reset(); // users, not the clock: see below
    await advance('26h'); // a JWT is verified wherever the clock was moved
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
  await refused(client.otps.email.send({ email: 'unknown@example.com' }), 404, 'email_not_found');
  const stranger = new Client({ project_id: STYTCH_PROJECT_ID, secret: 'wrong', custom_base_url: STYTCH_BASE_URL });
  await refused(stranger.otps.sms.send({ phone_number: '+12025550162' }), 401, 'unauthorized_credentials');
});

test('the sandbox', async () => {
  const sent = await client.otps.sms.send({ phone_number: '+10000000000' });
  const login = await client.otps.authenticate({ method_id: sent.phone_id, code: '000000' });
  assert.equal(login.status_code, 200);
});

const login = async (phone_number, session_duration_minutes = 60) => {
  const sent = await client.otps.sms.loginOrCreate({ phone_number });
  return client.otps.authenticate({ method_id: sent.phone_id, code: await codeFor(phone_number), session_duration_minutes });
};

test('a session: checked, renewed, extended', async () => {
  const { session_token, session_jwt, session } = await login('+12025550171');
  const fresh = await client.sessions.authenticateJwt({ session_jwt });
  assert.equal(fresh.session.session_id, session.session_id);
  assert.equal(fresh.session_jwt, session_jwt, 'without a call');

  // A JWT that is older than wanted is renewed by sessions.authenticate.
  const renewed = await client.sessions.authenticateJwt({ session_jwt, max_token_age_seconds: 0 });
  assert.equal(renewed.session.session_id, session.session_id);
  const local = await client.sessions.authenticateJwtLocal({ session_jwt: renewed.session_jwt });
  assert.equal(local.session_id, session.session_id);
  assert.equal(local.authentication_factors[0].phone_number_factor.phone_number, '+12025550171');

  const extended = await client.sessions.authenticate({
    session_token, session_duration_minutes: 120, session_custom_claims: { plan: 'gold' },
  });
  assert.equal(extended.session_token, session_token);
  assert.deepEqual(extended.session.custom_claims, { plan: 'gold' });
  assert.ok(new Date(extended.session.expires_at) > new Date(session.expires_at));
  const { sessions } = await client.sessions.get({ user_id: session.user_id });
  assert.deepEqual(sessions.map((s) => s.session_id), [session.session_id]);
});

test('a session: revoked, and at its end', async () => {
  for (const pick of [
    (s) => ({ session_token: s.session_token }),
    (s) => ({ session_jwt: s.session_jwt }),
    (s) => ({ session_id: s.session.session_id }),
  ]) {
    const session = await login('+12025550172');
    assert.equal((await client.sessions.revoke(pick(session))).status_code, 200);
    await refused(client.sessions.authenticate({ session_token: session.session_token }), 404, 'session_not_found');
    await refused(client.sessions.authenticateJwt({ session_jwt: session.session_jwt, max_token_age_seconds: 0 }), 404, 'session_not_found');
  }
  const { session_token } = await login('+12025550172', 5);
  await client.sessions.authenticate({ session_token });
  await advance('5m');
  await refused(client.sessions.authenticate({ session_token }), 404, 'session_not_found');
});

test('the key set', async () => {
  const { keys } = await client.sessions.getJWKS({ project_id: STYTCH_PROJECT_ID });
  assert.equal(keys.length, 1);
  assert.equal(keys[0].x5c.length, 1);
});

test('a user: another number, and without the first', async () => {
  const { user_id, session_token, user } = await login('+12025550173');
  assert.equal((await client.users.get({ user_id })).phone_numbers.length, 1);
  const sent = await client.otps.sms.send({ phone_number: '+12025550174', session_token });
  await refused(client.otps.email.send({ email: 'ada@example.com', user_id }), 400, 'too_many_unverified_factors');
  await client.otps.authenticate({ method_id: sent.phone_id, code: await codeFor('+12025550174'), session_token });
  const changed = await client.users.deletePhoneNumber({ phone_id: user.phone_numbers[0].phone_id });
  assert.deepEqual(changed.user.phone_numbers.map((n) => n.phone_number), ['+12025550174']);

  const mail = await client.otps.email.send({ email: 'ada@example.com', user_id });
  await client.otps.authenticate({ method_id: mail.email_id, code: await codeFor('ada@example.com') });
  const without = await client.users.deleteEmail({ email_id: mail.email_id });
  assert.deepEqual(without.user.emails, []);
});

test('a user: deleted, and the number is new', async () => {
  const { user_id, session_token } = await login('+12025550175');
  assert.equal((await client.users.delete({ user_id })).user_id, user_id);
  await refused(client.users.get({ user_id }), 404, 'user_not_found');
  await refused(client.sessions.authenticate({ session_token }), 404, 'session_not_found');
  const again = await client.otps.sms.loginOrCreate({ phone_number: '+12025550175' });
  assert.equal(again.user_created, true);
  assert.notEqual(again.user_id, user_id);
});
