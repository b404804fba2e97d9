package otelstytchotp

import (
	"context"
	"errors"

	"github.com/stytchotp/stytchotp/otplogin"
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

// ReportConversions reports the conversions of logins at each collection of the metrics,
// by one round trip to their store. One instance of several is enough to report them.
func (t *Telemetry) ReportConversions(logins *otplogin.Logins) error {
	if logins == nil {
		return errors.New("otelstytchotp: the logins are nil")
	}
	_, err := t.meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		rows, err := logins.Conversions(ctx)
		if err != nil {
			return err
		}
		for _, row := range rows {
			t.report(o, row)
		}
		return nil
	}, t.converted.sent, t.converted.verified, t.converted.unusual)
	return err
}

func (t *Telemetry) report(o metric.Observer, row otplogin.Conversion) {
	labels := metric.WithAttributes(ChannelKey.String(string(row.Channel)), RegionKey.String(row.Region))
	hour, day := metric.WithAttributes(WindowKey.String("hour")), metric.WithAttributes(WindowKey.String("day"))
	o.ObserveInt64(t.converted.sent, int64(row.SentHour), labels, hour)
	o.ObserveInt64(t.converted.sent, int64(row.SentDay), labels, day)
	o.ObserveInt64(t.converted.verified, int64(row.VerifiedHour), labels, hour)
	o.ObserveInt64(t.converted.verified, int64(row.VerifiedDay), labels, day)
	unusual := int64(0)
	if row.Unusual() {
		unusual = 1
	}
	o.ObserveInt64(t.converted.unusual, unusual, labels)
}
