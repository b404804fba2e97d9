package phone

import "github.com/nyaruka/phonenumbers/v2/metadata"

// MetadataVersion is the release of libphonenumber's metadata that the program links.
const MetadataVersion = metadata.Version

// MetadataDate is the day on which the release of phonenumbers came out that go.mod
// requires at least. An importer can require a newer one.
const MetadataDate = "2026-09-10"
