package otptest_test

import (
	"context"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

// servers returns a server with a socket and one without.
func servers(t *testing.T) map[string]*otptest.Server {
	t.Helper()
	return map[string]*otptest.Server{
		"loopback":   otptest.NewServer(t),
		"in process": otptest.NewInProcess(t),
	}
}

func sms(number stytchotp.PhoneNumber) stytchotp.SMSLoginOrCreateParams {
	return stytchotp.SMSLoginOrCreateParams{PhoneNumber: number}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	for name, srv := range servers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, number := srv.Client(), srv.NewPhoneNumber()
			sent, err := client.OTPs.SMS.LoginOrCreate(t.Context(), sms(number))
			require.NoError(t, err)
			assert.True(t, sent.UserCreated)

			done, err := client.OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{
				MethodID: sent.MethodID, Code: stytchotp.Secret(srv.Code(string(number))), SessionDurationMinutes: 60,
			})
			require.NoError(t, err)
			assert.Equal(t, sent.UserID, done.UserID)
			assert.NotEmpty(t, done.SessionJWT)
		})
	}
}

func TestLoginByEmail(t *testing.T) {
	t.Parallel()
	srv := otptest.NewInProcess(t, otptest.WithFixedCode("ADA@example.com", "424242"))
	client := srv.Client()
	address := srv.NewEmailAddress()
	assert.NotEqual(t, address, srv.NewEmailAddress())
	_, err := client.OTPs.Email.LoginOrCreate(t.Context(), stytchotp.EmailLoginOrCreateParams{Email: address})
	require.NoError(t, err)
	assert.Regexp(t, `^\d{6}$`, srv.Code(string(address)))
	_, err = client.OTPs.Email.LoginOrCreate(t.Context(), stytchotp.EmailLoginOrCreateParams{Email: "ada@example.com"})
	require.NoError(t, err)
	assert.Equal(t, "424242", srv.Code("ada@example.com"))
}

func TestCodesExpireWhenTheClockMoves(t *testing.T) {
	t.Parallel()
	srv := otptest.NewInProcess(t)
	client, number := srv.Client(), srv.NewPhoneNumber()
	sent, err := client.OTPs.SMS.LoginOrCreate(t.Context(), sms(number))
	require.NoError(t, err)
	code := srv.Code(string(number))
	before := srv.Now()
	srv.Advance(2 * time.Minute)
	assert.GreaterOrEqual(t, srv.Now().Sub(before), 2*time.Minute)
	_, err = client.OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{MethodID: sent.MethodID, Code: stytchotp.Secret(code)})
	require.ErrorIs(t, err, stytchotp.ErrCodeExpired)
	assert.Equal(t, otptest.StateExpired, srv.Messages()[0].State)
}

func TestInsideABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := otptest.NewInProcess(t)
		client, number := srv.Client(), srv.NewPhoneNumber()
		params := sms(number)
		params.ExpirationMinutes = 10
		sent, err := client.OTPs.SMS.LoginOrCreate(t.Context(), params)
		require.NoError(t, err)
		code := srv.Code(string(number))
		<-time.After(10 * time.Minute)
		_, err = client.OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{MethodID: sent.MethodID, Code: stytchotp.Secret(code)})
		require.ErrorIs(t, err, stytchotp.ErrCodeExpired)

		// The client's own time limit ends a call that hangs.
		srv.Inject(otptest.Fault{Delay: time.Hour, SendFirst: true})
		start := time.Now()
		_, err = client.OTPs.SMS.LoginOrCreate(t.Context(), params)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 10*time.Second, time.Since(start))
		assert.Equal(t, stytchotp.DeliveryMaybeSent, stytchotp.DeliveryOf(err))
		assert.Len(t, srv.Messages(), 2, "the message went out")
	})
}

func TestWaitMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := otptest.NewInProcess(t)
		client, number := srv.Client(), srv.NewPhoneNumber()
		go func() {
			<-time.After(time.Second)
			_, err := client.OTPs.SMS.LoginOrCreate(t.Context(), sms(number))
			assert.NoError(t, err)
		}()
		m, err := srv.WaitMessage(t.Context(), string(number))
		require.NoError(t, err)
		assert.Equal(t, srv.Code(string(number)), m.Code)
		assert.Equal(t, otptest.ChannelSMS, m.Channel)
		assert.Equal(t, otptest.OpSMSLoginOrCreate, m.Operation)

		anybodys, err := srv.WaitMessage(t.Context(), "")
		require.NoError(t, err)
		assert.Equal(t, m, anybodys)

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err = srv.WaitMessageAfter(ctx, string(number), m.ID)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = srv.WaitMessage(nil, string(number)) //nolint:staticcheck // a mistake that must not panic
		require.Error(t, err)
		synctest.Wait()
	})
}

func TestJournal(t *testing.T) {
	t.Parallel()
	for name, srv := range servers(t) {
		client, number := srv.Client(), srv.NewPhoneNumber()
		_, err := client.OTPs.SMS.LoginOrCreate(t.Context(), sms(number))
		require.NoError(t, err)
		_, err = client.OTPs.SMS.LoginOrCreate(t.Context(), sms("+442079460018"))
		require.ErrorIs(t, err, stytchotp.ErrRegionNotAllowed)
		srv.AllowCountries(otptest.ChannelSMS, "GB")
		_, err = client.OTPs.SMS.LoginOrCreate(t.Context(), sms("+442079460018"))
		require.NoError(t, err)

		requests, messages := srv.Requests(), srv.Messages()
		require.Len(t, requests, 3, name)
		assert.Equal(t, "invalid_phone_number_country_code", requests[1].ErrorType)
		require.Len(t, messages, 2)
		assert.Equal(t, string(number), messages[0].Recipient, "the first sent is first")
		srv.Reset()
		assert.Empty(t, srv.Requests())
		assert.NotEqual(t, number, srv.NewPhoneNumber())
	}
}

// Numbers that are reserved for fiction can be sent to, as can new area codes.
func TestFictionalNumbers(t *testing.T) {
	t.Parallel()
	for name, srv := range servers(t) {
		srv.AllowCountries(otptest.ChannelSMS, "GB")
		for _, number := range []string{"+12025550100", "+447700900123", "+441632960001", "+442079460018", "+14362345678"} {
			_, err := srv.Client().OTPs.SMS.LoginOrCreate(t.Context(), sms(stytchotp.PhoneNumber(number)))
			require.NoError(t, err, name)
			assert.Len(t, srv.Code(number), 6)
		}
	}
}

func TestPlainHTTP(t *testing.T) {
	t.Parallel()
	for name, srv := range servers(t) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/v1/sessions/jwks/"+srv.ProjectID, http.NoBody)
		require.NoError(t, err)
		response, err := srv.HTTPClient().Do(r)
		require.NoError(t, err, name)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, "200 OK", response.Status, name)
		assert.Contains(t, string(body), `"kty":"RSA"`)
		assert.Equal(t, "1", response.Header.Get("X-OTP-Emulator"))
		assert.Equal(t, int64(len(body)), response.ContentLength)
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	srv := otptest.NewInProcess(t)
	client, number := srv.Client(), srv.NewPhoneNumber()
	srv.LimitRate(otptest.RateLimit{Operation: otptest.OpAnySend, Max: 0, Window: time.Minute, RetryAfter: true})
	_, err := client.OTPs.SMS.LoginOrCreate(t.Context(), sms(number))
	require.ErrorIs(t, err, stytchotp.ErrRateLimited)
	srv.LimitRate()
	_, err = client.OTPs.SMS.LoginOrCreate(t.Context(), sms(number))
	require.NoError(t, err)
}

func TestOptions(t *testing.T) {
	t.Parallel()
	srv := otptest.NewInProcess(t,
		otptest.WithSeed("seed"), otptest.WithCredentials("project-test-mine", "secret-test-mine"),
		otptest.WithUserLock(1, time.Hour),
	)
	assert.Equal(t, "project-test-mine", srv.ProjectID)
	assert.Equal(t, "secret-test-mine", srv.Secret)
	client, number := srv.Client(), srv.NewPhoneNumber()
	sent, err := client.OTPs.SMS.LoginOrCreate(t.Context(), sms(number))
	require.NoError(t, err)
	assert.Equal(t, "user-test-d1eeabd5-b6bb-4f8e-9730-361cffbf1783", sent.UserID)
	for _, want := range []error{stytchotp.ErrCodeIncorrect, stytchotp.ErrUserLocked} {
		_, err = client.OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{MethodID: sent.MethodID, Code: "000000"})
		require.ErrorIs(t, err, want)
	}
}

func TestPhoneNumbersAreNewAndAllowed(t *testing.T) {
	t.Parallel()
	srv := otptest.NewInProcess(t)
	client := srv.Client()
	seen := map[stytchotp.PhoneNumber]bool{}
	for i := range 28_000 {
		number := srv.NewPhoneNumber()
		require.Regexp(t, `^\+1[2-9]\d\d55501\d\d$`, string(number))
		require.False(t, seen[number], "the number came before")
		seen[number] = true
		if i < 300 { // every area once
			_, err := client.OTPs.SMS.LoginOrCreate(t.Context(), sms(number))
			require.NoError(t, err, string(number))
		}
	}
}

func TestParallelTestsShareAServer(t *testing.T) {
	t.Parallel()
	for name, srv := range servers(t) {
		t.Run(name, func(t *testing.T) {
			client := srv.Client()
			for i := range 200 {
				t.Run(strconv.Itoa(i), func(t *testing.T) {
					t.Parallel()
					number := srv.NewPhoneNumber()
					sent, err := client.OTPs.WhatsApp.LoginOrCreate(t.Context(), stytchotp.WhatsAppLoginOrCreateParams{PhoneNumber: number})
					require.NoError(t, err)
					assert.True(t, sent.UserCreated)
					done, err := client.OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{
						MethodID: sent.MethodID, Code: stytchotp.Secret(srv.Code(string(number))),
					})
					require.NoError(t, err)
					assert.Equal(t, sent.UserID, done.UserID)
				})
			}
		})
	}
}

// TestNothingIsLeftBehind is not parallel: it runs while those that are stand still.
func TestNothingIsLeftBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("servers", func(t *testing.T) {
		for _, srv := range servers(t) {
			srv.Inject(otptest.Fault{Nth: 3, Drop: otptest.DropAfterSend})
			srv.Inject(otptest.Fault{Nth: 3, Drop: otptest.DropRefused})
			srv.Inject(otptest.Fault{Recipient: "+12025550199", Delay: time.Hour, SendFirst: true})
			var group sync.WaitGroup
			for range 8 {
				client := srv.Client(stytchotp.WithMaxRetries(0))
				group.Go(func() { _, _ = client.OTPs.SMS.LoginOrCreate(t.Context(), sms(srv.NewPhoneNumber())) })
			}
			group.Wait()
			ctx, cancel := context.WithCancel(t.Context())
			group.Go(func() {
				_, err := srv.WaitMessage(t.Context(), "+12025550199")
				assert.NoError(t, err)
				cancel()
			})
			_, err := srv.Client().OTPs.SMS.LoginOrCreate(ctx, sms("+12025550199"))
			require.ErrorIs(t, err, context.Canceled)
			group.Wait()
		}
	})
	// A goroutine that has done its work may need a moment to be gone.
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		<-tick.C
	}
	stacks := make([]byte, 1<<20)
	t.Errorf("%d goroutines, %d before\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
}

func TestStart(t *testing.T) {
	t.Parallel()
	srv, err := otptest.Start()
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(srv.URL, "http://127.0.0.1:"), srv.URL)
	client, number := srv.Client(), srv.NewPhoneNumber()
	assert.Empty(t, srv.Code(string(number)), "there is no test to fail")
	_, err = client.OTPs.SMS.LoginOrCreate(t.Context(), sms(number))
	require.NoError(t, err)
	assert.Len(t, srv.Code(string(number)), 6)
	require.NoError(t, srv.Close())
	require.NoError(t, srv.Close())
}

func TestStartReportsMistakesWhenClosed(t *testing.T) {
	t.Parallel()
	for _, opt := range []otptest.Option{
		nil, otptest.WithCredentials("project-live-x", "secret-live-x"), otptest.WithFixedCode("2025550162", "123456"),
	} {
		srv, err := otptest.Start(opt)
		require.Error(t, err)
		assert.Nil(t, srv)
		require.NoError(t, srv.Close(), "closed before the error was looked at")
	}

	srv, err := otptest.Start()
	require.NoError(t, err)
	srv.Inject(otptest.Fault{})
	_, err = srv.Client().OTPs.SMS.LoginOrCreate(t.Context(), sms(srv.NewPhoneNumber()))
	require.NoError(t, err)
	assert.Empty(t, srv.Code(""), "not the code that was sent last")
	assert.Empty(t, srv.Code("\n"), "nor for a blank")
	assert.Empty(t, srv.Code("2025550162"), "nor for a number without its calling code")
	_, err = srv.WaitMessage(t.Context(), "2025550162")
	require.ErrorContains(t, err, `"2025550162" is neither a phone number`, "it does not wait for what cannot come")
	srv.Inject(otptest.Fault{Recipient: "foo", Status: 500})
	srv.Advance(-1)
	srv.AllowCountries("pigeon", "US")
	srv.Inject(otptest.Fault{
		Operation: otptest.OpSMSSend, Recipient: "+12025550100", Nth: 2, Status: 500, ErrorType: "x",
		RetryAfter: time.Second, Delay: time.Second, SendFirst: true, HTML: true, Cut: true,
	})
	assert.Panics(t, func() { srv.Client(stytchotp.WithBaseURL("ftp://x")) })
	err = srv.Close()
	for _, part := range []string{
		"a fault needs one of", "recipient is empty", `"2025550162" is neither`, `"foo" is neither`, "the clock does not go back", "sms and whatsapp only",
		"fault 1 was never hit: otps.sms.send, to one recipient, call 2, delayed by 1s, after sending, status 500, x, retry after 1s, HTML, cut",
	} {
		require.ErrorContains(t, err, part)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	srv := otptest.NewInProcess(t)
	client, number := srv.Client(), srv.NewPhoneNumber()
	sent, err := client.OTPs.SMS.LoginOrCreate(t.Context(), sms(number))
	require.NoError(t, err)
	login, err := client.OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{MethodID: sent.MethodID, Code: srv.PhoneCode(number), SessionDurationMinutes: 60})
	require.NoError(t, err)
	sessions := srv.Sessions()
	require.Len(t, sessions, 1)
	assert.Equal(t, login.Session.SessionID, sessions[0].ID)
	assert.Equal(t, login.UserID, sessions[0].UserID)
	assert.Equal(t, []string{string(number)}, sessions[0].Recipients)
	checked, err := client.Sessions.Authenticate(t.Context(), stytchotp.SessionsAuthenticateParams{SessionToken: login.SessionToken})
	require.NoError(t, err)
	assert.Equal(t, sent.UserID, checked.User.UserID)

	srv.EndSession(sessions[0].ID)
	assert.Empty(t, srv.Sessions())
	_, err = client.Sessions.Authenticate(t.Context(), stytchotp.SessionsAuthenticateParams{SessionToken: login.SessionToken})
	require.ErrorIs(t, err, stytchotp.ErrSessionNotFound)
}
