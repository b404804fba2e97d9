package otptest

import (
	"net/http"

	"github.com/stytchotp/stytchotp/internal/inbox"
)

// Inbox returns what otpbox serves, over this server: a page on which every code
// appears the moment it is sent, a control API below /_otp/ for programs in any
// language, and the emulated API itself. Mount it in a development server:
//
//	http.Handle("/otpbox/", http.StripPrefix("/otpbox", srv.Inbox()))
//
// It shows codes without a password, so it answers this machine only: requests from
// other addresses, those for a host name that is not loopback's, and those that a
// proxy marked as passed on (Forwarded, X-Forwarded-For, X-Forwarded-Host,
// X-Real-IP) are refused. A proxy on this machine that marks nothing cannot be told
// from a browser here; do not put one in front.
func (s *Server) Inbox() http.Handler {
	handler, err := inbox.New(inbox.Config{Emulator: s.engine})
	if err != nil {
		panic(err) // the page's templates are part of this module, and its tests parse them
	}
	return handler
}
