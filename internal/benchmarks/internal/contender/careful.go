package contender

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// careful is net/http by a hand that has measured: everything that does not change
// is made once, the answer is read into a buffer that is used again, the time is
// bounded by the context, and the transport keeps its connections. It is what is
// left when nothing is wasted and encoding/json stays.
type careful struct {
	client        *http.Client
	loginOrCreate *url.URL
	authenticate  *url.URL
	header        http.Header // shared by all requests: a round tripper must not write to it
	buffers       sync.Pool
}

func newCareful(baseURL string, rt http.RoundTripper) (Contender, error) {
	loginOrCreate, err := url.Parse(baseURL + loginOrCreatePath)
	if err != nil {
		return nil, err
	}
	authenticate, err := url.Parse(baseURL + authenticatePath)
	if err != nil {
		return nil, err
	}
	if rt == nil {
		rt = tunedTransport()
	}
	return &careful{
		client:        &http.Client{Transport: rt},
		loginOrCreate: loginOrCreate,
		authenticate:  authenticate,
		header: http.Header{
			"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(ProjectID+":"+Secret))},
			"Content-Type":  {"application/json"},
			"Accept":        {"application/json"},
			"User-Agent":    {"careful/1.0"},
		},
		buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }},
	}, nil
}

// tunedTransport keeps a connection for each call of a burst. The numbers are the
// SDK's, so that the two differ in what they do and not in what they were told.
func tunedTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    5 * time.Second,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    1024,
		IdleConnTimeout:        50 * time.Second,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
	}
}

func (c *careful) LoginOrCreate(ctx context.Context, phoneNumber string) (string, error) {
	var result sendResult
	if err := c.post(ctx, c.loginOrCreate, sendParams{phoneNumber}, &result); err != nil {
		return "", err
	}
	return result.methodID(), nil
}

func (c *careful) Authenticate(ctx context.Context, methodID, code string) (string, error) {
	var result authenticateResult
	if err := c.post(ctx, c.authenticate, authenticateParams{methodID, code, sessionMinutes}, &result); err != nil {
		return "", err
	}
	return result.UserID, nil
}

func (c *careful) Close() { c.client.CloseIdleConnections() }

func (c *careful) post(ctx context.Context, endpoint *url.URL, params, result any) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	body, err := json.Marshal(params)
	if err != nil {
		return err
	}
	reader := bytes.NewReader(body)
	request := (&http.Request{
		Method:        http.MethodPost,
		URL:           endpoint,
		Host:          endpoint.Host,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        c.header,
		Body:          io.NopCloser(reader),
		ContentLength: int64(len(body)),
		GetBody:       func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil },
	}).WithContext(ctx)
	response, err := c.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()

	buffer, ok := c.buffers.Get().(*bytes.Buffer)
	if !ok {
		buffer = new(bytes.Buffer)
	}
	defer c.buffers.Put(buffer)
	buffer.Reset()
	if _, err := buffer.ReadFrom(io.LimitReader(response.Body, 1<<20)); err != nil {
		return err
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		refused := &apiError{}
		if err := json.Unmarshal(buffer.Bytes(), refused); err != nil {
			return fmt.Errorf("status %d: %w", response.StatusCode, err)
		}
		return refused
	}
	return json.Unmarshal(buffer.Bytes(), result)
}
