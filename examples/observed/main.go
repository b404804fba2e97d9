// Command observed is a login backend with OpenTelemetry: traces of each login down to
// the HTTP request, and metrics for Prometheus, with a dashboard for Grafana beside it.
//
//	go run ./examples/observed                # serves; see the addresses it prints
//	go run ./examples/observed -selfcheck     # makes some logins, shows a trace and the metrics, and stops
//
// Without credentials it uses an emulator inside itself. With OTEL_EXPORTER_OTLP_ENDPOINT
// or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT the traces go to a collector.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otelstytchotp"
	"github.com/stytchotp/stytchotp/otplogin"
	"github.com/stytchotp/stytchotp/otptest"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "the address to serve on")
	selfcheck := flag.Bool("selfcheck", false, "make some logins, show what was observed, and stop")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, *listen, *selfcheck)
	stop()
	if err != nil {
		log.Fatalln("observed:", err)
	}
}

func run(ctx context.Context, out io.Writer, listen string, selfcheck bool) error {
	var options []trace.TracerProviderOption
	spans := tracetest.NewInMemoryExporter()
	if selfcheck {
		listen, options = "127.0.0.1:0", append(options, trace.WithSyncer(spans))
	}
	b, err := newBackend(ctx, options...)
	if err != nil {
		return err
	}
	defer b.close(ctx)
	socket, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: b.handler(), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(socket) }()
	defer func() { _ = server.Shutdown(context.WithoutCancel(ctx)) }()
	address := "http://" + socket.Addr().String()
	if selfcheck {
		return b.show(ctx, out, address, spans)
	}
	fmt.Fprintf(out, "The backend:  POST %[1]s/login, POST %[1]s/login/code\nIts metrics:  %[1]s/metrics\n", address)
	<-ctx.Done()
	return nil
}

// backend sends codes and checks them, and reports both.
type backend struct {
	logins   *otplogin.Logins
	emulator *otptest.Server // nil with credentials
	registry *prometheus.Registry
	tracer   *trace.TracerProvider

	telemetry *otelstytchotp.Telemetry
}

func newBackend(ctx context.Context, traces ...trace.TracerProviderOption) (*backend, error) {
	b := &backend{registry: prometheus.NewRegistry()}
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(b.registry), otelprometheus.WithoutScopeInfo())
	if err != nil {
		return nil, err
	}
	// OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come after it, and win.
	about, err := resource.New(ctx, resource.WithAttributes(semconv.ServiceName("login")), resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, err
	}
	traces = append(traces, trace.WithResource(about))
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT")+os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "" {
		collector, exporterErr := otlptracehttp.New(ctx)
		if exporterErr != nil {
			return nil, exporterErr
		}
		traces = append(traces, trace.WithBatcher(collector))
	}
	b.tracer = trace.NewTracerProvider(traces...)
	b.telemetry, err = otelstytchotp.New(
		otelstytchotp.WithTracerProvider(b.tracer), otelstytchotp.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(exporter))))
	if err != nil {
		return nil, err
	}
	// The transport makes a span of each HTTP request, and tells Stytch's side of the trace.
	transport := otelhttp.NewTransport(http.DefaultTransport, otelhttp.WithTracerProvider(b.tracer), otelhttp.WithPropagators(propagation.TraceContext{}))
	client, err := b.newClient(b.telemetry.ClientOption(), stytchotp.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		return nil, err
	}
	if b.logins, err = otplogin.New(client, otplogin.Config{Observer: b.telemetry.Observe}); err != nil {
		return nil, err
	}
	return b, b.telemetry.ReportConversions(b.logins)
}

func (b *backend) newClient(options ...stytchotp.Option) (*stytchotp.Client, error) {
	if os.Getenv("STYTCH_PROJECT_ID")+os.Getenv("STYTCH_SECRET") != "" {
		return stytchotp.NewClientFromEnv(options...)
	}
	emulator, err := otptest.Start()
	if err != nil {
		return nil, err
	}
	b.emulator = emulator
	emulator.AllowCountries(stytchotp.ChannelSMS, "GB", "DE")
	return emulator.Client(options...), nil
}

func (b *backend) close(ctx context.Context) {
	_ = b.tracer.Shutdown(context.WithoutCancel(ctx))
	if b.emulator != nil {
		_ = b.emulator.Close()
	}
}

func (b *backend) handler() http.Handler {
	mux := http.NewServeMux()
	// A span is named by its route: a path that a stranger types names none.
	traced := func(route string, handler http.HandlerFunc) {
		mux.Handle(route, otelhttp.NewHandler(handler, "", otelhttp.WithTracerProvider(b.tracer)))
	}
	traced("POST /login", b.start)
	traced("POST /login/code", b.verify)
	mux.Handle("GET /metrics", promhttp.HandlerFor(b.registry, promhttp.HandlerOpts{}))
	return http.NewCrossOriginProtection().Handler(mux)
}

func (b *backend) start(w http.ResponseWriter, r *http.Request) {
	flow, err := b.logins.Start(r.Context(), otplogin.StartParams{
		Recipient: r.PostFormValue("number"), Attributes: stytchotp.AttributesFromRequest(r),
	})
	if err != nil {
		http.Error(w, stytchotp.PublicCode(err), stytchotp.HTTPStatus(err))
		return
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // not Secure on loopback, where there is no https
		Name: "login", Value: flow.ID, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (b *backend) verify(w http.ResponseWriter, r *http.Request) {
	id := ""
	if cookie, err := r.Cookie("login"); err == nil {
		id = cookie.Value
	}
	_, err := b.logins.Verify(r.Context(), otplogin.VerifyParams{
		FlowID: id, Code: r.PostFormValue("code"), Attributes: stytchotp.AttributesFromRequest(r),
	})
	if err != nil {
		http.Error(w, stytchotp.PublicCode(err), stytchotp.HTTPStatus(err))
	}
}
