package stytchotp

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/stytchotp/stytchotp/internal/flatjson"
	"github.com/stytchotp/stytchotp/internal/transport"
)

const (
	maxServerText    = 1 << 10  // bytes kept of one text that a server wrote
	maxErrorDetails  = 64 << 10 // bytes kept of error_details
	maxSearchedBytes = 64 << 10 // bytes searched of a body that is not JSON
)

// errorBody is the error envelope.
type errorBody struct {
	RequestID    string          `json:"request_id"`
	ErrorType    string          `json:"error_type"`
	ErrorMessage string          `json:"error_message"`
	ErrorURL     string          `json:"error_url"`
	ErrorDetails json.RawMessage `json:"error_details"`
	StatusCode   int             `json:"status_code"` // the header's is the one that counts
}

// at returns where [flatjson.Decode] puts the value of a key, or nil.
func (b *errorBody) at(key string) any {
	switch key {
	case "request_id":
		return &b.RequestID
	case "error_type":
		return &b.ErrorType
	case "error_message":
		return &b.ErrorMessage
	case "error_url":
		return &b.ErrorURL
	case "status_code":
		return &b.StatusCode
	}
	return nil
}

// decodeErrorBody leaves a field of the wrong type empty rather than spoiling the
// others, as encoding/json does: it reports the first such field and goes on. The
// error says that b is not JSON at all.
func decodeErrorBody(b []byte) (errorBody, error) {
	var body errorBody
	if flatjson.Decode(b, body.at) {
		return body, nil
	}
	err := json.Unmarshal(b, &body)
	if err != nil && isWrongType(err) {
		err = nil
	}
	return body, err
}

func isWrongType(err error) bool {
	var wrongType *json.UnmarshalTypeError
	return errors.As(err, &wrongType)
}

// errorText is an errorBody made safe: bounded, valid and without control
// characters.
type errorText struct {
	RequestID, ErrorType, ErrorMessage, ErrorURL string
	ErrorDetails                                 json.RawMessage
	statusCode                                   int
}

// readErrorBody reads what can be read of a body that should be an error envelope
// and may be anything.
func readErrorBody(answer transport.Answer) errorText {
	body, err := decodeErrorBody(answer.Body)
	if err != nil {
		body = searchFields(answer.Body)
	}
	if len(body.ErrorDetails) > maxErrorDetails || string(body.ErrorDetails) == "null" {
		body.ErrorDetails = nil
	}
	text := errorText{
		RequestID:    cleanText(body.RequestID),
		ErrorType:    cleanText(body.ErrorType),
		ErrorMessage: cleanText(body.ErrorMessage),
		ErrorURL:     cleanText(body.ErrorURL),
		ErrorDetails: body.ErrorDetails,
		statusCode:   body.StatusCode,
	}
	if text.RequestID == "" {
		text.RequestID = cleanText(answer.Header.Get("X-Request-Id"))
	}
	return text
}

// envelopeField finds the text fields of an envelope in JSON that is broken or cut
// short. Stytch's own documentation shows bodies in which a comma is missing.
var envelopeField = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`"(request_id|error_type|error_message|error_url)"\s*:\s*("(?:[^"\\]|\\.)*")`)
})

func searchFields(b []byte) errorBody {
	var body errorBody
	fields := map[string]*string{
		"request_id":    &body.RequestID,
		"error_type":    &body.ErrorType,
		"error_message": &body.ErrorMessage,
		"error_url":     &body.ErrorURL,
	}
	for _, match := range envelopeField().FindAllSubmatch(b[:min(len(b), maxSearchedBytes)], len(fields)) {
		_ = json.Unmarshal(match[2], fields[string(match[1])]) // left empty if that is no JSON string
	}
	return body
}

// cleanText bounds a text that a server wrote and removes what could forge a log
// line or confuse a terminal.
func cleanText(s string) string { return printable(clip(s, maxServerText)) }

// printable removes invalid UTF-8 and what is not printed: control characters,
// zero-width characters and marks of the writing direction.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
}

// retryAfter reads the Retry-After header in both of its forms, seconds and a
// date. A date counts from the answer's own Date, so that a wrong clock here does
// not matter. What cannot be read, or is over, is 0.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" { // the usual case; three date formats would be tried and fail
		return 0
	}
	// A number too large to parse is the largest there is.
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		if seconds > uint64(math.MaxInt64/time.Second) {
			return math.MaxInt64
		}
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(0, at.Sub(now))
}
