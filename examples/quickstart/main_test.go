package main

import (
	"io"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

// output returns what run prints when the person types the given lines.
func output(t *testing.T, to stytchotp.PhoneNumber, typed string) (text string, err error) {
	t.Helper()
	stdin, stdout := os.Stdin, os.Stdout
	defer func() { os.Stdin, os.Stdout = stdin, stdout }()
	input, keyboard, pipeErr := os.Pipe()
	require.NoError(t, pipeErr)
	defer func() { require.NoError(t, input.Close()) }()
	_, pipeErr = keyboard.WriteString(typed)
	require.NoError(t, pipeErr)
	require.NoError(t, keyboard.Close())
	screen, pipeErr := os.CreateTemp(t.TempDir(), "screen")
	require.NoError(t, pipeErr)
	defer func() { require.NoError(t, screen.Close()) }()

	os.Stdin, os.Stdout = input, screen
	err = run(t.Context(), to)
	_, pipeErr = screen.Seek(0, io.SeekStart)
	require.NoError(t, pipeErr)
	shown, pipeErr := io.ReadAll(screen)
	require.NoError(t, pipeErr)
	return string(shown), err
}

// credentials makes the program take a server for Stytch.
func credentials(t *testing.T) *otptest.Server {
	t.Helper()
	srv := otptest.NewServer(t, otptest.WithFixedCode("+12025550162", "424242"))
	t.Setenv("STYTCH_PROJECT_ID", srv.ProjectID)
	t.Setenv("STYTCH_SECRET", srv.Secret)
	t.Setenv("STYTCH_BASE_URL", srv.URL)
	return srv
}

func TestOnEmulator(t *testing.T) {
	t.Setenv("STYTCH_PROJECT_ID", "")
	t.Setenv("STYTCH_SECRET", "")
	shown, err := output(t, "", "")
	require.NoError(t, err)
	for _, want := range []string{"ErrCodeIncorrect", "ErrCodeExpired", "ErrInvalidPhoneNumber", "code_incorrect", "code_expired", "request id"} {
		assert.Contains(t, shown, want)
	}
	assert.Len(t, regexp.MustCompile(`the phone shows {2}\[ \d{6} \]`).FindAllString(shown, -1), 3)
	assert.NotRegexp(t, `(^|[^-\w])\+?\d{10}`, shown, "a number in full; an id may hold ten digits in a row")
}

func TestSandbox(t *testing.T) {
	srv := credentials(t)
	shown, err := output(t, "", "")
	require.NoError(t, err)
	assert.Contains(t, shown, "no message is sent")
	assert.Empty(t, srv.Messages())
	assert.NotRegexp(t, `(^|[^-\w])000000`, shown)
}

func TestRealMessagesNeedAYes(t *testing.T) {
	srv := credentials(t)
	_, err := output(t, "+12025550162", "no\n")
	require.ErrorContains(t, err, "nothing was sent")
	assert.Empty(t, srv.Requests())

	shown, err := output(t, "+12025550162", "yes\n424242\n424242\n")
	require.NoError(t, err)
	assert.Contains(t, shown, "two REAL messages")
	assert.Len(t, srv.Messages(), 2)
	assert.NotContains(t, shown, "2025550162")
	assert.NotRegexp(t, `(^|[^-\w])424242`, shown)
}
