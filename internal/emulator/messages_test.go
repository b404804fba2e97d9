package emulator_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

func TestMessage(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	require.NoError(t, a.Freeze(time.Date(2100, time.March, 4, 5, 6, 7, 0, time.UTC)))
	sent := a.post(emailLogin, fields{
		"email": "Ada@Example.com", "expiration_minutes": 7, "locale": "pt-br",
		"login_template_id": "login-1", "signup_template_id": "signup_1",
	}).ok()
	m, found := a.LatestMessage(emulator.MessageQuery{})
	require.True(t, found)
	assert.Equal(t, emulator.Message{
		ID: 1, Operation: "otps.email.login_or_create", Channel: "email", Recipient: emailA, Code: m.Code, State: "live",
		Subject: "Seu código de acesso", Text: "Seu código de acesso é " + m.Code + ". Ele é válido por 7 min.",
		Locale: "pt-br", MethodID: sent.str("email_id"), UserID: sent.str("user_id"), RequestID: sent.str("request_id"),
		LoginTemplateID: "login-1", SignupTemplateID: "signup_1",
		SentAt: a.Now(), ExpiresAt: a.Now().Add(7 * time.Minute),
	}, m)
	_, found = a.LatestMessage(emulator.MessageQuery{Recipient: " ADA@example.com\n"})
	assert.True(t, found)
	for _, blank := range []string{" ", "\n", "\t\r\n"} {
		_, found = a.LatestMessage(emulator.MessageQuery{Recipient: blank})
		assert.False(t, found, "a blank is no recipient")
		assert.Zero(t, a.DeleteMessages(emulator.MessageQuery{Recipient: blank}))
		assert.Empty(t, a.Requests(emulator.RequestQuery{Recipient: blank}))
	}
	a.authenticate(m.MethodID, m.Code).ok()
	m, _ = a.LatestMessage(emulator.MessageQuery{})
	assert.Equal(t, a.Now(), m.UsedAt)
}

func TestLocales(t *testing.T) {
	t.Parallel()
	all := []string{"en", "es", "pt-br", "fr", "it", "de-DE", "zh-Hans", "ca-ES", "ja", "ru", "nl", "pl", "tr", "fa", "vi", "cs"}
	a := newAPI(t)
	texts := map[string]bool{}
	for _, path := range []string{smsLogin, whatsAppLogin, smsSend, whatsAppSend} {
		for _, tag := range all {
			a.post(path, fields{"phone_number": phoneA, "locale": tag, "expiration_minutes": 9}).ok()
			m, _ := a.LatestMessage(emulator.MessageQuery{})
			assert.Equal(t, tag, m.Locale)
			assert.Contains(t, m.Text, m.Code)
			assert.Contains(t, m.Text, "9")
			assert.NotContains(t, m.Text, "%")
			texts[strings.ReplaceAll(m.Text, m.Code, "")] = true
		}
	}
	assert.Len(t, texts, 16, "sixteen languages, sixteen texts")
	for i, tag := range all {
		got := a.post(emailLogin, fields{"email": emailA, "locale": tag})
		if i < 4 {
			got.ok()
		} else {
			got.refused(400, "invalid_locale")
		}
	}
	a.post(smsLogin, fields{"phone_number": phoneA, "enable_autofill": true, "autofill_session_duration_minutes": 5}).ok()
	m, _ := a.LatestMessage(emulator.MessageQuery{})
	assert.True(t, strings.HasSuffix(m.Text, "\n@localhost #"+m.Code))
	assert.Equal(t, "en", m.Locale)
}

func TestMessageQueries(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.login(phoneA)
	a.post(whatsAppLogin, fields{"phone_number": phoneA}).ok()
	a.login(phoneB)
	a.post(emailLogin, fields{"email": emailA}).ok()

	ids := func(q emulator.MessageQuery) (ids []int64) {
		for _, m := range a.Messages(q) {
			ids = append(ids, m.ID)
		}
		return ids
	}
	assert.Equal(t, []int64{4, 3, 2, 1}, ids(emulator.MessageQuery{}))
	assert.Equal(t, []int64{2, 1}, ids(emulator.MessageQuery{Recipient: " " + phoneA}))
	assert.Equal(t, []int64{4}, ids(emulator.MessageQuery{Recipient: "ADA@EXAMPLE.COM"}))
	assert.Equal(t, []int64{1}, ids(emulator.MessageQuery{Recipient: phoneA, Channel: "sms"}))
	assert.Equal(t, []int64{3, 1}, ids(emulator.MessageQuery{Channel: "sms"}))
	assert.Equal(t, []int64{1}, ids(emulator.MessageQuery{State: "superseded"}))
	assert.Equal(t, []int64{4, 3}, ids(emulator.MessageQuery{After: 2}))
	assert.Equal(t, []int64{4, 3}, ids(emulator.MessageQuery{Limit: 2}))
	assert.Equal(t, []int64{2}, ids(emulator.MessageQuery{Recipient: phoneA, After: 1}))

	assert.Equal(t, 1, a.DeleteMessages(emulator.MessageQuery{Recipient: phoneA, Channel: "whatsapp"}))
	assert.Equal(t, []int64{1}, ids(emulator.MessageQuery{Recipient: phoneA}))
	assert.Equal(t, 1, a.DeleteMessages(emulator.MessageQuery{Recipient: phoneA}))
	assert.Equal(t, []int64{4, 3}, ids(emulator.MessageQuery{}))
	a.login(phoneA)
	assert.Equal(t, []int64{5}, ids(emulator.MessageQuery{Recipient: phoneA}))
	assert.Equal(t, 3, a.DeleteMessages(emulator.MessageQuery{}))
	_, found := a.LatestMessage(emulator.MessageQuery{})
	assert.False(t, found)
	a.Reset()
	a.login(phoneA)
	assert.Equal(t, []int64{6}, ids(emulator.MessageQuery{}), "a cursor outlives a reset")
}

func TestDeletedMessagesCodeStillWorks(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	methodID, code := a.login(phoneA)
	a.DeleteMessages(emulator.MessageQuery{})
	a.authenticate(methodID, code).ok()
}

func TestOldMessagesGoFirst(t *testing.T) {
	t.Parallel()
	a := newAPI(t, emulator.Config{MaxMessages: 3})
	for range 2 {
		a.login(phoneA)
	}
	for range 3 {
		a.login(phoneB)
	}
	assert.Len(t, a.Messages(emulator.MessageQuery{}), 3)
	assert.Empty(t, a.Messages(emulator.MessageQuery{Recipient: phoneA}))
	assert.Len(t, a.Messages(emulator.MessageQuery{Recipient: phoneB}), 3)
	a.login(phoneB)
	assert.Len(t, a.Messages(emulator.MessageQuery{Recipient: phoneB}), 3)
}

func TestWaitMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t)
		type result struct {
			m   emulator.Message
			err error
		}
		wait := func(ctx context.Context, q emulator.MessageQuery) <-chan result {
			results := make(chan result, 1)
			go func() {
				m, err := a.WaitMessage(ctx, q)
				results <- result{m, err}
			}()
			synctest.Wait()
			return results
		}
		first := wait(t.Context(), emulator.MessageQuery{Recipient: phoneA})
		anyone := wait(t.Context(), emulator.MessageQuery{})
		later := wait(t.Context(), emulator.MessageQuery{Recipient: phoneA, After: 1})
		byEmail := wait(t.Context(), emulator.MessageQuery{Recipient: phoneA, Channel: "whatsapp"})
		a.login(phoneB)
		synctest.Wait()
		assert.Empty(t, first)
		assert.Equal(t, phoneB, (<-anyone).m.Recipient)

		a.login(phoneA)
		assert.Equal(t, int64(2), (<-first).m.ID)
		assert.Equal(t, int64(2), (<-later).m.ID)
		old := wait(t.Context(), emulator.MessageQuery{Recipient: phoneA, After: 2})
		synctest.Wait()
		assert.Empty(t, old, "a message that was seen is not returned again")
		a.post(whatsAppSend, fields{"phone_number": phoneA}).ok()
		assert.Equal(t, int64(3), (<-old).m.ID)
		assert.Equal(t, int64(3), (<-byEmail).m.ID)

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		_, err := a.WaitMessage(ctx, emulator.MessageQuery{Recipient: emailA})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Minute, time.Since(start))
		m, err := a.WaitMessage(ctx, emulator.MessageQuery{Recipient: phoneA})
		require.NoError(t, err, "what is there needs no waiting")
		assert.Equal(t, int64(3), m.ID)
	})
}

// TestWaitForAState waits for what becomes of a message that is there already.
func TestWaitForAState(t *testing.T) {
	t.Parallel()
	for state, change := range map[string]func(a *api, methodID, code string){
		emulator.StateUsed:       func(a *api, methodID, code string) { a.authenticate(methodID, code).ok() },
		emulator.StateSuperseded: func(a *api, _, _ string) { a.login(phoneA) },
		emulator.StateExpired:    func(a *api, _, _ string) { a.advance(time.Hour) },
	} {
		for _, recipient := range []string{phoneA, ""} {
			t.Run(state+" "+recipient, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					a := newAPI(t)
					methodID, code := a.login(phoneA)
					changed := make(chan struct{})
					go func() {
						defer close(changed)
						pass(time.Second)
						change(a, methodID, code)
					}()
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					start := time.Now()
					m, err := a.WaitMessage(ctx, emulator.MessageQuery{Recipient: recipient, State: state})
					require.NoError(t, err)
					assert.Equal(t, int64(1), m.ID)
					assert.Equal(t, time.Second, time.Since(start))
					<-changed
				})
			})
		}
	}
}

func TestWaitForTimeToPass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t)
		a.login(phoneA)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		m, err := a.WaitMessage(ctx, emulator.MessageQuery{Recipient: phoneA, State: emulator.StateExpired})
		require.NoError(t, err)
		assert.Equal(t, int64(1), m.ID)
	})
}

func TestEvents(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	s, slow := a.Subscribe(100), a.Subscribe(0)
	defer slow.Close()
	methodID, code := a.login(phoneA)
	a.authenticate(methodID, code).ok()
	a.login(phoneA)
	a.login(phoneA)
	a.advance(time.Second)
	require.NoError(t, a.AllowCountries("sms", "GB"))
	id, err := a.AddFault(emulator.Fault{Delay: 1})
	require.NoError(t, err)
	a.RemoveFault(id)
	a.DeleteMessages(emulator.MessageQuery{})
	a.Reset()
	s.Close()
	s.Close()
	a.login(phoneA)

	var kinds []string
	for event := range s.Events() {
		kind := event.Kind
		if event.Message != nil {
			kind += fmt.Sprintf(" %d %s", event.Message.ID, event.Message.State)
		}
		if event.Request != nil {
			kind += " " + event.Request.Operation
		}
		kinds = append(kinds, kind)
		assert.False(t, event.Time.IsZero())
	}
	assert.Equal(t, []string{
		"message 1 live", "request otps.sms.login_or_create",
		"message 1 used", "request otps.authenticate",
		"message 2 live", "request otps.sms.login_or_create",
		"message 2 superseded", "message 3 live", "request otps.sms.login_or_create",
		"clock", "config", "fault", "fault", "deleted", "reset",
	}, kinds)
	assert.Equal(t, len(kinds)-1+2, slow.Lost(), "a slow subscriber holds nothing up")
	assert.Zero(t, slow.Lost())
}

func TestClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t)
		assert.True(t, a.Now().Equal(time.Now()))
		assert.Equal(t, time.UTC, a.Now().Location())
		pass(time.Hour)
		assert.True(t, a.Now().Equal(time.Now()), "the clock is the bubble's")

		a.advance(time.Minute)
		assert.Equal(t, time.Minute, a.Now().Sub(time.Now().UTC()))
		require.NoError(t, a.Freeze(time.Time{}))
		frozen := a.Now()
		pass(time.Hour)
		assert.Equal(t, frozen, a.Now())
		assert.True(t, a.Frozen())
		a.advance(time.Minute)
		assert.Equal(t, time.Minute, a.Now().Sub(frozen))
		a.Unfreeze()
		a.Unfreeze()
		pass(time.Second)
		assert.Equal(t, time.Minute+time.Second, a.Now().Sub(frozen))

		require.Error(t, a.Advance(-1))
		require.Error(t, a.Advance(1<<63-1))
		require.Error(t, a.Freeze(a.Now().Add(-1)))
		require.Error(t, a.Freeze(time.Date(2201, 1, 1, 0, 0, 0, 0, time.UTC)))
		require.NoError(t, a.Freeze(a.Now().Add(time.Hour)))
		require.NoError(t, a.Freeze(time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)))
		a.Unfreeze()
		assert.False(t, a.Frozen())
		a.Reset()
		assert.True(t, a.Now().Equal(time.Now()))
	})
}

func TestTenMinutesOfFakeTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t)
		id := a.post(smsLogin, fields{"phone_number": phoneA, "expiration_minutes": 10}).ok().str("phone_id")
		code := a.code(phoneA)
		pass(10*time.Minute - 1)
		a.authenticate(id, wrong(code)).refused(404, "otp_code_not_found")
		pass(1)
		a.authenticate(id, code).refused(401, "unable_to_auth_otp_code")
	})
}

// Deleted messages come back in their order, as far as there is room, for a minute.
func TestRestoreMessages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t, emulator.Config{MaxMessages: 4})
		numbers := func() (all []string) {
			for _, m := range a.Messages(emulator.MessageQuery{}) {
				all = append(all, fmt.Sprint(m.ID, " ", m.Recipient, " ", m.State))
			}
			return all
		}
		for _, to := range []string{phoneA, phoneB, phoneA} {
			a.post(smsLogin, fields{"phone_number": to}).ok()
		}
		before := numbers()
		assert.Equal(t, 2, a.DeleteMessages(emulator.MessageQuery{Recipient: phoneA}))
		assert.Equal(t, 2, a.DeletedMessages())
		assert.Zero(t, a.DeleteMessages(emulator.MessageQuery{Recipient: emailA}))
		assert.Equal(t, 2, a.DeletedMessages(), "to delete nothing takes no undo away")
		assert.Equal(t, 2, a.RestoreMessages())
		assert.Equal(t, before, numbers())
		assert.Zero(t, a.RestoreMessages(), "once")
		assert.Len(t, a.Messages(emulator.MessageQuery{Recipient: phoneA}), 2, "the recipient's own list has them too")
		latest, found := a.LatestMessage(emulator.MessageQuery{Recipient: phoneA})
		require.True(t, found)
		assert.Equal(t, int64(3), latest.ID)

		a.DeleteMessages(emulator.MessageQuery{})
		for range 3 {
			a.post(smsLogin, fields{"phone_number": phoneB}).ok()
		}
		assert.Equal(t, 1, a.DeletedMessages(), "there is room for one of four")
		assert.Equal(t, 1, a.RestoreMessages())
		assert.Len(t, numbers(), 4)
		assert.Equal(t, "3 "+phoneA+" live", numbers()[3])
		a.post(smsLogin, fields{"phone_number": phoneB}).ok()
		assert.NotContains(t, numbers(), "3 "+phoneA+" live", "the oldest goes first again")
		_, found = a.LatestMessage(emulator.MessageQuery{Recipient: phoneA})
		assert.False(t, found)

		a.DeleteMessages(emulator.MessageQuery{})
		<-time.After(time.Minute)
		assert.Zero(t, a.DeletedMessages())
		assert.Zero(t, a.RestoreMessages(), "too late")
		a.post(smsLogin, fields{"phone_number": phoneA}).ok()
		a.DeleteMessages(emulator.MessageQuery{})
		a.Reset()
		assert.Zero(t, a.RestoreMessages(), "a reset forgets them")
	})
}

// A message that was deleted is announced no more, whatever becomes of its code.
func TestDeletedMessagesStayDeleted(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	sent := a.post(smsLogin, fields{"phone_number": phoneA}).ok()
	m, _ := a.LatestMessage(emulator.MessageQuery{})
	a.DeleteMessages(emulator.MessageQuery{})
	events := a.Subscribe(100)
	a.post(smsLogin, fields{"phone_number": phoneA}).ok()
	events.Close()
	for event := range events.Events() {
		if event.Message != nil {
			assert.NotEqual(t, m.ID, event.Message.ID)
		}
	}
	assert.NotEmpty(t, sent.str("phone_id"))
}

// The code of a number, address or user that was deleted works no more, and is not shown
// as if it did.
func TestCodeOfADeletedUser(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, path := range []string{"/v1/users/%s", "/v1/users/phone_numbers/%s"} {
		sent := a.post(smsLogin, fields{"phone_number": phoneA}).ok()
		events := a.Subscribe(100)
		id := sent.str("user_id")
		if strings.Contains(path, "phone") {
			id = sent.str("phone_id")
		}
		a.do("DELETE", fmt.Sprintf(path, id), "").ok()
		m, _ := a.LatestMessage(emulator.MessageQuery{Recipient: phoneA})
		assert.Equal(t, "expired", m.State)
		events.Close()
		told := false
		for event := range events.Events() {
			told = told || event.Message != nil && event.Message.ID == m.ID && event.Message.State == "expired"
		}
		assert.True(t, told, path)
	}
}
