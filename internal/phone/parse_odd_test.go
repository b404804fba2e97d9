package phone

// typedOddly holds what comes out of address books, web pages, spreadsheets
// and phones: the same two numbers in every disguise.
var typedOddly = []typed{
	{"", "+12125550123", "+12125550123"},
	{"GB", "+12125550123", "+12125550123"}, // its own country counts
	{"", "+10000000000", "+10000000000"},   // possible, not valid, and documented by Stytch
	{"US", "+1 (000) 000-0000", "+10000000000"},
	{"us", "212-555-0123", "+12125550123"},
	{"", "  +1 212 555 0123\r\n", "+12125550123"},
	{"", "\t+1\t212\t555\t0123", "+12125550123"},
	{"", "(+1) 212 555 0123", "+12125550123"},
	{"", "[+1] [212] 555.01.23", "+12125550123"},
	{"", "++1 212 555 0123", "+12125550123"},
	{"", "+0044 20 7946 0018", "+442079460018"},
	{"", "0044 20 7946 0018", "+442079460018"},
	{"", "+1\u00a0212\u00a0555\u00a00123", "+12125550123"},                   // no-break space
	{"", "+1\u202f212\u2009555\u30000123", "+12125550123"},                   // narrow, thin, ideographic space
	{"", "+1\u2010212\u2011555\u20120123", "+12125550123"},                   // hyphen, no-break hyphen, figure dash
	{"", "+1\u2013212\u2014555\u22120123", "+12125550123"},                   // en dash, em dash, minus
	{"", "+1\u00b7212\u2022555\u30fb0123", "+12125550123"},                   // dots
	{"", "\u202a+1 212 555 0123\u202c", "+12125550123"},                      // embedded left to right
	{"", "\u2066+1 212 555 0123\u2069", "+12125550123"},                      // isolated
	{"", "\u200e+1\u200e 212\u200f 555\u061c 0123", "+12125550123"},          // marks
	{"", "+1\u200b212\u200c555\u200d01\ufeff2\u2060\u00ad3", "+12125550123"}, // zero width, soft hyphen
	{"", "\uff0b\uff11\uff12\uff11\uff12\uff15\uff15\uff15\uff10\uff11\uff12\uff13", "+12125550123"},
	{"", "\ufe62\u0661\u0662\u0661\u0662\u0665\u0665\u0665\u0660\u0661\u0662\u0663", "+12125550123"},
	{"US", "\U0001d7d0\U0001d7cf\U0001d7d0 555 0123", "+12125550123"}, // mathematical bold
	{"US", "\uff08\uff12\uff11\uff12\uff09\uff15\uff15\uff15\uff0d\uff10\uff11\uff12\uff13", "+12125550123"},
	{"US", "212 555 0123,", "+12125550123"}, // copied with the comma after it
	{"US", "212 555 0123;", "+12125550123"},
	{"US", "212 555 0123 /", "+12125550123"},
	{"", "tel:+12125550123", "+12125550123"},
	{"", "TEL:+1-212-555-0123", "+12125550123"},
	{"", " tel:+1(212)555.0123", "+12125550123"},
	{"", "tel:+1%20212%20555%200123", "+12125550123"},
	{"", "tel:%2B12125550123", "+12125550123"},
	{"", "tel://+12125550123", "+12125550123"},
	{"", "tel:+12125550123;", "+12125550123"},
	{"US", "tel:212-555-0123", "+12125550123"},
	{"", "Tel: +1 212 555 0123", "+12125550123"},
	{"", "tel:555-0123;phone-context=+1-212", "+12125550123"},
	{"GB", "tel:555-0123;phone-context=+1212", "+12125550123"}, // the context, not the region
	{"", "212 555 0123;phone-context=+1", "+12125550123"},
}

var refusedInputs = []typed{
	{"US", "", "empty"},
	{"US", "   ", "empty"},
	{"US", "\u200b\u2060", "empty"},
	{"US", "---", "empty"},
	{"US", "()", "empty"},
	{"US", ",", "empty"},
	{"US", "tel:", "empty"},
	{"US", "+", "too_short"},
	{"US", "+1", "too_short"},
	{"US", "+12", "too_short"},
	{"US", "7", "too_short"},
	{"US", "911", "too_short"},
	{"GB", "0", "too_short"},
	{"US", "00", "too_short"},
	{"", "00", "too_short"},
	{"US", "212 555 012", "too_short"},
	{"", "+1 212 555 012", "too_short"},
	{"US", "555-0123", "local_only"},
	{"US", "212 555 01234", "too_long"},
	{"", "+1 212 555 01234", "too_long"},
	{"US", "1234567890123456789012345678901234567890", "too_long"},
	{"", "+4989123456789012", "too_long"},
	{"BE", "+32 2 12 34", "too_short"},
	{"RU", "+7 912 345 67 8901", "impossible_length"},

	{"AF", "93 0344 79391", "too_short"}, // a code without its plus counts before a valid number only

	// A country is missing or does not exist.
	{"", "2125550100", "no_country"},
	{"", "(212) 555-0123", "no_country"},
	{"", "14155552671", "no_country"},
	{"", "tel:212-555-0123", "no_country"},
	{"", "07700 900123", "no_country"},
	{"", "+999 123 456 789", "unknown_country_code"},
	{"", "+210 123 456 789", "unknown_country_code"},
	{"", "+0 123 456 789", "unknown_country_code"},
	{"US", "+011 44 20 7946 0018", "unknown_country_code"},
	{"", "00 999 123 456", "unknown_country_code"},
	{"USA", "212 555 0123", "unknown_region"},
	{"UK", "020 7946 0018", "unknown_region"},
	{"1", "212 555 0123", "unknown_region"},
	{"001", "+80012345678", "unknown_region"},
	{"ZZ", "+12125550123", "unknown_region"}, // even where it would not be needed
	{"U\x00", "+12125550123", "unknown_region"},

	// Letters.
	{"US", "+1 (212) 555-CALL", "letters"},
	{"US", "1-800-FLOWERS", "letters"},
	{"US", "hello", "letters"},
	{"US", "phone 212 555 0123", "letters"},
	{"US", "212 555 0123 home", "letters"},
	{"US", "212 555 O123", "letters"},
	{"US", "0 xx 11 96123-4567", "letters"}, // read in Brazil only
	{"RU", "8 (912) 345-67-89 моб", "letters"},

	// Extensions.
	{"US", "4155552671;ext=5", "extension"},
	{"US", "tel:+12125550123;ext=22", "extension"},
	{"US", "tel:+12125550123;EXT=22", "extension"},
	{"US", "tel:+12125550123;isub=7", "extension"},
	{"US", "tel:+12125550123;postd=22", "extension"},
	{"US", "212 555 0123 x22", "extension"},
	{"US", "212 555 0123 ext. 22", "extension"},
	{"US", "212 555 0123, ext 22", "extension"},
	{"US", "212 555 0123 Extension 22", "extension"},
	{"US", "212 555 0123 #22", "extension"},
	{"RU", "8 (912) 345-67-89 доб. 22", "extension"},
	{"AR", "11 2345-6789 int. 22", "extension"},
	{"US", "212 555 0123 \uff58 22", "extension"},

	// Two numbers in one field.
	{"US", "212 555 0123, 212 555 0199", "two_numbers"},
	{"US", "212 555 0123; 212 555 0199", "two_numbers"},
	{"US", "212 555 0123 / 212 555 0199", "two_numbers"},
	{"US", "212 555 0123/4", "two_numbers"},
	{"DE", "030 23125123 / 0171 3920012", "two_numbers"},
	{"DE", "030/23125123/24", "two_numbers"},
	{"US", "212 555 0123 or 212 555 0199", "two_numbers"},
	{"DE", "030 23125123 oder 0171 3920012", "two_numbers"},
	{"US", "212 555 0123\n212 555 0199", "two_numbers"},
	{"US", "+12125550123 +12125550199", "two_numbers"},
	{"US", "212 555 0123 | 212 555 0199", "two_numbers"},
	{"US", "212 555 0123 & 0199", "two_numbers"},
	{"SA", "٠٥١٢٣٤٥٦٧٨، ٠٥١٢٣٤٥٦٧٩", "two_numbers"},
	{"CN", "131 2345 6789、131 2345 6780", "two_numbers"},

	// Links.
	{"US", "tel:555-0123;phone-context=example.com", "bad_link"},
	{"US", "tel:555-0123;phone-context=", "bad_link"},
	{"US", "tel:555-0123;phone-context=+1;phone-context=+44", "bad_link"},
	{"US", "tel:+12125550123;phone-context=+1", "bad_link"},
	{"US", "tel:+12125550123;cic=+16789", "bad_link"},
	{"US", "tel:+1212555%zz", "bad_link"},
	{"US", "tel:7042;phone-context=+1-914-555-0123", "too_long"},

	// The trunk zero of another country than the one that was chosen. Without it each
	// is a valid number.
	{"US", "020 7946 0958", "too_long"},
	{"US", "06 12 34 56 78", "impossible"},
	{"US", "030 1234567", "impossible"},
	{"ES", "06 12 34 56 78", "too_long"},
	{"NO", "021 23 45 67", "too_long"},
	{"PL", "022 123 45 67", "impossible"},

	// What belongs to no number.
	{"US", "212 555 0123\x00", "not_digits"},
	{"US", "\x00+12125550123", "not_digits"},
	{"US", "212 555 0123\xff", "not_digits"},
	{"US", "*67 212 555 0123", "masked"},
	{"DE", "#31#0171 3920012", "not_digits"},
	{"US", "212 555 01__", "not_digits"},
	{"US", "212~555~0123", "not_digits"},
	{"JP", "03-1234-5678〜9", "not_digits"},
	{"US", "$212 555 0123", "not_digits"},
	{"US", "12125550123+", "not_digits"},
	{"US", "212 555 01\u00b2\u00b3", "not_digits"}, // superscripts are no digits
	{"US", "\u260e 212 555 0123", "not_digits"},
	{"US", "me@example.com", "letters"},

	// Two readings that are valid.
	{"DE", "4915228817386", "ambiguous"}, // a mobile with its calling code, or a landline without its zero

	// Prefixes upon prefixes.
	{"", "+49 000000 30 23125", "impossible"},
}
