package suite_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/stytchotp/stytchotp/internal/faultserver"
)

// errorJSON is Stytch's error envelope.
func errorJSON(status int, errorType string) string {
	return fmt.Sprintf(`{"status_code":%d,"request_id":%q,"error_type":%q,"error_message":"%s","error_url":"https://stytch.com/docs/%s"}`,
		status, requestID, errorType, untrustedText, untrustedText)
}

const htmlPage = "<!DOCTYPE html><html><title>" + untrustedText + "</title><body>Sorry.</body></html>"

func errorFaults() []fault {
	envelope := func(status int, errorType string) faultserver.Config {
		return answering(replyJSON(status, errorJSON(status, errorType)))
	}
	return []fault{
		{name: "400 in Stytch's words", server: envelope(400, "invalid_phone_number"), want: refused(400).identified()},
		{name: "401 in Stytch's words", server: envelope(401, "unauthorized_credentials"), want: refused(401).identified()},
		{name: "404 in Stytch's words", server: envelope(404, "otp_code_not_found"), want: refused(404).identified()},
		{name: "429 in Stytch's words", server: envelope(429, "too_many_requests"), want: refused(429).identified()},
		{name: "500 in Stytch's words", server: envelope(500, "internal_server_error"), want: failed(500).identified()},
		{name: "400 `downstream_carrier_error`: the carrier had it", server: envelope(400, "downstream_carrier_error"), want: failed(400).identified()},
		{name: "an unknown error type", server: envelope(418, "brand_new_"+"type"), want: refused(418).identified()},
		{name: "408", server: envelope(408, "client_closed_request"), want: failed(408).identified()},
		{name: "499", server: envelope(499, "client_closed_request"), want: failed(499).identified()},
		{name: "502 with an HTML page", server: answering(reply(502, "text/html", htmlPage)), want: failed(502)},
		{name: "502 with an HTML page and the id in a header", server: answering(reply(502, "text/html", htmlPage, "X-Request-Id", requestID)), want: failed(502).identified()},
		{name: "503 without a body", server: answering(replyJSON(503, "")), want: failed(503)},
		{name: "500 with JSON of another shape", server: answering(replyJSON(500, `{"error":{"code":5,"text":"`+untrustedText+`"}}`)), want: failed(500)},
		{name: "500 with a JSON array", server: answering(replyJSON(500, `["`+untrustedText+`"]`)), want: failed(500)},
		{name: "500 with a JSON string", server: answering(replyJSON(500, `"`+untrustedText+`"`)), want: failed(500)},
		{name: "500 with fields of the wrong types", server: answering(replyJSON(500, `{"status_code":"x","error_type":7,"error_message":{},"request_id":"`+requestID+`"}`)), want: failed(500).identified()},
		{name: "500 with JSON in another charset", server: answering(reply(500, "application/json; charset=utf-16", "\xff\xfe{\x00}\x00")), want: failed(500)},
		{name: "500 with broken JSON", server: answering(replyJSON(500, `{"request_id":"`+requestID+`" "error_type":`)), want: failed(500).identified()},
		{name: "500, cut short after the id", server: answering(cut(500, `{"request_id":"`+requestID+`","error_mess`)), want: failed(500).identified()},
		{name: "400, cut short before the error type", server: answering(cut(400, `{"request_id":"`+requestID+`","error_mess`)), want: failed(400).identified()},
		{name: "400, cut short inside the error type", server: answering(cut(400, `{"request_id":"`+requestID+`","error_type":"invalid_pho`)), want: failed(400).identified()},
		{name: "400, cut short behind the error type", server: answering(cut(400, `{"request_id":"`+requestID+`","error_type":"invalid_phone_number",`)), want: refused(400).identified()},
		{name: "400 without a body", server: answering(replyJSON(400, "")), want: failed(400)},
		{name: "403 with a proxy's HTML page", server: answering(reply(403, "text/html", htmlPage)), want: failed(403)},
		{name: "400 whose body says 500", server: answering(replyJSON(400, errorJSON(500, "invalid_phone_number"))), want: failed(400).identified()},
		{name: "400 with an error type of another JSON type", server: answering(replyJSON(400, `{"error_type":7,"request_id":"`+requestID+`"}`)), want: failed(400).identified()},
		{name: "500, and the connection is reset in the body", server: answering(resetInBody(500)), want: failed(500)},
		{name: "500, and the body never comes", stalls: true, server: answering(stallInBody(500, "")), want: failed(500)},
		{name: "500 with a body of 200 MiB", server: answering(bloat(500)), want: failed(500)},
		{name: "500 with a gzip bomb", server: answering(bomb(500)), want: failed(500)},
		{name: "101, and then nothing", only: "HTTP/1.1", server: answering(switchProtocols), want: failed(101)},
		{name: "304", server: answering(empty(304)), want: failed(304)},
		{name: "999", server: answering(replyJSON(999, "{}")), want: failed(999)},
	}
}

func redirectFaults() []fault {
	to := func(status int, path string) func(string) func(faultserver.Exchange) {
		return func(target string) func(faultserver.Exchange) { return redirect(status, target+path) }
	}
	here := func(status int, location string) faultserver.Config { return answering(redirect(status, location)) }
	return []fault{
		{name: "301 to the same host", server: here(301, "/v2"), want: failed(301)},
		{name: "302 to the same host", server: here(302, "/v2"), want: failed(302)},
		{name: "303 to the same host", server: here(303, "/v2"), want: failed(303)},
		{name: "307 to itself", server: here(307, ""), want: failed(307)},
		{name: "308 to the same host", server: here(308, "/v2"), want: failed(308)},
		{name: "302 to another port, without TLS", elsewhere: to(302, "/"), want: failed(302)},
		{name: "307 to another port, without TLS", elsewhere: to(307, "/v1/otps/sms/send"), want: failed(307)},
		{name: "308 to another port, without TLS", elsewhere: to(308, "/"), want: failed(308)},
		{name: "307 to another host", server: here(307, "https://"+untrustedText+".example.com/"), want: failed(307)},
		{name: "307 to nowhere", server: answering(empty(307)), want: failed(307)},
		{name: "307 to what is no URL", server: here(307, "https://[::1"), want: failed(307)},
	}
}

func successFaults() []fault {
	page := func(status int, body string) faultserver.Config { return answering(replyJSON(status, body)) }
	return []fault{
		{name: "200 without a body", server: page(200, ""), want: untrusted(200)},
		{name: "204", server: answering(empty(204)), want: untrusted(204)},
		{name: "200 with `{}`", server: page(200, "{}"), want: untrusted(200)},
		{name: "200 with `null`", server: page(200, "null"), want: untrusted(200)},
		{name: "200 with an array", server: page(200, "["+goodBody+"]"), want: untrusted(200)},
		{name: "200 with a string", server: page(200, `"`+untrustedText+`"`), want: untrusted(200)},
		{name: "200 with the ids empty", about: ids, server: page(200, `{"request_id":"`+requestID+`","user_id":"","phone_id":"","email_id":null}`), want: untrusted(200).identified()},
		{name: "200 with ids of the wrong type", about: ids, server: page(200, `{"request_id":"`+requestID+`","user_id":7,"phone_id":7,"email_id":7,"method_id":7}`), want: untrusted(200).identified()},
		{name: "200 with an error in the body", server: page(200, strings.Replace(errorJSON(400, "invalid_phone_number"), "{", `{"user_id":"u","method_id":"m",`, 1)), want: untrusted(200).identified()},
		{name: "200 with `status_code` 500 in the body", server: page(200, strings.Replace(goodBody, "200", "500", 1)), want: untrusted(200).identified()},
		{name: "200 with an HTML page", server: answering(reply(200, "text/html", htmlPage)), want: untrusted(200)},
		{name: "200 with JSON and something after it", server: page(200, goodBody+untrustedText), want: untrusted(200).identified()},
		{name: "200 with two JSON objects", server: page(200, goodBody+goodBody), want: untrusted(200).identified()},
		{name: "200 with JSON after a byte order mark", server: page(200, "\ufeff"+goodBody), want: untrusted(200).identified()},
		{name: "200 with half the JSON", server: page(200, goodBody[:len(goodBody)/2]), want: untrusted(200).identified()},
		{name: "200 nested a hundred thousand deep", server: page(200, strings.Repeat("[", 1e5)), want: untrusted(200)},
		{name: "200, cut short", server: answering(cut(200, goodBody[:len(goodBody)/2])), want: untrusted(200).identified()},
		{name: "200, cut in a chunk", only: "HTTP/1.1", server: answering(cutChunk), want: untrusted(200)},
		{name: "200, shorter than announced", only: "HTTP/2", server: answering(short), want: untrusted(200).identified()},
		{name: "200 of unknown length, cut by closing", only: "HTTP/1.1", server: answering(raw("HTTP/1.1 200 OK\r\n\r\n" + goodBody[:len(goodBody)/2])), want: untrusted(200).identified()},
		{name: "200, and the connection is reset in the body", server: answering(resetInBody(200)), want: untrusted(200)},
		{name: "200, and the body never comes", server: answering(stallInBody(200, "")), want: untrusted(200).timedOut()},
		{name: "200, and the end of the body never comes", server: answering(stallInBody(200, goodBody)), want: untrusted(200).timedOut().identified()},
		{name: "200, and the body drips without end", server: answering(dripBody), want: untrusted(200).timedOut()},
		{name: "200 with a body of 200 MiB", server: answering(bloat(200)), want: untrusted(200)},
		{name: "200 with a gzip bomb", server: answering(bomb(200)), want: untrusted(200)},
		{name: "200 as it should be", server: answering(good), want: success(200)},
		{name: "202 with a good body", server: page(202, strings.Replace(goodBody, "200", "202", 1)), want: success(202)},
		{name: "200 in small chunks", server: answering(chunks), want: success(200)},
		{name: "200 without a content type", server: answering(untyped), want: success(200)},
		{name: "200 after an interim answer", server: answering(earlyHints), want: success(200)},
		{name: "200 with unknown fields", server: page(200, strings.Replace(goodBody, "{", `{"new":[{"a":null}],`, 1)), want: success(200)},
		{name: "200 of unknown length, ended by closing", only: "HTTP/1.1", server: answering(raw("HTTP/1.1 200 OK\r\n\r\n" + goodBody)), want: success(200)},
	}
}

// empty answers with a status that has no body.
func empty(status int) func(faultserver.Exchange) {
	return func(e faultserver.Exchange) {
		e.Head(status, "Content-Length", "0")
		e.End()
	}
}

func redirect(status int, location string) func(faultserver.Exchange) {
	return func(e faultserver.Exchange) {
		e.Head(status, "Location", location, "Content-Length", "0")
		e.End()
	}
}

// cut announces more than it sends, and ends the exchange.
func cut(status int, body string) func(faultserver.Exchange) {
	return func(e faultserver.Exchange) {
		e.Head(status, "Content-Type", "application/json", "Content-Length", "9999")
		_ = e.Body([]byte(body))
	}
}

func cutChunk(e faultserver.Exchange) {
	e.Head(200, "Content-Type", "application/json")
	_ = e.Raw([]byte("ffff\r\n{"))
}

func short(e faultserver.Exchange) {
	e.Head(200, "Content-Length", "9999")
	_ = e.Body([]byte(goodBody))
	e.End()
}

func resetInBody(status int) func(faultserver.Exchange) {
	return func(e faultserver.Exchange) {
		e.Head(status, "Content-Type", "application/json", "Content-Length", "9999")
		_ = e.Body([]byte(`{"`))
		e.Conn().Reset()
	}
}

func stallInBody(status int, begin string) func(faultserver.Exchange) {
	return func(e faultserver.Exchange) {
		e.Head(status, "Content-Type", "application/json", "Content-Length", "9999")
		_ = e.Body([]byte(begin))
		e.Stall()
	}
}

func dripBody(e faultserver.Exchange) {
	e.Head(200, "Content-Type", "application/json")
	drip(func() error { return e.Body([]byte(" ")) })
}

func bloat(status int) func(faultserver.Exchange) {
	return func(e faultserver.Exchange) {
		block := bytes.Repeat([]byte(" "), 64<<10)
		e.Head(status, "Content-Type", "application/json", "Content-Length", strconv.Itoa(200<<20))
		for range 200 << 4 {
			if e.Body(block) != nil {
				return
			}
		}
		e.End()
	}
}

// gzipBomb is 64 MiB of blanks in 64 KiB.
var gzipBomb = sync.OnceValue(func() string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	block := bytes.Repeat([]byte(" "), 1<<20)
	for range 64 {
		_, _ = w.Write(block)
	}
	_ = w.Close()
	return b.String()
})

// bomb is sent although the client did not ask for compression.
func bomb(status int) func(faultserver.Exchange) {
	return func(e faultserver.Exchange) {
		reply(status, "application/json", gzipBomb(), "Content-Encoding", "gzip")(e)
	}
}

func switchProtocols(e faultserver.Exchange) {
	e.Head(101, "Connection", "Upgrade", "Upgrade", "websocket")
	e.Stall()
}

func chunks(e faultserver.Exchange) {
	e.Head(200, "Content-Type", "application/json")
	for i := range len(goodBody) {
		_ = e.Body([]byte(goodBody[i : i+1]))
	}
	e.End()
}

func untyped(e faultserver.Exchange) {
	e.Head(200)
	_ = e.Body([]byte(goodBody))
	e.End()
}

func earlyHints(e faultserver.Exchange) {
	e.Head(103, "Link", "</style.css>")
	good(e)
}
