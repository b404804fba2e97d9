package e2e

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"testing"

	"github.com/davecgh/go-spew/spew"
	"github.com/kr/pretty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

// failures keeps what an assertion of testify prints.
type failures struct{ text string }

func (f *failures) Errorf(format string, args ...any) { f.text += fmt.Sprintf(format, args...) }

// TestDumpsOfAClient prints a client, and what holds one, by printers that follow
// every pointer by reflection. The credentials are in none of it.
func TestDumpsOfAClient(t *testing.T) {
	srv := otptest.NewServer(t)
	const secret = "secret-test-c4n4ryc4n4ryc4n4ryc4n4ryc4n4ryc4n4ry"
	connect := func() *stytchotp.Client {
		client, err := stytchotp.NewClient(srv.ProjectID, secret, stytchotp.WithBaseURL(srv.URL),
			stytchotp.WithLogger(slog.New(slog.DiscardHandler)), stytchotp.WithSendPolicy(stytchotp.SendPolicy{}))
		require.NoError(t, err)
		t.Cleanup(client.CloseIdleConnections)
		// A connection keeps what was written to it.
		_, err = client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"})
		require.ErrorIs(t, err, stytchotp.ErrUnauthorized)
		return client
	}
	type backend struct {
		Client *stytchotp.Client
		SMS    stytchotp.SMSService
	}
	client := connect()
	for _, v := range []any{client, *client, client.OTPs, *client.OTPs.Email, backend{client, *client.OTPs.SMS}, []*stytchotp.Client{client}} {
		var f failures
		assert.Equal(&f, backend{connect(), *client.OTPs.SMS}, v)
		require.NotEmpty(t, f.text)
		plain := spew.ConfigState{Indent: " ", DisableMethods: true}
		for printer, text := range map[string]string{
			"spew": spew.Sdump(v), "spew without methods": plain.Sdump(v), "kr/pretty": fmt.Sprintf("%# v", pretty.Formatter(v)),
			"testify": f.text, "fmt": fmt.Sprintf("%+v %#v", v, v),
		} {
			assert.NotContains(t, text, "c4n4ry", "%s of %T", printer, v)
			assert.NotContains(t, text, "Authorization", "%s of %T", printer, v)
			assert.NotContains(t, text, base64.StdEncoding.EncodeToString([]byte(srv.ProjectID + ":" + secret))[:24], "%s of %T", printer, v)
		}
	}
}
