package suite_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

// fieldsFile holds the decision on every exported field of every exported struct:
//
//	shown    its value is printed
//	masked   it is printed in part, or as a placeholder
//	hidden   it is not printed at all
//	error    it belongs to an error, which prints as its text
//	service  it is a part of the client or of its configuration, and not data
const fieldsFile = "testdata/fields.txt"

// TestEveryField fails when a field has no decision, when a decision has no field,
// and when a field is not printed as was decided.
func TestEveryField(t *testing.T) {
	decisions := readDecisions(t)
	types := map[string]reflect.Type{}
	for _, v := range sensitive() {
		for _, part := range parts(v) {
			if typ := reflect.TypeOf(part); typ.Kind() == reflect.Struct {
				types[typ.Name()] = typ
			}
		}
	}
	for _, field := range exportedFields(t) {
		decision, ok := decisions[field]
		if !assert.True(t, ok, "%s is new: decide in %s how it is printed, after reading what stands there", field, fieldsFile) {
			continue
		}
		delete(decisions, field)
		typeName, name, _ := strings.Cut(field, ".")
		switch decision {
		case "error", "service":
			continue
		}
		if typ := types[typeName]; assert.NotNil(t, typ, "no test prints a %s: add one to sensitive", typeName) {
			assert.Equal(t, decision, observe(typ, name), field)
		}
	}
	assert.Empty(t, decisions, "decisions without a field")
}

func readDecisions(t *testing.T) map[string]string {
	t.Helper()
	file, err := os.Open(fieldsFile)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	decisions := map[string]string{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		field, decision, _ := strings.Cut(lines.Text(), " ")
		decisions[field] = strings.TrimSpace(decision)
	}
	return decisions
}

// exportedFields lists the exported fields of the exported structs of the package,
// from its source: reflection cannot list types.
func exportedFields(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(top + "*.go")
	require.NoError(t, err)
	var fields []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || !spec.Name.IsExported() {
				return true
			}
			if structure, ok := spec.Type.(*ast.StructType); ok {
				for _, field := range structure.Fields.List {
					for _, name := range fieldNames(field) {
						fields = append(fields, spec.Name.Name+"."+name)
					}
				}
			}
			return false
		})
	}
	sort.Strings(fields)
	return fields
}

func fieldNames(field *ast.Field) []string {
	var names []string
	for _, name := range field.Names {
		if name.IsExported() {
			names = append(names, name.Name)
		}
	}
	if embedded, ok := field.Type.(*ast.Ident); ok && len(field.Names) == 0 {
		names = append(names, embedded.Name)
	}
	return names
}

// observe sets one field to a value that has nothing to hide and sees what becomes
// of it in print.
func observe(typ reflect.Type, name string) string {
	v := reflect.New(typ).Elem()
	printed := plain(v.FieldByName(name), name)
	text := fmt.Sprint(v.Interface())
	if empty := fmt.Sprint(reflect.New(typ).Elem().Interface()); text == empty {
		return "hidden"
	}
	if strings.Contains(text, printed) {
		return "shown"
	}
	return "masked"
}

// plain sets v and returns what must be seen of it when it is shown.
func plain(v reflect.Value, name string) string {
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		return "2026-01-02T03:04:05Z"
	case *time.Duration:
		*x = time.Second
		return "1s"
	case *json.RawMessage:
		*x = json.RawMessage(`{"plain":1}`)
		return "plain"
	case *http.Header:
		*x = http.Header{"Plain": {"plain"}}
		return "plain"
	case *stytchotp.Claims:
		*x = stytchotp.Claims{"plain": "plain"}
		return "plain"
	case *stytchotp.PhoneNumber:
		*x = canaryNumber
		return canaryNumber
	case *error:
		*x = &stytchotp.StytchError{Op: "plain"}
		return "plain"
	}
	switch v.Kind() {
	case reflect.String:
		value := "plain"
		if strings.HasSuffix(name, "ID") {
			value = userID
		}
		v.SetString(value)
		return value
	case reflect.Bool:
		v.SetBool(true)
		return "true"
	case reflect.Int:
		v.SetInt(2)
		return strings.Trim(fmt.Sprint(v.Interface()), "<>")
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return plain(v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		return plain(v.Index(0), name)
	case reflect.Struct:
		return plain(v.Field(0), v.Type().Field(0).Name)
	}
	panic("decide what a plain value of type " + v.Type().String() + " is")
}
