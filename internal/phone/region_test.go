package phone

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRegionAndCallingCode(t *testing.T) {
	for _, c := range []struct{ in, region, code string }{
		{"+12125550123", "US", "1"},
		{"+14165550123", "CA", "1"},
		{"+18765550123", "JM", "1"},
		{"+12425550123", "BS", "1"},
		{"+16715550123", "GU", "1"},
		{"+447911123456", "GG", "44"}, // a British mobile prefix that belongs to Guernsey
		{"+447400123456", "GB", "44"},
		{"+390669812345", "VA", "39"},
		{"+390612345678", "IT", "39"},
		{"+77012345678", "KZ", "7"},
		{"+79161234567", "RU", "7"},
		{"+4779123456", "SJ", "47"},
		{"+4721234567", "NO", "47"},
		{"+4930123456", "DE", "49"},
		{"+88213123456", "001", "882"},
		{"+80012345678", "001", "800"},
		{"+10000000000", "", "1"}, // no region of +1 claims it
		{"", "", ""},
		{"+", "", ""},
		{"+1212555012", "", ""},
		{"12125550123", "", ""},
		{"+1212555012x", "", ""},
		{"+999123456789", "", ""},
	} {
		assert.Equal(t, c.region, Region(c.in), c.in)
		assert.Equal(t, c.code, CallingCode(c.in), c.in)
	}
}
