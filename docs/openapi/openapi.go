// Package openapi holds the OpenAPI 3.0.3 descriptions of the two APIs that otpbox
// serves, for validators and generators.
package openapi

import _ "embed" // for the two files

//go:embed control.json
var control []byte

//go:embed otp.json
var otp []byte

// Control returns the description of otpbox's control API, everything under /_otp/,
// as JSON. The caller must not change it.
func Control() []byte { return control }

// OTP returns the description of Stytch's consumer OTP API as far as otpbox emulates
// it, as JSON. It is written for this project and is not Stytch's own. The caller
// must not change it.
func OTP() []byte { return otp }
