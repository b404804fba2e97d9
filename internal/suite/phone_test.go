package suite_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

func TestParsePhoneNumber(t *testing.T) {
	t.Parallel()
	for _, input := range []string{"(202) 555-0162", "+1 202 555 0162", "1-202-555-0162", "tel:+1-202-555-0162", "Mobile: 202-555-0162", "“202-555-0162”", "https://wa.me/12025550162", "\u202a+1\u00a0202\u00a0555\u00a00162\u202c", "+١٢٠٢٥٥٥٠١٦٢"} {
		number, err := stytchotp.ParsePhoneNumber(input, "US")
		require.NoError(t, err, "%q", input)
		assert.Equal(t, "+12025550162", string(number))
	}
	for _, tc := range []struct{ input, region, code string }{
		{"", "US", "empty"},
		{"1-800-FLOWERS", "US", "letters"},
		{"202 555 0162 ext. 5", "US", "extension"},
		{"202 555 0162, 202 555 0163", "US", "two_numbers"},
		{"202 555 0162", "", "no_country"},
		{"202 555 0162", "XX", "unknown_region"},
		{"202 555 016", "US", "too_short"},
		{"202 555 01622", "US", "too_long"},
		{"0082-010-2000-0000", "KR", "ambiguous"},
		{"+1********62", "US", "masked"},
		{"[redacted]", "", "masked"},
		{"0612345678", "US", "impossible"},
	} {
		number, err := stytchotp.ParsePhoneNumber(tc.input, tc.region)
		assert.Empty(t, string(number))
		var invalid *stytchotp.ValidationError
		require.ErrorAs(t, err, &invalid, tc.input)
		require.ErrorIs(t, err, stytchotp.ErrInvalidPhoneNumber)
		assert.Equal(t, "phone_number", invalid.Fields[0].Field)
		assert.Equal(t, tc.code, invalid.Fields[0].Code, tc.input)
		assert.Equal(t, "invalid_phone_number", stytchotp.PublicCode(err))
		assert.Equal(t, http.StatusUnprocessableEntity, stytchotp.HTTPStatus(err))
		assert.NotContains(t, err.Error(), "555")
		assert.NotContains(t, fmt.Sprintf("%+v", err), "FLOWERS")
	}
}

func TestPhoneNumberDescribesItself(t *testing.T) {
	t.Parallel()
	n := stytchotp.PhoneNumber("+12025550162")
	assert.Equal(t, "US", n.Region())
	assert.Equal(t, stytchotp.NumberTypeFixedLineOrMobile, n.Type())
	assert.Equal(t, "(202) 555-0162", n.National())
	assert.Equal(t, "+1 202-555-0162", n.International())
	assert.True(t, n.Valid())
	assert.False(t, stytchotp.PhoneNumber("+15555555555").Valid())
	assert.Equal(t, "JM", stytchotp.PhoneNumber("+18765230123").Region())
	assert.Equal(t, "001", stytchotp.PhoneNumber("+882123456789").Region())
	for _, garbage := range []stytchotp.PhoneNumber{"", "+", "garbage", "+99912345"} {
		assert.NotPanics(t, func() {
			assert.Empty(t, garbage.Region())
			assert.Equal(t, stytchotp.NumberTypeUnknown, garbage.Type())
			assert.False(t, garbage.Valid())
			_, _ = garbage.National(), garbage.International()
		})
	}
}

func TestNormalizeCode(t *testing.T) {
	t.Parallel()
	for _, input := range []string{"123456", " 123 456 ", "123-456", "١٢٣٤٥٦", "۱۲۳۴۵۶", "１２３４５６", "\u200e123456", "123456,", `"123456"`, "123456。"} {
		code, err := stytchotp.NormalizeCode(input)
		require.NoError(t, err, "%q", input)
		assert.Equal(t, "123456", string(code))
	}
	for _, input := range []string{"", "abcdef", "12345x", "code: 123456"} {
		_, err := stytchotp.NormalizeCode(input)
		var invalid *stytchotp.ValidationError
		require.ErrorAs(t, err, &invalid, input)
		require.ErrorIs(t, err, stytchotp.ErrCodeIncorrect)
		assert.Equal(t, "code", invalid.Fields[0].Field)
		assert.NotEmpty(t, invalid.Fields[0].Code)
		assert.Equal(t, "code_incorrect", stytchotp.PublicCode(err))
		assert.NotContains(t, err.Error(), "123")
	}
	_, err := stytchotp.NormalizeCode(strings.Repeat("7", 17))
	require.EqualError(t, err, "stytchotp: normalize_code: code is not a usable code: it is too long (nothing was sent)")
}

func TestPhoneMetadataIsNamed(t *testing.T) {
	t.Parallel()
	assert.Regexp(t, `^v\d+\.\d+\.\d+$`, stytchotp.PhoneMetadataVersion)
	_, err := time.Parse(time.DateOnly, stytchotp.PhoneMetadataDate)
	require.NoError(t, err)
	_, err = stytchotp.ParsePhoneNumber("+220 872203400", "") // Gambia's nine digits
	require.NoError(t, err)
}
