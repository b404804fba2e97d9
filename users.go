package stytchotp

import (
	"context"
	"net/http"
	"net/url"
)

// UsersService reads and deletes users, and the numbers and addresses that they log in
// with.
type UsersService struct{ core coreFunc }

// Get returns a user. One that does not exist is [ErrUserNotFound].
//
// API: https://stytch.com/docs/api-reference/consumer/api/users/get-user
func (s *UsersService) Get(ctx context.Context, params UsersGetParams) (*UsersGetResponse, error) {
	return call[UsersGetResponse](ctx, s.core(), operation{name: OpUsersGet, method: http.MethodGet, path: "/v1/users/" + url.PathEscape(params.UserID)}, &params)
}

// Delete deletes a user with their numbers, addresses and sessions, for good. A number
// or address that logs in later is that of a new user.
//
// API: https://stytch.com/docs/api-reference/consumer/api/users/delete-user
func (s *UsersService) Delete(ctx context.Context, params UsersDeleteParams) (*UsersDeleteResponse, error) {
	return call[UsersDeleteResponse](ctx, s.core(), operation{name: OpUsersDelete, method: http.MethodDelete, path: "/v1/users/" + url.PathEscape(params.UserID)}, &params)
}

// DeletePhoneNumber removes a phone number from its user. To replace a number, add the
// new one first, by [SMSService.Send] with the user or a session, and check its code.
//
// API: https://stytch.com/docs/api-reference/consumer/api/users/delete-user-phone-number
func (s *UsersService) DeletePhoneNumber(ctx context.Context, params UsersDeletePhoneNumberParams) (*UsersDeletePhoneNumberResponse, error) {
	return call[UsersDeletePhoneNumberResponse](ctx, s.core(), operation{name: OpUsersDeletePhoneNumber, method: http.MethodDelete, path: "/v1/users/phone_numbers/" + url.PathEscape(params.PhoneID)}, &params)
}

// DeleteEmail removes an e-mail address from its user. To replace an address, add the
// new one first, by [EmailService.Send] with the user or a session, and check its code.
//
// API: https://stytch.com/docs/api-reference/consumer/api/users/delete-user-email
func (s *UsersService) DeleteEmail(ctx context.Context, params UsersDeleteEmailParams) (*UsersDeleteEmailResponse, error) {
	return call[UsersDeleteEmailResponse](ctx, s.core(), operation{name: OpUsersDeleteEmail, method: http.MethodDelete, path: "/v1/users/emails/" + url.PathEscape(params.EmailID)}, &params)
}

func (p *UsersGetParams) check(c *checker) {
	c.want.userID = p.UserID
	c.pathID("user_id", p.UserID)
}

func (p *UsersDeleteParams) check(c *checker) {
	c.want.userID = p.UserID
	c.pathID("user_id", p.UserID)
}

func (p *UsersDeletePhoneNumberParams) check(c *checker) {
	c.want.methodID = p.PhoneID
	c.pathID("phone_id", p.PhoneID)
}

func (p *UsersDeleteEmailParams) check(c *checker) {
	c.want.methodID = p.EmailID
	c.pathID("email_id", p.EmailID)
}

// isOtherUser says what is wrong with an answer about id, or "".
func isOtherUser(id string, want expected) string {
	switch {
	case !isID(id):
		return "the body has no user_id"
	case isUserID(want.userID) && id != want.userID:
		return "the answer is about another user"
	}
	return ""
}

func (r *UsersGetResponse) read(body []byte, want expected) (mismatch string, err error) {
	if err = unmarshal(body, r); err != nil {
		return "", err
	}
	return isOtherUser(r.UserID, want), nil
}

func (r *UsersDeleteResponse) read(body []byte, want expected) (mismatch string, err error) {
	if err = unmarshal(body, r); err != nil {
		return "", err
	}
	return isOtherUser(r.UserID, want), nil
}

func (r *UsersDeletePhoneNumberResponse) read(body []byte, want expected) (mismatch string, err error) {
	if err = unmarshal(body, r); err != nil {
		return "", err
	}
	for _, n := range r.User.PhoneNumbers {
		if n.PhoneID == want.methodID {
			return "the user still has the phone number", nil
		}
	}
	return isChangedUser(r.UserID, r.User, want), nil
}

func (r *UsersDeleteEmailResponse) read(body []byte, want expected) (mismatch string, err error) {
	if err = unmarshal(body, r); err != nil {
		return "", err
	}
	for _, a := range r.User.Emails {
		if a.EmailID == want.methodID {
			return "the user still has the address", nil
		}
	}
	return isChangedUser(r.UserID, r.User, want), nil
}

// isChangedUser says what is wrong with an answer that names the user twice, or "".
func isChangedUser(id string, user User, want expected) string {
	if user.UserID != "" && user.UserID != id {
		return "the body is about more than one user"
	}
	return isOtherUser(id, want)
}
