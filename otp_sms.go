package stytchotp

import "context"

// SMSService sends one-time passcodes by text message. See [Client].OTPs.SMS.
type SMSService struct{ core coreFunc }

var (
	smsSend          = operation{name: OpSMSSend, path: "/v1/otps/sms/send", channel: ChannelSMS}
	smsLoginOrCreate = operation{name: OpSMSLoginOrCreate, path: "/v1/otps/sms/login_or_create", channel: ChannelSMS}
)

// Send sends a code to a number that belongs to a user already, or attaches the
// number to the user named by UserID, SessionToken or SessionJWT.
//
// The answer tells whether the user exists ([ErrUserNotFound]): do not let that
// reach a person who is not signed in. [SMSService.LoginOrCreate] does not tell.
//
// Each send makes the code sent before it useless. See [DeliveryOf] for what an
// error means for the message.
//
// API: https://stytch.com/docs/api-reference/consumer/api/otp/via-sms/send
func (s *SMSService) Send(ctx context.Context, params SMSSendParams) (*SMSSendResponse, error) {
	return call[SMSSendResponse](ctx, s.core(), smsSend, &params)
}

// LoginOrCreate sends a code to a number, and creates a user for it when there is
// none. Hand MethodID of the response, with the code the person types, to
// [OTPsService.Authenticate].
//
// Each send makes the code sent before it useless. See [DeliveryOf] for what an
// error means for the message.
//
// API: https://stytch.com/docs/api-reference/consumer/api/otp/via-sms/login-or-create-user
func (s *SMSService) LoginOrCreate(ctx context.Context, params SMSLoginOrCreateParams) (*SMSLoginOrCreateResponse, error) {
	return call[SMSLoginOrCreateResponse](ctx, s.core(), smsLoginOrCreate, &params)
}

func (p *SMSSendParams) check(c *checker) {
	c.phone(p.PhoneNumber)
	c.message(p.ExpirationMinutes, p.Attributes)
	c.autofill(p.EnableAutofill, p.AutofillSessionDurationMinutes)
	c.attach(p.UserID, p.SessionToken, p.SessionJWT)
}

func (p *SMSLoginOrCreateParams) check(c *checker) {
	c.phone(p.PhoneNumber)
	c.message(p.ExpirationMinutes, p.Attributes)
	c.autofill(p.EnableAutofill, p.AutofillSessionDurationMinutes)
}
