package otelstytchotp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otplogin"
	"github.com/stytchotp/stytchotp/otptest"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/stytchotp/stytchotp/otelstytchotp"
)

// telemetry is a client and logins that report to memory.
type telemetry struct {
	t      *testing.T
	srv    *otptest.Server
	spans  *tracetest.InMemoryExporter
	tracer *trace.TracerProvider
	reader *metric.ManualReader
	client *stytchotp.Client
	logins *otplogin.Logins
}

func newTelemetry(t *testing.T, exporters ...trace.SpanExporter) *telemetry {
	t.Helper()
	s := &telemetry{t: t, srv: otptest.NewServer(t), spans: tracetest.NewInMemoryExporter(), reader: metric.NewManualReader()}
	options := []trace.TracerProviderOption{trace.WithSyncer(s.spans)}
	for _, exporter := range exporters {
		options = append(options, trace.WithSyncer(exporter))
	}
	s.tracer = trace.NewTracerProvider(options...)
	tel, err := otelstytchotp.New(otelstytchotp.WithTracerProvider(s.tracer), otelstytchotp.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(s.reader))))
	require.NoError(t, err)
	transport := otelhttp.NewTransport(http.DefaultTransport, otelhttp.WithTracerProvider(s.tracer), otelhttp.WithPropagators(propagation.TraceContext{}))
	s.client = s.srv.Client(tel.ClientOption(), stytchotp.WithHTTPClient(&http.Client{Transport: transport}))
	s.logins, err = otplogin.New(s.client, otplogin.Config{Observer: tel.Observe})
	require.NoError(t, err)
	require.NoError(t, tel.ReportConversions(s.logins))
	return s
}

func (s *telemetry) metrics() map[string]metricdata.Metrics {
	s.t.Helper()
	var got metricdata.ResourceMetrics
	require.NoError(s.t, s.reader.Collect(context.Background(), &got))
	all := map[string]metricdata.Metrics{}
	for _, scope := range got.ScopeMetrics {
		for _, m := range scope.Metrics {
			all[m.Name] = m
		}
	}
	return all
}

// counted is points without the series that are still at zero.
func counted(t *testing.T, m metricdata.Metrics) map[string]int64 {
	t.Helper()
	values := points(t, m)
	maps.DeleteFunc(values, func(_ string, n int64) bool { return n == 0 })
	return values
}

// points returns the values of a metric by their labels, of a histogram the counts.
func points(t *testing.T, m metricdata.Metrics) map[string]int64 {
	t.Helper()
	values := map[string]int64{}
	label := func(set attribute.Set) string {
		var parts []string
		for _, kv := range set.ToSlice() {
			parts = append(parts, strings.TrimPrefix(string(kv.Key), "stytch.")+"="+kv.Value.String())
		}
		return strings.Join(parts, " ")
	}
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			values[label(p.Attributes)] = p.Value
		}
	case metricdata.Gauge[int64]:
		for _, p := range data.DataPoints {
			values[label(p.Attributes)] = p.Value
		}
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			values[label(p.Attributes)] = int64(p.Count)
		}
	default:
		require.Fail(t, "another kind of metric", "%T", m.Data)
	}
	return values
}

// A call is a span between the caller's and that of the HTTP request, and says what a
// person who looks for a fault asks.
func TestTrace(t *testing.T) {
	t.Parallel()
	s := newTelemetry(t)
	ctx, parent := s.tracer.Tracer("app").Start(t.Context(), "POST /login")
	number := s.srv.NewPhoneNumber()
	sent, err := s.client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
	require.NoError(t, err)
	_, err = s.client.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{MethodID: sent.MethodID, Code: "000000"})
	require.ErrorIs(t, err, stytchotp.ErrCodeIncorrect)
	_, err = s.client.OTPs.SMS.Send(ctx, stytchotp.SMSSendParams{PhoneNumber: "+1"})
	require.ErrorIs(t, err, stytchotp.ErrInvalidPhoneNumber)
	parent.End()

	byName := map[string]tracetest.SpanStub{}
	var requests []tracetest.SpanStub
	for _, span := range s.spans.GetSpans() {
		if strings.HasPrefix(span.Name, "HTTP") {
			requests = append(requests, span)
		} else {
			byName[span.Name] = span
		}
	}
	require.Len(t, requests, 2, "the call that was refused made none")
	call := byName[stytchotp.OpSMSLoginOrCreate]
	assert.Equal(t, parent.SpanContext().SpanID(), call.Parent.SpanID())
	assert.Equal(t, call.SpanContext.SpanID(), requests[0].Parent.SpanID())
	assert.Equal(t, map[string]string{
		"stytch.operation": "otps.sms.login_or_create", "stytch.outcome": "ok", "stytch.delivery": "sent", "stytch.attempts": "1",
		"http.response.status_code": "200", "stytch.request_id": sent.RequestID,
	}, attributes(call))
	wrong := byName[stytchotp.OpAuthenticate]
	assert.Equal(t, wrong.SpanContext.SpanID(), requests[1].Parent.SpanID())
	assert.Equal(t, codes.Error, wrong.Status.Code)
	assert.Empty(t, wrong.Status.Description)
	assert.Equal(t, "otp_code_not_found", attributes(wrong)["error.type"])
	assert.Equal(t, "404", attributes(wrong)["http.response.status_code"])
	refused := attributes(byName[stytchotp.OpSMSSend])
	assert.Equal(t, "invalid_phone_number", refused["error.type"])
	assert.Equal(t, "not_sent", refused["stytch.delivery"])
	assert.NotContains(t, refused, "http.response.status_code")
}

func attributes(span tracetest.SpanStub) map[string]string {
	all := map[string]string{}
	for _, kv := range span.Attributes {
		all[string(kv.Key)] = kv.Value.String()
	}
	return all
}

// What logins do is counted by channel and region, refusals by limit, and the share of
// codes that are verified is reported.
func TestMetrics(t *testing.T) {
	t.Parallel()
	s := newTelemetry(t)
	ctx, number := t.Context(), string(s.srv.NewPhoneNumber())
	flow, err := s.logins.Start(ctx, otplogin.StartParams{Recipient: number})
	require.NoError(t, err)
	_, err = s.logins.Start(ctx, otplogin.StartParams{Recipient: number})
	require.NoError(t, err)
	_, err = s.logins.Resend(ctx, otplogin.ResendParams{FlowID: flow.ID})
	require.Error(t, err)
	_, err = s.logins.Verify(ctx, otplogin.VerifyParams{FlowID: flow.ID, Code: "000000"})
	require.Error(t, err)
	_, err = s.logins.Verify(ctx, otplogin.VerifyParams{FlowID: flow.ID, Code: s.srv.Code(number)})
	require.NoError(t, err)
	for range 4 {
		_, err = s.logins.Start(ctx, otplogin.StartParams{Recipient: string(s.srv.NewPhoneNumber())})
		require.NoError(t, err)
	}
	_, err = s.logins.Start(ctx, otplogin.StartParams{Recipient: string(s.srv.NewEmailAddress())})
	require.NoError(t, err)

	m := s.metrics()
	for name, want := range map[string]map[string]int64{
		"stytch.client.operation.duration": {
			"operation=otps.sms.login_or_create outcome=ok": 5, "operation=otps.email.login_or_create outcome=ok": 1,
			"operation=otps.authenticate outcome=ok": 1, "operation=otps.authenticate outcome=code_incorrect": 1,
		},
		"stytch.client.operation.active": {"operation=otps.sms.login_or_create": 0, "operation=otps.email.login_or_create": 0, "operation=otps.authenticate": 0},
		"stytch.login.messages":          {"channel=sms delivery=sent region=US": 5, "channel=email delivery=sent region=": 1},
		"stytch.login.joined":            {"channel=sms region=US": 1},
		"stytch.login.verified":          {"channel=sms region=US": 1},
		"stytch.login.wrong":             {"channel=sms region=US": 1},
		"stytch.login.conversion.sent": {
			"channel=sms region=US window=hour": 5, "channel=sms region=US window=day": 5, "channel=email region= window=hour": 1, "channel=email region= window=day": 1,
		},
		"stytch.login.conversion.verified": {
			"channel=sms region=US window=hour": 1, "channel=sms region=US window=day": 1, "channel=email region= window=hour": 0, "channel=email region= window=day": 0,
		},
		"stytch.login.conversion.unusual": {"channel=sms region=US": 1, "channel=email region=": 0},
	} {
		require.Contains(t, m, name)
		assert.Equal(t, want, points(t, m[name]), name)
	}
	assert.Equal(t, map[string]int64{"event=refused limit=wait": 1, "event=recorded limit=region": 1}, counted(t, m["stytch.login.refusals"]))
}

// Each limit and each kind of failure has its series from the start: a rate does not see
// the first event of a series that begins with it.
func TestSeriesBeginAtZero(t *testing.T) {
	t.Parallel()
	m := newTelemetry(t).metrics()
	want := map[string]int64{}
	for _, limit := range limitsOf(t) {
		want["event=refused limit="+limit], want["event=recorded limit="+limit] = 0, 0
	}
	assert.Equal(t, want, points(t, m["stytch.login.refusals"]))
	assert.Equal(t, map[string]int64{"event=store_failed": 0, "event=failed_open": 0, "event=conversions_failed": 0}, points(t, m["stytch.login.store_failures"]))
}

// limitsOf returns the values of the constants of type otplogin.Limit.
func limitsOf(t *testing.T) (all []string) {
	t.Helper()
	source, err := os.ReadFile("../otplogin/limits.go")
	require.NoError(t, err)
	for _, constant := range regexp.MustCompile(`\tLimit\w+ +Limit = "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		all = append(all, constant[1])
	}
	require.Len(t, all, 13)
	return all
}

// brokenStore is a store that counts no conversions.
type brokenStore struct {
	otplogin.Store

	ask func() error
}

func (b brokenStore) Conversions(context.Context, []string) ([]otplogin.Conversion, error) {
	return nil, b.ask()
}

// A store that is away, panics or does not answer takes nothing but its own figures out of
// a collection, for two seconds at most.
func TestConversionsOfABrokenStore(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(release chan struct{}) error{
		"away":   func(chan struct{}) error { return errors.New("away") },
		"panics": func(chan struct{}) error { panic("the store") },
		"silent": func(release chan struct{}) error { <-release; return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, release := &telemetry{t: t, srv: otptest.NewInProcess(t), reader: metric.NewManualReader()}, make(chan struct{})
				tel, err := otelstytchotp.New(otelstytchotp.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(s.reader))))
				require.NoError(t, err)
				logins, err := otplogin.New(s.srv.Client(tel.ClientOption()), otplogin.Config{
					Observer: tel.Observe, Key: []byte(strings.Repeat("k", 32)),
					Store: brokenStore{otplogin.NewMemoryStore(), func() error { return ask(release) }},
				})
				require.NoError(t, err)
				require.NoError(t, tel.ReportConversions(logins))
				_, err = logins.Start(t.Context(), otplogin.StartParams{Recipient: string(s.srv.NewPhoneNumber())})
				require.NoError(t, err)
				for i := range int64(3) {
					began := time.Now()
					m := s.metrics()
					assert.LessOrEqual(t, time.Since(began), 2*time.Second)
					assert.Equal(t, map[string]int64{"channel=sms delivery=sent region=US": 1}, points(t, m["stytch.login.messages"]))
					assert.Equal(t, map[string]int64{"event=conversions_failed": i + 1}, counted(t, m["stytch.login.store_failures"]))
					assert.NotContains(t, m, "stytch.login.conversion.sent")
				}
				close(release)
			})
		})
	}
}

// Several logins of one telemetry are told apart by attributes, or refused.
func TestConversionsOfTwoProjects(t *testing.T) {
	t.Parallel()
	s := &telemetry{t: t, srv: otptest.NewInProcess(t), reader: metric.NewManualReader()}
	tel, err := otelstytchotp.New(otelstytchotp.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(s.reader))))
	require.NoError(t, err)
	for _, project := range []string{"shop", "bank"} {
		logins, err := otplogin.New(s.srv.Client(), otplogin.Config{})
		require.NoError(t, err)
		for range len(project) {
			_, err = logins.Start(t.Context(), otplogin.StartParams{Recipient: string(s.srv.NewPhoneNumber())})
			require.NoError(t, err)
		}
		require.NoError(t, tel.ReportConversions(logins, attribute.String("project", project)))
		require.ErrorContains(t, tel.ReportConversions(logins, attribute.String("project", project)), "pass different attributes for each Logins")
	}
	assert.Equal(t, map[string]int64{"project=shop channel=sms region=US": 1, "project=bank channel=sms region=US": 1},
		points(t, s.metrics()["stytch.login.conversion.unusual"]))
}

// Calls in flight go back to zero, whatever a view leaves out.
func TestCallsInFlight(t *testing.T) {
	t.Parallel()
	for name, dropped := range map[string]string{"all": "none", "without the duration": "stytch.client.operation.duration"} {
		s := &telemetry{t: t, srv: otptest.NewInProcess(t), reader: metric.NewManualReader()}
		drop := metric.NewView(metric.Instrument{Name: dropped}, metric.Stream{Aggregation: metric.AggregationDrop{}})
		tel, err := otelstytchotp.New(otelstytchotp.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(s.reader), metric.WithView(drop))))
		require.NoError(t, err)
		active := func() map[string]int64 { return points(t, s.metrics()["stytch.client.operation.active"]) }
		panics := false
		client := s.srv.Client(tel.ClientOption(), stytchotp.WithHook(func(context.Context, stytchotp.Call) {
			assert.Equal(t, map[string]int64{"operation=otps.sms.login_or_create": 1}, active(), name)
			if panics {
				panic("the hook")
			}
		}))
		send := func() {
			_, _ = client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: s.srv.NewPhoneNumber()})
		}
		send()
		panics = true
		assert.Panics(t, send)
		assert.Equal(t, map[string]int64{"operation=otps.sms.login_or_create": 0}, active(), name)
	}
}

// What a send policy refused, or only would have, is in the span and the metric.
func TestPolicyRefusal(t *testing.T) {
	t.Parallel()
	for _, observeOnly := range []bool{false, true} {
		s := &telemetry{t: t, srv: otptest.NewInProcess(t), spans: tracetest.NewInMemoryExporter(), reader: metric.NewManualReader()}
		tel, err := otelstytchotp.New(
			otelstytchotp.WithTracerProvider(trace.NewTracerProvider(trace.WithSyncer(s.spans))),
			otelstytchotp.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(s.reader))))
		require.NoError(t, err)
		client := s.srv.Client(tel.ClientOption(), stytchotp.WithSendPolicy(stytchotp.SendPolicy{Regions: []string{"DE"}, ObserveOnly: observeOnly}))
		_, err = client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: s.srv.NewPhoneNumber()})
		outcome := map[bool]string{true: "ok", false: stytchotp.PublicCode(err)}[observeOnly]
		assert.Equal(t, observeOnly, err == nil)
		span := s.spans.GetSpans()[0]
		assert.Equal(t, "region_not_allowed", attributes(span)["stytch.policy_refusal"])
		assert.Equal(t, stytchotp.Version, span.InstrumentationScope.Version)
		assert.NotEmpty(t, span.InstrumentationScope.SchemaURL)
		assert.Equal(t, map[string]int64{"operation=otps.sms.login_or_create outcome=" + outcome + " policy_refusal=region_not_allowed": 1},
			points(t, s.metrics()["stytch.client.operation.duration"]))
	}
}

// A hundred thousand calls with different numbers, codes and errors make few series.
func TestCardinality(t *testing.T) {
	t.Parallel()
	reader := metric.NewManualReader()
	tel, err := otelstytchotp.New(otelstytchotp.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(reader))))
	require.NoError(t, err)
	srv := otptest.NewInProcess(t)
	client := srv.Client(tel.ClientOption())
	logins, err := otplogin.New(client, otplogin.Config{Observer: tel.Observe, Limits: otplogin.Limits{ProjectDay: 1_000_000_000, ProjectFailures: 1_000_000_000}})
	require.NoError(t, err)
	require.NoError(t, tel.ReportConversions(logins))
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := worker; i < 50_000; i += 8 {
				number := fmt.Sprintf("+1%d%07d", 202+i/9000, 2_000_000+i)
				flow, err := logins.Start(context.Background(), otplogin.StartParams{Recipient: number, IP: fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)})
				if err == nil {
					_, _ = logins.Verify(context.Background(), otplogin.VerifyParams{FlowID: flow.ID, Code: fmt.Sprintf("%06d", i)})
				}
			}
		})
	}
	all.Wait()
	s := &telemetry{t: t, reader: reader}
	series := 0
	for name, m := range s.metrics() {
		n := len(points(t, m))
		assert.LessOrEqual(t, n, 30, name)
		series += n
	}
	assert.Less(t, series, 120)
}

// No number, address, code, token or text of a server is in a span or a metric.
func TestNothingPrivate(t *testing.T) {
	t.Parallel()
	s := newTelemetry(t)
	ctx := t.Context()
	number, address := s.srv.NewPhoneNumber(), s.srv.NewEmailAddress()
	private := []string{string(number)[1:], string(address), s.srv.Secret, "CANARY", "203.0.113.9"}
	for _, to := range []string{string(number), string(address)} {
		flow, err := s.logins.Start(ctx, otplogin.StartParams{Recipient: to, IP: "203.0.113.9", Attributes: stytchotp.Attributes{UserAgent: "CANARY"}})
		require.NoError(t, err)
		code := s.srv.Code(to)
		login, err := s.logins.Verify(ctx, otplogin.VerifyParams{FlowID: flow.ID, Code: code})
		require.NoError(t, err)
		private = append(private, code, string(login.SessionToken), string(login.SessionJWT), flow.ID)
	}
	hostile := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"status_code":400,"request_id":"%[1]s","error_type":"refused_%[2]s","error_message":"CANARY %[1]s"}`, number, string(number)[1:])
	}))
	t.Cleanup(hostile.Close)
	tel, err := otelstytchotp.New(otelstytchotp.WithTracerProvider(s.tracer))
	require.NoError(t, err)
	client, err := stytchotp.NewClient("project-test-CANARY", "secret-test-CANARY", stytchotp.WithBaseURL(hostile.URL), tel.ClientOption())
	require.NoError(t, err)
	_, err = client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
	require.Error(t, err)

	var spans []tracetest.SpanStub
	for _, span := range s.spans.GetSpans() {
		if !strings.HasPrefix(span.Name, "HTTP") { // those are otelhttp's
			spans = append(spans, span)
		}
	}
	require.Len(t, spans, 5)
	for _, value := range private {
		// Times, sums and ids hold digits in a row too.
		whole := "(^|[^0-9a-zA-Z.-])" + regexp.QuoteMeta(value) + "($|[^0-9a-zA-Z.-])"
		assert.NotRegexp(t, whole, fmt.Sprintf("%+v", spans))
		assert.NotRegexp(t, whole, fmt.Sprintf("%+v", s.metrics()))
	}
}

// End to end: OTLP over HTTP to a collector.
func TestOTLP(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	names := map[string]string{} // of spans, by id, with their parents
	parents := map[string]string{}
	collect := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		var request collector.ExportTraceServiceRequest
		assert.NoError(t, proto.Unmarshal(body, &request))
		assert.Equal(t, "/v1/traces", r.URL.Path)
		mu.Lock()
		defer mu.Unlock()
		for _, resource := range request.GetResourceSpans() {
			for _, scope := range resource.GetScopeSpans() {
				for _, span := range scope.GetSpans() {
					names[string(span.GetSpanId())], parents[string(span.GetSpanId())] = span.GetName(), string(span.GetParentSpanId())
				}
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(collect.Close)
	exporter, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpointURL(collect.URL+"/v1/traces"), otlptracehttp.WithCompression(otlptracehttp.NoCompression))
	require.NoError(t, err)
	s := newTelemetry(t, exporter)
	ctx, parent := s.tracer.Tracer("app").Start(t.Context(), "POST /login")
	_, err = s.client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: s.srv.NewPhoneNumber()})
	require.NoError(t, err)
	parent.End()
	require.NoError(t, s.tracer.ForceFlush(t.Context()))
	mu.Lock()
	defer mu.Unlock()
	chain := map[string]string{}
	for id, name := range names {
		chain[name] = names[parents[id]]
	}
	assert.Equal(t, map[string]string{"HTTP POST": "otps.sms.login_or_create", "otps.sms.login_or_create": "POST /login", "POST /login": ""}, chain)
}

func TestNew(t *testing.T) {
	t.Parallel()
	_, err := otelstytchotp.New(otelstytchotp.WithTracerProvider(nil))
	require.ErrorContains(t, err, "a provider is nil")
	tel, err := otelstytchotp.New()
	require.NoError(t, err)
	require.ErrorContains(t, tel.ReportConversions(nil), "logins are nil")
}

// What telemetry costs a call: without the option, with providers that do nothing, and
// with the SDK's.
func BenchmarkCall(b *testing.B) {
	srv := otptest.NewInProcess(b)
	number := srv.NewPhoneNumber()
	nothing, err := otelstytchotp.New()
	require.NoError(b, err)
	recording, err := otelstytchotp.New(
		otelstytchotp.WithTracerProvider(trace.NewTracerProvider(trace.WithBatcher(tracetest.NewNoopExporter()))),
		otelstytchotp.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(discard{}, metric.WithInterval(time.Hour))))))
	require.NoError(b, err)
	for _, c := range []struct {
		name    string
		options []stytchotp.Option
	}{{"without", nil}, {"providers=none", []stytchotp.Option{nothing.ClientOption()}}, {"providers=sdk", []stytchotp.Option{recording.ClientOption()}}} {
		client := srv.Client(c.options...)
		_, err := client.OTPs.SMS.LoginOrCreate(b.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: number}) // what is made once
		require.NoError(b, err)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := client.OTPs.SMS.LoginOrCreate(b.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: number}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// discard is an exporter of metrics.
type discard struct{}

func (discard) Temporality(kind metric.InstrumentKind) metricdata.Temporality {
	return metric.DefaultTemporalitySelector(kind)
}

func (discard) Aggregation(kind metric.InstrumentKind) metric.Aggregation {
	return metric.DefaultAggregationSelector(kind)
}
func (discard) Export(context.Context, *metricdata.ResourceMetrics) error { return nil }
func (discard) ForceFlush(context.Context) error                          { return nil }
func (discard) Shutdown(context.Context) error                            { return nil }

// With no provider configured, a call costs next to nothing more.
func TestWithoutProviders(t *testing.T) { //nolint:paralleltest // it counts allocations
	srv := otptest.NewInProcess(t)
	number := srv.NewPhoneNumber()
	nothing, err := otelstytchotp.New()
	require.NoError(t, err)
	allocations := func(options ...stytchotp.Option) float64 {
		client := srv.Client(options...)
		return testing.AllocsPerRun(200, func() {
			_, _ = client.OTPs.SMS.LoginOrCreate(context.Background(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
		})
	}
	assert.LessOrEqual(t, allocations(nothing.ClientOption())-allocations(), 8.0)
}
