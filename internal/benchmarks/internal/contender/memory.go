package contender

import (
	"bytes"
	"context"
	_ "embed" // for the answers
	"io"
	"net/http"
	"strings"
)

// PhoneNumber is the number that every send goes to. It is reserved for fiction.
const PhoneNumber = "+12025550162"

// MethodID and UserID are those of that number in the answers.
const (
	MethodID = "phone-number-test-d5a3b680-e8a3-40c0-b815-ab79986666d0"
	UserID   = "user-test-e3795c81-f849-4167-bfda-e4a6e9c280fd"
)

// LoginOrCreate sends a code to that number.
func LoginOrCreate(ctx context.Context, c Contender) error {
	_, err := c.LoginOrCreate(ctx, PhoneNumber)
	return err
}

// Authenticate checks a code of that number.
func Authenticate(ctx context.Context, c Contender) error {
	_, err := c.Authenticate(ctx, MethodID, "123456")
	return err
}

// SendAnswer, AuthenticateAnswer and ErrorAnswer are bodies as Stytch documents
// them: a send; a check of a code with user, session and JWT; a refusal.
var (
	//go:embed testdata/send.json
	SendAnswer []byte
	//go:embed testdata/authenticate.json
	AuthenticateAnswer []byte
	//go:embed testdata/error.json
	ErrorAnswer []byte
)

// AnswerTo returns the body of the answer to a call of the path.
func AnswerTo(path string) []byte {
	if strings.HasSuffix(path, authenticatePath) {
		return AuthenticateAnswer
	}
	return SendAnswer
}

// Memory is a round tripper that answers from memory, at the lowest price that a
// round tripper can have: what is left is what a client itself costs.
type Memory struct {
	Refuse bool          // answer 400 with an error body
	Wait   chan struct{} // if not nil, calls wait until it is closed
	Here   func()        // if not nil, called when a call arrives
}

// RoundTrip reads the request as a transport does, and answers.
func (m *Memory) RoundTrip(r *http.Request) (*http.Response, error) {
	_, err := io.Copy(io.Discard, r.Body)
	_ = r.Body.Close()
	if err != nil {
		return nil, err
	}
	if m.Here != nil {
		m.Here()
	}
	if m.Wait != nil {
		select {
		case <-m.Wait:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	status, body := http.StatusOK, AnswerTo(r.URL.Path)
	if m.Refuse {
		status, body = http.StatusBadRequest, ErrorAnswer
	}
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       r,
	}, nil
}
