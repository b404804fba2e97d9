package contender

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// usual is net/http as most people write it: what tutorials and generated clients
// have in common. It is correct; it does the same work anew for each call.
type usual struct {
	baseURL string
	client  *http.Client
}

func newUsual(baseURL string, rt http.RoundTripper) (Contender, error) {
	// One client for the program, with a timeout: as net/http recommends.
	// It would share http.DefaultTransport; a copy, with the same settings, keeps
	// one run's connections out of the next.
	if shared, ok := http.DefaultTransport.(*http.Transport); ok && rt == nil {
		rt = shared.Clone()
	}
	return &usual{baseURL, &http.Client{Timeout: timeout, Transport: rt}}, nil
}

func (u *usual) LoginOrCreate(ctx context.Context, phoneNumber string) (string, error) {
	var result sendResult
	if err := u.post(ctx, loginOrCreatePath, sendParams{phoneNumber}, &result); err != nil {
		return "", err
	}
	return result.methodID(), nil
}

func (u *usual) Authenticate(ctx context.Context, methodID, code string) (string, error) {
	var result authenticateResult
	if err := u.post(ctx, authenticatePath, authenticateParams{methodID, code, sessionMinutes}, &result); err != nil {
		return "", err
	}
	return result.UserID, nil
}

func (u *usual) Close() { u.client.CloseIdleConnections() }

func (u *usual) post(ctx context.Context, path string, params, result any) error {
	// Marshal, then NewRequestWithContext over a bytes.Reader: the form in the
	// documentation of net/http, which also sets the length and GetBody.
	body, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("encode the request: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, u.baseURL+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	request.SetBasicAuth(ProjectID, Secret)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	response, err := u.client.Do(request)
	if err != nil {
		return fmt.Errorf("send the request: %w", err)
	}
	defer func() { _ = response.Body.Close() }()

	// ReadAll rather than json.NewDecoder: the body is wanted for errors too, and
	// reading to the end is what lets the connection be used again. It is also the
	// cheaper of the two.
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		refused := &apiError{}
		if err := json.Unmarshal(data, refused); err != nil {
			return fmt.Errorf("status %d: %w", response.StatusCode, err)
		}
		return refused
	}
	if err := json.Unmarshal(data, result); err != nil {
		return fmt.Errorf("decode the answer: %w", err)
	}
	return nil
}
