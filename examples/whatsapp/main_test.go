package main

import (
	"testing"

	"github.com/stytchotp/stytchotp/otptest"
)

func TestOnEmulator(t *testing.T) {
	t.Setenv("STYTCH_PROJECT_ID", "")
	t.Setenv("STYTCH_SECRET", "")
	if err := run(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
}

// With credentials and no number, the sandbox's is used and nothing is sent.
func TestWithCredentials(t *testing.T) {
	srv := otptest.NewServer(t)
	t.Setenv("STYTCH_PROJECT_ID", srv.ProjectID)
	t.Setenv("STYTCH_SECRET", srv.Secret)
	t.Setenv("STYTCH_BASE_URL", srv.URL)
	if err := run(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if len(srv.Requests()) == 0 || len(srv.Messages()) != 0 {
		t.Fatal("wanted requests and no message")
	}
}
