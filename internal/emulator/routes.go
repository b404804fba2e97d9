package emulator

import (
	"net/http"
	"strings"
)

// The operations: the names of the API's calls in messages, requests, faults and
// rate limits.
const (
	OpSMSLoginOrCreate      = "otps.sms.login_or_create"
	OpSMSSend               = "otps.sms.send"
	OpWhatsAppLoginOrCreate = "otps.whatsapp.login_or_create"
	OpWhatsAppSend          = "otps.whatsapp.send"
	OpEmailLoginOrCreate    = "otps.email.login_or_create"
	OpEmailSend             = "otps.email.send"
	OpAuthenticate          = "otps.authenticate"
	OpJWKS                  = "sessions.jwks"

	// OpAnySend stands for the first six in a fault or a rate limit.
	OpAnySend = "any_send"
)

// route is one of the API's calls.
type route struct {
	operation string
	method    string
	channel   string // of the six that send
	create    bool   // login_or_create rather than send
	project   string // of the JWKS path
}

const jwksPath = "/v1/sessions/jwks/"

// findRoute returns the call at a path.
func findRoute(path string) (rt route, found bool) {
	// A base URL that ends with a slash makes some clients ask for //v1/….
	path = "/" + strings.TrimLeft(path, "/")
	if project, isJWKS := strings.CutPrefix(path, jwksPath); isJWKS && project != "" && !strings.Contains(project, "/") {
		return route{operation: OpJWKS, method: http.MethodGet, project: project}, true
	}
	name, isOTP := strings.CutPrefix(path, "/v1/otps/")
	operation := "otps." + strings.ReplaceAll(name, "/", ".")
	switch {
	case !isOTP || strings.Contains(name, "."):
		return route{}, false
	case operation == OpAuthenticate:
		return route{operation: OpAuthenticate, method: http.MethodPost}, true
	case !isSend(operation):
		return route{}, false
	}
	channel, action, _ := strings.Cut(name, "/")
	return route{operation: operation, method: http.MethodPost, channel: channel, create: action == "login_or_create"}, true
}

func isSend(operation string) bool {
	switch operation {
	case OpSMSLoginOrCreate, OpSMSSend, OpWhatsAppLoginOrCreate, OpWhatsAppSend, OpEmailLoginOrCreate, OpEmailSend:
		return true
	}
	return false
}

func knownOperation(name string) bool {
	return name == "" || name == OpAnySend || name == OpAuthenticate || name == OpJWKS || isSend(name)
}

// covers reports whether a fault or limit for pattern applies to operation.
func covers(pattern, operation string) bool {
	return pattern == operation || pattern == "" || pattern == OpAnySend && isSend(operation)
}
