package e2e

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// statements is a function around a block of a page, with what it may use.
const statements = `package main

import (
%s)

func main() {
	srv, err := otptest.Start()
	if err != nil {
		panic(err)
	}
	defer srv.Close()
	if err := run(srv.Client(), srv.ProjectID, srv.Secret, []byte("a key of thirty-two bytes or more")); err != nil {
		panic(err)
	}
}

func run(client *stytchotp.Client, projectID, secret string, key []byte) error {
	{
%s
		return errors.Join(err)
	}
}
`

// The blocks of Go that need a module of ours besides the root run in a module that
// imports it.
func TestBlocksOfModules(t *testing.T) {
	t.Parallel()
	known := map[string]string{
		"stytchotp": self, "otptest": self + "/otptest", "otplogin": self + "/otplogin", "redisstore": self + "/otplogin/redisstore",
		"sessionjwt": self + "/sessionjwt", "otelstytchotp": self + "/otelstytchotp", "redis": "github.com/redis/go-redis/v9",
		"otelhttp": "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", "propagation": "go.opentelemetry.io/otel/propagation", "http": "net/http", "errors": "errors", "fmt": "fmt",
	}
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "*.md"))
	require.NoError(t, err)
	blocks := 0
	s := newStranger(t)
	top := s.dir
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, block := range regexp.MustCompile("(?s)<!-- go: module -->\n```go\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
			blocks++
			code := block[1]
			for _, made := range regexp.MustCompile(`(?m)^(\w+)(?:, err)? :=`).FindAllStringSubmatch(code, -1) {
				code += "_ = " + made[1] + "\n"
			}
			program := fmt.Sprintf(statements, "%s", code)
			imports := map[string]bool{}
			for _, used := range regexp.MustCompile(`\b([a-z]+)\.[A-Z]`).FindAllStringSubmatch(program, -1) {
				if path, ok := known[used[1]]; ok {
					imports[fmt.Sprintf("\t%q\n", path)] = true
				}
			}
			s.dir = filepath.Join(top, fmt.Sprint("block", blocks))
			require.NoError(t, os.Mkdir(s.dir, 0o755))
			s.run("go", "mod", "init", "example.com/app")
			file := strings.Replace(program, "%s", strings.Join(slices.Sorted(maps.Keys(imports)), ""), 1)
			require.NoError(t, os.WriteFile(filepath.Join(s.dir, "main.go"), []byte(file), 0o600))
			s.run("go", "mod", "tidy")
			s.run("go", "run", ".")
		}
	}
	assert.Equal(t, 3, blocks)
}
