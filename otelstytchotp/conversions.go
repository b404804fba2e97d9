package otelstytchotp

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/stytchotp/stytchotp/otplogin"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// conversions are the figures that show both broken delivery and fraud.
type conversions struct{ sent, verified, unusual metric.Int64ObservableGauge }

func (c *conversions) create(meter metric.Meter) error {
	var problems [3]error
	c.sent, problems[0] = meter.Int64ObservableGauge("stytch.login.conversion.sent",
		metric.WithUnit("{code}"), metric.WithDescription("Codes that were sent within the window, by region and channel."))
	c.verified, problems[1] = meter.Int64ObservableGauge("stytch.login.conversion.verified",
		metric.WithUnit("{code}"), metric.WithDescription("Codes that were verified within the window, by region and channel."))
	c.unusual, problems[2] = meter.Int64ObservableGauge("stytch.login.conversion.unusual",
		metric.WithDescription("1 where more codes than usual were not verified, by the rule of otplogin.Conversion."))
	return errors.Join(problems[:]...)
}

// conversionsFailed is the event of a collection that went on without the conversions.
const conversionsFailed = "conversions_failed"

// conversionsTimeout is how long a collection of metrics waits for the store.
const conversionsTimeout = 2 * time.Second

// ReportConversions reports the conversions of logins at each collection of the metrics,
// by one round trip to their store, which may take 2 seconds. When it takes longer or
// fails, the collection goes on without them, and stytch.login.store_failures counts it
// with the event "conversions_failed". One instance of several is enough to report them.
//
// With several [otplogin.Logins] on one Telemetry, pass different attributes for each, for
// example the project.
func (t *Telemetry) ReportConversions(logins *otplogin.Logins, attributes ...attribute.KeyValue) error {
	if logins == nil {
		return errors.New("otelstytchotp: the logins are nil")
	}
	set := attribute.NewSet(attributes...)
	if _, taken := t.reported.LoadOrStore(set.Equivalent(), true); taken {
		return errors.New("otelstytchotp: conversions with these attributes are reported already: pass different attributes for each Logins")
	}
	reader := conversionsReader{logins: logins}
	_, err := t.meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		rows, err := reader.read(ctx)
		if err != nil { // the other metrics are worth more than an error here
			t.failures.Add(ctx, 1, metric.WithAttributes(EventKey.String(conversionsFailed)))
			otel.Handle(fmt.Errorf("otelstytchotp: conversions: %w", err))
		}
		for _, row := range rows {
			t.report(o, row, set)
		}
		return nil
	}, t.converted.sent, t.converted.verified, t.converted.unusual)
	return err
}

// conversionsReader asks a store that may take no notice of a context.
type conversionsReader struct {
	logins *otplogin.Logins
	asks   atomic.Bool
}

func (r *conversionsReader) read(ctx context.Context) ([]otplogin.Conversion, error) {
	if !r.asks.CompareAndSwap(false, true) {
		return nil, errors.New("the store has not answered the collection before")
	}
	ctx, cancel := context.WithTimeout(ctx, conversionsTimeout)
	defer cancel()
	type answer struct {
		rows []otplogin.Conversion
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		a := answer{err: errors.New("the store panicked")}
		defer func() {
			_ = recover() // here it would end the process
			r.asks.Store(false)
			got <- a
		}()
		a.rows, a.err = r.logins.Conversions(ctx)
	}()
	select {
	case a := <-got:
		return a.rows, a.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (t *Telemetry) report(o metric.Observer, row otplogin.Conversion, of attribute.Set) {
	set, labels := metric.WithAttributeSet(of), metric.WithAttributes(ChannelKey.String(string(row.Channel)), RegionKey.String(row.Region))
	hour, day := metric.WithAttributes(WindowKey.String("hour")), metric.WithAttributes(WindowKey.String("day"))
	o.ObserveInt64(t.converted.sent, int64(row.SentHour), set, labels, hour)
	o.ObserveInt64(t.converted.sent, int64(row.SentDay), set, labels, day)
	o.ObserveInt64(t.converted.verified, int64(row.VerifiedHour), set, labels, hour)
	o.ObserveInt64(t.converted.verified, int64(row.VerifiedDay), set, labels, day)
	unusual := int64(0)
	if row.Unusual() {
		unusual = 1
	}
	o.ObserveInt64(t.converted.unusual, unusual, set, labels)
}
