package suite_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

type contextKey struct{}

// TestObservers looks at the order of begin and end, and at the context that the
// request, the hooks and the checker get.
func TestObservers(t *testing.T) {
	t.Parallel()
	var order []string
	seen := map[string]any{}
	observer := func(name string) stytchotp.Option {
		return stytchotp.WithObserver(func(ctx context.Context, op string) (context.Context, func(stytchotp.Call)) {
			order = append(order, "begin "+name+" "+op)
			value, _ := ctx.Value(contextKey{}).(string)
			return context.WithValue(ctx, contextKey{}, value+name), func(call stytchotp.Call) {
				order = append(order, "end "+name+" "+call.Delivery.String())
			}
		})
	}
	srv := newCannedServer(t, http.StatusOK, minimalSend)
	transport := roundTripFunc(func(r *http.Request) (*http.Response, error) {
		seen["transport"] = r.Context().Value(contextKey{})
		return http.DefaultTransport.RoundTrip(r)
	})
	client := srv.client(t, observer("a"), observer("b"),
		stytchotp.WithObserver(func(context.Context, string) (context.Context, func(stytchotp.Call)) { return nil, nil }),
		stytchotp.WithHook(func(ctx context.Context, _ stytchotp.Call) {
			order, seen["hook"] = append(order, "hook"), ctx.Value(contextKey{})
		}),
		stytchotp.WithSendPolicy(stytchotp.SendPolicy{Checker: stytchotp.CheckerFunc(
			func(ctx context.Context, _ stytchotp.PhoneNumber, _ stytchotp.Channel) (bool, error) {
				seen["checker"] = ctx.Value(contextKey{})
				return true, nil
			})}),
		stytchotp.WithHTTPClient(&http.Client{Transport: transport}))
	ctx := context.WithValue(t.Context(), contextKey{}, "caller ")
	_, err := client.OTPs.SMS.Send(ctx, stytchotp.SMSSendParams{PhoneNumber: "+12025550162"})
	require.NoError(t, err)
	assert.Equal(t, []string{"begin a otps.sms.send", "begin b otps.sms.send", "hook", "end b sent", "end a sent"}, order)
	assert.Equal(t, map[string]any{"transport": "caller ab", "hook": "caller ab", "checker": "caller ab"}, seen)

	for name, call := range map[string]func() error{
		"invalid params": func() error {
			_, callErr := client.OTPs.SMS.Send(ctx, stytchotp.SMSSendParams{})
			return callErr
		},
		"no context": func() error {
			_, callErr := client.OTPs.SMS.Send(nil, stytchotp.SMSSendParams{PhoneNumber: "+12025550162"}) //nolint:staticcheck // the point
			return callErr
		},
	} {
		order = nil
		require.Error(t, call(), name)
		assert.Equal(t, []string{"begin a otps.sms.send", "begin b otps.sms.send", "hook", "end b not_sent", "end a not_sent"}, order, name)
	}
	_, err = stytchotp.NewClient(testProjectID, testSecret, stytchotp.WithObserver(nil))
	require.ErrorContains(t, err, "WithObserver")
}

// TestObserversOfAPanic: a transport of the caller's that panics does not hide the
// call from its observers.
func TestObserversOfAPanic(t *testing.T) {
	t.Parallel()
	var got []stytchotp.Call
	client, err := stytchotp.NewClient(testProjectID, testSecret,
		stytchotp.WithHTTPClient(&http.Client{Transport: roundTripFunc(func(*http.Request) (*http.Response, error) { panic("transport") })}),
		stytchotp.WithHook(func(_ context.Context, call stytchotp.Call) { got = append(got, call) }))
	require.NoError(t, err)
	assert.PanicsWithValue(t, "transport", func() {
		_, _ = client.OTPs.SMS.Send(t.Context(), stytchotp.SMSSendParams{PhoneNumber: "+12025550162"})
	})
	require.Len(t, got, 1)
	assert.Equal(t, stytchotp.DeliveryMaybeSent, got[0].Delivery)
	assert.Error(t, got[0].Err)
}

// TestPanicOfAnObserver: what has begun ends, whichever function panics.
func TestPanicOfAnObserver(t *testing.T) {
	t.Parallel()
	for _, place := range []string{"begin", "end", "hook", "checker"} {
		var order []string
		at := func(what string) {
			order = append(order, what)
			if what == place+" 2" {
				panic(place)
			}
		}
		observer := func(name string) stytchotp.Option {
			return stytchotp.WithObserver(func(ctx context.Context, _ string) (context.Context, func(stytchotp.Call)) {
				at("begin " + name)
				return ctx, func(call stytchotp.Call) {
					assert.Equal(t, place == "begin" || place == "checker", call.Err != nil)
					at("end " + name)
				}
			})
		}
		hook := func(name string) stytchotp.Option {
			return stytchotp.WithHook(func(context.Context, stytchotp.Call) { at("hook " + name) })
		}
		srv := newCannedServer(t, http.StatusOK, minimalSend)
		client := srv.client(t, observer("1"), observer("2"), observer("3"), hook("1"), hook("2"), hook("3"),
			stytchotp.WithSendPolicy(stytchotp.SendPolicy{Checker: stytchotp.CheckerFunc(
				func(context.Context, stytchotp.PhoneNumber, stytchotp.Channel) (bool, error) {
					at("checker 2")
					return true, nil
				})}))
		assert.PanicsWithValue(t, place, func() {
			_, _ = client.OTPs.SMS.Send(t.Context(), stytchotp.SMSSendParams{PhoneNumber: "+12025550162"})
		})
		want := []string{"begin 1", "begin 2", "begin 3", "checker 2", "hook 1", "hook 2", "hook 3", "end 3", "end 2", "end 1"}
		if place == "begin" {
			want = []string{"begin 1", "begin 2", "hook 1", "hook 2", "hook 3", "end 1"}
		}
		assert.Equal(t, want, order, place)
	}
}

// TestCallHoldsNothingPrivate answers with private text where ids and types belong.
func TestCallHoldsNothingPrivate(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusBadRequest} {
		var got stytchotp.Call
		srv := newCannedServer(t, status, `{"status_code":`+map[int]string{200: "200", 400: "400"}[status]+
			`,"request_id":"+12025550162","error_type":"`+map[int]string{400: "ada@example.com"}[status]+`","phone_id":"`+phoneID+`"}`)
		client := srv.client(t, stytchotp.WithHook(func(_ context.Context, call stytchotp.Call) { got = call }))
		_, _ = client.OTPs.SMS.Send(t.Context(), stytchotp.SMSSendParams{PhoneNumber: "+12025550162"})
		assert.Equal(t, "[redacted]", got.RequestID)
		encoded, err := json.Marshal(got)
		require.NoError(t, err)
		for _, private := range []string{"2025550162", "ada@"} {
			assert.NotContains(t, string(encoded)+string(got.ErrorType)+got.RequestID, private)
		}
	}
}

// TestDeliveryAsText takes each Delivery through JSON.
func TestDeliveryAsText(t *testing.T) {
	t.Parallel()
	for delivery, text := range map[stytchotp.Delivery]string{
		stytchotp.DeliverySent: `"sent"`, stytchotp.DeliveryNotSent: `"not_sent"`, stytchotp.DeliveryMaybeSent: `"maybe_sent"`,
	} {
		encoded, err := json.Marshal(delivery)
		require.NoError(t, err)
		assert.Equal(t, text, string(encoded))
		var decoded stytchotp.Delivery
		require.NoError(t, json.Unmarshal(encoded, &decoded))
		assert.Equal(t, delivery, decoded)
	}
	decoded := stytchotp.DeliverySent
	require.NoError(t, json.Unmarshal([]byte(`"other"`), &decoded))
	assert.Equal(t, stytchotp.DeliveryMaybeSent, decoded, "what promises least")
}
