package imports

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"time"
)

// Call sends a code by net/http and encoding/json, and prints the answer's id.
func Call(baseURL string) {
	body, _ := json.Marshal(map[string]string{"phone_number": "+12025550162"})
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, baseURL, bytes.NewReader(body))
	if err != nil {
		return
	}
	response, err := (&http.Client{Timeout: 10 * time.Second}).Do(request)
	if err != nil {
		return
	}
	defer func() { _ = response.Body.Close() }()
	data, _ := io.ReadAll(response.Body)
	var answer struct {
		PhoneID string `json:"phone_id"`
	}
	_ = json.Unmarshal(data, &answer)
	_, _ = os.Stdout.WriteString(answer.PhoneID)
}
