package inbox

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

func ids(t *testing.T, object map[string]any, list string) []float64 {
	t.Helper()
	found := []float64{}
	for _, item := range object[list].([]any) {
		found = append(found, item.(map[string]any)["id"].(float64))
	}
	return found
}

func TestMessages(t *testing.T) {
	b := newBox(t)
	b.send(number)
	b.send("grace@example.com")
	b.send(number)
	require.NoError(t, b.engine.Advance(time.Minute))
	b.send(otherNumber)

	for _, c := range []struct {
		query string
		want  []float64
	}{
		{"", []float64{4, 3, 2, 1}},
		{"?to=" + number, []float64{3, 1}}, // the plus sign is not escaped
		{"?to=%2B12025550162", []float64{3, 1}},
		{"?to=%2B1%20(202)%20555-0162", []float64{3, 1}},
		{"?to=+1+202+555+0162", []float64{3, 1}},
		{"?to=Grace@Example.com", []float64{2}},
		{"?channel=email", []float64{2}},
		{"?state=superseded", []float64{1}},
		{"?state=live&after=2", []float64{4, 3}},
		{"?limit=2", []float64{4, 3}},
		{"?to=unknown@example.com", []float64{}},
	} {
		assert.Equal(t, c.want, ids(t, b.object(200, http.MethodGet, "/_otp/messages"+c.query, ""), "messages"), c.query)
	}
	for _, blank := range []string{"", "%0A", "%09"} {
		assert.Equal(t, 400, b.do(http.MethodDelete, "/_otp/messages?to="+blank, "").status, "a blank is no recipient")
	}
	assert.Equal(t, map[string]any{"deleted": 1.0}, b.object(200, http.MethodDelete, "/_otp/messages?channel=email", ""))
	assert.Equal(t, map[string]any{"deleted": 3.0}, b.object(200, http.MethodDelete, "/_otp/messages", ""))
	assert.Contains(t, b.do(http.MethodGet, "/_otp/messages", "").body, `"messages":[]`)
}

func TestLatestMessage(t *testing.T) {
	b := newBox(t)
	assert.Equal(t, "no_message", b.object(404, http.MethodGet, "/_otp/messages/latest", "")["error_type"])

	first := b.send(number)
	got := b.object(200, http.MethodGet, "/_otp/messages/latest?to="+number, "")
	want, err := json.Marshal(first)
	require.NoError(t, err)
	encoded, err := json.Marshal(got)
	require.NoError(t, err)
	assert.JSONEq(t, string(want), string(encoded))

	// With the first message's id, the first message never comes again.
	assert.Equal(t, 404, b.do(http.MethodGet, "/_otp/messages/latest?after=1", "").status)
	assert.Equal(t, 404, b.do(http.MethodGet, "/_otp/messages/latest?after=1&wait=20ms", "").status)

	answered := make(chan answer)
	go func() {
		a, _ := b.try(http.MethodGet, "/_otp/messages/latest?after=1&wait=10s&to="+number, "")
		answered <- a
	}()
	b.send(otherNumber) // a message to another recipient does not end the wait
	second := b.send(number)
	a := <-answered
	assert.Equal(t, 200, a.status)
	assert.Contains(t, a.body, `"code":"`+second.Code+`"`)
}

// TestWaitOutlivesServer: a server's own time limits do not cut a wait off.
func TestWaitOutlivesServer(t *testing.T) {
	t.Parallel()
	b := newShortTimeoutBox(t)
	a := b.do(http.MethodGet, "/_otp/messages/latest?wait=4s", "")
	assert.Equal(t, 404, a.status, a.body)

	_, err := b.engine.AddFault(emulator.Fault{Delay: 2 * shortTimeout})
	require.NoError(t, err)
	b.send(number)
}

func TestWaitEndsWithCaller(t *testing.T) {
	b := newBox(t)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.server.URL+"/_otp/messages/latest?wait=1m", http.NoBody)
	require.NoError(t, err)
	gone := make(chan error)
	go func() {
		response, err := b.server.Client().Do(r)
		if err == nil {
			response.Body.Close()
		}
		gone <- err
	}()
	cancel()
	require.ErrorIs(t, <-gone, context.Canceled)
	b.server.Close() // waits for the handler
}

func TestWrongQueries(t *testing.T) {
	b := newBox(t)
	for query, complaint := range map[string]string{
		"messages?recipient=%2B1":                  `no parameter \"recipient\"`,
		"messages?to=a&to=b":                       "given twice",
		"messages?to=":                             "to: the recipient is empty",
		"messages?to=%0A":                          "to: the recipient is empty",
		"messages/latest?to=&wait=5s":              "to: the recipient is empty",
		"messages/latest?after=":                   "after is a whole number",
		"messages/latest?to=%zz":                   "not encoded",
		"requests?to=":                             "to: the recipient is empty",
		"messages?state=":                          "state is one of live",
		"messages/latest?wait=":                    "wait is a duration",
		"faults?unused=":                           "true or false",
		"messages?channel=fax":                     "channel is one of sms",
		"messages?state=dead":                      "state is one of live",
		"messages?limit=0":                         "limit is a whole number from 1 to 1000",
		"messages?limit=1001":                      "limit is",
		"messages?limit=ten":                       "limit is",
		"messages?after=-1":                        "after is",
		"messages/latest?limit=1":                  `no parameter \"limit\"`,
		"messages/latest?wait=5":                   "wait is a duration",
		"messages/latest?wait=-1s":                 "wait is a duration",
		"messages/latest?wait=61s":                 "at most 1m0s",
		"messages?to=nonsense":                     `to: \"nonsense\" is neither a phone number like +12025550162 nor`,
		"messages/latest?to=%2B1202555":            "is neither",
		"requests?to=2025550162":                   "is neither",
		"messages?to=ada@":                         "is neither",
		"users?to=x":                               `no parameter \"to\"`,
		"requests?operation=sms":                   "operation is one of",
		"faults?unused=perhaps":                    "true or false",
		"messages?after=99999999999999999999999":   "after is",
		"messages/latest?to=x&wait=5s&chanel=sms":  `no parameter \"chanel\"`,
		"requests?after=1&limit=5&recipient=wrong": `no parameter \"recipient\"`,
	} {
		a := b.do(http.MethodGet, "/_otp/"+query, "")
		assert.Equal(t, 400, a.status, query)
		assert.Contains(t, a.body, complaint, query)
		assert.Contains(t, a.body, `"error_type":"invalid_parameter"`, query)
	}
}

func TestUsersAndRequests(t *testing.T) {
	b := newBox(t)
	b.send(number)
	m := b.send("grace@example.com")
	b.do(http.MethodGet, "/v1/nothing", "")

	users := b.object(200, http.MethodGet, "/_otp/users", "")["users"].([]any)
	require.Len(t, users, 2)
	assert.Equal(t, m.UserID, users[0].(map[string]any)["user_id"], "the last used first")
	assert.Len(t, b.object(200, http.MethodGet, "/_otp/users?limit=1", "")["users"], 1)

	all := b.object(200, http.MethodGet, "/_otp/requests", "")
	assert.Equal(t, []float64{3, 2, 1}, ids(t, all, "requests"))
	assert.Equal(t, []float64{2}, ids(t, b.object(200, http.MethodGet, "/_otp/requests?operation=otps.email.login_or_create", ""), "requests"))
	assert.Equal(t, []float64{1}, ids(t, b.object(200, http.MethodGet, "/_otp/requests?to="+number, ""), "requests"))
	assert.Equal(t, []float64{3}, ids(t, b.object(200, http.MethodGet, "/_otp/requests?after=2", ""), "requests"))
	assert.NotContains(t, b.do(http.MethodGet, "/_otp/requests", "").body, secret)
}

func TestFaults(t *testing.T) {
	b := newBox(t)
	add := func(body string) { b.object(201, http.MethodPost, "/_otp/faults", body) }

	// The message goes out, and then the connection is cut.
	add(`{"operation":"any_send","recipient":"` + number + `","drop":"after_send"}`)
	b.send(otherNumber)
	_, err := b.trySend(number)
	require.Error(t, err)
	m, found := b.engine.LatestMessage(emulator.MessageQuery{Recipient: number})
	require.True(t, found, "the message went out")
	assert.Equal(t, emulator.StateLive, m.State)
	b.send(number)

	add(`{"nth":2,"times":2,"status":503}`)
	var a answer
	for _, want := range []int{200, 503, 503, 200} {
		a, err = b.trySend(number)
		require.NoError(t, err)
		assert.Equal(t, want, a.status)
	}
	add(`{"retry_after":"90s","error_type":"too_many_requests"}`)
	a, err = b.trySend(number)
	require.NoError(t, err)
	assert.Equal(t, 429, a.status)
	assert.Equal(t, "90", a.header.Get("Retry-After"))

	add(`{"html":true}`)
	a, err = b.trySend(number)
	require.NoError(t, err)
	assert.Equal(t, 502, a.status)
	assert.Contains(t, a.body, "<html>")

	for _, cut := range []string{`{"cut":true}`, `{"drop":"before_read"}`, `{"drop":"refused"}`} {
		add(cut)
		before := len(b.engine.Messages(emulator.MessageQuery{}))
		_, err = b.trySend(number)
		require.Error(t, err, cut)
		sent := len(b.engine.Messages(emulator.MessageQuery{})) - before
		assert.Equal(t, map[bool]int{true: 1, false: 0}[cut == `{"cut":true}`], sent, cut)
	}
	add(`{"delay":"30ms","send_first":true}`)
	start := time.Now()
	b.send(number)
	assert.GreaterOrEqual(t, time.Since(start), 30*time.Millisecond)
}

func TestFaultList(t *testing.T) {
	b := newBox(t)
	created := b.object(201, http.MethodPost, "/_otp/faults", `{"operation":"otps.sms.send","delay":"1m30s","times":-1,"recipient":"`+number+`"}`)
	assert.Equal(t, map[string]any{
		"id": 1.0, "operation": "otps.sms.send", "recipient": number, "delay": "1m30s", "times": -1.0, "hits": 0.0, "done": false,
	}, created)
	b.object(201, http.MethodPost, "/_otp/faults", `{"status":500}`)
	_, err := b.trySend(number)
	require.NoError(t, err)

	assert.Equal(t, []float64{1, 2}, ids(t, b.object(200, http.MethodGet, "/_otp/faults", ""), "faults"))
	assert.Equal(t, []float64{1}, ids(t, b.object(200, http.MethodGet, "/_otp/faults?unused=true", ""), "faults"))
	assert.Equal(t, 204, b.do(http.MethodDelete, "/_otp/faults/1", "").status)
	assert.Equal(t, 404, b.do(http.MethodDelete, "/_otp/faults/1", "").status)
	assert.Equal(t, 400, b.do(http.MethodDelete, "/_otp/faults/one", "").status)
	assert.Equal(t, []float64{2}, ids(t, b.object(200, http.MethodGet, "/_otp/faults", ""), "faults"))
	assert.Equal(t, 204, b.do(http.MethodDelete, "/_otp/faults", "").status)
	assert.Empty(t, b.engine.Faults())
}

func TestClock(t *testing.T) {
	b := newBox(t)
	m := b.send(number)
	start := b.engine.Now()

	moved := b.object(200, http.MethodPut, "/_otp/clock", `{"advance":"3m"}`)
	now, err := time.Parse(time.RFC3339Nano, moved["now"].(string))
	require.NoError(t, err)
	assert.WithinDuration(t, start.Add(3*time.Minute), now, time.Minute)
	latest, _ := b.engine.LatestMessage(emulator.MessageQuery{After: m.ID - 1})
	assert.Equal(t, emulator.StateExpired, latest.State)

	assert.Equal(t, true, b.object(200, http.MethodPut, "/_otp/clock", `{"freeze":true}`)["frozen"])
	frozen := b.engine.Now()
	assert.Equal(t, frozen, b.engine.Now())
	b.object(200, http.MethodPut, "/_otp/clock", `{"freeze":true,"advance":"1s"}`)
	assert.Equal(t, frozen.Add(time.Second), b.engine.Now())
	b.object(200, http.MethodPut, "/_otp/clock", `{"freeze":null,"advance":"1s"}`)
	assert.Equal(t, frozen.Add(2*time.Second), b.engine.Now(), "null is nothing")
	b.object(400, http.MethodPut, "/_otp/clock", `{"freeze":false,"advance":"2000000h"}`)
	assert.True(t, b.engine.Frozen(), "all or nothing")
	assert.Equal(t, false, b.object(200, http.MethodPut, "/_otp/clock", `{"freeze":false}`)["frozen"])
	b.object(400, http.MethodPut, "/_otp/clock", `{"freeze":true,"advance":"2000000h"}`)
	assert.False(t, b.engine.Frozen(), "all or nothing")
	stopped := b.object(200, http.MethodPut, "/_otp/clock", `{"freeze":"2100-01-02T03:04:05Z"}`)
	assert.Equal(t, map[string]any{"now": "2100-01-02T03:04:05Z", "frozen": true}, stopped)
	assert.Equal(t, stopped, b.object(200, http.MethodGet, "/_otp/clock", ""))
}

func TestSettings(t *testing.T) {
	b := newBox(t)
	limits := `{"rate_limits":[{"operation":"any_send","by":"project","max":1,"window":"1h0m0s","retry_after":true}]}`
	assert.JSONEq(t, limits, b.do(http.MethodPut, "/_otp/rate-limits", limits).body)
	assert.JSONEq(t, limits, b.do(http.MethodGet, "/_otp/rate-limits", "").body)
	b.send(number)
	a, err := b.trySend(number)
	require.NoError(t, err)
	assert.Equal(t, 429, a.status)
	assert.NotEmpty(t, a.header.Get("Retry-After"))
	assert.JSONEq(t, `{"rate_limits":[]}`, b.do(http.MethodPut, "/_otp/rate-limits", `{"rate_limits":[]}`).body)

	assert.JSONEq(t, `{"sms":["CA","US"],"whatsapp":["CA","US"]}`, b.do(http.MethodGet, "/_otp/countries", "").body)
	assert.Equal(t, 400, b.do(http.MethodPut, "/_otp/countries", `{"sms":["DE"],"whatsapp":["Atlantis"]}`).status)
	assert.JSONEq(t, `{"sms":["CA","US"],"whatsapp":["CA","US"]}`, b.do(http.MethodGet, "/_otp/countries", "").body, "all or nothing")
	assert.JSONEq(t, `{"sms":["GB"],"whatsapp":["CA","US"]}`, b.do(http.MethodPut, "/_otp/countries", `{"sms":["gb"]}`).body)
	b.send("+447400123456")
	a, err = b.trySend(number)
	require.NoError(t, err)
	assert.Contains(t, a.body, "invalid_phone_number_country_code")

	assert.Equal(t, 204, b.do(http.MethodPut, "/_otp/fixed-codes", `{"recipient":"+447400123456","code":"123456"}`).status)
	assert.Equal(t, "123456", b.send("+447400123456").Code)

	assert.Equal(t, 204, b.do(http.MethodPost, "/_otp/reset", "").status)
	assert.Empty(t, b.engine.Messages(emulator.MessageQuery{}))
	assert.Equal(t, []string{"CA", "US"}, b.engine.Countries(emulator.ChannelSMS))
}

func TestWrongBodies(t *testing.T) {
	b := newBox(t)
	for _, c := range []struct{ method, path, body, complaint string }{
		{"POST", "faults", ``, "empty"},
		{"POST", "faults", `{`, "not what this call takes"},
		{"POST", "faults", `{}`, "a fault needs one of"},
		{"POST", "faults", `[]`, "The body: want an object, got array"},
		{"POST", "faults", `{"status":500}{}`, "something stands behind the object"},
		{"POST", "faults", `{"status":500}}`, "something stands behind the object"},
		{"POST", "faults", `{"statsu":500}`, `unknown field \"statsu\"`},
		{"POST", "faults", `{"status":99}`, "status is 200 to 599"},
		{"POST", "faults", `{"status":500,"operation":"fax.send"}`, "operation is unknown"},
		{"POST", "faults", `{"delay":5}`, "delay: want a duration such as"},
		{"POST", "faults", `{"delay":"5"}`, "delay: want a duration such as"},
		{"POST", "faults", `{"delay":"2h"}`, "at most an hour"},
		{"POST", "faults", `{"drop":"sometimes"}`, "drop is"},
		{"POST", "faults", `{"status":500,"recipient":"foo"}`, `\"foo\" is neither a phone number`},
		{"POST", "faults", `{"status":500,"recipient":"(202) 555-0162"}`, "is neither"},
		{"PUT", "clock", `{}`, "Give advance or freeze"},
		{"PUT", "clock", `{"advance":"-1m"}`, "does not go back"},
		{"PUT", "clock", `{"freeze":"yesterday"}`, "freeze: want true, false or a time"},
		{"PUT", "clock", `{"freeze":"2001-01-01T00:00:00Z"}`, "does not go back"},
		{"PUT", "clock", `{"advance":"9000000h"}`, "advance: want a duration such as"},
		{"PUT", "clock", `{"advance":"2000000h"}`, "beyond the year 2200"},
		{"POST", "faults", `{"status":"500"}`, "status: want a whole number, got string"},
		{"POST", "faults", `{"status":500,"cut":1}`, "cut: want true or false, got number"},
		{"PUT", "rate-limits", `{}`, "rate_limits is missing"},
		{"PUT", "rate-limits", `[{"max":1,"window":"1h"}]`, "The body: want an object, got array"},
		{"PUT", "rate-limits", `{"rate_limits":{"max":1,"window":"1h"}}`, "rate_limits: want an array, got object"},
		{"PUT", "rate-limits", `{"rate_limits":[1]}`, "rate_limits: want an object, got number"},
		{"PUT", "rate-limits", `{"rate_limits":[{"max":1.5,"window":"1h"}]}`, "rate_limits.max: want a whole number, got number 1.5"},
		{"PUT", "rate-limits", `{"rate_limits":[{"max":1,"window":60}]}`, "rate_limits.window: want a duration"},
		{"PUT", "rate-limits", `{"rate_limits":[{"max":1,"window":"48h"}]}`, "window is 1 millisecond to 24 hours"},
		{"PUT", "countries", `["US"]`, "The body: want an object, got array"},
		{"PUT", "countries", `{"sms":"US"}`, "sms: want an array, got string"},
		{"PUT", "countries", `{"sms":[1]}`, "sms: want a string, got number"},
		{"PUT", "countries", `{}`, "Give sms, whatsapp or both"},
		{"PUT", "countries", `{"sms":["Atlantis"]}`, "a country is two letters"},
		{"PUT", "countries", `{"email":["US"]}`, "unknown field"},
		{"PUT", "fixed-codes", `{"+12025550162":"123456"}`, "unknown field"},
		{"PUT", "fixed-codes", `{"recipient":"+12025550162","code":123456}`, "code: want a string, got number"},
		{"PUT", "fixed-codes", `{"code":"123456"}`, "recipient is missing"},
		{"PUT", "fixed-codes", `{"recipient":"+12025550162","code":"12345"}`, "six digits"},
		{"PUT", "fixed-codes", `{"recipient":"2025550162","code":"123456"}`, `\"2025550162\" is neither`},
		{"PUT", "fixed-codes", `{"recipient":" ","code":"123456"}`, "recipient is empty"},
	} {
		a := b.do(c.method, "/_otp/"+c.path, c.body)
		assert.Equal(t, 400, a.status, "%s %s %s", c.method, c.path, c.body)
		said := regexp.MustCompile(`\.\d+\b`).ReplaceAllString(a.body, "") // newer Go names the element too
		if strings.Contains(c.complaint, "1.5") {
			said = strings.Replace(a.body, ".0.max", ".max", 1)
		}
		assert.Contains(t, said, c.complaint, "%s %s %s", c.method, c.path, c.body)
		assert.NotRegexp(t, "emulator:|Go |struct", a.body, "%s %s %s", c.method, c.path, c.body)
	}
	large := b.do("POST", "/_otp/faults", `{"error_type":"`+strings.Repeat("x", maxBody)+`"}`)
	assert.Equal(t, 413, large.status)
	large = b.do("POST", "/_otp/faults", `{"status":500}`+strings.Repeat(" ", maxBody))
	assert.Equal(t, 413, large.status)
	assert.Empty(t, b.engine.Faults())
	assert.False(t, b.engine.Frozen())
}

func TestUnknownPathsAndMethods(t *testing.T) {
	b := newBox(t)
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/_otp", 404, ""},
		{"GET", "/_otp/nothing", 404, ""},
		{"PATCH", "/_otp/messages", 405, "GET, DELETE"},
		{"POST", "/_otp/messages/latest", 405, "GET"},
		{"GET", "/_otp/reset", 405, "POST"},
		{"POST", "/_otp/clock", 405, "GET, PUT"},
		{"GET", "/_otp/assets/x/inbox.go", 404, ""},
		{"GET", "/_otp/assets/x/..%2f..%2finbox.go", 404, ""},
		{"GET", "/_otp/ca.pem", 404, ""},
		{"POST", "/_otp/page/nothing", 404, ""},
	} {
		a := b.do(c.method, c.path, "")
		assert.Equal(t, c.status, a.status, "%s %s", c.method, c.path)
		assert.Equal(t, c.allow, a.header.Get("Allow"), "%s %s", c.method, c.path)
		assert.Equal(t, "application/json", a.header.Get("Content-Type"), "%s %s", c.method, c.path)
	}
	for _, path := range []string{"/v2/otps", "//v1/otps/sms/send", "/robots.txt"} {
		assert.Contains(t, b.do("GET", path, "").body, `"request_id"`, "%s is the emulated API's", path)
	}
}

func TestHealthAndDescriptions(t *testing.T) {
	b := newBox(t, func(c *Config) { c.CertificateAuthority = []byte("PEM") })
	for _, path := range []string{"/livez", "/readyz", "/_otp/livez", "/_otp/readyz"} {
		assert.JSONEq(t, `{"status":"ok"}`, b.do("GET", path, "").body)
		assert.Equal(t, 200, b.do("HEAD", path, "").status)
	}
	assert.Contains(t, b.do("GET", "/_otp/openapi.json", "").body, `"otpbox control API"`)
	assert.Contains(t, b.do("GET", "/_otp/openapi-otp.json", "").body, "/v1/otps/authenticate")
	assert.Equal(t, "PEM", b.do("GET", "/_otp/ca.pem", "").body)
}
