// Package values_test tests that phone numbers, addresses and secrets are data, and
// that params and responses go through JSON whole and print masked.
package values_test

import (
	"bytes"
	"database/sql/driver"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"html/template"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

const (
	number  = stytchotp.PhoneNumber("+12025550162")
	address = stytchotp.EmailAddress("ada@example.com")
	token   = stytchotp.Secret("WJtR5BCy38Szd5AfoDpf0iqFKEt4EE5JhjlWUY7l3FtY")
)

// loneValues maps each value to the form in which logs show it.
var loneValues = map[any]string{
	number:  "+1********62",
	address: "a***@***.com",
	token:   "[redacted]",
}

// TestLoneValues takes a value through everything that a backend stores, keys or
// sends it by, and expects the value itself.
func TestLoneValues(t *testing.T) {
	t.Parallel()
	for v, masked := range loneValues {
		t.Run(fmt.Sprintf("%T", v), func(t *testing.T) {
			t.Parallel()
			plain := reflect.ValueOf(v).String()
			for _, verb := range []string{"%v", "%s", "%+v"} {
				assert.Equal(t, "login:"+plain, fmt.Sprintf("login:"+verb, v), verb)
			}
			assert.Equal(t, fmt.Sprintf("%q", plain), fmt.Sprintf("%q", v))
			assert.Equal(t, plain, fmt.Sprint(v))

			encoded, err := json.Marshal(map[string]any{"v": v})
			require.NoError(t, err)
			assert.JSONEq(t, `{"v":"`+plain+`"}`, string(encoded))
			encoded, err = xml.Marshal(v)
			require.NoError(t, err)
			assert.Contains(t, string(encoded), ">"+plain+"<")

			stored, err := driver.DefaultParameterConverter.ConvertValue(v)
			require.NoError(t, err)
			assert.Equal(t, plain, stored)

			var b bytes.Buffer
			require.NoError(t, template.Must(template.New("").Parse(`<input value="{{.}}">`)).Execute(&b, v))
			assert.Equal(t, `<input value="`+plain+`">`, html.UnescapeString(b.String()))

			assert.Equal(t, masked, slog.AnyValue(v).Resolve().String())
			b.Reset()
			slog.New(slog.NewJSONHandler(&b, nil)).Info("login", "v", v)
			assert.Contains(t, b.String(), `"v":"`+masked+`"`)
		})
	}
}

func TestGob(t *testing.T) {
	t.Parallel()
	type stored struct {
		Number  stytchotp.PhoneNumber
		Address stytchotp.EmailAddress
		Token   stytchotp.Secret
	}
	want := stored{number, address, token}
	var b bytes.Buffer
	require.NoError(t, gob.NewEncoder(&b).Encode(want))
	var got stored
	require.NoError(t, gob.NewDecoder(&b).Decode(&got))
	assert.Equal(t, want, got)
}

// TestNoMethodTakesTheMask fails when a lone value gets a method that a library
// prefers to the string.
func TestNoMethodTakesTheMask(t *testing.T) {
	t.Parallel()
	for v := range loneValues {
		for _, method := range []string{
			"String", "GoString", "Format", "Error",
			"MarshalJSON", "UnmarshalJSON", "MarshalJSONTo", "MarshalText", "UnmarshalText", "AppendText", "MarshalBinary",
			"MarshalYAML", "GobEncode", "Value", "Scan", "RedisArg", "EncodeValues", "TextValue",
		} {
			_, has := reflect.PointerTo(reflect.TypeOf(v)).MethodByName(method)
			assert.False(t, has, "%T has a method %s", v, method)
		}
	}
}

// TestDifferentPeopleStayApart stores two people whose masked forms are the same.
func TestDifferentPeopleStayApart(t *testing.T) {
	t.Parallel()
	ada, alan := stytchotp.EmailAddress("ada@example.com"), stytchotp.EmailAddress("alan@example.com")
	require.Equal(t, ada.Masked(), alan.Masked())
	assert.NotEqual(t, fmt.Sprintf("login:%s", ada), fmt.Sprintf("login:%s", alan))

	queued, err := json.Marshal(stytchotp.EmailLoginOrCreateParams{Email: ada})
	require.NoError(t, err)
	var params stytchotp.EmailLoginOrCreateParams
	require.NoError(t, json.Unmarshal(queued, &params))
	assert.Equal(t, ada, params.Email)
}

// types are a value of every params and response type and of the objects in them.
func types() []any {
	return []any{
		stytchotp.SMSSendParams{},
		stytchotp.SMSLoginOrCreateParams{},
		stytchotp.WhatsAppSendParams{},
		stytchotp.WhatsAppLoginOrCreateParams{},
		stytchotp.EmailSendParams{},
		stytchotp.EmailLoginOrCreateParams{},
		stytchotp.AuthenticateParams{},
		stytchotp.SMSSendResponse{},
		stytchotp.SMSLoginOrCreateResponse{},
		stytchotp.WhatsAppSendResponse{},
		stytchotp.WhatsAppLoginOrCreateResponse{},
		stytchotp.EmailSendResponse{},
		stytchotp.EmailLoginOrCreateResponse{},
		stytchotp.AuthenticateResponse{},
		stytchotp.User{},
		stytchotp.Session{},
		stytchotp.DeviceInfo{},
		stytchotp.Attributes{},
		stytchotp.AuthenticationFactor{},
		stytchotp.Claims{},
	}
}

// TestJSONIsWhole encodes and decodes every type, empty and filled.
func TestJSONIsWhole(t *testing.T) {
	t.Parallel()
	for _, zero := range types() {
		t.Run(fmt.Sprintf("%T", zero), func(t *testing.T) {
			t.Parallel()
			full := reflect.New(reflect.TypeOf(zero))
			fill(full.Elem())
			for _, want := range []any{zero, full.Elem().Interface()} {
				encoded, err := json.Marshal(want)
				require.NoError(t, err)
				got := reflect.New(reflect.TypeOf(zero))
				require.NoError(t, json.Unmarshal(encoded, got.Interface()), "%s", encoded)
				assert.Equal(t, want, got.Elem().Interface(), "%s", encoded)
				assert.NotContains(t, string(encoded), "redacted")
				assert.NotContains(t, string(encoded), "*")

				again, err := json.Marshal(got.Interface())
				require.NoError(t, err)
				assert.Equal(t, string(encoded), string(again))
			}
		})
	}
}

// TestPrintsMasked prints every filled type with each verb, and logs it.
func TestPrintsMasked(t *testing.T) {
	t.Parallel()
	for _, zero := range types() {
		full := reflect.New(reflect.TypeOf(zero))
		fill(full.Elem())
		for _, v := range []any{full.Interface(), full.Elem().Interface()} {
			var b bytes.Buffer
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%T %v"} {
				if strings.Contains(verb, "T") {
					_, _ = fmt.Fprintf(&b, verb+"\n", v, v)
				} else {
					_, _ = fmt.Fprintf(&b, verb+"\n", v)
				}
			}
			slog.New(slog.NewTextHandler(&b, nil)).Info("text", "v", v)
			slog.New(slog.NewJSONHandler(&b, nil)).Info("json", "v", v, slog.Group("g", "v", v))
			assert.NotContains(t, b.String(), "private", "%T", v)
			assert.NotContains(t, b.String(), "2025550162", "%T", v)
			assert.NotContains(t, b.String(), "%!", "%T", v)
		}
	}
}

// TestEmbedding puts our types into a struct of the importer's own.
func TestEmbedding(t *testing.T) {
	t.Parallel()
	type account struct {
		stytchotp.User
		Plan string `json:"plan"`
	}
	type login struct {
		stytchotp.AuthenticateResponse
		Plan string `json:"plan"`
	}
	type session struct {
		*stytchotp.Session
		Plan string `json:"plan"`
	}
	type job struct {
		stytchotp.SMSLoginOrCreateParams
		Plan string `json:"plan"`
	}
	type sent struct { // decodes itself, to set MethodID, so it needs a name
		Sent stytchotp.SMSLoginOrCreateResponse `json:"sent"`
		Plan string                             `json:"plan"`
	}
	for _, zero := range []any{account{}, login{}, session{Session: &stytchotp.Session{}}, job{}, sent{}} {
		full := reflect.New(reflect.TypeOf(zero))
		fill(full.Elem())
		encoded, err := json.Marshal(full.Interface())
		require.NoError(t, err)
		assert.Contains(t, string(encoded), `"plan":"private`, "%T", zero)
		got := reflect.New(reflect.TypeOf(zero))
		require.NoError(t, json.Unmarshal(encoded, got.Interface()))
		assert.Equal(t, full.Interface(), got.Interface(), "%T", zero)
	}
}

// TestEmbeddedSendResponseEncodes encodes a send response that is embedded.
func TestEmbeddedSendResponseEncodes(t *testing.T) {
	t.Parallel()
	encoded, err := json.Marshal(struct {
		stytchotp.EmailSendResponse
		Plan string `json:"plan"`
	}{stytchotp.EmailSendResponse{MethodID: "email-test-1"}, "pro"})
	require.NoError(t, err)
	assert.Contains(t, string(encoded), `"plan":"pro"`)
	assert.Contains(t, string(encoded), `"method_id":"email-test-1"`)
}

// TestMethodIDIsSet decodes send responses in every shape that they are kept in.
func TestMethodIDIsSet(t *testing.T) {
	t.Parallel()
	decoded := func(v any, body string) string {
		require.NoError(t, json.Unmarshal([]byte(body), v), body)
		return reflect.ValueOf(v).Elem().FieldByName("MethodID").String()
	}
	for contact, zeros := range map[string][]any{
		"phone_id": {
			stytchotp.SMSSendResponse{},
			stytchotp.SMSLoginOrCreateResponse{},
			stytchotp.WhatsAppSendResponse{},
			stytchotp.WhatsAppLoginOrCreateResponse{},
		},
		"email_id": {stytchotp.EmailSendResponse{}, stytchotp.EmailLoginOrCreateResponse{}},
	} {
		for _, zero := range zeros {
			for _, body := range []string{
				`{"status_code":200,"request_id":"r","user_id":"u","` + contact + `":"id-1"}`,
				`{"` + contact + `":"id-1","user_id":null,"user_created":null,"new":{"a":[1]}}`,
				`{"method_id":"id-1","request_id":"r"}`,
				`{"` + contact + `":"id-1","method_id":"id-1"}`,
				`{"` + contact + `":"id-1","method_id":""}`,
			} {
				fresh := reflect.New(reflect.TypeOf(zero)).Interface()
				assert.Equal(t, "id-1", decoded(fresh, body), "%T %s", zero, body)
				encoded, err := json.Marshal(fresh)
				require.NoError(t, err)
				assert.Equal(t, "id-1", decoded(reflect.New(reflect.TypeOf(zero)).Interface(), string(encoded)), "%T %s", zero, encoded)
			}
			used := reflect.New(reflect.TypeOf(zero)).Interface()
			decoded(used, `{"`+contact+`":"id-1"}`)
			assert.Equal(t, "id-2", decoded(used, `{"`+contact+`":"id-2"}`), "%T decoded twice", zero)
			require.Error(t, json.Unmarshal([]byte(`{"method_id":7}`), used))
		}
	}
}

// TestLargeIntegers takes an integer that no float64 holds through a queue, a
// cache and a response.
func TestLargeIntegers(t *testing.T) {
	t.Parallel()
	const large = "9007199254740993"
	queued, err := json.Marshal(stytchotp.AuthenticateParams{SessionCustomClaims: map[string]any{"account": int64(9007199254740993)}})
	require.NoError(t, err)
	var params stytchotp.AuthenticateParams
	require.NoError(t, json.Unmarshal(queued, &params))
	again, err := json.Marshal(params)
	require.NoError(t, err)
	assert.Contains(t, string(again), `"account":`+large)

	var session stytchotp.Session
	require.NoError(t, json.Unmarshal([]byte(`{"custom_claims":{"account":`+large+`,"nested":{"list":[`+large+`]}}}`), &session))
	assert.Equal(t, json.Number(large), session.CustomClaims["account"])
	again, err = json.Marshal(session)
	require.NoError(t, err)
	assert.Equal(t, 2, strings.Count(string(again), large))
}
