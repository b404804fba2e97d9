package suite_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/internal/phone"
)

func smsTo(number stytchotp.PhoneNumber) func(context.Context, *stytchotp.Client) (any, error) {
	return smsLogin(stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
}

func whatsAppTo(number stytchotp.PhoneNumber) func(context.Context, *stytchotp.Client) (any, error) {
	return whatsAppSend(stytchotp.WhatsAppSendParams{PhoneNumber: number})
}

// lookupError is a struct, whose fields fmt prints where it does not ask for a text.
type lookupError struct{ text string }

func (e lookupError) Error() string { return e.text }

var (
	errLookup = lookupError{"the lookup is down: +12025550162"}
	allow     = stytchotp.CheckerFunc(func(context.Context, stytchotp.PhoneNumber, stytchotp.Channel) (bool, error) { return true, nil })
	deny      = stytchotp.CheckerFunc(func(context.Context, stytchotp.PhoneNumber, stytchotp.Channel) (bool, error) { return false, nil })
	broken    = stytchotp.CheckerFunc(func(context.Context, stytchotp.PhoneNumber, stytchotp.Channel) (bool, error) { return true, errLookup })
)

// What a policy refuses is not sent, and is told apart; what it lets through is
// sent. An observing policy says the same and sends everything.
func TestSendPolicy(t *testing.T) {
	t.Parallel()
	northAmerica := stytchotp.SendPolicy{Regions: stytchotp.RegionsUSAndCanada()}
	for _, tc := range []struct {
		name    string
		policy  stytchotp.SendPolicy
		call    func(context.Context, *stytchotp.Client) (any, error)
		refusal string // "" when the message goes out
		is      error
		code    string
	}{
		{"US and Canada: US", northAmerica, smsTo("+12025550162"), "", nil, ""},
		{"US and Canada: Canada", northAmerica, smsTo("+16135550123"), "", nil, ""},
		{"US and Canada: Jamaica", northAmerica, smsTo("+18765230123"), "region_not_allowed", stytchotp.ErrRegionNotAllowed, "region_not_allowed"},
		{"US and Canada: Bahamas", northAmerica, smsTo("+12423591234"), "region_not_allowed", stytchotp.ErrRegionNotAllowed, "region_not_allowed"},
		{"US and Canada: Guam", northAmerica, whatsAppTo("+16713001234"), "region_not_allowed", stytchotp.ErrRegionNotAllowed, "region_not_allowed"},
		{"US and Canada: Puerto Rico", northAmerica, smsTo("+17872345678"), "region_not_allowed", stytchotp.ErrRegionNotAllowed, "region_not_allowed"},
		{"US and Canada: a new area code", northAmerica, smsTo("+14362345678"), "", nil, ""},
		{"US and Canada: fictional", northAmerica, smsTo("+12025550100"), "", nil, ""},
		{"US and Canada: a new exchange of the Bahamas", northAmerica, smsTo("+12422222222"), "region_not_allowed", stytchotp.ErrRegionNotAllowed, "region_not_allowed"},
		{"US and Canada: a new area code, valid required", stytchotp.SendPolicy{Regions: stytchotp.RegionsUSAndCanada(), RequireValid: true}, smsTo("+14362345678"), "not_valid", stytchotp.ErrInvalidPhoneNumber, "invalid_phone_number"},
		{"Canada: a new area code", stytchotp.SendPolicy{Regions: []string{"CA"}}, smsTo("+14362345678"), "unknown_range", stytchotp.ErrInvalidPhoneNumber, "invalid_phone_number"},
		{"Germany: a new area code", stytchotp.SendPolicy{Regions: []string{"DE"}}, whatsAppTo("+14362345678"), "unknown_range", stytchotp.ErrInvalidPhoneNumber, "invalid_phone_number"},
		{"GB: fictional", stytchotp.SendPolicy{Regions: []string{"GB"}}, smsTo("+447700900123"), "", nil, ""},
		{"GB: fictional landline", stytchotp.SendPolicy{Regions: []string{"GB"}}, smsTo("+441632960001"), "", nil, ""},
		{"Jersey: fictional", stytchotp.SendPolicy{Regions: []string{"JE"}}, smsTo("+447700900123"), "region_not_allowed", stytchotp.ErrRegionNotAllowed, "region_not_allowed"},
		{"AU: a new range", stytchotp.SendPolicy{Regions: []string{"AU"}}, smsTo("+61512345678"), "", nil, ""},
		{"US and Canada: Germany", northAmerica, whatsAppTo("+4915112345678"), "region_not_allowed", stytchotp.ErrRegionNotAllowed, "region_not_allowed"},
		{"GB: London", stytchotp.SendPolicy{Regions: []string{"GB"}}, smsTo("+447400123456"), "", nil, ""},
		{"GB: Guernsey", stytchotp.SendPolicy{Regions: []string{"GB"}}, smsTo("+447911123456"), "region_not_allowed", stytchotp.ErrRegionNotAllowed, "region_not_allowed"},
		{"GB and neighbors: Guernsey", stytchotp.SendPolicy{Regions: stytchotp.RegionsSharingCode("GB")}, smsTo("+447911123456"), "", nil, ""},
		{"IT: the Vatican", stytchotp.SendPolicy{Regions: []string{"IT"}}, smsTo("+390669812345"), "region_not_allowed", stytchotp.ErrRegionNotAllowed, "region_not_allowed"},

		{"zero: anywhere", stytchotp.SendPolicy{}, smsTo("+33612345678"), "", nil, ""},
		{"zero: premium rate", stytchotp.SendPolicy{}, smsTo("+19002345678"), "number_type_not_allowed", stytchotp.ErrNumberTypeNotAllowed, "number_type_not_allowed"},
		{"zero: toll-free", stytchotp.SendPolicy{}, smsTo("+18002345678"), "number_type_not_allowed", stytchotp.ErrNumberTypeNotAllowed, "number_type_not_allowed"},
		{"zero: shared cost", stytchotp.SendPolicy{}, whatsAppTo("+33820123456"), "number_type_not_allowed", stytchotp.ErrNumberTypeNotAllowed, "number_type_not_allowed"},
		{"zero: pager", stytchotp.SendPolicy{}, smsTo("+447640123456"), "number_type_not_allowed", stytchotp.ErrNumberTypeNotAllowed, "number_type_not_allowed"},
		{"zero: UAN", stytchotp.SendPolicy{}, smsTo("+445612345678"), "", nil, ""}, // VoIP there, not UAN
		{"zero: a company's number", stytchotp.SendPolicy{}, smsTo("+443012345678"), "number_type_not_allowed", stytchotp.ErrNumberTypeNotAllowed, "number_type_not_allowed"},
		{"zero: personal number", stytchotp.SendPolicy{}, smsTo("+447012345678"), "number_type_not_allowed", stytchotp.ErrNumberTypeNotAllowed, "number_type_not_allowed"},
		{"zero: personal number in North America", stytchotp.SendPolicy{}, smsTo("+15002345678"), "number_type_not_allowed", stytchotp.ErrNumberTypeNotAllowed, "number_type_not_allowed"},
		{"zero: personal number in Switzerland", stytchotp.SendPolicy{}, whatsAppTo("+41878123456"), "number_type_not_allowed", stytchotp.ErrNumberTypeNotAllowed, "number_type_not_allowed"},
		{"personal numbers allowed", stytchotp.SendPolicy{AllowTypes: []stytchotp.NumberType{stytchotp.NumberTypePersonalNumber}}, smsTo("+447012345678"), "", nil, ""},
		{"toll-free allowed", stytchotp.SendPolicy{AllowTypes: []stytchotp.NumberType{stytchotp.NumberTypeTollFree}}, smsTo("+18002345678"), "", nil, ""},
		{"zero: of no country", stytchotp.SendPolicy{}, smsTo("+882123456789"), "non_geographic", stytchotp.ErrRegionNotAllowed, "region_not_allowed"},
		{"of no country allowed", stytchotp.SendPolicy{AllowNonGeographic: true, Regions: []string{"US"}}, smsTo("+882123456789"), "", nil, ""},

		{"zero: unsupported by SMS", stytchotp.SendPolicy{}, smsTo("+213551234567"), "region_unsupported", stytchotp.ErrRegionNotAllowed, "region_not_allowed"},
		{"zero: unsupported by SMS, WhatsApp", stytchotp.SendPolicy{}, whatsAppTo("+213551234567"), "", nil, ""},
		{"unsupported allowed", stytchotp.SendPolicy{AllowUnsupported: true}, smsTo("+213551234567"), "", nil, ""},

		{"possible is enough", stytchotp.SendPolicy{}, smsTo("+15555555555"), "", nil, ""},
		{"valid required", stytchotp.SendPolicy{RequireValid: true}, smsTo("+15555555555"), "not_valid", stytchotp.ErrInvalidPhoneNumber, "invalid_phone_number"},
		{"valid required and given", stytchotp.SendPolicy{RequireValid: true}, smsTo("+12025550162"), "", nil, ""},

		{"checker allows", stytchotp.SendPolicy{Checker: allow}, smsTo("+12025550162"), "", nil, ""},
		{"checker refuses", stytchotp.SendPolicy{Checker: deny}, smsTo("+12025550162"), "refused_by_checker", stytchotp.ErrNumberRefused, "number_refused"},
		{"checker refuses, errors allowed", stytchotp.SendPolicy{Checker: deny, AllowOnCheckerError: true}, smsTo("+12025550162"), "refused_by_checker", stytchotp.ErrNumberRefused, "number_refused"},
		{"checker fails", stytchotp.SendPolicy{Checker: broken}, smsTo("+12025550162"), "checker_failed", stytchotp.ErrNumberRefused, "unavailable"},
		{"checker fails, allowed", stytchotp.SendPolicy{Checker: broken, AllowOnCheckerError: true}, smsTo("+12025550162"), "", nil, ""},

		{"sandbox number", stytchotp.SendPolicy{Regions: []string{"DE"}, RequireValid: true, Checker: deny}, smsTo("+10000000000"), "", nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got stytchotp.Call
			hook := stytchotp.WithHook(func(_ context.Context, call stytchotp.Call) { got = call })

			srv := newCannedServer(t, http.StatusOK, minimalSend)
			_, err := tc.call(t.Context(), srv.client(t, hook, stytchotp.WithSendPolicy(tc.policy)))
			assert.Equal(t, tc.refusal, got.PolicyRefusal)
			if tc.refusal == "" {
				require.NoError(t, err)
				assert.Equal(t, 1, srv.count())
				return
			}
			var invalid *stytchotp.ValidationError
			require.ErrorAs(t, err, &invalid)
			require.ErrorIs(t, err, tc.is)
			assert.Equal(t, "phone_number", invalid.Fields[0].Field)
			assert.Equal(t, tc.refusal, invalid.Fields[0].Code)
			assert.Equal(t, tc.code, stytchotp.PublicCode(err))
			status := http.StatusUnprocessableEntity
			if tc.refusal == "checker_failed" {
				status = http.StatusServiceUnavailable
			}
			assert.Equal(t, status, stytchotp.HTTPStatus(err))
			assert.Equal(t, stytchotp.DeliveryNotSent, stytchotp.DeliveryOf(err))
			assert.Zero(t, srv.count(), "something was sent")
			assert.Equal(t, errors.Is(err, errLookup), tc.refusal == "checker_failed")
			assert.Equal(t, err.Error(), fmt.Sprint(*invalid), "a copy prints like the error")
			for _, printed := range []any{err, *invalid, invalid.Fields, invalid.Fields[0], &invalid.Fields[0]} {
				for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
					assert.NotContains(t, fmt.Sprintf(verb, printed), "lookup is down")
				}
			}

			tc.policy.ObserveOnly = true
			_, err = tc.call(t.Context(), srv.client(t, hook, stytchotp.WithSendPolicy(tc.policy)))
			require.NoError(t, err)
			assert.Equal(t, tc.refusal, got.PolicyRefusal, "the hook learns what would have been refused")
			assert.Equal(t, 1, srv.count())
		})
	}
}

// What an observing policy would have refused is logged where it is seen by default.
func TestObservedRefusalIsLogged(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	srv := newCannedServer(t, http.StatusOK, minimalSend)
	client := srv.client(t, stytchotp.WithLogger(slog.New(slog.NewTextHandler(&logged, nil))),
		stytchotp.WithSendPolicy(stytchotp.SendPolicy{Regions: []string{"US"}, ObserveOnly: true}))
	_, err := smsTo("+447400123456")(t.Context(), client)
	require.NoError(t, err)
	assert.Contains(t, logged.String(), "level=INFO msg=\"stytch call\"")
	assert.Contains(t, logged.String(), "region=GB policy_refusal=region_not_allowed")
}

// E-mail and Authenticate have no number, and bad params never reach the policy.
func TestSendPolicyIsAskedOnlyForNumbers(t *testing.T) {
	t.Parallel()
	asked := 0
	policy := stytchotp.WithSendPolicy(stytchotp.SendPolicy{Checker: stytchotp.CheckerFunc(
		func(ctx context.Context, number stytchotp.PhoneNumber, channel stytchotp.Channel) (bool, error) {
			asked++
			assert.Equal(t, "+12025550162", string(number))
			assert.Contains(t, []stytchotp.Channel{stytchotp.ChannelSMS, stytchotp.ChannelWhatsApp}, channel)
			deadline, ok := ctx.Deadline()
			assert.True(t, ok, "the checker has no time limit")
			assert.LessOrEqual(t, time.Until(deadline), callTimeout)
			return true, nil
		})})
	for _, op := range operations() {
		srv := newCannedServer(t, http.StatusOK, op.successBody())
		_, err := op.call(t.Context(), srv.client(t, policy))
		require.NoError(t, err)
	}
	srv := newCannedServer(t, http.StatusOK, minimalSend)
	_, err := smsTo("not a number")(t.Context(), srv.client(t, policy))
	require.ErrorIs(t, err, stytchotp.ErrInvalidPhoneNumber)
	assert.Equal(t, 4, asked)
}

// A checker whose time runs out did not refuse the number, whatever it returns.
func TestCheckerOutOfTime(t *testing.T) {
	t.Parallel()
	for name, result := range map[string]func(error) error{
		"an error":  func(err error) error { return err },
		"a refusal": func(error) error { return nil },
	} {
		synctest.Test(t, func(t *testing.T) {
			client, err := stytchotp.NewClient(testProjectID, testSecret, stytchotp.WithTimeout(2*time.Second),
				stytchotp.WithSendPolicy(stytchotp.SendPolicy{Checker: stytchotp.CheckerFunc(
					func(ctx context.Context, _ stytchotp.PhoneNumber, _ stytchotp.Channel) (bool, error) {
						<-ctx.Done()
						return false, result(ctx.Err())
					})}))
			require.NoError(t, err)
			_, err = smsTo("+12025550162")(t.Context(), client)
			require.ErrorIs(t, err, context.DeadlineExceeded, name)
			assert.Equal(t, http.StatusServiceUnavailable, stytchotp.HTTPStatus(err), name)
			assert.Equal(t, "unavailable", stytchotp.PublicCode(err), name)
			assert.Equal(t, stytchotp.DeliveryNotSent, stytchotp.DeliveryOf(err), name)
		})
	}
}

// A number that ParsePhoneNumber would change is sent nowhere, with a policy or without.
func TestSendRefusesWhatIsNotNormalized(t *testing.T) {
	t.Parallel()
	for number, code := range map[stytchotp.PhoneNumber]string{
		"+4901711234567":  "not_normalized", // a trunk zero
		"+8108012345678":  "not_normalized",
		"+4909001234567":  "not_normalized", // premium rate behind it
		"+91919876543210": "not_normalized", // the calling code twice
		"+49491711234567": "ambiguous",
		"+11125550123":    "impossible",
		"+10612345678":    "impossible",
		"+1********62":    "masked",
		"[redacted]":      "masked",
	} {
		for _, options := range [][]stytchotp.Option{
			nil,
			{stytchotp.WithSendPolicy(stytchotp.SendPolicy{})},
			{stytchotp.WithSendPolicy(stytchotp.SendPolicy{ObserveOnly: true})},
		} {
			srv := newCannedServer(t, http.StatusOK, minimalSend)
			for _, send := range []func(context.Context, *stytchotp.Client) (any, error){smsTo(number), whatsAppTo(number)} {
				_, err := send(t.Context(), srv.client(t, options...))
				var invalid *stytchotp.ValidationError
				require.ErrorAs(t, err, &invalid, string(number))
				require.ErrorIs(t, err, stytchotp.ErrInvalidPhoneNumber)
				assert.Equal(t, code, invalid.Fields[0].Code, string(number))
				assert.NotContains(t, err.Error(), string(number))
			}
			assert.Zero(t, srv.count())
		}
	}
}

// A policy for the United States and Canada admits no number of another region, and
// each region alone admits its own numbers, of every kind the numbering plans know.
func TestSendPolicyAdmitsNoOtherRegion(t *testing.T) {
	t.Parallel()
	srv := newCannedServer(t, http.StatusOK, minimalSend)
	client := srv.client(t, stytchotp.WithSendPolicy(stytchotp.SendPolicy{
		Regions: stytchotp.RegionsUSAndCanada(), AllowUnsupported: true,
		AllowTypes: []stytchotp.NumberType{stytchotp.NumberTypePersonalNumber},
	}))
	foreign, own := 0, 0
	for _, region := range phone.Regions() {
		for _, kind := range []phone.Type{phone.TypeMobile, phone.TypeFixedLine, phone.TypeFixedLineOrMobile, phone.TypeVoIP, phone.TypePersonalNumber} {
			number := stytchotp.PhoneNumber(phone.Example(region, kind))
			if number == "" {
				continue
			}
			_, err := smsTo(number)(t.Context(), client)
			if r := number.Region(); r == "US" || r == "CA" {
				own++
				require.NoError(t, err, "%s %s", region, kind)
			} else {
				foreign++
				require.ErrorIs(t, err, stytchotp.ErrRegionNotAllowed, "%s %s", region, kind)
			}
		}
	}
	assert.Equal(t, own, srv.count())
	assert.Greater(t, foreign, 400)
	assert.Positive(t, own)
}

func TestWithSendPolicyRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		policy stytchotp.SendPolicy
		want   []string
	}{
		{"a calling code", stytchotp.SendPolicy{Regions: []string{"+1"}}, []string{`"+1" is no ISO 3166`}},
		{"lower case", stytchotp.SendPolicy{Regions: []string{"us"}}, []string{`"us" is no ISO 3166`}},
		{"no such region", stytchotp.SendPolicy{Regions: []string{"US", "XX"}}, []string{`"XX" is no ISO 3166`}},
		{"a region whose mobiles are another's", stytchotp.SendPolicy{Regions: []string{"AX"}}, []string{`mobile numbers of "AX" count for "FI": name "FI" as well`}},
		{"all of them", stytchotp.SendPolicy{Regions: []string{"SJ", "CC", "CX", "BL", "EH", "VA", "MF"}}, []string{`"NO"`, `"AU"`, `"GP"`, `"MA"`, `"IT"`}},
		{"a type that is never refused", stytchotp.SendPolicy{AllowTypes: []stytchotp.NumberType{"mobile"}}, []string{`"mobile" is never refused`}},
		{"a nil function", stytchotp.SendPolicy{Checker: stytchotp.CheckerFunc(nil)}, []string{"nil CheckerFunc"}},
		{
			"everything at once",
			stytchotp.SendPolicy{Regions: []string{"XX", "YY"}, AllowTypes: []stytchotp.NumberType{"mobile"}, Checker: stytchotp.CheckerFunc(nil)},
			[]string{`"XX"`, `"YY"`, `"mobile"`, "nil CheckerFunc"},
		},
	} {
		_, err := stytchotp.NewClient(testProjectID, testSecret, stytchotp.WithSendPolicy(tc.policy))
		for _, want := range tc.want {
			require.ErrorContains(t, err, want, tc.name)
		}
	}
}

func TestWithSendPolicyAllowsRegionsTogether(t *testing.T) {
	t.Parallel()
	for _, regions := range [][]string{stytchotp.RegionsSharingCode("IT"), {"AX", "FI"}, stytchotp.RegionsSharingCode("GP"), {"KZ"}, {"YT"}, {"GG"}} {
		_, err := stytchotp.NewClient(testProjectID, testSecret, stytchotp.WithSendPolicy(stytchotp.SendPolicy{Regions: regions}))
		require.NoError(t, err, "%v", regions)
	}
}

// The client keeps its own copy of a policy.
func TestSendPolicyIsCopied(t *testing.T) {
	t.Parallel()
	srv := newCannedServer(t, http.StatusOK, minimalSend)
	regions := []string{"US"}
	types := []stytchotp.NumberType{stytchotp.NumberTypeTollFree}
	client := srv.client(t, stytchotp.WithSendPolicy(stytchotp.SendPolicy{Regions: regions, AllowTypes: types}))
	regions[0], types[0] = "DE", stytchotp.NumberTypePager
	_, err := smsTo("+18002345678")(t.Context(), client)
	require.NoError(t, err)
}

func TestRegionsSharingCode(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"GB", "GG", "IM", "JE"}, stytchotp.RegionsSharingCode("GB"))
	assert.Equal(t, []string{"IT", "VA"}, stytchotp.RegionsSharingCode("IT"))
	assert.Equal(t, []string{"FR"}, stytchotp.RegionsSharingCode("FR"))
	assert.Contains(t, stytchotp.RegionsSharingCode("US"), "JM")
	assert.Nil(t, stytchotp.RegionsSharingCode("XX"))
}
