package contender

import (
	"context"
	"fmt"
	"net/http"

	"github.com/go-resty/resty/v2"
)

// restyREADME is resty as its README shows it: the client with its settings, then
// for each call R, a struct as body, and structs for result and error.
type restyREADME struct{ client *resty.Client }

func newResty(baseURL string, rt http.RoundTripper) (Contender, error) {
	client := resty.New().
		SetBaseURL(baseURL).
		SetTimeout(timeout).
		SetBasicAuth(ProjectID, Secret).
		// Only so that it prints no warning for each call to a server without
		// TLS, which would cost it more than the call.
		SetDisableWarn(true)
	if rt != nil {
		client.SetTransport(rt)
	}
	return &restyREADME{client}, nil
}

func (r *restyREADME) LoginOrCreate(ctx context.Context, phoneNumber string) (string, error) {
	result := &sendResult{}
	if err := r.post(ctx, loginOrCreatePath, sendParams{phoneNumber}, result); err != nil {
		return "", err
	}
	return result.methodID(), nil
}

func (r *restyREADME) Authenticate(ctx context.Context, methodID, code string) (string, error) {
	result := &authenticateResult{}
	if err := r.post(ctx, authenticatePath, authenticateParams{methodID, code, sessionMinutes}, result); err != nil {
		return "", err
	}
	return result.UserID, nil
}

func (r *restyREADME) Close() { r.client.GetClient().CloseIdleConnections() }

func (r *restyREADME) post(ctx context.Context, path string, params, result any) error {
	refused := &apiError{}
	response, err := r.client.R().
		SetContext(ctx).
		SetBody(params). // "default is JSON content type. No need to set one"
		SetResult(result).
		SetError(refused).
		Post(path)
	if err != nil {
		return err
	}
	if response.IsError() {
		return refused
	}
	if !response.IsSuccess() {
		return fmt.Errorf("status %d", response.StatusCode())
	}
	return nil
}
