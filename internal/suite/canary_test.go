package suite_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

// The values that must not be seen again. Whatever is no number and no address of a
// certain shape has untrustedText in it.
const (
	canaryNumber = "+12025550162"
	canaryEmail  = untrustedText + "@" + untrustedText + ".example"
	canaryCode   = "918273645546372819" // too long to turn up in a time or a port by chance
	canaryIP     = "203.0.113.77"
	canarySecret = "secret-test-" + untrustedText
)

// leaks returns the canaries that text holds in any form that a printer makes of a
// string: plain, in hexadecimal, as a list of bytes, in base64.
func leaks(text string) []string {
	var found []string
	for _, canary := range []string{untrustedText, canaryNumber[2:], canaryCode, canaryIP} {
		list := fmt.Sprintf("%d", []byte(canary))
		for _, form := range []string{
			canary,
			strings.ToUpper(canary),
			hex.EncodeToString([]byte(canary)),
			strings.ToUpper(hex.EncodeToString([]byte(canary))),
			list[1 : len(list)-1],
			base64.StdEncoding.EncodeToString([]byte(canary))[:len(canary)],
		} {
			if strings.Contains(text, form) {
				found = append(found, form)
			}
		}
	}
	credentials := base64.StdEncoding.EncodeToString([]byte(testProjectID + ":" + canarySecret))
	if strings.Contains(text, credentials) {
		found = append(found, "Authorization")
	}
	return found
}

// canary sets everything in v, to any depth, to what must not be printed.
func canary(v reflect.Value) {
	switch x := v.Addr().Interface().(type) {
	case *stytchotp.PhoneNumber:
		*x = canaryNumber
		return
	case *stytchotp.EmailAddress:
		*x = canaryEmail
		return
	case *time.Time:
		*x = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		return
	case *json.RawMessage:
		*x = json.RawMessage(`{"` + untrustedText + `":"` + canaryNumber + `"}`)
		return
	case *http.Header:
		*x = http.Header{"X-" + untrustedText: {canaryNumber, untrustedText}}
		return
	case *stytchotp.Claims:
		*x = stytchotp.Claims{untrustedText: []any{canaryNumber, map[string]string{canaryEmail: canaryIP}}}
		return
	case *error:
		*x = &stytchotp.StytchError{Op: "otps.sms.send", StatusCode: 400, RequestID: untrustedText, ErrorType: untrustedText, ErrorMessage: untrustedText}
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(untrustedText + " " + canaryIP + " " + canaryCode)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		canary(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		canary(v.Index(0))
		canary(v.Index(1))
	case reflect.Struct:
		for i := range v.NumField() {
			switch name := v.Type().Field(i).Name; {
			case name == "Op", name == "Reason": // the client's own words
				v.Field(i).SetString("otps.sms.send")
			case v.Type().Field(i).IsExported():
				canary(v.Field(i))
			}
		}
	default:
		panic("decide what a canary of type " + v.Type().String() + " is")
	}
}

// sensitive returns a value of every exported struct type of the package, full of
// canaries. TestEveryField fails when one is missing.
func sensitive() []any {
	values := []any{
		&stytchotp.SMSSendParams{}, &stytchotp.SMSLoginOrCreateParams{},
		&stytchotp.WhatsAppSendParams{}, &stytchotp.WhatsAppLoginOrCreateParams{},
		&stytchotp.EmailSendParams{}, &stytchotp.EmailLoginOrCreateParams{},
		&stytchotp.AuthenticateParams{},
		&stytchotp.SMSSendResponse{}, &stytchotp.SMSLoginOrCreateResponse{},
		&stytchotp.WhatsAppSendResponse{}, &stytchotp.WhatsAppLoginOrCreateResponse{},
		&stytchotp.EmailSendResponse{}, &stytchotp.EmailLoginOrCreateResponse{},
		&stytchotp.AuthenticateResponse{},
		&stytchotp.SessionsAuthenticateParams{}, &stytchotp.SessionsGetParams{}, &stytchotp.SessionsRevokeParams{},
		&stytchotp.SessionsAuthenticateResponse{}, &stytchotp.SessionsGetResponse{}, &stytchotp.SessionsRevokeResponse{},
		&stytchotp.UsersGetParams{}, &stytchotp.UsersDeleteParams{},
		&stytchotp.UsersDeletePhoneNumberParams{}, &stytchotp.UsersDeleteEmailParams{},
		&stytchotp.UsersGetResponse{}, &stytchotp.UsersDeleteResponse{},
		&stytchotp.UsersDeletePhoneNumberResponse{}, &stytchotp.UsersDeleteEmailResponse{},
		&stytchotp.Call{},
		&stytchotp.StytchError{}, &stytchotp.InvalidResponseError{},
	}
	for _, v := range values {
		canary(reflect.ValueOf(v).Elem())
	}
	return append(values, sensitiveErrors()...)
}

// sensitiveErrors are the errors that only the client can make.
func sensitiveErrors() []any {
	var all []any
	failing := &http.Client{Transport: roundTripFunc(func(*http.Request) (*http.Response, error) {
		return nil, errors.New(untrustedText + canaryNumber)
	})}
	client, err := stytchotp.NewClient(testProjectID, canarySecret, stytchotp.WithHTTPClient(failing))
	if err != nil {
		panic(err)
	}
	_, err = client.OTPs.SMS.Send(context.Background(), stytchotp.SMSSendParams{PhoneNumber: canaryNumber})
	all = append(all, err)
	_, err = client.OTPs.Authenticate(context.Background(), stytchotp.AuthenticateParams{Code: untrustedText, Attributes: stytchotp.Attributes{IPAddress: untrustedText}})
	all = append(all, err)
	_, err = client.OTPs.Email.Send(context.Background(), stytchotp.EmailSendParams{Email: untrustedText, ExpirationMinutes: 99})
	return append(all, err, client)
}

// parts returns v and every struct within it.
func parts(v any) []any {
	var all []any
	var walk func(reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer, reflect.Interface:
			if !v.IsNil() {
				walk(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Struct:
			if !v.CanAddr() || v.Type() == reflect.TypeFor[time.Time]() {
				return
			}
			all = append(all, v.Interface(), v.Addr().Interface())
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					walk(v.Field(i))
				}
			}
		}
	}
	walk(reflect.ValueOf(v))
	return all
}

// TestNothingIsPrinted prints and logs everything in every way but as JSON, which
// carries the values of params and responses. Errors are JSON without them.
func TestNothingIsPrinted(t *testing.T) {
	printed := 0
	for _, value := range sensitive() {
		for _, v := range parts(value) {
			_, isError := v.(error)
			for way, text := range prints(v) {
				if asJSON(way) && !isError {
					continue
				}
				printed++
				if found := leaks(text); len(found) > 0 {
					t.Errorf("%T in %s shows %q:\n%.300s", v, way, found, text)
				}
			}
		}
	}
	assert.Greater(t, printed, 10_000)
}

// asJSON reports a way in which the value is encoded: slog's JSON handler encodes
// what is not the value of an attribute itself.
func asJSON(way string) bool {
	return strings.HasPrefix(way, "JSON") || strings.HasPrefix(way, "slog JSON") && !logged(way)
}

// prints returns v as printers and loggers show it.
func prints(v any) map[string]string {
	around := map[string]any{
		"itself":         v,
		"a slice":        []any{v},
		"a typed slice":  sliceOf(v),
		"a map":          map[string]any{"v": v},
		"a struct":       struct{ V any }{v},
		"a nested slice": map[string]any{"v": []any{[]any{v}}},
	}
	texts := map[string]string{}
	for where, v := range around {
		for verb := range strings.FieldsSeq("%v %+v %#v %q %s %x %X %d %o %t %e %U %c % x %#x %+q %10.3v") { // not %p: it calls no method, and go vet refuses it
			texts[verb+" of "+where] = fmt.Sprintf(verb, v)
		}
		for name, logger := range loggers() {
			texts["slog "+name+" of "+where] = logger(slog.Any("v", v))
			texts["slog "+name+" of a group of "+where] = logger(slog.Group("g", slog.Any("v", v)))
			texts["slog "+name+" of args of "+where] = logger(slog.Any("v", slog.AnyValue([]any{slog.Any("v", v)})))
		}
		encoded, err := json.Marshal(v)
		texts["JSON of "+where] = string(encoded) + fmt.Sprint(err)
	}
	if err, ok := v.(error); ok {
		texts["Error"] = err.Error() + errors.Join(err, io.EOF).Error() + fmt.Errorf("login: %w", err).Error()
	}
	return texts
}

func sliceOf(v any) any {
	s := reflect.MakeSlice(reflect.SliceOf(reflect.TypeOf(v)), 2, 2)
	s.Index(0).Set(reflect.ValueOf(v))
	s.Index(1).Set(reflect.ValueOf(v))
	return s.Interface()
}

func loggers() map[string]func(slog.Attr) string {
	options := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}
	log := func(handler func(io.Writer) slog.Handler) func(slog.Attr) string {
		return func(attr slog.Attr) string {
			var b bytes.Buffer
			slog.New(handler(&b)).LogAttrs(context.Background(), slog.LevelInfo, "m", attr)
			return b.String()
		}
	}
	return map[string]func(slog.Attr) string{
		"text": log(func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, options) }),
		"JSON": log(func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, options) }),
	}
}

// TestLoneValuesAreLoggedMasked logs lone values as slog logs them by itself.
func TestLoneValuesAreLoggedMasked(t *testing.T) {
	for _, v := range []any{stytchotp.PhoneNumber(canaryNumber), stytchotp.EmailAddress(canaryEmail), stytchotp.Secret(untrustedText)} {
		for way, text := range prints(v) {
			if strings.HasPrefix(way, "slog") && logged(way) {
				assert.Empty(t, leaks(text), "%s of %T: %s", way, v, text)
			}
		}
	}
}

// logged reports a way in which the handler sees the value itself.
func logged(way string) bool {
	return strings.HasSuffix(way, "of itself") && !strings.Contains(way, "args")
}

// TestCanariesSing makes sure that the search finds what it looks for.
func TestCanariesSing(t *testing.T) {
	for _, text := range []string{
		canaryNumber, fmt.Sprintf("%x", canaryEmail), fmt.Sprintf("%X", canaryEmail),
		fmt.Sprintf("%d", []byte(canaryEmail)), fmt.Sprintf("%q", canaryIP),
		base64.StdEncoding.EncodeToString([]byte(testProjectID + ":" + canarySecret)),
	} {
		require.NotEmpty(t, leaks(text), text)
	}
	require.Empty(t, leaks("stytchotp: otps.sms.send: HTTP 400"))
}
