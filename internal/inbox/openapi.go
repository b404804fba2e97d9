package inbox

import (
	"net/http"

	"github.com/stytchotp/stytchotp/docs/openapi"
)

func describeControl(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(openapi.Control())
	return nil
}

func describeOTP(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(openapi.OTP())
	return nil
}
