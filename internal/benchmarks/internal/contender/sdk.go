package contender

import (
	"context"
	"net/http"

	"github.com/stytchotp/stytchotp"
)

// sdk is this SDK as NewClient returns it, with everything that is on by default:
// the check of the parameters, the timeout, the trace that knows whether a message
// may have gone out, and the check of the answer.
type sdk struct{ client *stytchotp.Client }

func newSDK(baseURL string, rt http.RoundTripper) (Contender, error) {
	options := []stytchotp.Option{stytchotp.WithBaseURL(baseURL)}
	if rt != nil {
		options = append(options, stytchotp.WithHTTPClient(&http.Client{Transport: rt}))
	}
	client, err := stytchotp.NewClient(ProjectID, Secret, options...)
	if err != nil {
		return nil, err
	}
	return &sdk{client}, nil
}

func (s *sdk) LoginOrCreate(ctx context.Context, phoneNumber string) (string, error) {
	sent, err := s.client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{
		PhoneNumber: stytchotp.PhoneNumber(phoneNumber),
	})
	if err != nil {
		return "", err
	}
	return sent.MethodID, nil
}

func (s *sdk) Authenticate(ctx context.Context, methodID, code string) (string, error) {
	done, err := s.client.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{
		MethodID: methodID, Code: stytchotp.Secret(code), SessionDurationMinutes: sessionMinutes,
	})
	if err != nil {
		return "", err
	}
	return done.UserID, nil
}

func (s *sdk) Close() { s.client.CloseIdleConnections() }
