package stytchotp

import "context"

// EmailService sends one-time passcodes by e-mail. See [Client].OTPs.Email.
type EmailService struct{ core coreFunc }

var (
	emailSend          = operation{name: OpEmailSend, path: "/v1/otps/email/send", channel: ChannelEmail}
	emailLoginOrCreate = operation{name: OpEmailLoginOrCreate, path: "/v1/otps/email/login_or_create", channel: ChannelEmail}
)

// Send sends a code to an address that belongs to a user already, or attaches the
// address to the user named by UserID, SessionToken or SessionJWT.
//
// The answer tells whether the user exists ([ErrUserNotFound]): do not let that
// reach a person who is not signed in. [EmailService.LoginOrCreate] does not tell.
//
// Each send makes the code sent before it useless. See [DeliveryOf] for what an
// error means for the message.
//
// API: https://stytch.com/docs/api-reference/consumer/api/otp/via-email/send
func (s *EmailService) Send(ctx context.Context, params EmailSendParams) (*EmailSendResponse, error) {
	return call[EmailSendResponse](ctx, s.core(), emailSend, &params)
}

// LoginOrCreate sends a code to an address, and creates a user for it when there
// is none. Hand MethodID of the response, with the code the person types, to
// [OTPsService.Authenticate].
//
// Each send makes the code sent before it useless. See [DeliveryOf] for what an
// error means for the message.
//
// API: https://stytch.com/docs/api-reference/consumer/api/otp/via-email/login-or-create-user
func (s *EmailService) LoginOrCreate(ctx context.Context, params EmailLoginOrCreateParams) (*EmailLoginOrCreateResponse, error) {
	return call[EmailLoginOrCreateResponse](ctx, s.core(), emailLoginOrCreate, &params)
}

func (p *EmailSendParams) check(c *checker) {
	c.email(p.Email)
	c.message(p.ExpirationMinutes, p.Attributes)
	c.attach(p.UserID, p.SessionToken, p.SessionJWT)
}

func (p *EmailLoginOrCreateParams) check(c *checker) {
	c.email(p.Email)
	c.message(p.ExpirationMinutes, p.Attributes)
}
