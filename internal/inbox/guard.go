package inbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// guard decides who may talk to the inbox.
type guard struct {
	token  string
	hosts  map[string]bool
	origin *http.CrossOriginProtection
}

func newGuard(token string, hosts []string) guard {
	g := guard{token: token, hosts: map[string]bool{}, origin: http.NewCrossOriginProtection()}
	for _, host := range hosts {
		g.hosts[strings.ToLower(strings.TrimSpace(host))] = true
	}
	return g
}

// refuse returns why a request is not even looked at, or nil.
func (g guard) refuse(r *http.Request) *problem {
	if !g.knowsHost(r.Host) {
		return refusal("host_not_allowed", "This host name is not known here. A web site may have pointed its own name at this machine. "+
			"If the name is yours, start otpbox with --host "+hostname(r.Host)+".")
	}
	if g.token == "" && !isLoopbackPeer(r.RemoteAddr) {
		return refusal("token_required", "Without a token only this machine is answered.")
	}
	if g.token == "" && isForwarded(r.Header) {
		return refusal("token_required", "This request came through a proxy, behind which every client looks like this machine. "+
			"Without a token only this machine itself is answered.")
	}
	return nil
}

// isForwarded reports whether a proxy marked the request as passed on.
func isForwarded(header http.Header) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip"} {
		if len(header[name]) > 0 {
			return true
		}
	}
	return false
}

// refuseOrigin returns why a browser's request is refused, or nil: nothing but the
// inbox's own page may use the control API from a browser. Links may lead here.
func (g guard) refuseOrigin(r *http.Request) *problem {
	site, mode := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Sec-Fetch-Mode")
	foreign := (site == "cross-site" || site == "same-site") && mode != "navigate" // a site is all ports of a host
	if foreign || g.origin.Check(r) != nil {
		return refusal("cross_origin", "Another web site's page may not use the control API.")
	}
	return nil
}

// knowsHost reports whether a Host header names this server. With a
// loopback address or a known name, DNS rebinding is not possible. With a token, other
// addresses and the one-word names of container networks are accepted too.
func (g guard) knowsHost(host string) bool {
	name := hostname(host)
	if g.hosts[name] || name == "localhost" || strings.HasSuffix(name, ".localhost") || name == "host.docker.internal" {
		return true
	}
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.Unmap().IsLoopback() || g.token != ""
	}
	return g.token != "" && name != "" && !strings.Contains(name, ".")
}

// hostname returns the host of a Host header without its port, in lower case.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

func isLoopbackPeer(address string) bool {
	peer, err := netip.ParseAddrPort(address)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}

// cookieName is the name of the cookie that a browser gets for the token. It does
// not hold the token itself: cookies of a host are sent to all of its ports.
const cookieName = "otpbox_session"

func (g guard) cookieValue() string {
	mac := hmac.New(sha256.New, []byte(g.token))
	mac.Write([]byte(cookieName))
	return hex.EncodeToString(mac.Sum(nil))
}

// admits reports whether the request carries the token, if one is needed.
func (g guard) admits(r *http.Request) bool {
	if g.token == "" {
		return true
	}
	if scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") && g.isToken(strings.TrimSpace(token)) {
		return true
	}
	cookie, err := r.Cookie(cookieName)
	return err == nil && same(cookie.Value, g.cookieValue())
}

func (g guard) isToken(token string) bool { return same(token, g.token) }

// same compares hashes, so that the time it takes tells not even the length.
func same(a, b string) bool {
	hashA, hashB := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(hashA[:], hashB[:]) == 1
}

// api guards a call of the control API with the token.
func (g guard) api(next handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !g.admits(r) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			return &problem{
				StatusCode: http.StatusUnauthorized, ErrorType: "token_required",
				ErrorMessage: "Send the token that otpbox was started with, as Authorization: Bearer.",
			}
		}
		return next(w, r)
	}
}

// protect sets the headers of everything but the emulated API.
func protect(header http.Header) {
	header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
		"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
}
