package main

import (
	"fmt"
	"io"
	"net/url"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

// place is where otpbox serves, and with what.
type place struct {
	options   options
	engine    *emulator.Emulator
	url       string
	secureURL string // empty without TLS
}

// baseURL is the address for SDKs.
func (p *place) baseURL() string {
	if p.secureURL != "" {
		return p.secureURL
	}
	return p.url
}

// print tells how to use it. The lines to export can be pasted into a shell as they
// are, and the page says them too.
func (p *place) print(w io.Writer) {
	inbox := p.url + "/"
	if p.options.token != "" {
		inbox += "?token=" + url.QueryEscape(p.options.token)
	}
	fmt.Fprintf(w, "otpbox is an emulator of Stytch's OTP API. Nothing is sent, everything is in memory.\n\n")
	fmt.Fprintf(w, "  Inbox        %s\n", inbox)
	fmt.Fprintf(w, "  Base URL     %s\n", p.baseURL())
	fmt.Fprintf(w, "  Control API  %s/_otp/\n\n", p.url)
	fmt.Fprintf(w, "export STYTCH_BASE_URL=%s\n", p.baseURL())
	fmt.Fprintf(w, "export STYTCH_PROJECT_ID=%s\n", p.engine.ProjectID())
	fmt.Fprintf(w, "export STYTCH_SECRET=%s\n\n", p.engine.Secret())
	if p.secureURL != "" {
		fmt.Fprintf(w, trust, p.url, p.secureURL)
	}
	fmt.Fprintf(w, "Ctrl-C stops it.\n")
}

//nolint:dupword // a client's name, and how it is called
const trust = `The certificate authority of this run, which is valid for this machine only:

  curl -o otpbox-ca.pem %s/_otp/ca.pem

  curl     curl --cacert otpbox-ca.pem %s/livez
  Go       SSL_CERT_FILE=otpbox-ca.pem (Linux), or tls.Config.RootCAs
  Node     NODE_EXTRA_CA_CERTS=otpbox-ca.pem
  Python   SSL_CERT_FILE=otpbox-ca.pem, or REQUESTS_CA_BUNDLE=otpbox-ca.pem for requests
  Ruby     SSL_CERT_FILE=otpbox-ca.pem
  Java     keytool -importcert -noprompt -alias otpbox -file otpbox-ca.pem -keystore otpbox.p12 -storepass changeit
           java -Djavax.net.ssl.trustStore=otpbox.p12 -Djavax.net.ssl.trustStorePassword=changeit

`
