package e2e

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/gob"
	"encoding/json"
	"flag"
	"fmt"
	"html"
	"html/template"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"
	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx" of database/sql
	goredis "github.com/redis/go-redis/v9"
	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"gopkg.in/yaml.v3"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	gormlog "gorm.io/gorm/logger"
)

var updateTable = flag.Bool("update", false, "write the table in docs/values.md")

const (
	loneNumber   = stytchotp.PhoneNumber("+12025550162")
	maskedNumber = "+1********62"
)

// holdsNumber is a response that holds the number.
func holdsNumber() *stytchotp.AuthenticateResponse {
	return &stytchotp.AuthenticateResponse{UserID: "user-test-1", User: stytchotp.User{
		UserID: "user-test-1", PhoneNumbers: []stytchotp.UserPhoneNumber{{PhoneID: "phone-number-test-1", PhoneNumber: loneNumber}},
	}}
}

// library is a row of the table: what a call of a library makes of a value.
type library struct {
	name string
	show func(v any) (string, error)
}

// TestLibraries hands a lone number and a response that holds it to the libraries
// that backends log and store with, and compares what comes out with the table in
// docs/values.md. With -update it writes the table.
func TestLibraries(t *testing.T) {
	var rows []library
	rows = append(rows, loggerRows()...)
	rows = append(rows, encoderRows()...)
	rows = append(rows, postgresRows(t)...)
	rows = append(rows, redisRows(t)...)

	var table strings.Builder
	table.WriteString("| library | `number` | `response` |\n|---|---|---|\n")
	for _, row := range rows {
		fmt.Fprintf(&table, "| %s | %s | %s |\n", row.name, outcomeOf(row.show(loneNumber)), outcomeOf(row.show(holdsNumber())))
	}
	const page = "../../docs/values.md"
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	place := regexp.MustCompile(`(?s)(<!-- table: libraries[^\n]*-->\n)(.*?)(<!-- end -->)`)
	require.True(t, place.Match(text))
	if *updateTable {
		written := place.ReplaceAllString(string(text), "${1}"+strings.ReplaceAll(table.String(), "$", "$$")+"${3}")
		require.NoError(t, os.WriteFile(page, []byte(written), 0o644))
		return
	}
	assert.Equal(t, table.String(), string(place.FindSubmatch(text)[2]), "run in internal/e2e: go test . -run TestLibraries -update")
}

// outcomeOf says what became of the number.
func outcomeOf(text string, err error) string {
	text = html.UnescapeString(text)
	switch {
	case err != nil:
		return "refused"
	case strings.Contains(text, string(loneNumber)):
		return "the value"
	case strings.Contains(text, maskedNumber):
		return "masked"
	}
	return "not shown"
}

func loggerRows() []library {
	logged := func(write func(w io.Writer, v any)) func(any) (string, error) {
		return func(v any) (string, error) {
			var b bytes.Buffer
			write(&b, v)
			return b.String(), nil
		}
	}
	textLogger := func(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }
	jsonLogger := func(w io.Writer) *slog.Logger { return slog.New(slog.NewJSONHandler(w, nil)) }
	zapLogger := func(w io.Writer) *zap.Logger {
		return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(w), zap.DebugLevel))
	}
	logrusLogger := func(w io.Writer, formatter logrus.Formatter) *logrus.Logger {
		return &logrus.Logger{Out: w, Formatter: formatter, Hooks: logrus.LevelHooks{}, Level: logrus.InfoLevel}
	}
	return []library{
		{"`fmt`, every verb", logged(func(w io.Writer, v any) { _, _ = fmt.Fprintf(w, "%v", v) })},
		{"`slog`, text, an attribute", logged(func(w io.Writer, v any) { textLogger(w).Info("m", "v", v) })},
		{"`slog`, JSON, an attribute", logged(func(w io.Writer, v any) { jsonLogger(w).Info("m", "v", v) })},
		{"`slog`, text, inside a map or slice", logged(func(w io.Writer, v any) { textLogger(w).Info("m", "v", []any{v}) })},
		{"`slog`, JSON, inside a map or slice", logged(func(w io.Writer, v any) { jsonLogger(w).Info("m", "v", []any{v}) })},
		{"zap, `Any`", logged(func(w io.Writer, v any) { zapLogger(w).Info("m", zap.Any("v", v)) })},
		{"zap, `Sugar().Infof`", logged(func(w io.Writer, v any) { zapLogger(w).Sugar().Infof("%v", v) })},
		{"zerolog, `Any`", logged(func(w io.Writer, v any) { l := zerolog.New(w); l.Info().Any("v", v).Send() })},
		{"zerolog, `Msgf`", logged(func(w io.Writer, v any) { l := zerolog.New(w); l.Info().Msgf("%v", v) })},
		{"logrus, text, `WithField`", logged(func(w io.Writer, v any) {
			logrusLogger(w, &logrus.TextFormatter{}).WithField("v", v).Info("m")
		})},
		{"logrus, JSON, `WithField`", logged(func(w io.Writer, v any) {
			logrusLogger(w, &logrus.JSONFormatter{}).WithField("v", v).Info("m")
		})},
	}
}

func encoderRows() []library {
	return []library{
		{"`encoding/json`", func(v any) (string, error) { b, err := json.Marshal(v); return string(b), err }},
		{"`encoding/gob`", func(v any) (string, error) {
			var b bytes.Buffer
			err := gob.NewEncoder(&b).Encode(v)
			return b.String(), err
		}},
		{"yaml.v3", func(v any) (string, error) { b, err := yaml.Marshal(v); return string(b), err }},
		{"`html/template`", func(v any) (string, error) {
			var b bytes.Buffer
			err := template.Must(template.New("").Parse(`<input value="{{.}}">`)).Execute(&b, v)
			return b.String(), err
		}},
	}
}

// account is a row of a GORM table.
type account struct {
	ID       uint
	Number   stytchotp.PhoneNumber
	Response *stytchotp.AuthenticateResponse `gorm:"serializer:json"`
}

func postgresRows(t *testing.T) []library {
	t.Helper()
	dsn := startPostgres(t)
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(ctx) })
	std, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = std.Close() })
	orm, err := gorm.Open(postgres.Open(dsn), &gorm.Config{Logger: gormlog.Discard})
	require.NoError(t, err)
	t.Cleanup(func() {
		pool, err := orm.DB()
		require.NoError(t, err)
		_ = pool.Close()
	})
	require.NoError(t, orm.AutoMigrate(&account{}))

	// A response goes into a jsonb column, a number into one of text.
	column := func(v any) string {
		if _, lone := v.(stytchotp.PhoneNumber); lone {
			return "text"
		}
		return "jsonb"
	}
	return []library{
		{"`database/sql` with pgx", func(v any) (stored string, err error) {
			err = std.QueryRowContext(ctx, "select ($1::"+column(v)+")::text", v).Scan(&stored)
			return stored, err
		}},
		{"pgx 5, newest", func(v any) (stored string, err error) {
			err = conn.QueryRow(ctx, "select ($1::"+column(v)+")::text", v).Scan(&stored)
			return stored, err
		}},
		{"pgx 5.5.5", func(v any) (stored string, err error) {
			kind := map[string]string{"text": "number", "jsonb": "response"}[column(v)]
			program := exec.CommandContext(ctx, "go", "run", ".", dsn, kind)
			program.Dir = "testdata/oldpgx"
			program.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
			var stderr bytes.Buffer
			program.Stderr = &stderr
			output, err := program.Output()
			require.NoError(t, err, "%s", stderr.String())
			stored, found := strings.CutPrefix(string(output), "stored ")
			if !found {
				return "", fmt.Errorf("%s", output)
			}
			return stored, nil
		}},
		{"GORM", func(v any) (stored string, err error) {
			row := account{}
			if number, lone := v.(stytchotp.PhoneNumber); lone {
				row.Number = number
			} else {
				row.Response = v.(*stytchotp.AuthenticateResponse)
			}
			if err = orm.Create(&row).Error; err != nil {
				return "", err
			}
			err = std.QueryRowContext(ctx, "select number || coalesce(response::text, '') from accounts where id = $1", row.ID).Scan(&stored)
			return stored, err
		}},
	}
}

func redisRows(t *testing.T) []library {
	t.Helper()
	address := startRedis(t)
	client := goredis.NewClient(&goredis.Options{Addr: address})
	t.Cleanup(func() { _ = client.Close() })
	conn, err := redis.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	ctx := context.Background()
	return []library{
		{"go-redis, `Set`", func(v any) (string, error) {
			if err := client.Set(ctx, "v", v, 0).Err(); err != nil {
				return "", err
			}
			return client.Get(ctx, "v").Result()
		}},
		{"redigo, `SET`", func(v any) (string, error) {
			if _, err := conn.Do("SET", "w", v); err != nil {
				return "", err
			}
			return redis.String(conn.Do("GET", "w"))
		}},
	}
}
