package emulator

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// MaxBody is the size of the largest request body, in bytes, that is accepted.
// Of a larger one, a [Call] needs only the first MaxBody+1 bytes.
const MaxBody = 64 << 10

// Header is the name of a header that every answer of an emulator has, with the
// value 1, so that it is not taken for the real API.
const Header = "X-Otp-Emulator"

// Call is an HTTP request that was read.
type Call struct {
	Method string
	Path   string
	Query  string // encoded, without the question mark
	Header http.Header
	Body   []byte
}

// Answer is what the transport has to do. It either drops the connection, or
// sends a response, of which it leaves out the second half if Cut is set.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	Cut    bool
	Drop   string // one of the Drop constants, or ""
}

// Exchange is one call under way.
type Exchange struct {
	emulator  *Emulator
	call      Call
	route     route
	found     bool
	reader    *reader // of the body; without fields when it is no JSON object
	requestID string
	recipient string
	fault     *FaultState
	record    record
}

// Begin takes a call in, without acting on it yet. This is when faults count it, unless
// its credentials are wrong.
func (e *Emulator) Begin(c Call) *Exchange {
	x := &Exchange{emulator: e, call: c, reader: &reader{asked: map[string]bool{}}}
	x.route, x.found = findRoute(c.Method, c.Path)
	x.parse()

	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clock.now()
	x.requestID = "request-id-test-" + e.random.uuid()
	x.recipient = e.recipientOfLocked(x, now)
	if x.found && x.authorized() {
		x.fault = e.faults.next(x.route.operation, x.recipient)
	}
	x.record.Request = Request{
		Time: now, RequestID: x.requestID, Method: clip(c.Method, 16), Path: clip(c.Path, 256),
		Operation: x.route.operation, Recipient: x.recipient, TraceParent: traceParent(c.Header),
	}
	if x.fault != nil {
		x.record.FaultID = x.fault.ID
		e.publishLocked(Event{Kind: EventFault})
	}
	return x
}

// traceParent returns the header of W3C Trace Context, or "" for anything else.
func traceParent(header http.Header) string {
	value := header.Get("Traceparent")
	if len(value) != len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01") {
		return ""
	}
	for i := range len(value) {
		isDash := i == 2 || i == 35 || i == 52
		isHex := '0' <= value[i] && value[i] <= '9' || 'a' <= value[i] && value[i] <= 'f'
		if isDash != (value[i] == '-') || !isDash && !isHex {
			return ""
		}
	}
	return value
}

// authorized reports whether the call has the credentials that it needs.
func (x *Exchange) authorized() bool {
	return x.route.operation == OpJWKS || x.emulator.authorize(x.call.Header) == nil
}

func (x *Exchange) parse() {
	if !x.found || x.route.method != http.MethodPost {
		return
	}
	if len(x.call.Body) > MaxBody {
		x.reader.fail(explain("bad_request", "The body is larger than 64 KiB."))
		return
	}
	if err := json.Unmarshal(x.call.Body, &x.reader.fields); err != nil || x.reader.fields == nil {
		x.reader.fields = nil
		x.reader.fail(explain("bad_request", "The body is not a JSON object."))
		return
	}
	x.record.body = x.call.Body
}

// recipientOfLocked returns whom a call is about, as well as can be known before its
// fields are checked.
func (e *Emulator) recipientOfLocked(x *Exchange, now time.Time) string {
	var recipient string
	switch {
	case x.route.operation == OpAuthenticate:
		var methodID string
		_ = json.Unmarshal(x.reader.fields["method_id"], &methodID)
		if f := e.users.factorByID(methodID, now); f != nil {
			return f.value
		}
		return ""
	case x.route.operation == OpUsersDeletePhoneNumber, x.route.operation == OpUsersDeleteEmail:
		if f := e.users.factorByID(x.route.id, now); f != nil {
			return f.value
		}
		return ""
	case x.route.channel == ChannelEmail:
		_ = json.Unmarshal(x.reader.fields["email"], &recipient)
	default:
		_ = json.Unmarshal(x.reader.fields["phone_number"], &recipient)
	}
	return normalize(clip(recipient, 254))
}

// Refused reports that the connection is to be refused, so that the call never
// takes place; Finish must not be called then.
func (x *Exchange) Refused() bool { return x.fault != nil && x.fault.Drop == DropRefused }

// Finish acts on the call. The error is that of ctx, when it ended during a delay.
func (x *Exchange) Finish(ctx context.Context) (Answer, error) {
	if x.fault == nil {
		answer := x.process()
		x.close(answer)
		return answer, nil
	}
	f := x.fault.Fault
	if !f.SendFirst {
		if err := x.delay(ctx, f.Delay); err != nil {
			return Answer{}, err
		}
	}
	answer := Answer{Drop: f.Drop}
	if f.SendFirst || f.Drop == DropAfterSend || f.Drop == "" && !f.replaces() {
		answer = x.process()
		answer.Drop = f.Drop
	}
	if f.replaces() {
		answer = x.replace(f)
	}
	answer.Cut = f.Cut
	if f.SendFirst {
		if err := x.delay(ctx, f.Delay); err != nil {
			return Answer{}, err
		}
	}
	x.close(answer)
	return answer, nil
}

// delay waits in real time, or in a synctest bubble in the bubble's time.
func (x *Exchange) delay(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		x.record.Abandoned = true
		x.emulator.record(&x.record)
		return context.Cause(ctx)
	}
}

// close writes the call into the journal.
func (x *Exchange) close(answer Answer) {
	if x.record.Drop = answer.Drop; answer.Drop == "" {
		x.record.Status = answer.Status
		x.record.answer = answer.Body
	}
	x.emulator.record(&x.record)
}

// process lets the API answer.
func (x *Exchange) process() Answer {
	body, err := x.handle()
	if err != nil {
		return x.refuse(err)
	}
	x.record.UnknownFields = x.reader.unknown()
	return x.answer(http.StatusOK, body)
}

// handle checks in order path, method, credentials, content type and body, and
// then does what the call is for.
func (x *Exchange) handle() (any, *apiError) {
	e := x.emulator
	switch {
	case !x.found && isKnownToStytch(x.call.Path):
		return nil, explain("route_not_found", "Stytch may have this call, this emulator does not: "+
			"it has the one-time passcodes, and of sessions and users what a login needs after the code.")
	case !x.found:
		return nil, failure("route_not_found")
	case x.call.Method != x.route.method:
		return nil, failure("method_not_allowed")
	case x.route.operation == OpJWKS:
		return e.jwks(x)
	}
	if err := e.authorize(x.call.Header); err != nil {
		return nil, err
	}
	if types := x.call.Header["Content-Type"]; x.route.method == http.MethodPost && (len(types) != 1 || types[0] != "application/json") {
		return nil, explain("bad_request", "Content-Type must be exactly application/json.")
	}
	if x.reader.err != nil {
		return nil, x.reader.err
	}
	switch x.route.operation {
	case OpAuthenticate:
		return e.authenticate(x)
	case OpSessionsAuthenticate:
		return e.authenticateSession(x)
	case OpSessionsGet:
		return e.getSessions(x)
	case OpSessionsRevoke:
		return e.revokeSession(x)
	case OpUsersGet:
		return e.getUser(x)
	case OpUsersDelete:
		return e.deleteUser(x)
	case OpUsersDeletePhoneNumber, OpUsersDeleteEmail:
		return e.deleteFactor(x)
	}
	return e.send(x)
}

func (x *Exchange) refuse(err *apiError) Answer {
	x.record.ErrorType = err.kind
	answer := x.answer(err.status, err.body(x.requestID))
	if err.retryAfter > 0 {
		// Rounded up, so that a client that waits that long is not early.
		seconds := int64((err.retryAfter + time.Second - 1) / time.Second)
		answer.Header.Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	if err.status == http.StatusMethodNotAllowed && x.found {
		answer.Header.Set("Allow", allowed(x.call.Path))
	}
	return answer
}

func (x *Exchange) answer(status int, body any) Answer {
	encoded, err := json.Marshal(body)
	if err != nil { // nothing that is answered here can fail to encode
		status, encoded = http.StatusInternalServerError, []byte("{}")
	}
	return Answer{Status: status, Body: encoded, Header: header("application/json")}
}

func header(contentType string) http.Header {
	return http.Header{"Content-Type": {contentType}, Header: {"1"}}
}

// replace makes the answer that a fault asks for.
func (x *Exchange) replace(f Fault) Answer {
	status, kind := f.Status, f.ErrorType
	switch {
	case f.HTML && status == 0:
		status = http.StatusBadGateway
	case status == 0 && kind == "":
		status = http.StatusTooManyRequests
	case status == 0:
		status, _ = Describe(kind)
	}
	if kind == "" {
		kind = usualType(status)
	}
	err := failure(kind)
	err.status, err.retryAfter = status, f.RetryAfter
	answer := x.refuse(err)
	if f.HTML {
		x.record.ErrorType = ""
		text := http.StatusText(status)
		answer.Body = []byte("<!DOCTYPE html><html><head><title>" + text + "</title></head><body><h1>" + text + "</h1></body></html>\n")
		answer.Header.Set("Content-Type", "text/html; charset=utf-8")
	}
	return answer
}
