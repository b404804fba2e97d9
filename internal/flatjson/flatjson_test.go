package flatjson_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/internal/flatjson"
)

// object has a field of each kind, and two whose names differ in case only.
type object struct {
	Text  string `json:"text"`
	Upper string `json:"TEXT"`
	Whole int    `json:"whole"`
	Truth bool   `json:"truth"`
}

func (o *object) at(key string) any {
	switch key {
	case "text":
		return &o.Text
	case "TEXT":
		return &o.Upper
	case "whole":
		return &o.Whole
	case "truth":
		return &o.Truth
	}
	return nil
}

// taken is what Decode is there for.
func taken() []string {
	return []string{
		`{"text":"request-id-test-b05c992f-ebdc-489d-a754-c7e70ba13141","whole":200,"truth":false}`,
		"\r\n{ \"text\" : \"\" ,\n\t\"truth\":true , \"whole\" : 0}\n ",
		`{"text":"a","text":"b","TEXT":"c"}`, `{"whole":999999999}`, `{"text":"~ !/<>&'"}`,
	}
}

// left is what encoding/json has to judge.
func left() []string {
	return []string{
		"", " ", "{", "{}", "[]", "null", `"text"`, "\ufeff" + `{"text":"a"}`,
		`{"text":"a"`, `{"text":"a"}}`, `{"text":"a"} x`, `{"text":"a",}`, `{,"text":"a"}`, `{"text" "a"}`, `{"text":"a" "TEXT":"b"}`,
		`{"text":"a"},`, `{text:"a"}`, `{'text':'a'}`, `{"text":a}`, `{"text":"a`, `{"text"`, `{"text":`, `{"tex`,
		`{"text":"\u0041"}`, `{"text":"\""}`, `{"t\u0065xt":"a"}`, `{"text":"é"}`, "{\"text\":\"\x80\"}", "{\"text\":\"\t\"}", "{\"text\":\"\x7f\"}",
		`{"text":null}`, `{"text":7}`, `{"text":true}`, `{"text":["a"]}`, `{"text":{}}`,
		`{"whole":-1}`, `{"whole":+1}`, `{"whole":1.0}`, `{"whole":1e2}`, `{"whole":01}`, `{"whole":00}`, `{"whole":1000000000}`, `{"whole":"1"}`,
		`{"whole":}`, `{"whole":1 2}`, `{"truth":True}`, `{"truth":tru}`, `{"truth":truetrue}`, `{"truth":1}`, `{"truth":"true"}`,
		`{"Text":"a"}`, `{"other":"a"}`, `{"text":"a","other":"b"}`, `{"text":"a"}` + strings.Repeat(" ", 4<<10),
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, data := range taken() {
		var got, want object
		require.True(t, flatjson.Decode([]byte(data), got.at), data)
		require.NoError(t, json.Unmarshal([]byte(data), &want))
		assert.Equal(t, want, got, data)
	}
	for _, data := range left() {
		var got object
		assert.False(t, flatjson.Decode([]byte(data), got.at), data)
	}
}

// However many texts there are, one string is allocated.
func TestAllocations(t *testing.T) {
	data := []byte(`{"text":"request-id-test-b05c992f-ebdc-489d-a754-c7e70ba13141","whole":200,"truth":false}`)
	var o object
	at := o.at
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { flatjson.Decode(data, at) }), 1.0)
}

// FuzzDecode has encoding/json decode the same, once into a fresh variable and once into
// what Decode left.
func FuzzDecode(f *testing.F) {
	for _, data := range append(taken(), left()...) {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var flat, full object
		ok := flatjson.Decode(data, flat.at)
		err := json.Unmarshal(data, &full)
		if !ok {
			if e := json.Unmarshal(data, &flat); (e == nil) != (err == nil) {
				t.Fatalf("%q: %v after Decode, %v without it", data, e, err)
			}
			if err != nil {
				return
			}
		}
		if err != nil || flat != full {
			t.Fatalf("%q: %v is %+v (%v), not %+v", data, ok, full, err, flat)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	data := []byte(taken()[0])
	b.Run("flatjson", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var o object
			if !flatjson.Decode(data, o.at) {
				b.Fatal("left")
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var o object
			if err := json.Unmarshal(data, &o); err != nil {
				b.Fatal(err)
			}
		}
	})
}
