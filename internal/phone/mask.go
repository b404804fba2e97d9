package phone

// maxMask bounds what [Mask] returns for something that is not a number.
const maxMask = 64

// Mask returns a form of the number that is safe in logs: the plus, the
// calling code and the last two digits stay, every other digit becomes an
// asterisk, as in "+44********23". The length stays the same.
//
// If e164 is not E.164, every byte becomes an asterisk, up to 64 of them.
func Mask(e164 string) string {
	n, ok := split(e164)
	if !ok || len(n.national) < 4 {
		return stars[:min(len(e164), maxMask)]
	}
	end := len(n.national) - 2
	return "+" + n.calling + stars[:end] + n.national[end:]
}

const stars = "****************************************************************"
