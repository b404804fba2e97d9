package transport

import (
	"context"
	"errors"
	"io"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestContextIsKept adds to an error what ended its context.
func TestContextIsKept(t *testing.T) {
	left := errors.New("the user left")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(left)
	e := newError(ctx, io.EOF)
	for _, want := range []error{context.Canceled, left, io.EOF} {
		require.ErrorIs(t, e, want)
	}
	assert.Equal(t, "canceled by the caller", e.Error())
}

// TestURLIsLeftOut of an error's chain.
func TestURLIsLeftOut(t *testing.T) {
	e := newError(t.Context(), &url.Error{Op: "Post", URL: "https://example.com", Err: io.EOF})
	require.ErrorIs(t, e, io.EOF)
	var wrapper *url.Error
	assert.NotErrorAs(t, e, &wrapper)
}
