package otptest

import (
	"errors"
	"fmt"

	"github.com/stytchotp/stytchotp"
)

// areaCodes are geographic area codes of the United States, three digits each.
const areaCodes = "" +
	"201202203205206207208209210212213214215216217218219224225228229231234239240248251252253254256260" +
	"262267269270276281301302303304305307308309310312313314315316317318319320321323325330331334336337" +
	"339347351352360361385386401402404405406407408409410412413414415417419423424425430432434435440443" +
	"469470475478479480484501502503504505507508509510512513515516517518520530531534539540541551559561" +
	"562563567570571573574575580585586601602603605606607608609610612614615616617618619620623626630631" +
	"636641646650651657660661662678682701702703704706707708712713714715716717718719720724727731732734" +
	"737740747754757760762763765769770772773774775779781785786801802803804805806808810812813814815816" +
	"817818828830831832843845847848850856857858859860862863864865870872878901903904906907908909910912" +
	"913914915916917918919920925928931936937940941947949951952954956959970971972973978979980984985989"

// numbersPerArea is how many numbers of an area are set aside for fiction:
// 555-0100 to 555-0199.
const numbersPerArea = 100

// NewPhoneNumber returns a United States phone number, out of the
// range reserved for fiction. Every call returns another one, on parallel tests
// too. There are some 28,000; asking for more fails the test and returns "".
func (s *Server) NewPhoneNumber() stytchotp.PhoneNumber {
	n := s.phones.Add(1) - 1
	areas := int64(len(areaCodes) / 3)
	if n >= areas*numbersPerArea {
		s.mistake(errors.New("there are no more phone numbers"))
		return ""
	}
	area := n % areas * 3
	return stytchotp.PhoneNumber(fmt.Sprintf("+1%s55501%02d", areaCodes[area:area+3], n/areas))
}

// NewEmailAddress returns an address at example.com that was not returned before.
func (s *Server) NewEmailAddress() stytchotp.EmailAddress {
	return stytchotp.EmailAddress(fmt.Sprintf("person-%d@example.com", s.emails.Add(1)))
}
