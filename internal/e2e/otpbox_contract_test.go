package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp/docs/openapi"
)

// contract is a transport that holds every exchange with otpbox against the OpenAPI
// descriptions: every answer, and every request that was not refused.
type contract struct {
	t      *testing.T
	router map[bool]routers.Router // of the control API?
	next   http.RoundTripper

	mu   sync.Mutex
	seen map[string]bool // operations, by id
	all  []string
}

func newContract(t *testing.T) *contract {
	t.Helper()
	c := &contract{t: t, router: map[bool]routers.Router{}, next: &http.Transport{}, seen: map[string]bool{}}
	for control, text := range map[bool][]byte{true: openapi.Control(), false: openapi.OTP()} {
		doc, err := openapi3.NewLoader().LoadFromData(text)
		require.NoError(t, err)
		require.NoError(t, doc.Validate(t.Context()))
		for _, item := range doc.Paths.Map() {
			for _, operation := range item.Operations() {
				c.all = append(c.all, operation.OperationID)
			}
		}
		doc.Servers = nil // whatever the port
		c.router[control], err = legacy.NewRouter(doc)
		require.NoError(t, err)
	}
	for _, plain := range []string{"text/html", "text/event-stream", "application/x-pem-file"} {
		openapi3filter.RegisterBodyDecoder(plain, openapi3filter.RegisteredBodyDecoder("text/plain"))
	}
	t.Cleanup(func() { c.next.(*http.Transport).CloseIdleConnections() })
	return c
}

// RoundTrip sends the request on and checks what comes back.
func (c *contract) RoundTrip(r *http.Request) (*http.Response, error) {
	sent, err := c.keep(&r.Body)
	if err != nil {
		return nil, err
	}
	response, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err // a fault cut the connection: there is nothing to check
	}
	if strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		return response, nil
	}
	received, err := c.keep(&response.Body)
	if err != nil {
		return response, nil //nolint:nilerr // half an answer, which its reader is told of
	}
	if err := c.check(r.Context(), r.Clone(r.Context()), sent, response, received); err != nil {
		c.t.Errorf("%s %s answered %d against its description: %v", r.Method, r.URL, response.StatusCode, err)
	}
	return response, nil
}

// keep reads a body and leaves a copy in its place, which ends as the body did.
func (c *contract) keep(body *io.ReadCloser) ([]byte, error) {
	if *body == nil {
		return nil, nil
	}
	content, err := io.ReadAll(*body)
	_ = (*body).Close()
	reader := io.Reader(bytes.NewReader(content))
	if err != nil {
		reader = io.MultiReader(reader, failing{err})
	}
	*body = io.NopCloser(reader)
	return content, err
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func (c *contract) check(ctx context.Context, r *http.Request, sent []byte, response *http.Response, received []byte) error {
	control := !strings.HasPrefix(r.URL.Path, "/v1/")
	route, path, err := c.router[control].FindRoute(r)
	if err != nil {
		if response.StatusCode == http.StatusNotFound || response.StatusCode == http.StatusMethodNotAllowed {
			return nil // there is no such call, and that is what it said
		}
		return err
	}
	c.mu.Lock()
	c.seen[route.Operation.OperationID] = true
	c.mu.Unlock()

	r.Body = io.NopCloser(bytes.NewReader(sent))
	request := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: path, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, MultiError: true},
	}
	if response.StatusCode < http.StatusBadRequest {
		if err := openapi3filter.ValidateRequest(ctx, request); err != nil {
			return fmt.Errorf("the request %s: %w", sent, err)
		}
	}
	answer := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request, Status: response.StatusCode, Header: response.Header, Options: request.Options,
	}
	answer.SetBodyBytes(received)
	if err := openapi3filter.ValidateResponse(ctx, answer); err != nil {
		return fmt.Errorf("the answer %s: %w", received, err)
	}
	return nil
}

// unseen returns the operations that no exchange was about.
func (c *contract) unseen() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Sorted(slices.Values(c.all)), func(id string) bool { return c.seen[id] })
}
