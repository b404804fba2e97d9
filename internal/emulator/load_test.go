package emulator_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

// number returns the i-th of a hundred million distinct numbers.
func number(i int) string { return fmt.Sprintf("+1202%07d", 2_000_000+i%7_999_999) }

func sendBody(i int) emulator.Call {
	return emulator.Call{Method: http.MethodPost, Path: smsLogin, Body: []byte(`{"phone_number":"` + number(i) + `"}`)}
}

func (a *api) finish(call emulator.Call, header http.Header) emulator.Answer {
	call.Header = header
	answer, err := a.Begin(call).Finish(a.t.Context())
	require.NoError(a.t, err)
	return answer
}

func TestMemoryIsBounded(t *testing.T) {
	const sends = 50_000
	a := newAPI(t, emulator.Config{MaxUsers: 1000, MaxMessages: 1000, MaxRequests: 1000, MaxSessions: 1000})
	header := a.header()
	heap := func() uint64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	var early uint64
	for i := range sends {
		require.Equal(t, 200, a.finish(sendBody(i), header).Status)
		if i == 5000 {
			early = heap()
		}
	}
	late := heap()
	assert.Less(t, late, early+early/2+1<<20, "50,000 sends take no more memory than 5,000")
	assert.Len(t, a.Users(0), 1000)
	assert.Len(t, a.Messages(emulator.MessageQuery{}), 1000)
	assert.Len(t, a.Requests(emulator.RequestQuery{}), 1000)
	t.Logf("heap after 5,000 sends: %d KiB, after %d: %d KiB", early>>10, sends, late>>10)
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	a := newAPI(t, emulator.Config{MaxUsers: 50, MaxMessages: 50, MaxRequests: 50})
	var group sync.WaitGroup
	work := []func(i int){
		func(i int) { a.post(smsLogin, fields{"phone_number": number(i % 60)}) },
		func(i int) {
			if m, found := a.LatestMessage(emulator.MessageQuery{Recipient: number(i % 60)}); found {
				a.authenticate(m.MethodID, m.Code, fields{"session_duration_minutes": 5})
			}
		},
		func(int) {
			_ = a.Users(0)
			_ = a.Messages(emulator.MessageQuery{})
			_ = a.Requests(emulator.RequestQuery{})
		},
		func(int) { _ = a.Advance(time.Second); _ = a.Now() },
		func(int) { s := a.Subscribe(1); s.Lost(); s.Close() },
		func(i int) {
			if id, err := a.AddFault(emulator.Fault{Status: 500, Recipient: number(i % 60)}); err == nil && i%2 == 0 {
				a.RemoveFault(id)
			}
			_ = a.Faults()
		},
		func(i int) {
			_ = a.AllowCountries("sms", "GB")
			_ = a.SetRateLimits(emulator.RateLimit{Max: 1000, Window: time.Minute})
			if i%10 == 0 {
				a.Reset()
			}
			a.DeleteMessages(emulator.MessageQuery{Recipient: number(i % 60)})
		},
	}
	for _, one := range work {
		for worker := range 3 {
			group.Go(func() {
				for i := range 20 {
					one(worker*20 + i)
				}
			})
		}
	}
	group.Wait()
}

// TestNoGoroutineIsStarted is not parallel: it runs while those that are stand still.
func TestNoGoroutineIsStarted(t *testing.T) {
	before := runtime.NumGoroutine()
	a := newAPI(t)
	a.Subscribe(1)
	a.inject(emulator.Fault{Delay: time.Millisecond})
	a.loggedIn(phoneA)
	a.inject(emulator.Fault{Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	call := sendBody(0)
	call.Header = a.header()
	_, err := a.Begin(call).Finish(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = a.WaitMessage(ctx, emulator.MessageQuery{Recipient: phoneB})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	for range 1000 { // the context ends in a goroutine of its own, which has to end too
		if runtime.NumGoroutine() <= before {
			return
		}
		<-time.After(5 * time.Millisecond)
	}
	assert.LessOrEqual(t, runtime.NumGoroutine(), before)
}

func TestOneCodeOneSuccess(t *testing.T) {
	t.Parallel()
	a := newAPI(t, emulator.Config{UserLockThreshold: 100})
	methodID, code := a.login(phoneA)
	statuses := make(chan int, 50)
	var group sync.WaitGroup
	for range cap(statuses) {
		group.Go(func() { statuses <- a.authenticate(methodID, code).status })
	}
	group.Wait()
	close(statuses)
	count := map[int]int{}
	for status := range statuses {
		count[status]++
	}
	assert.Equal(t, map[int]int{200: 1, 401: 49}, count)
}

func FuzzRequests(f *testing.F) {
	f.Add("POST", smsLogin, `{"phone_number":"+12025550101","attributes":{"ip_address":"::1"},"expiration_minutes":1e400}`)
	f.Add("POST", authenticate, `{"method_id":"phone-number-test-98cfbe19-6c8f-4b8b-b62a-e78a5a7bdff3","code":"000000","session_duration_minutes":5,"session_custom_claims":{"a":null,"b":[{}]},"telemetry_id":"x"}`)
	f.Add("POST", emailSend, `{"email":"sandbox@stytch.com","user_id":"`+strings.Repeat("x", 200)+`","session_jwt":"e30.e30.e30"}`)
	f.Add("GET", "/v1/sessions/jwks/x", "")
	f.Add("POST", "//v1/otps/sms/send/../", "[[[[")
	a := newAPI(f)
	header := a.header()
	f.Fuzz(func(t *testing.T, method, path, body string) {
		answer, err := a.Begin(emulator.Call{Method: method, Path: path, Header: header, Body: []byte(body)}).Finish(t.Context())
		if err != nil || answer.Status < 200 || answer.Status >= 500 || len(answer.Body) == 0 {
			t.Fatalf("%d %v %s", answer.Status, err, answer.Body)
		}
	})
}

func BenchmarkLogin(b *testing.B) {
	a := newAPI(b)
	header := a.header()
	for i := 0; b.Loop(); i++ {
		if a.finish(sendBody(i), header).Status != 200 {
			b.Fatal("send failed")
		}
		m, _ := a.LatestMessage(emulator.MessageQuery{Recipient: number(i)})
		answer := a.finish(emulator.Call{
			Method: http.MethodPost, Path: authenticate,
			Body: []byte(`{"method_id":"` + m.MethodID + `","code":"` + m.Code + `"}`),
		}, header)
		if answer.Status != 200 {
			b.Fatal("authenticate failed")
		}
	}
}
