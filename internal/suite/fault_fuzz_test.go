package suite_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stytchotp/stytchotp"
)

// scripted is a transport that answers every request alike and remembers the last.
type scripted struct {
	status int
	header http.Header
	body   []byte
	last   *http.Request
}

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	s.last = r
	return &http.Response{
		StatusCode:    s.status,
		Header:        s.header,
		Body:          io.NopCloser(bytes.NewReader(s.body)),
		ContentLength: int64(len(s.body)),
	}, nil
}

func (s *scripted) client(tb testing.TB) *stytchotp.Client {
	tb.Helper()
	client, err := stytchotp.NewClient(testProjectID, testSecret, stytchotp.WithHTTPClient(&http.Client{Transport: s}))
	if err != nil {
		tb.Fatal(err)
	}
	return client
}

// nastyBodies are what servers, proxies and liars answer.
var nastyBodies = []string{
	"", " ", "null", "true", "7", `""`, "[]", "{}", "[", "{", `{"`, `{"user_id"`, "\x00", "\xff\xfe{\x00}\x00", "\ufeff{}",
	goodBody, goodBody + goodBody, goodBody + "x", goodBody[:len(goodBody)/2], "[" + goodBody + "]", htmlPage,
	minimalSend, minimalEmail, minimalAuthenticate, canarySuccess, canaryFailure,
	`{"user_id":7,"phone_id":{},"email_id":[],"method_id":true,"status_code":"200"}`,
	`{"status_code":1e3,"user_id":"u","method_id":"m"}`, `{"status_code":-1,"user_id":"u","method_id":"m"}`,
	`{"status_code":99999999999999999999,"user_id":"u","method_id":"m"}`,
	`{"user_id":"u","user_id":"","method_id":"a","METHOD_ID":"b"}`,
	`{"user_id":"u","method_id":"m","error_type":"x"}`, `{"user_id":"u","method_id":"m","error_type":null}`,
	`{"user_id":"u","session":{"started_at":"yesterday"}}`, `{"user_id":"u","session":{"authentication_factors":[null,{}]}}`,
	`{"user_id":"u","user":{"created_at":"","emails":null,"phone_numbers":[null]},"session":null,"user_device":{}}`,
	`{"user_id":"\ud800","method_id":"\u0000\u202e\u001b[31m"}`,
	`{"request_id":"a" "error_type":"b","error_message":"\"\n\u001b[2J"}`, `{"error_details":` + strings.Repeat("[", 100),
	strings.Repeat("[", 10_001), // deeper than encoding/json goes
}

// checkAnswer holds what is true of every answer, whatever it was.
func checkAnswer(t *testing.T, status int, response *answered, err error) {
	t.Helper()
	switch {
	case err == nil && (status < 200 || status > 299):
		t.Fatalf("a success of a %d", status)
	case err == nil && (response == nil || response.id == ""):
		t.Fatal("a success without an id")
	case err != nil && response != nil:
		t.Fatal("a response beside an error")
	case err == nil:
		return
	}
	if text := err.Error(); !utf8.ValidString(text) || strings.ContainsFunc(text, unprintable) || len(text) > 500 {
		t.Fatalf("an error that cannot be printed: %q", text)
	}
	if code := stytchotp.PublicCode(err); code == "" || strings.ContainsFunc(code, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }) {
		t.Fatalf("public code %q", code)
	}
	if status := stytchotp.HTTPStatus(err); status < 400 || status > 599 {
		t.Fatalf("HTTP status %d", status)
	}
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// FuzzResponse decodes any body under any 2xx.
func FuzzResponse(f *testing.F) {
	for i, body := range nastyBodies {
		f.Add(200+i%7, []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		s := &scripted{status: 200 + int(uint(status)%100), header: http.Header{}, body: body}
		client := s.client(t)
		for _, m := range methods {
			response, err := m.call(t.Context(), client, "fuzz")
			checkAnswer(t, s.status, response, err)
			if err != nil {
				if stytchotp.DeliveryOf(err) != stytchotp.DeliveryMaybeSent {
					t.Fatal("a 2xx that was certainly not sent")
				}
				continue
			}
			if err := sameFields(response.full, body); err != nil {
				t.Fatalf("%s: a success of %q: %v", m.op, body, err)
			}
			if !bytes.Equal(response.Raw, body) || response.StatusCode != s.status {
				t.Fatal("the answer was changed")
			}
		}
	})
}

// sameFields compares a response with what encoding/json makes of its body.
func sameFields(response any, body []byte) error {
	got := reflect.ValueOf(response).Elem()
	want := reflect.New(got.Type())
	if err := json.Unmarshal(body, want.Interface()); err != nil {
		var wrongType *json.UnmarshalTypeError
		if json.Valid(body) && !errors.As(err, &wrongType) {
			return nil // a time that is none, which is left out
		}
		return err
	}
	for _, name := range []string{"StatusCode", "Header", "Raw"} { // which are the answer's own
		want.Elem().FieldByName(name).Set(got.FieldByName(name))
	}
	// The request id is for logs: what cannot be printed is left out, and it is short.
	sent, id := want.Elem().FieldByName("RequestID"), got.FieldByName("RequestID").String()
	printed := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unprintable(r) {
			return -1
		}
		return r
	}, sent.String())
	if id == printed || len(sent.String()) > 1024 && strings.HasPrefix(printed, id) {
		sent.SetString(id)
	}
	for _, name := range []string{"PhoneID", "EmailID"} {
		if id := want.Elem().FieldByName(name); id.IsValid() && want.Elem().FieldByName("MethodID").IsZero() {
			want.Elem().FieldByName("MethodID").Set(id)
		}
	}
	if !reflect.DeepEqual(want.Interface(), response) {
		return fmt.Errorf("%#v instead of %#v", response, want.Interface())
	}
	return nil
}

// FuzzErrorBody decodes any body, header and status that is no 2xx.
func FuzzErrorBody(f *testing.F) {
	statuses := []int{100, 199, 300, 307, 399, 400, 401, 404, 408, 429, 499, 500, 502, 503, 599, 999}
	for i, body := range nastyBodies {
		f.Add(statuses[i%len(statuses)], []byte(body), "request-id-"+untrustedText+"\x1b")
	}
	f.Fuzz(func(t *testing.T, status int, body []byte, requestID string) {
		status = 100 + int(uint(status)%900)
		if status >= 200 && status <= 299 {
			return
		}
		s := &scripted{status: status, header: http.Header{"X-Request-Id": {requestID}}, body: body}
		_, err := send(t.Context(), s.client(t), "fuzz")
		checkAnswer(t, status, nil, err)
		stytch, ok := err.(*stytchotp.StytchError) //nolint:errorlint // exactly this
		if !ok || stytch.StatusCode != status {
			t.Fatalf("%d became %T %v", status, err, err)
		}
		for _, text := range []string{stytch.RequestID, string(stytch.ErrorType), stytch.ErrorMessage, stytch.ErrorURL} {
			if len(text) > 1<<10 || !utf8.ValidString(text) || strings.ContainsFunc(text, unprintable) {
				t.Fatalf("the server's text was not cleaned: %q", text)
			}
		}
		if len(stytch.ErrorDetails) > 0 && !json.Valid(stytch.ErrorDetails) {
			t.Fatalf("error details that are not JSON: %q", stytch.ErrorDetails)
		}
	})
}

// FuzzRetryAfter reads any value under any date.
func FuzzRetryAfter(f *testing.F) {
	const date = "Fri, 20 Nov 2026 12:00:00 GMT"
	for _, value := range []string{
		"", " 7 ", "0", "-1", "+1", "1.5", "1e3", "0x10", "٧", "07", "7;", "7, 8", "18446744073709551615", "18446744073709551616",
		"9223372036", "9223372037", date, "Fri, 20 Nov 2026 12:00:07 GMT", "Friday, 20-Nov-26 12:00:07 GMT",
		"Fri Nov 20 12:00:07 2026", "Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 GMT",
	} {
		f.Add(value, date)
		f.Add(value, "")
		f.Add(value, "Mon, 01 Jan 0001 00:00:00 GMT")
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		s := &scripted{status: 429, header: http.Header{"Retry-After": {value}, "Date": {date}}}
		_, err := send(t.Context(), s.client(t), "fuzz")
		stytch, ok := err.(*stytchotp.StytchError) //nolint:errorlint // exactly this
		if !ok || stytch.RetryAfter < 0 {
			t.Fatalf("%v, %q under %q", err, value, date)
		}
		digits := strings.Trim(value, " ")
		if digits != "" && len(digits) < 9 && strings.Trim(digits, "0123456789") == "" {
			if want, _ := time.ParseDuration(digits + "s"); stytch.RetryAfter != want {
				t.Fatalf("%q became %v", value, stytch.RetryAfter)
			}
		}
	})
}

// FuzzBaseURL lets no URL through that is not safe, and calls exactly the one that
// it lets through.
func FuzzBaseURL(f *testing.F) {
	for _, raw := range []string{
		"", "/", "//", "https://", "https:///", "https:api.stytch.com", "https:/api.stytch.com", "api.stytch.com", "api.stytch.com:443",
		"https://api.stytch.com", "https://api.stytch.com/", "https://api.stytch.com//", "HTTPS://API.STYTCH.COM", "https://api.stytch.com/a/b/../c/%2e%2e/",
		"http://api.stytch.com", "http://localhost", "http://localhost.", "http://localhost:8080/p", "http://127.0.0.1", "http://127.1.2.3:1",
		"http://[::1]:80", "http://[::ffff:127.0.0.1]", "http://[::1%25lo]", "http://127.1", "http://2130706433", "http://0x7f.1", "http://0.0.0.0", "http://[::]",
		"http://localhost.example.com", "http://127.0.0.1.example.com", "http://localhost@example.com", "https://a:b@api.stytch.com", "https://@api.stytch.com", "https://:@h",
		"https://api.stytch.com?", "https://api.stytch.com?a=b", "https://api.stytch.com#", "https://api.stytch.com/#a", "https://h/%23", "https://m/%2f", "https://h/%3f", "https://h/?#",
		"ftp://h", "unix:///var/run/x", "javascript:alert(1)", "https://h:99999", "https://h:", "https://h:a", "https://[::1", "https://h\x00", "https://h\r\nX: y", "https://h /",
		"https://h/\r\n", " https://h", "https://h ", "https://ex%41mple.com", "https://%31%32%37.0.0.1", "https://\u212b.com", "https://xn--a", "https://h\\@evil.com", "http:\\\\localhost",
		"https://" + strings.Repeat("a", 300), "https://h/" + strings.Repeat("a/", 1100),
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		s := &scripted{status: 200, header: http.Header{}, body: []byte(goodBody)}
		client, err := stytchotp.NewClient(testProjectID, testSecret,
			stytchotp.WithBaseURL(raw), stytchotp.WithHTTPClient(&http.Client{Transport: s}))
		if err != nil {
			if len(raw) > 12 && strings.Contains(err.Error(), raw) {
				t.Fatalf("the error repeats %q", raw)
			}
			return
		}
		if _, err = send(context.Background(), client, "fuzz"); err != nil {
			t.Fatalf("%q is accepted and cannot be called: %v", raw, err)
		}
		given, err := url.Parse(raw)
		if err != nil {
			t.Fatalf("%q is accepted and no URL", raw)
		}
		called := s.last.URL
		switch ip := net.ParseIP(called.Hostname()); {
		case called.Scheme != "https" && (called.Scheme != "http" || called.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())):
			t.Fatalf("%q sends in the clear to %s", raw, called)
		case called.Host != strings.TrimSuffix(given.Host, ":") || called.User != nil || called.RawQuery != "" || called.Fragment != "":
			t.Fatalf("%q calls %s", raw, called)
		case called.EscapedPath() != strings.TrimRight(given.EscapedPath(), "/")+"/v1/otps/sms/login_or_create":
			t.Fatalf("%q calls the path %q", raw, called.EscapedPath())
		}
	})
}
