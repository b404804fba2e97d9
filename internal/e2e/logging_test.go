package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
	"go.uber.org/zap"
)

// logLogin sends a code and checks a wrong one with a client that logs by the hook.
func logLogin(hook func(ctx context.Context, call stytchotp.Call)) {
	srv, err := otptest.Start(otptest.WithSeed("logging"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = srv.Close() }()
	client := srv.Client(stytchotp.WithHook(hook))
	ctx := context.Background()
	sent, err := client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = client.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{MethodID: sent.MethodID, Code: "000000"})
}

func Example_slog() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	// recipe: slog
	hook := func(ctx context.Context, call stytchotp.Call) {
		level := slog.LevelInfo
		attrs := []slog.Attr{
			slog.String("outcome", stytchotp.PublicCode(call.Err)), // "" when all is well
			slog.String("delivery", call.Delivery.String()),
			slog.String("request_id", call.RequestID),
		}
		if call.Err != nil {
			level, attrs = slog.LevelWarn, append(attrs, slog.Any("error", call.Err)) // it holds nothing private
		}
		logger.LogAttrs(ctx, level, call.Op, attrs...)
	}
	// end
	logLogin(hook)
	// Output:
	// level=INFO msg=otps.sms.login_or_create outcome="" delivery=sent request_id=request-id-test-b5aeb52c-9c35-49a2-8aa1-62fefa85bf89
	// level=WARN msg=otps.authenticate outcome=code_incorrect delivery=not_sent request_id=request-id-test-f785f94f-8941-44eb-9972-9630445e248d error="stytchotp: otps.authenticate: HTTP 404 otp_code_not_found (the code is wrong), request_id request-id-test-f785f94f-8941-44eb-9972-9630445e248d"
}

func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

func Example_zap() {
	config := zap.NewProductionConfig()
	config.EncoderConfig.TimeKey, config.OutputPaths, config.DisableCaller, config.DisableStacktrace = "", []string{"stdout"}, true, true
	logger := zap.Must(config.Build())
	// recipe: zap
	hook := func(_ context.Context, call stytchotp.Call) {
		level := zap.InfoLevel
		if call.Err != nil {
			level = zap.WarnLevel
		}
		logger.Log(level, call.Op,
			zap.String("outcome", stytchotp.PublicCode(call.Err)),
			zap.Stringer("delivery", call.Delivery),
			zap.String("request_id", call.RequestID),
			zap.Error(call.Err)) // it holds nothing private
	}
	// end
	logLogin(hook)
	// Output:
	// {"level":"info","msg":"otps.sms.login_or_create","outcome":"","delivery":"sent","request_id":"request-id-test-b5aeb52c-9c35-49a2-8aa1-62fefa85bf89"}
	// {"level":"warn","msg":"otps.authenticate","outcome":"code_incorrect","delivery":"not_sent","request_id":"request-id-test-f785f94f-8941-44eb-9972-9630445e248d","error":"stytchotp: otps.authenticate: HTTP 404 otp_code_not_found (the code is wrong), request_id request-id-test-f785f94f-8941-44eb-9972-9630445e248d"}
}

func Example_zerolog() {
	logger := zerolog.New(os.Stdout)
	// recipe: zerolog
	hook := func(_ context.Context, call stytchotp.Call) {
		event := logger.Info()
		if call.Err != nil {
			event = logger.Warn()
		}
		event.Str("outcome", stytchotp.PublicCode(call.Err)).
			Stringer("delivery", call.Delivery).
			Str("request_id", call.RequestID).
			Err(call.Err). // it holds nothing private
			Msg(call.Op)
	}
	// end
	logLogin(hook)
	// Output:
	// {"level":"info","outcome":"","delivery":"sent","request_id":"request-id-test-b5aeb52c-9c35-49a2-8aa1-62fefa85bf89","message":"otps.sms.login_or_create"}
	// {"level":"warn","outcome":"code_incorrect","delivery":"not_sent","request_id":"request-id-test-f785f94f-8941-44eb-9972-9630445e248d","error":"stytchotp: otps.authenticate: HTTP 404 otp_code_not_found (the code is wrong), request_id request-id-test-f785f94f-8941-44eb-9972-9630445e248d","message":"otps.authenticate"}
}

func Example_logrus() {
	logger := logrus.New()
	logger.Out, logger.Formatter = os.Stdout, &logrus.JSONFormatter{DisableTimestamp: true}
	// recipe: logrus
	hook := func(ctx context.Context, call stytchotp.Call) {
		level, entry := logrus.InfoLevel, logger.WithContext(ctx).WithFields(logrus.Fields{
			"outcome":    stytchotp.PublicCode(call.Err),
			"delivery":   call.Delivery.String(),
			"request_id": call.RequestID,
		})
		if call.Err != nil {
			level, entry = logrus.WarnLevel, entry.WithError(call.Err) // it holds nothing private
		}
		entry.Log(level, call.Op)
	}
	// end
	logLogin(hook)
	// Output:
	// {"delivery":"sent","level":"info","msg":"otps.sms.login_or_create","outcome":"","request_id":"request-id-test-b5aeb52c-9c35-49a2-8aa1-62fefa85bf89"}
	// {"delivery":"not_sent","error":"stytchotp: otps.authenticate: HTTP 404 otp_code_not_found (the code is wrong), request_id request-id-test-f785f94f-8941-44eb-9972-9630445e248d","level":"warning","msg":"otps.authenticate","outcome":"code_incorrect","request_id":"request-id-test-f785f94f-8941-44eb-9972-9630445e248d"}
}

// The recipes are those of the page.
func TestLoggingRecipes(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("logging_test.go")
	require.NoError(t, err)
	page, err := os.ReadFile("../../docs/observing.md")
	require.NoError(t, err)
	recipes := regexp.MustCompile(`(?s)\t// recipe: (\w+)\n(.*?)\t// end\n`).FindAllStringSubmatch(string(source), -1)
	require.Len(t, recipes, 4)
	for _, recipe := range recipes {
		code := strings.ReplaceAll("\n"+recipe[2], "\n\t", "\n")
		assert.Contains(t, string(page), "```"+code+"```\n", recipe[1])
	}
}
