package emulator

import (
	"net/http"
	"slices"
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

	OpSessionsAuthenticate = "sessions.authenticate"
	OpSessionsGet          = "sessions.get"
	OpSessionsRevoke       = "sessions.revoke"
	OpJWKS                 = "sessions.jwks"

	OpUsersGet               = "users.get"
	OpUsersDelete            = "users.delete"
	OpUsersDeletePhoneNumber = "users.delete_phone_number"
	OpUsersDeleteEmail       = "users.delete_email"

	// OpAnySend stands for the first six in a fault or a rate limit.
	OpAnySend = "any_send"
)

// route is one of the API's calls.
type route struct {
	operation string
	method    string
	channel   string // of the six that send
	create    bool   // login_or_create rather than send
	id        string // that is part of the path
}

// template is a call whose path ends in an id, or does not.
type template struct {
	operation, method, path string
}

func templates() []template {
	return []template{
		{OpAuthenticate, http.MethodPost, "/v1/otps/authenticate"},
		{OpSessionsAuthenticate, http.MethodPost, "/v1/sessions/authenticate"},
		{OpSessionsGet, http.MethodGet, "/v1/sessions"},
		{OpSessionsRevoke, http.MethodPost, "/v1/sessions/revoke"},
		{OpJWKS, http.MethodGet, "/v1/sessions/jwks/{id}"},
		{OpUsersDeletePhoneNumber, http.MethodDelete, "/v1/users/phone_numbers/{id}"},
		{OpUsersDeleteEmail, http.MethodDelete, "/v1/users/emails/{id}"},
		{OpUsersGet, http.MethodGet, "/v1/users/{id}"},
		{OpUsersDelete, http.MethodDelete, "/v1/users/{id}"},
	}
}

// findRoute returns the call at a path, by the method where several are. For another
// method it returns the first of them.
func findRoute(method, path string) (found route, ok bool) {
	// A base URL that ends with a slash makes some clients ask for //v1/….
	path = "/" + strings.TrimLeft(path, "/")
	if name, isOTP := strings.CutPrefix(path, "/v1/otps/"); isOTP && !strings.Contains(name, ".") {
		operation := "otps." + strings.ReplaceAll(name, "/", ".")
		if isSend(operation) {
			channel, action, _ := strings.Cut(name, "/")
			return route{operation: operation, method: http.MethodPost, channel: channel, create: action == "login_or_create"}, true
		}
	}
	for _, t := range templates() {
		id := ""
		if prefix, takesID := strings.CutSuffix(t.path, "{id}"); takesID {
			var matches bool
			if id, matches = strings.CutPrefix(path, prefix); !matches || id == "" || strings.Contains(id, "/") {
				continue
			}
		} else if path != t.path {
			continue
		}
		if !ok || t.method == method {
			found, ok = route{operation: t.operation, method: t.method, id: id}, true
		}
	}
	if found.operation == OpUsersGet && found.id == "search" { // Stytch's, and not here
		return route{}, false
	}
	return found, ok
}

// allowed returns the methods of the calls at a path.
func allowed(path string) string {
	var methods []string
	for _, method := range []string{http.MethodDelete, http.MethodGet, http.MethodPost} {
		if rt, ok := findRoute(method, path); ok && rt.method == method {
			methods = append(methods, method)
		}
	}
	return strings.Join(methods, ", ")
}

// isKnownToStytch reports a path of Stytch's consumer API that is not here.
func isKnownToStytch(path string) bool {
	path = "/" + strings.TrimLeft(path, "/")
	if strings.HasPrefix(path, "/sdk/v1/") { // of the SDKs for browsers and apps
		return true
	}
	rest, versioned := strings.CutPrefix(path, "/v1/")
	family, _, _ := strings.Cut(rest, "/")
	switch family {
	case "users", "sessions", "otps", "magic_links", "oauth", "passwords", "totps", "webauthn", "crypto_wallets", "m2m", "b2b",
		"impersonation", "connected_apps", "idp", "rbac", "projects", "public", "fingerprint", "rules", "email", "debug":
		return versioned
	}
	return false
}

func isSend(operation string) bool {
	switch operation {
	case OpSMSLoginOrCreate, OpSMSSend, OpWhatsAppLoginOrCreate, OpWhatsAppSend, OpEmailLoginOrCreate, OpEmailSend:
		return true
	}
	return false
}

func knownOperation(name string) bool {
	return name == "" || name == OpAnySend || isSend(name) ||
		slices.ContainsFunc(templates(), func(t template) bool { return t.operation == name })
}

// covers reports whether a fault or limit for pattern applies to operation.
func covers(pattern, operation string) bool {
	return pattern == operation || pattern == "" || pattern == OpAnySend && isSend(operation)
}
