package emulator

import (
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"
)

const (
	livePrefix       = "project-live-"
	liveSecretPrefix = "secret-live-"
)

// authorize checks the credentials. What they were is not kept anywhere.
func (e *Emulator) authorize(header http.Header) *apiError {
	scheme, encoded, _ := strings.Cut(header.Get("Authorization"), " ")
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	projectID, secret, found := strings.Cut(string(decoded), ":")
	switch {
	case !strings.EqualFold(scheme, "Basic") || err != nil || !found:
		return failure("invalid_authorization_header")
	case strings.HasPrefix(projectID, livePrefix) || strings.HasPrefix(secret, liveSecretPrefix):
		return &apiError{
			status: http.StatusForbidden, kind: "live_credentials_refused_by_emulator",
			message: "THIS IS NOT STYTCH. It is a local emulator and was sent LIVE credentials. " +
				"They were not kept, but a live project is configured with a test base URL: " +
				"check the configuration, and use a project id that begins with project-test- here.",
		}
	case !isProjectID(projectID):
		return failure("invalid_project_id_authentication")
	}
	sameID := subtle.ConstantTimeCompare([]byte(projectID), []byte(e.config.ProjectID))
	sameSecret := subtle.ConstantTimeCompare([]byte(secret), []byte(e.config.Secret))
	if sameID&sameSecret != 1 {
		return failure("unauthorized_credentials")
	}
	return nil
}
