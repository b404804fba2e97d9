package suite_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

// TestTables compares the tables in the pages with what the code does, or with
// -update writes them.
func TestTables(t *testing.T) {
	t.Parallel()
	tables := map[string]string{"messages": messageTable(t), "codes": codeTable(t), "types": typeTable(t)}
	place := regexp.MustCompile(`(?s)(<!-- table: ([a-z]+);[^\n]*-->\n)(.*?)(<!-- end -->)`)
	seen := map[string]bool{}
	for _, page := range []string{"README.md", "docs/errors.md"} {
		text, err := os.ReadFile(top + page)
		require.NoError(t, err)
		want := place.ReplaceAllStringFunc(string(text), func(found string) string {
			parts := place.FindStringSubmatch(found)
			require.Contains(t, tables, parts[2])
			seen[parts[2]] = true
			return parts[1] + tables[parts[2]] + parts[4]
		})
		if *update {
			require.NoError(t, os.WriteFile(top+page, []byte(want), 0o644))
			continue
		}
		is, should := strings.Split(string(text), "\n"), strings.Split(want, "\n")
		for i := range min(len(is), len(should)) {
			if !assert.Equal(t, should[i], is[i], "%s:%d is not what the code does: go test ./internal/suite -run TestTables -update", page, i+1) {
				break
			}
		}
		assert.Len(t, is, len(should))
	}
	assert.Len(t, seen, len(tables))
}

// TestFieldCodes compares the codes in the page with those in the source.
func TestFieldCodes(t *testing.T) {
	t.Parallel()
	inSource := regexp.MustCompile(`(?:refusal\(|add\([a-z".A-Z_\[\]0-9]+, |Code: +|Reason = |codeCheckerFailed = |^\s+return )"([a-z_]+)"`)
	want, got := map[string]bool{}, map[string]bool{}
	for _, file := range []string{"validation.go", "client.go", "phone.go", "policy.go", "internal/phone/errors.go"} {
		text, err := os.ReadFile(top + file)
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			if m := inSource.FindStringSubmatch(line); m != nil {
				want[m[1]] = true
			}
		}
	}
	page, err := os.ReadFile(top + "docs/errors.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(page), "| `FieldError.Code` |")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	for row := range strings.Lines(section) {
		cells := strings.Split(row, "|")
		if len(cells) < 3 {
			continue
		}
		for _, m := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(cells[1], -1) {
			got[m[1]] = true
		}
	}
	assert.Equal(t, want, got)
}

// situation is a way in which a call can end, and what to show the person then.
type situation struct {
	what   string
	meets  *otptest.Fault
	number stytchotp.PhoneNumber
	show   string
}

const number = stytchotp.PhoneNumber("+12025550162")

func messageTable(t *testing.T) string {
	t.Helper()
	const later = "“please try again in a moment”"
	var table strings.Builder
	table.WriteString("| what happened | error | `DeliveryOf` | `HTTPStatus` | `PublicCode` | what to show |\n|---|---|---|---|---|---|\n")
	for _, s := range []situation{
		{"it was accepted", nil, number, "the field for the code"},
		{"the number cannot be dialed", nil, "+1202555", "“check the number”"},
		{"its country is not allowed", nil, "+442079460958", "“we cannot send there”"},
		{"too many requests", &otptest.Fault{ErrorType: "too_many_requests"}, number, "“please wait”, for `RetryAfter` if that is set"},
		{"the project's secret is wrong", &otptest.Fault{ErrorType: "unauthorized_credentials"}, number, "“that is our fault”, and an alert"},
		{"no connection could be made", &otptest.Fault{Drop: otptest.DropRefused}, number, later},
		{"the carrier failed", &otptest.Fault{ErrorType: "downstream_carrier_error"}, number, "a button for another code, and another channel"},
		{"the time ran out", &otptest.Fault{SendFirst: true, Delay: time.Hour}, number, "a button for another code"},
		{"the connection broke", &otptest.Fault{Drop: otptest.DropAfterSend}, number, "a button for another code"},
		{"a 5xx, of Stytch's or of a proxy's", &otptest.Fault{HTML: true}, number, "a button for another code"},
		{"a success without the id", &otptest.Fault{Status: 200, HTML: true}, number, "a button for another code"},
	} {
		synctest.Test(t, func(t *testing.T) {
			srv := otptest.NewInProcess(t)
			if s.meets != nil {
				srv.Inject(*s.meets)
			}
			client := srv.Client(stytchotp.WithMaxRetries(0))
			_, err := client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: s.number})
			fmt.Fprintf(&table, "| %s | %s | `%s` | %d | %s | %s |\n", s.what, typeOf(err),
				stytchotp.DeliveryOf(err), stytchotp.HTTPStatus(err), quoted(stytchotp.PublicCode(err)), s.show)
		})
	}
	return table.String()
}

func codeTable(t *testing.T) string {
	t.Helper()
	srv := otptest.NewServer(t, otptest.WithFixedCode(string(number), "123456"), otptest.WithUserLock(2, time.Hour))
	client := srv.Client()
	authenticate := func(code stytchotp.Secret) error {
		sent, err := client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
		require.NoError(t, err)
		_, err = client.OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{MethodID: sent.MethodID, Code: code})
		return err
	}
	var table strings.Builder
	table.WriteString("| what happened | `errors.Is` | `HTTPStatus` | `PublicCode` | does this use the code up? | what to show |\n|---|---|---|---|---|---|\n")
	row := func(what string, err error, show string) {
		used := map[stytchotp.Delivery]string{
			stytchotp.DeliverySent: "yes", stytchotp.DeliveryNotSent: "no", stytchotp.DeliveryMaybeSent: "perhaps",
		}
		fmt.Fprintf(&table, "| %s | %s | %d | %s | %s | %s |\n", what, sentinelOf(err),
			stytchotp.HTTPStatus(err), quoted(stytchotp.PublicCode(err)), used[stytchotp.DeliveryOf(err)], show)
	}
	row("it is right", authenticate("123456"), "welcome")
	row("it is wrong", authenticate("654321"), "“that is not the code”")
	row("it is not digits", authenticate("12345a"), "“that is not the code”")

	sent, err := client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
	require.NoError(t, err)
	srv.Advance(time.Hour)
	_, err = client.OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{MethodID: sent.MethodID, Code: "123456"})
	row("it is right and too late, or was used", err, "“ask for a new one”")

	require.ErrorIs(t, authenticate("654321"), stytchotp.ErrCodeIncorrect)
	row("the person is locked after too many wrong ones", authenticate("123456"), "“please wait”")
	srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, HTML: true})
	row("a 5xx", authenticate("123456"), "“ask for a new one”")
	return table.String()
}

// typeTable lists the error types that mean something, in the order of the source.
func typeTable(t *testing.T) string {
	t.Helper()
	var table strings.Builder
	table.WriteString("| type | `errors.Is` | `DeliveryOf` | `HTTPStatus` | `PublicCode` |\n|---|---|---|---|---|\n")
	for _, errorType := range errorTypes(t) {
		answer := &stytchotp.StytchError{Op: "otps.sms.send", StatusCode: 400, ErrorType: errorType}
		if errors.Is(answer, stytchotp.ErrUnavailable) {
			answer.StatusCode = 500
		}
		sentinel, code := sentinelOf(answer), stytchotp.PublicCode(answer)
		if sentinel == "-" && code == "internal" {
			continue // no meaning of its own
		}
		fmt.Fprintf(&table, "| `%s` | %s | `%s` | %d | `%s` |\n",
			errorType, sentinel, stytchotp.DeliveryOf(answer), stytchotp.HTTPStatus(answer), code)
	}
	return table.String()
}

// errorTypes reads the constants out of the source, so that none is forgotten.
func errorTypes(t *testing.T) (types []stytchotp.ErrorType) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), top+"error_types.go", nil, 0)
	require.NoError(t, err)
	ast.Inspect(file, func(node ast.Node) bool {
		if spec, ok := node.(*ast.ValueSpec); ok {
			for _, value := range spec.Values {
				text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
				require.NoError(t, err)
				types = append(types, stytchotp.ErrorType(text))
			}
		}
		return true
	})
	require.Greater(t, len(types), 50)
	return types
}

func typeOf(err error) string {
	if err == nil {
		return "none"
	}
	return "`" + strings.TrimPrefix(fmt.Sprintf("%T", err), "*stytchotp.") + "`"
}

func quoted(code string) string {
	if code == "" {
		return "-"
	}
	return "`" + code + "`"
}

// sentinelOf names the sentinel that err answers.
func sentinelOf(err error) string {
	for name, sentinel := range map[string]error{
		"ErrInvalidPhoneNumber": stytchotp.ErrInvalidPhoneNumber, "ErrInvalidEmail": stytchotp.ErrInvalidEmail,
		"ErrRegionNotAllowed": stytchotp.ErrRegionNotAllowed, "ErrCodeIncorrect": stytchotp.ErrCodeIncorrect,
		"ErrCodeExpired": stytchotp.ErrCodeExpired, "ErrRateLimited": stytchotp.ErrRateLimited,
		"ErrUserLocked": stytchotp.ErrUserLocked, "ErrUserNotFound": stytchotp.ErrUserNotFound,
		"ErrUnauthorized": stytchotp.ErrUnauthorized, "ErrSessionNotFound": stytchotp.ErrSessionNotFound,
		"ErrUnavailable": stytchotp.ErrUnavailable, "context.DeadlineExceeded": context.DeadlineExceeded,
	} {
		if errors.Is(err, sentinel) {
			return "`" + name + "`"
		}
	}
	return "-"
}
