package main

import (
	"testing"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

var channels = []stytchotp.Channel{stytchotp.ChannelSMS, stytchotp.ChannelWhatsApp, stytchotp.ChannelEmail}

func TestOnEmulator(t *testing.T) {
	t.Setenv("STYTCH_PROJECT_ID", "")
	t.Setenv("STYTCH_SECRET", "")
	for _, channel := range channels {
		if err := run(t.Context(), channel, ""); err != nil {
			t.Fatal(channel, err)
		}
	}
	if err := run(t.Context(), "pigeon", ""); err == nil {
		t.Fatal("wanted an error that names the channels")
	}
}

// With credentials and no recipient, the sandbox's is used and nothing is sent.
func TestWithCredentials(t *testing.T) {
	srv := otptest.NewServer(t)
	t.Setenv("STYTCH_PROJECT_ID", srv.ProjectID)
	t.Setenv("STYTCH_SECRET", srv.Secret)
	t.Setenv("STYTCH_BASE_URL", srv.URL)
	for _, channel := range channels {
		if err := run(t.Context(), channel, ""); err != nil {
			t.Fatal(channel, err)
		}
	}
	if len(srv.Requests()) == 0 || len(srv.Messages()) != 0 {
		t.Fatal("wanted requests and no message")
	}
}
