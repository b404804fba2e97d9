package sessionjwt_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"

	"github.com/stytchotp/stytchotp/sessionjwt"
)

// A page for people who are signed in. The session is checked offline.
func ExampleVerifier_Protect() {
	srv, err := otptest.Start() // in place of Stytch
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client, number := srv.Client(), srv.NewPhoneNumber()

	sessions, err := sessionjwt.New(client)
	if err != nil {
		fmt.Println(err)
		return
	}
	page := sessions.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, _ := sessionjwt.FromContext(r.Context())
		fmt.Fprint(w, "signed in: ", session.UserID != "")
	}), sessionjwt.Protection{})

	// After the login, the browser gets the cookies.
	ctx := context.Background()
	sent, err := client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
	if err != nil {
		fmt.Println(err)
		return
	}
	login, err := client.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{
		MethodID: sent.MethodID, Code: srv.PhoneCode(number), SessionDurationMinutes: 60,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	sessionjwt.Cookies{}.Set(w, login.SessionToken, login.SessionJWT, login.Session.ExpiresAt)

	for _, cookies := range [][]*http.Cookie{nil, w.Result().Cookies()} {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		for _, cookie := range cookies {
			r.AddCookie(cookie)
		}
		answer := httptest.NewRecorder()
		page.ServeHTTP(answer, r)
		fmt.Println(answer.Code, answer.Body)
	}
	// Output:
	// 401 Unauthorized
	//
	// 200 signed in: true
}
