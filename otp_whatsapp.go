package stytchotp

import "context"

// WhatsAppService sends one-time passcodes by WhatsApp message. See
// [Client].OTPs.WhatsApp.
type WhatsAppService struct{ core coreFunc }

var (
	whatsAppSend          = operation{name: OpWhatsAppSend, path: "/v1/otps/whatsapp/send", channel: ChannelWhatsApp}
	whatsAppLoginOrCreate = operation{name: OpWhatsAppLoginOrCreate, path: "/v1/otps/whatsapp/login_or_create", channel: ChannelWhatsApp}
)

// Send sends a code to a number that belongs to a user already, or attaches the
// number to the user named by UserID, SessionToken or SessionJWT.
//
// The answer tells whether the user exists ([ErrUserNotFound]): do not let that
// reach a person who is not signed in. [WhatsAppService.LoginOrCreate] does not
// tell.
//
// Each send makes the code sent before it useless, a code sent by SMS to the same
// number included. See [DeliveryOf] for what an error means for the message.
//
// API: https://stytch.com/docs/api-reference/consumer/api/otp/via-whatsapp/send
func (s *WhatsAppService) Send(ctx context.Context, params WhatsAppSendParams) (*WhatsAppSendResponse, error) {
	return call[WhatsAppSendResponse](ctx, s.core(), whatsAppSend, &params)
}

// LoginOrCreate sends a code to a number, and creates a user for it when there is
// none. Hand MethodID of the response, with the code the person types, to
// [OTPsService.Authenticate].
//
// Each send makes the code sent before it useless, a code sent by SMS to the same
// number included. See [DeliveryOf] for what an error means for the message.
//
// API: https://stytch.com/docs/api-reference/consumer/api/otp/via-whatsapp/login-or-create-user
func (s *WhatsAppService) LoginOrCreate(ctx context.Context, params WhatsAppLoginOrCreateParams) (*WhatsAppLoginOrCreateResponse, error) {
	return call[WhatsAppLoginOrCreateResponse](ctx, s.core(), whatsAppLoginOrCreate, &params)
}

func (p *WhatsAppSendParams) check(c *checker) {
	c.phone(p.PhoneNumber)
	c.message(p.ExpirationMinutes, p.Attributes)
	c.attach(p.UserID, p.SessionToken, p.SessionJWT)
}

func (p *WhatsAppLoginOrCreateParams) check(c *checker) {
	c.phone(p.PhoneNumber)
	c.message(p.ExpirationMinutes, p.Attributes)
}
