package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"time"

	"github.com/stytchotp/stytchotp/otptest"
)

// logIn does what a browser does: it sends the number, reads the code and sends that.
func logIn(app string, emulator *otptest.Server) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	browser := &http.Client{Jar: jar, Timeout: 10 * time.Second}
	defer browser.CloseIdleConnections()
	form, tag := url.Values{"number": {string(emulator.NewPhoneNumber())}}, regexp.MustCompile(`name="tag" value="(\w+)"`)
	for _, step := range []struct{ from, to string }{{"/login", "/login/code"}, {"/login/code", "/"}} {
		resp, err := browser.PostForm(app+step.from, form) //nolint:noctx // the client has a time limit
		if err != nil {
			return err
		}
		page, err := io.ReadAll(resp.Body)
		if resp.Body.Close(); err != nil || resp.Request.URL.Path != step.to {
			return fmt.Errorf("%s led to %s: %s: %w", step.from, resp.Request.URL, resp.Status, err)
		}
		if found := tag.FindSubmatch(page); found != nil {
			form.Set("tag", string(found[1]))
		}
		form.Set("code", emulator.Code(form.Get("number")))
	}
	fmt.Println("signed in, from start to end")
	return nil
}
