package stytchotp

import "context"

var authenticate = operation{name: OpAuthenticate, path: "/v1/otps/authenticate"}

// Authenticate checks the code that a person typed. A success marks the number or
// address as verified, uses the code up, and starts or extends a session when
// SessionDurationMinutes is set.
//
// A wrong code is [ErrCodeIncorrect], a code that was used or is too old is
// [ErrCodeExpired]; ten wrong codes in a row lock the user for a while
// ([ErrUserLocked]), in Stytch's default setting. With an error whose [DeliveryOf]
// is [DeliveryMaybeSent] the code may have been used up, and a new one is needed.
//
// API: https://stytch.com/docs/api-reference/consumer/api/otp/authenticate
func (s *OTPsService) Authenticate(ctx context.Context, params AuthenticateParams) (*AuthenticateResponse, error) {
	return call[AuthenticateResponse](ctx, s.core(), authenticate, &params)
}

func (p *AuthenticateParams) check(c *checker) {
	c.want = expected{methodID: p.MethodID, session: p.SessionDurationMinutes != 0}
	c.id("method_id", p.MethodID)
	c.code(p.Code)
	c.attributes(p.Attributes)
	c.between("session_duration_minutes", p.SessionDurationMinutes, minSessionMinutes, maxSessionMinutes)
	c.customClaims(p.SessionCustomClaims)
	c.session(p.SessionToken, p.SessionJWT)
	c.data("telemetry_id", string(p.TelemetryID))
}
