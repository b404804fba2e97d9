package emulator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

// loggedIn returns a user with a session.
func (a *api) loggedIn(number string) (userID, token, jwt string) {
	a.t.Helper()
	methodID, code := a.login(number)
	done := a.authenticate(methodID, code, fields{"session_duration_minutes": 60}).ok()
	return done.str("user_id"), done.str("session_token"), done.str("session_jwt")
}

func TestSendAttachesAFactor(t *testing.T) {
	t.Parallel()
	for _, selector := range []string{"user_id", "session_token", "session_jwt"} {
		a := newAPI(t)
		userID, token, jwt := a.loggedIn(phoneA)
		value := map[string]string{"user_id": userID, "session_token": token, "session_jwt": jwt}[selector]

		sent := a.post(emailSend, fields{"email": emailA, selector: value}).ok()
		assert.Equal(t, userID, sent.str("user_id"), selector)
		view := a.Users(0)[0]
		require.Len(t, view.Emails, 1)
		assert.False(t, view.Emails[0].Verified)
		assert.Equal(t, sent.str("email_id"), view.Emails[0].MethodID)

		// Until it is verified or gone, the address is this user's.
		assert.Equal(t, userID, a.post(emailLogin, fields{"email": emailA}).ok().str("user_id"))
		a.post(emailSend, fields{"email": emailA, selector: value}).ok()

		done := a.authenticate(sent.str("email_id"), a.code(emailA)).ok()
		assert.Equal(t, true, done.at("user", "emails", 0, "verified"))
		a.advance(time.Hour)
		assert.Len(t, a.Users(0)[0].Emails, 1, "a verified factor stays")
	}
}

func TestAttachedFactorGoesUnlessVerifiedInFiveMinutes(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	require.NoError(t, a.Freeze(time.Time{}))
	userID, _, _ := a.loggedIn(phoneA)
	sent := a.post(smsSend, fields{"phone_number": phoneB, "user_id": userID, "expiration_minutes": 10}).ok()
	code := a.code(phoneB)

	a.advance(5*time.Minute - time.Nanosecond)
	assert.Len(t, a.Users(0)[0].PhoneNumbers, 2)
	a.advance(time.Nanosecond)
	assert.Equal(t, emulator.StateExpired, a.Messages(emulator.MessageQuery{Recipient: phoneB})[0].State)
	a.authenticate(sent.str("phone_id"), code).refused(404, "phone_number_not_found")
	assert.Len(t, a.Users(0)[0].PhoneNumbers, 1)

	again := a.post(smsLogin, fields{"phone_number": phoneB}).ok()
	assert.Equal(t, true, again.body["user_created"])
	assert.NotEqual(t, userID, again.str("user_id"))
	assert.NotEqual(t, sent.str("phone_id"), again.str("phone_id"))
}

func TestAnotherSendRestartsTheWindow(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	require.NoError(t, a.Freeze(time.Time{}))
	userID, _, _ := a.loggedIn(phoneA)
	body := fields{"phone_number": phoneB, "user_id": userID}
	a.post(smsSend, body).ok()
	a.advance(4 * time.Minute)
	id := a.post(smsSend, body).ok().str("phone_id")
	a.advance(2*time.Minute - time.Second)
	a.authenticate(id, a.code(phoneB)).ok()
}

func TestAttachingWhatIsTaken(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	userID, token, _ := a.loggedIn(phoneA)
	a.post(smsLogin, fields{"phone_number": phoneB}).ok()
	a.post(emailLogin, fields{"email": emailA}).ok()
	a.post(smsSend, fields{"phone_number": phoneB, "user_id": userID}).refused(400, "duplicate_phone_number")
	a.post(emailSend, fields{"email": emailA, "session_token": token}).refused(400, "duplicate_email")
	assert.Equal(t, userID, a.post(smsSend, fields{"phone_number": phoneA, "user_id": userID}).ok().str("user_id"), "one's own number")

	const unknown = "user-test-9b2f5b2e-0a6c-4c54-8f4f-6d1e1b0a7c11"
	a.post(smsSend, fields{"phone_number": phoneA, "user_id": unknown}).refused(404, "user_not_found")
	a.post(smsSend, fields{"phone_number": phoneA, "user_id": "external|id"}).refused(404, "user_not_found")
}

// A factor is added to a user only when all others are verified, of whatever kind.
func TestTooManyUnverifiedFactors(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	userID, _, _ := a.loggedIn(phoneA)
	first := a.post(emailSend, fields{"email": emailA, "user_id": userID}).ok().str("email_id")
	a.post(emailSend, fields{"email": "b@example.com", "user_id": userID}).refused(400, "too_many_unverified_factors")
	a.post(smsSend, fields{"phone_number": phoneB, "user_id": userID}).refused(400, "too_many_unverified_factors")
	a.post(emailSend, fields{"email": emailA, "user_id": userID}).ok() // the same again
	a.authenticate(first, a.code(emailA)).ok()
	a.post(smsSend, fields{"phone_number": phoneB, "user_id": userID}).ok()
	a.advance(5 * time.Minute) // it is gone
	a.post(emailSend, fields{"email": "b@example.com", "user_id": userID}).ok()

	unverified := a.post(smsLogin, fields{"phone_number": phoneB}).ok().str("user_id")
	a.post(emailSend, fields{"email": "c@example.com", "user_id": unverified}).refused(400, "too_many_unverified_factors")
}

func TestFactorsOfAUserAreBounded(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	userID, _, _ := a.loggedIn(phoneA)
	for i := range 99 {
		address := fmt.Sprintf("%d@example.com", i)
		id := a.post(emailSend, fields{"email": address, "user_id": userID}).ok().str("email_id")
		a.authenticate(id, a.code(address)).ok()
	}
	a.post(emailSend, fields{"email": emailA, "user_id": userID}).refused(400, "too_many_unverified_factors")
}

func TestCodeIsBoundToTheSessionItWasSentIn(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	userID, first, _ := a.loggedIn(phoneA)
	sameUser, second, _ := a.loggedIn(phoneA)
	require.Equal(t, userID, sameUser)
	_, stranger, _ := a.loggedIn(phoneB)

	id := a.post(emailSend, fields{"email": emailA, "session_token": first}).ok().str("email_id")
	code := a.code(emailA)
	a.authenticate(id, code, fields{"session_token": second}).refused(400, "session_on_code_does_not_match_session_passed_in")
	a.authenticate(id, code, fields{"session_token": stranger}).refused(400, "session_on_code_does_not_match_session_passed_in")
	a.authenticate(id, code, fields{"session_token": first}).ok()

	methodID, code := a.login(phoneA)
	a.authenticate(methodID, code, fields{"session_token": stranger}).refused(400, "user_id_mismatch")
	a.authenticate(methodID, code).ok()
}
