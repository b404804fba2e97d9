// Package otelstytchotp reports the calls of a stytchotp client, and the logins of package
// otplogin, as OpenTelemetry traces and metrics:
//
//	telemetry, err := otelstytchotp.New()
//	// …
//	client, err := stytchotp.NewClient(projectID, secret, telemetry.ClientOption())
//	// …
//	logins, err := otplogin.New(client, otplogin.Config{Observer: telemetry.Observe})
//	// …
//	err = telemetry.ReportConversions(logins)
//
// A call is a span, which is the parent of the HTTP request's when the client's transport
// is that of otelhttp. Attributes and labels hold no number, address, code, token or text
// of an error.
package otelstytchotp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otplogin"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// scope names the instrumentation.
const scope = "github.com/stytchotp/stytchotp/otelstytchotp"

// Attributes of spans and of metrics. Spans have OpenTelemetry's own for the HTTP status
// and the error type too.
const (
	OperationKey     = attribute.Key("stytch.operation")      // for example "otps.sms.login_or_create"
	OutcomeKey       = attribute.Key("stytch.outcome")        // "ok", or the error's stytchotp.PublicCode
	DeliveryKey      = attribute.Key("stytch.delivery")       // of sends: "sent", "not_sent" or "maybe_sent"
	AttemptsKey      = attribute.Key("stytch.attempts")       // connections tried; of spans only
	RequestIDKey     = attribute.Key("stytch.request_id")     // of spans only
	RegionKey        = attribute.Key("stytch.region")         // ISO 3166 alpha-2; "" for e-mail
	PolicyRefusalKey = attribute.Key("stytch.policy_refusal") // stytchotp.Call.PolicyRefusal; left out when it is ""
	ChannelKey       = attribute.Key("stytch.channel")        // "sms", "whatsapp" or "email"
	LimitKey         = attribute.Key("stytch.limit")          // an otplogin.Limit
	EventKey         = attribute.Key("stytch.event")          // an otplogin.EventKind: of a refusal "refused" or "recorded", of a failure "store_failed" or "failed_open"; or "conversions_failed"
	WindowKey        = attribute.Key("stytch.window")         // "hour" or "day"
)

// Telemetry is what the options of a client and of logins report to. It is safe for
// concurrent use.
type Telemetry struct {
	tracer trace.Tracer
	meter  metric.Meter

	duration  metric.Float64Histogram
	active    metric.Int64UpDownCounter
	messages  metric.Int64Counter
	joined    metric.Int64Counter
	verified  metric.Int64Counter
	wrong     metric.Int64Counter
	refusals  metric.Int64Counter
	failures  metric.Int64Counter
	converted conversions

	operations sync.Map // of *operation, by name
	reported   sync.Map // attributes of conversions
}

// Option changes a [Telemetry].
type Option func(*providers)

type providers struct {
	tracer trace.TracerProvider
	meter  metric.MeterProvider
}

// WithTracerProvider sets where spans go; otel.GetTracerProvider by default.
func WithTracerProvider(p trace.TracerProvider) Option { return func(o *providers) { o.tracer = p } }

// WithMeterProvider sets where metrics go; otel.GetMeterProvider by default.
func WithMeterProvider(p metric.MeterProvider) Option { return func(o *providers) { o.meter = p } }

// New returns a [Telemetry]. The error is that of the meter provider, for a metric that it
// does not accept.
func New(opts ...Option) (*Telemetry, error) {
	p := providers{tracer: otel.GetTracerProvider(), meter: otel.GetMeterProvider()}
	for _, opt := range opts {
		opt(&p)
	}
	if p.tracer == nil || p.meter == nil {
		return nil, errors.New("otelstytchotp: a provider is nil")
	}
	t := &Telemetry{
		tracer: p.tracer.Tracer(scope, trace.WithInstrumentationVersion(stytchotp.Version), trace.WithSchemaURL(semconv.SchemaURL)),
		meter:  p.meter.Meter(scope, metric.WithInstrumentationVersion(stytchotp.Version), metric.WithSchemaURL(semconv.SchemaURL)),
	}
	var problems [9]error
	t.duration, problems[0] = t.meter.Float64Histogram("stytch.client.operation.duration",
		metric.WithUnit("s"), metric.WithDescription("Duration of calls."),
		metric.WithExplicitBucketBoundaries(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10))
	t.active, problems[1] = t.meter.Int64UpDownCounter("stytch.client.operation.active",
		metric.WithUnit("{call}"), metric.WithDescription("Calls in flight."))
	for i, c := range []struct {
		counter           *metric.Int64Counter
		name, unit, about string
	}{
		{&t.messages, "stytch.login.messages", "{message}", "Messages of logins, by what became of them."},
		{&t.joined, "stytch.login.joined", "{login}", "Logins that went on with a message that was there."},
		{&t.verified, "stytch.login.verified", "{code}", "Codes that were right."},
		{&t.wrong, "stytch.login.wrong", "{code}", "Codes that were wrong."},
		{&t.refusals, "stytch.login.refusals", "{refusal}", "What limits refused, or would have refused were they on."},
		{&t.failures, "stytch.login.store_failures", "{failure}", "Outcomes that the store did not take, and limits that it could not count."},
	} {
		*c.counter, problems[2+i] = t.meter.Int64Counter(c.name, metric.WithUnit(c.unit), metric.WithDescription(c.about))
	}
	problems[8] = t.converted.create(t.meter)
	if err := errors.Join(problems[:]...); err != nil {
		return nil, fmt.Errorf("otelstytchotp: %w", err)
	}
	t.beginAtZero(context.Background())
	return t, nil
}

// beginAtZero makes the series of which all labels are known: a rate does not see the
// first events of a series that begins with them.
func (t *Telemetry) beginAtZero(ctx context.Context) {
	for _, limit := range limits() {
		for _, kind := range []otplogin.EventKind{otplogin.EventRefused, otplogin.EventRecorded} {
			t.refusals.Add(ctx, 0, metric.WithAttributes(LimitKey.String(string(limit)), EventKey.String(string(kind))))
		}
	}
	for _, mode := range []string{string(otplogin.EventStoreFailed), string(otplogin.EventFailedOpen), conversionsFailed} {
		t.failures.Add(ctx, 0, metric.WithAttributes(EventKey.String(mode)))
	}
}

func limits() []otplogin.Limit {
	return []otplogin.Limit{
		otplogin.LimitRecipientHour, otplogin.LimitRecipientDay, otplogin.LimitWait, otplogin.LimitAttempts,
		otplogin.LimitRecipientFailures, otplogin.LimitAddressFlows, otplogin.LimitAddressHour, otplogin.LimitAddressRegions,
		otplogin.LimitAddressFailures, otplogin.LimitRegion, otplogin.LimitProjectDay, otplogin.LimitProjectFailures, otplogin.LimitFlows,
	}
}

// ClientOption returns the option by which a client reports its calls.
func (t *Telemetry) ClientOption() stytchotp.Option { return stytchotp.WithObserver(t.begin) }

// operation is what the spans and metrics of an operation begin with.
type operation struct {
	span   []trace.SpanStartOption
	labels []metric.AddOption
}

// operationOf makes an operation once: there are few.
func (t *Telemetry) operationOf(op string) *operation {
	if known, ok := t.operations.Load(op); ok {
		return known.(*operation) //nolint:errcheck // nothing else is stored
	}
	attributes := attribute.NewSet(OperationKey.String(op))
	made := &operation{
		span:   []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes.ToSlice()...)},
		labels: []metric.AddOption{metric.WithAttributeSet(attributes)},
	}
	t.operations.Store(op, made)
	return made
}

// begin starts the span of a call, and returns how it ends. Without a provider it does
// next to nothing.
func (t *Telemetry) begin(ctx context.Context, op string) (context.Context, func(stytchotp.Call)) {
	o := t.operationOf(op)
	ctx, span := t.tracer.Start(ctx, op, o.span...)
	measures, counts := t.duration.Enabled(ctx), t.active.Enabled(ctx)
	if !measures && !counts && !span.IsRecording() {
		return ctx, nil
	}
	if counts {
		t.active.Add(ctx, 1, o.labels...)
	}
	return ctx, func(call stytchotp.Call) {
		if counts {
			t.active.Add(ctx, -1, o.labels...)
		}
		outcome := outcomeOf(call.Err)
		if measures {
			labels := []attribute.KeyValue{OperationKey.String(op), OutcomeKey.String(outcome)}
			if call.PolicyRefusal != "" {
				labels = append(labels, PolicyRefusalKey.String(call.PolicyRefusal))
			}
			t.duration.Record(ctx, call.Duration.Seconds(), metric.WithAttributes(labels...))
		}
		if span.IsRecording() {
			describe(span, call, outcome)
		}
		span.End()
	}
}

func outcomeOf(err error) string {
	if err == nil {
		return "ok"
	}
	return stytchotp.PublicCode(err)
}

// describe takes over what a call says: the client has left out what is private.
func describe(span trace.Span, call stytchotp.Call, outcome string) {
	span.SetAttributes(OutcomeKey.String(outcome), AttemptsKey.Int(call.Attempts))
	if strings.HasSuffix(call.Op, ".send") || strings.HasSuffix(call.Op, ".login_or_create") {
		span.SetAttributes(DeliveryKey.String(call.Delivery.String()))
	}
	if call.StatusCode != 0 {
		span.SetAttributes(semconv.HTTPResponseStatusCode(call.StatusCode))
	}
	if call.RequestID != "" {
		span.SetAttributes(RequestIDKey.String(call.RequestID))
	}
	if call.Region != "" {
		span.SetAttributes(RegionKey.String(call.Region))
	}
	if call.PolicyRefusal != "" {
		span.SetAttributes(PolicyRefusalKey.String(call.PolicyRefusal))
	}
	if call.Err != nil {
		span.SetStatus(codes.Error, "")
		span.SetAttributes(semconv.ErrorTypeKey.String(cmp.Or(string(call.ErrorType), outcome)))
	}
}

// Observe counts what logins did: it is for otplogin.Config.Observer.
func (t *Telemetry) Observe(ctx context.Context, event otplogin.Event) {
	labels := metric.WithAttributes(ChannelKey.String(string(event.Channel)), RegionKey.String(event.Region))
	switch event.Kind {
	case otplogin.EventSent:
		t.messages.Add(ctx, 1, labels, metric.WithAttributes(DeliveryKey.String(event.Delivery.String())))
	case otplogin.EventJoined:
		t.joined.Add(ctx, 1, labels)
	case otplogin.EventVerified:
		t.verified.Add(ctx, 1, labels)
	case otplogin.EventWrong:
		t.wrong.Add(ctx, 1, labels)
	case otplogin.EventRefused, otplogin.EventRecorded:
		t.refusals.Add(ctx, 1, metric.WithAttributes(LimitKey.String(string(event.Limit)), EventKey.String(string(event.Kind))))
	case otplogin.EventStoreFailed, otplogin.EventFailedOpen:
		t.failures.Add(ctx, 1, metric.WithAttributes(EventKey.String(string(event.Kind))))
	}
}
