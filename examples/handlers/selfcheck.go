package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"time"

	"github.com/stytchotp/stytchotp/otptest"
)

// logIn does what a browser does: it asks for a code, types it and looks who it is.
func logIn(ctx context.Context, url string, emulator *otptest.Server) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	browser := &http.Client{Jar: jar, Timeout: 10 * time.Second}
	defer browser.CloseIdleConnections()
	number := string(emulator.NewPhoneNumber())

	if err = call(ctx, browser, http.MethodPost, url+"/start", map[string]string{"phone_number": number}); err != nil {
		return err
	}
	code := map[string]string{"code": emulator.Code(number)}
	if err = call(ctx, browser, http.MethodPost, url+"/verify", code); err != nil {
		return err
	}
	if err = call(ctx, browser, http.MethodGet, url+"/me", nil); err != nil {
		return err
	}
	if err = call(ctx, browser, http.MethodPost, url+"/logout", map[string]string{}); err != nil {
		return err
	}
	if left := len(emulator.Sessions()); left != 0 {
		return errors.New("the session is still there")
	}
	fmt.Println("self-check: one login, start to end")
	return nil
}

// call makes a request, prints what came of it, and fails unless it was a success.
func call(ctx context.Context, browser *http.Client, method, url string, body map[string]string) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(string(encoded)))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := browser.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, bodyLimit))
	if err != nil {
		return err
	}
	fmt.Printf("%s %s: %d %s", method, req.URL.Path, resp.StatusCode, answer)
	if resp.StatusCode != http.StatusOK {
		return errors.New("that should have been 200")
	}
	return nil
}
