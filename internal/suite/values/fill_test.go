package values_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"time"

	"github.com/stytchotp/stytchotp"
)

// fill sets every field that travels on the wire, to any depth.
func fill(v reflect.Value) {
	switch x := v.Addr().Interface().(type) {
	case *stytchotp.PhoneNumber:
		*x = number
		return
	case *time.Time:
		*x = time.Date(2026, 1, 2, 3, 4, 5, 678000, time.UTC)
		return
	case *json.RawMessage:
		*x = json.RawMessage(`{"private":["+12025550162",9007199254740993]}`)
		return
	case *stytchotp.Claims:
		*x = stytchotp.Claims{"private": "+12025550162", "large": json.Number("9007199254740993"), "list": []any{true, nil}}
		return
	case *http.Header:
		return // not in JSON
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("private \"text\" <&> \u00e9 of " + v.Type().Name())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(7)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		fill(v.Index(1))
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() && field.Tag.Get("json") != "-" {
				fill(v.Field(i))
			}
		}
	default:
		panic("fill does not know " + v.Type().String())
	}
}
