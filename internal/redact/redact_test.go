package redact_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/internal/redact"
)

const uuid = "e3795c81-f849-4167-bfda-e4a6e9c280fd"

type masked string

func (m masked) Masked() string { return "m***" }

type word string

// number, stringer and textual have methods by which other printers show a value.
type number int

func (n number) String() string { return "leak" }

func (n number) Error() string { return "leak" }

type stringer struct{ private string }

func (s stringer) String() string { return "leak" + s.private }

type textual []byte

func (textual) String() string { return "leak" }

func (textual) MarshalJSON() ([]byte, error) { return []byte(`"leak"`), nil }

type embedded struct {
	RequestID string `json:"request_id"`
}

type inner struct {
	Name string `json:"name"`
}

type everything struct {
	embedded
	Embedded embedded        `json:"embedded"`
	Masked   masked          `json:"masked"`
	UserID   string          `json:"user_id"`
	Other    string          `json:"other"`
	Word     word            `json:"word"`
	Number   number          `json:"number"`
	Count    int             `json:"count"`
	Flag     bool            `json:"flag"`
	Ratio    float64         `json:"ratio"`
	At       time.Time       `json:"at"`
	For      time.Duration   `json:"for"`
	Err      error           `json:"err"`
	Any      any             `json:"any"`
	Inner    *inner          `json:"inner"`
	List     []masked        `json:"list"`
	IDs      []string        `json:"list_id"`
	Bytes    []byte          `json:"bytes"`
	Map      map[string]any  `json:"map"`
	Stringer stringer        `json:"stringer"`
	Textual  textual         `json:"textual"`
	Raw      json.RawMessage `json:"raw"`
	Func     func() string   `json:"func"`
	Skipped  string          `json:"-"`
	NoTag    bool
	private  string
}

func full() everything {
	return everything{
		Embedded: embedded{RequestID: "request-id-test-" + uuid},
		Masked:   "leak1", UserID: "user-test-" + uuid, Other: "leak2", Word: "zh-Hans", Number: 7, Count: 3, Flag: true,
		Ratio: 0.5, At: time.Date(2026, 11, 20, 12, 0, 0, 5000, time.UTC), For: time.Second, Err: errors.New("leak"),
		Any: "leak3", Inner: &inner{Name: "leak4"}, List: []masked{"leak5", "leak6"}, IDs: []string{uuid, "leak7"},
		Bytes: []byte("leak8"), Map: map[string]any{"leak9": "leak10"}, Skipped: "leak11", NoTag: true, private: "leak12",
		Stringer: stringer{"leak13"}, Textual: textual("leak14"), Raw: json.RawMessage(`{"leak15":1}`), Func: func() string { return "leak16" },
	}
}

func TestString(t *testing.T) {
	t.Parallel()
	got, ok := strings.CutPrefix(redact.String(full()), "redact_test.everything")
	require.True(t, ok)
	assert.JSONEq(t, `{
		"embedded":{"request_id":"request-id-test-`+uuid+`"},
		"masked":"m***","user_id":"user-test-`+uuid+`","other":"[redacted]","word":"zh-Hans","number":7,"count":3,"flag":true,
		"ratio":0.5,"at":"2026-11-20T12:00:00.000005Z","for":"1s","err":"[redacted]","any":"[redacted]","inner":{"name":"[redacted]"},
		"list":["m***","m***"],"list_id":["`+uuid+`","[redacted]"],"bytes":"[redacted]","map":"[redacted]","NoTag":true,
		"stringer":{},"textual":"[redacted]","raw":"[redacted]","func":"[redacted]"
	}`, got)
	assert.NotContains(t, got, "leak")
	assert.Equal(t, redact.String(full()), redact.LogValue(full()).String())

	assert.Equal(t, "redact_test.everything{}", redact.String(everything{}))
	assert.Equal(t, "*redact_test.everything{}", redact.String(&everything{}))
	assert.Equal(t, "*redact_test.everythingnull", redact.String((*everything)(nil)))
	assert.Equal(t, "[]*redact_test.inner[null]", redact.String([]*inner{nil}))
	assert.Equal(t, `redact_test.inner{"name":"[redacted]"}`, redact.String(inner{Name: "leak"}))
}

func TestID(t *testing.T) {
	t.Parallel()
	for _, shown := range []string{uuid, "user-test-" + uuid, "phone-number-live-" + uuid, "request-id-test-" + strings.ToUpper(uuid), ""} {
		assert.Equal(t, shown, redact.ID(shown))
	}
	for _, hidden := range []string{
		"ada@example.com", "+12025550162", "123456", "user-test-123", uuid + "x", "user_test_" + uuid, "user-test-" + uuid[:35] + "g",
		"ada@example.com-" + uuid, strings.ReplaceAll(uuid, "-", "a"), "--------" + strings.Repeat("-", 36),
		strings.Repeat("a", 41) + uuid, "7-" + uuid, "\n" + uuid,
	} {
		assert.Equal(t, redact.Placeholder, redact.ID(hidden), hidden)
	}
}

func TestWord(t *testing.T) {
	t.Parallel()
	for _, shown := range []string{"otp_code_not_found", "zh-Hans", "active", "otps.sms.send", ""} {
		assert.Equal(t, shown, redact.Word(shown))
	}
	for _, hidden := range []string{"123456", "a1", "+12025550162", "a b", "a\nb", "ada@example.com", "-a", "_a", "é", strings.Repeat("a", 65)} {
		assert.Equal(t, redact.Placeholder, redact.Word(hidden), hidden)
	}
}
