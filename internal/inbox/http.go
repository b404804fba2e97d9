package inbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

const (
	// maxBody bounds the body of a call of the control API.
	maxBody = 64 << 10
	// defaultTimeout is how long an ordinary call may take to be read and answered,
	// and a reader of events to take one.
	defaultTimeout = 30 * time.Second
)

// problem is an answer of the control API that is no success. It has the shape of
// the emulated API's errors.
type problem struct {
	StatusCode   int    `json:"status_code"`
	ErrorType    string `json:"error_type"`
	ErrorMessage string `json:"error_message"`
}

func (p *problem) Error() string { return p.ErrorMessage }

func refusal(kind, message string) *problem {
	return &problem{StatusCode: http.StatusForbidden, ErrorType: kind, ErrorMessage: message}
}

func invalid(message string) *problem {
	return &problem{StatusCode: http.StatusBadRequest, ErrorType: "invalid_parameter", ErrorMessage: message}
}

// engineProblem is an emulator's refusal, as a caller of the control API reads it.
func engineProblem(err error) *problem {
	return invalid(strings.TrimPrefix(err.Error(), "emulator: "))
}

func (p *problem) write(w http.ResponseWriter) { writeJSON(w, p.StatusCode, p) }

// handler is a handler whose error becomes the answer.
type handler func(w http.ResponseWriter, r *http.Request) error

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := h(w, r)
	var p *problem
	switch {
	case err == nil:
	case errors.As(err, &p):
		p.write(w)
	default:
		(&problem{StatusCode: http.StatusInternalServerError, ErrorType: "internal_error", ErrorMessage: err.Error()}).write(w)
	}
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false) // for people who read it in a terminal; it is never part of a page
	if err := encoder.Encode(body); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(encoded.Bytes()) // the caller may be gone
}

// readJSON decodes a body strictly: a misspelled name would otherwise do nothing,
// and a test that depends on it would pass for the wrong reason.
func readJSON(r *http.Request, into any) error {
	var body bytes.Buffer // what was read, to find the name of a field that is wrong
	decoder := json.NewDecoder(io.TeeReader(r.Body, &body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		err = readEnd(decoder)
	}
	var tooLarge *http.MaxBytesError
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &tooLarge):
		return &problem{StatusCode: http.StatusRequestEntityTooLarge, ErrorType: "body_too_large", ErrorMessage: "The body is larger than 64 KiB."}
	case errors.Is(err, io.EOF):
		return invalid("The body is empty; a JSON object is needed.")
	case errors.As(err, &wrongType):
		if wrongType.Field == "" { // since Go 1.27, for a type that decodes itself
			wrongType.Field = fieldOf(reflect.TypeOf(into), body.Bytes(), wrongType.Type)
		}
		return invalid(describeType(wrongType))
	case err != nil:
		return invalid("The body is not what this call takes: " + strings.TrimPrefix(err.Error(), "json: ") + ".")
	}
	return nil
}

// readEnd refuses anything behind the value that was decoded.
func readEnd(decoder *json.Decoder) error {
	_, err := decoder.Token()
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case errors.As(err, &tooLarge):
		return err
	}
	return errors.New("something stands behind the object")
}

// fieldOf returns the path of the first field of type want, below t, that cannot be
// decoded from data, or "".
func fieldOf(t reflect.Type, data json.RawMessage, want reflect.Type) string {
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		var elements []json.RawMessage
		if t.Kind() == reflect.Pointer || json.Unmarshal(data, &elements) != nil {
			elements = []json.RawMessage{data}
		}
		for _, element := range elements {
			if path := fieldOf(t.Elem(), element, want); path != "" {
				return path
			}
		}
		return ""
	}
	var object map[string]json.RawMessage
	if t.Kind() != reflect.Struct || json.Unmarshal(data, &object) != nil {
		return ""
	}
	for part := range t.Fields() {
		of := part.Type
		if part.Anonymous {
			if path := fieldOf(of, data, want); path != "" {
				return path
			}
			continue
		}
		field, _, _ := strings.Cut(part.Tag.Get("json"), ",")
		value, given := object[field]
		if of == want || of.Kind() == reflect.Pointer && of.Elem() == want {
			if given && json.Unmarshal(value, reflect.New(want).Interface()) != nil {
				return field
			}
		} else if path := fieldOf(of, value, want); given && path != "" {
			return field + "." + path
		}
	}
	return ""
}

// describeType says in words of JSON what encoding/json says in words of Go.
func describeType(err *json.UnmarshalTypeError) string {
	place := strings.Join(slices.DeleteFunc(strings.Split(err.Field, "."), isTypeName), ".")
	if place == "" {
		place = "The body"
	}
	text := place + ": want " + typeName(err.Type)
	if err.Value != "" {
		text += ", got " + err.Value
	}
	return text + "."
}

// isTypeName tells an embedded Go type in the path of a field from the fields.
func isTypeName(step string) bool { return step != "" && unicode.IsUpper(rune(step[0])) }

func typeName(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[duration]():
		return `a duration such as "90s" or "1m30s"`
	case reflect.TypeFor[freeze]():
		return "true, false or a time such as 2026-01-31T12:00:00Z"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Slice:
		return "an array"
	case reflect.String:
		return "a string"
	default:
		return "an object"
	}
}

// duration is a time.Duration that reads and writes as "1m30s".
type duration time.Duration

// MarshalJSON writes the duration as a string.
func (d duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON reads a string such as "1m30s".
func (d *duration) UnmarshalJSON(data []byte) error {
	var text string
	_ = json.Unmarshal(data, &text) // what is no string leaves it empty, which is no duration
	value, err := time.ParseDuration(text)
	if err != nil {
		return &json.UnmarshalTypeError{Type: reflect.TypeFor[duration]()}
	}
	*d = duration(value)
	return nil
}

// limitTime gives a request d from now to be read and answered, whatever the
// server's own limits are. Zero takes all limits away. Not every server can do that;
// then its own limits stay.
func limitTime(w http.ResponseWriter, d time.Duration) {
	var deadline time.Time
	if d > 0 {
		deadline = time.Now().Add(d)
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(deadline)
	_ = control.SetWriteDeadline(deadline)
}

// serveEmulator reads the body within the usual time and then lets the call take as
// long as it needs: a fault may delay it by up to an hour.
// The pages of other web sites cannot add credentials, and are not worth a row in the
// journal.
func (b *Inbox) serveEmulator(w http.ResponseWriter, r *http.Request) {
	if p := b.guard.refuseOrigin(r); p != nil && r.Header.Get("Authorization") == "" {
		p.write(w)
		return
	}
	limitTime(w, b.writeTimeout)
	body, err := io.ReadAll(io.LimitReader(r.Body, emulator.MaxBody+1))
	if err != nil {
		panic(http.ErrAbortHandler) // half a request: the client is gone
	}
	limitTime(w, 0)
	r.Body = io.NopCloser(bytes.NewReader(body))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	b.emulator.ServeHTTP(w, r)
}

func alive(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	return nil
}

func (b *Inbox) certificateAuthority(w http.ResponseWriter, _ *http.Request) error {
	if b.config.CertificateAuthority == nil {
		return &problem{StatusCode: http.StatusNotFound, ErrorType: "no_tls", ErrorMessage: "otpbox was started without --tls."}
	}
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, _ = w.Write(b.config.CertificateAuthority)
	return nil
}

// notFound answers what no route matches: 405 where another method would do.
func (b *Inbox) notFound(w http.ResponseWriter, r *http.Request) error {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		probe := r.Clone(r.Context())
		probe.Method = method
		if _, pattern := b.routes.Handler(probe); strings.HasPrefix(pattern, method+" ") {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return &problem{
			StatusCode: http.StatusMethodNotAllowed, ErrorType: "method_not_allowed",
			ErrorMessage: "This path takes " + strings.Join(allowed, " and ") + ".",
		}
	}
	return &problem{
		StatusCode: http.StatusNotFound, ErrorType: "route_not_found",
		ErrorMessage: "The control API has nothing at this path; /_otp/ lists what there is.",
	}
}
