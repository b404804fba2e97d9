package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// show makes logins over loopback, and prints a trace and the metrics of the dashboard.
func (b *backend) show(ctx context.Context, out io.Writer, address string, exporter *tracetest.InMemoryExporter) error {
	if b.emulator == nil {
		return errors.New("-selfcheck sends messages: run it without credentials")
	}
	for _, login := range []struct {
		number string
		codes  []string // "" is the right one
	}{
		{"+12025550162", []string{"000000", ""}},
		{"+12025550163", []string{""}},
		{"+12025550162", nil}, // a second login, which joins no message
		{"+4915123450001", []string{""}},
		// Codes that are never typed: SMS pumping.
		{"+447400120001", nil},
		{"+447400120002", nil},
		{"+447400120003", nil},
		{"+447400120004", nil},
	} {
		if err := b.logIn(ctx, address, login.number, login.codes); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "The first check of a code, as a trace:")
	spans := exporter.GetSpans()
	i := slices.IndexFunc(spans, func(s tracetest.SpanStub) bool { return s.Name == "POST /login/code" })
	if i < 0 {
		return errors.New("no check of a code was traced")
	}
	printTrace(out, spans, spans[i], 1)
	fmt.Fprintln(out, "\nThe metrics that the dashboard asks for:")
	return b.printMetrics(ctx, out, address)
}

// logIn is a person with a browser.
func (b *backend) logIn(ctx context.Context, address, number string, codes []string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	person := &http.Client{Jar: jar, Timeout: 10 * time.Second}
	if err = post(ctx, person, address+"/login", url.Values{"number": {number}}); err != nil {
		return err
	}
	for _, code := range codes {
		if code == "" {
			code = b.emulator.Code(number)
		}
		if err = post(ctx, person, address+"/login/code", url.Values{"code": {code}}); err != nil {
			return err
		}
	}
	return nil
}

func post(ctx context.Context, client *http.Client, target string, form url.Values) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// printTrace prints a span with what says most about it, and those inside it.
func printTrace(out io.Writer, spans tracetest.SpanStubs, span tracetest.SpanStub, depth int) {
	var about []string
	for _, kv := range span.Attributes {
		switch kv.Key {
		case "stytch.outcome", "stytch.delivery", "stytch.attempts", "error.type", "http.response.status_code":
			about = append(about, string(kv.Key)+"="+kv.Value.String())
		}
	}
	fmt.Fprintf(out, "%s%-*s %s\n", strings.Repeat("  ", depth), 24-2*depth, span.Name, strings.Join(about, " "))
	for _, other := range spans {
		if other.Parent.SpanID() == span.SpanContext.SpanID() {
			printTrace(out, spans, other, depth+1)
		}
	}
}

// printMetrics prints what Prometheus would get, but for buckets and seconds, and counters
// of what did not happen.
func (b *backend) printMetrics(ctx context.Context, out io.Writer, address string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/metrics", http.NoBody)
	if err != nil {
		return err
	}
	client := &http.Client{Timeout: 10 * time.Second}
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		line := lines.Text()
		isZero := strings.Contains(line, "_total{") && strings.HasSuffix(line, " 0")
		if strings.HasPrefix(line, "stytch_") && !strings.Contains(line, "_bucket") && !strings.Contains(line, "_sum") && !isZero {
			fmt.Fprintln(out, "  "+line)
		}
	}
	return lines.Err()
}
