package inbox

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/stytchotp/stytchotp/docs/openapi"
)

// apiCall is one call of the control API, as its page shows it.
type apiCall struct {
	Method, Path         string
	Summary, Description string
	Parameters           []apiParameter
	Example              string // of a body
}

type apiParameter struct {
	Ref         string `json:"$ref"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Schema      struct {
		Type string   `json:"type"`
		Enum []string `json:"enum"`
	} `json:"schema"`
}

// Values says what a parameter can be.
func (p apiParameter) Values() string {
	if len(p.Schema.Enum) > 0 {
		return strings.Join(p.Schema.Enum, ", ")
	}
	return p.Schema.Type
}

type apiGroup struct {
	Name  string
	Calls []apiCall
}

// apiDocument is what the page needs of the OpenAPI file.
type apiDocument struct {
	Info struct {
		Description string `json:"description"`
	} `json:"info"`
	Tags []struct {
		Name string `json:"name"`
	} `json:"tags"`
	Paths map[string]map[string]struct {
		Summary     string         `json:"summary"`
		Description string         `json:"description"`
		Tags        []string       `json:"tags"`
		Parameters  []apiParameter `json:"parameters"`
		RequestBody struct {
			Content map[string]struct {
				Example json.RawMessage `json:"example"`
			} `json:"content"`
		} `json:"requestBody"`
	} `json:"paths"`
	Components struct {
		Parameters map[string]apiParameter `json:"parameters"`
	} `json:"components"`
}

// apiView is the control API by its groups.
type apiView struct {
	BaseURL, Description string
	Groups               []apiGroup
}

//nolint:gochecknoglobals // the file is part of the program
var readAPI = sync.OnceValues(func() (view apiView, err error) {
	var document apiDocument
	if err = json.Unmarshal(openapi.Control(), &document); err != nil {
		return view, err
	}
	view.Description = document.Info.Description
	for _, tag := range document.Tags {
		view.Groups = append(view.Groups, apiGroup{Name: tag.Name, Calls: document.calls(tag.Name)})
	}
	return view, nil
})

// calls returns the calls of a group, by their paths.
func (d *apiDocument) calls(group string) (calls []apiCall) {
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range []string{"get", "post", "put", "delete"} {
			operation, known := d.Paths[path][method]
			if !known || !slices.Contains(operation.Tags, group) {
				continue
			}
			call := apiCall{Method: strings.ToUpper(method), Path: path, Summary: operation.Summary, Description: operation.Description}
			for _, parameter := range operation.Parameters {
				if name, isRef := strings.CutPrefix(parameter.Ref, "#/components/parameters/"); isRef {
					parameter = d.Components.Parameters[name]
				}
				call.Parameters = append(call.Parameters, parameter)
			}
			if example := operation.RequestBody.Content["application/json"].Example; len(example) > 0 {
				var compact bytes.Buffer
				if json.Compact(&compact, example) == nil {
					call.Example = compact.String()
				}
			}
			calls = append(calls, call)
		}
	}
	return calls
}

// apiPage shows the control API to people.
func (b *Inbox) apiPage(w http.ResponseWriter, r *http.Request) error {
	view, err := readAPI()
	if err != nil {
		return err
	}
	view.BaseURL = b.baseURL(r)
	return b.render(w, http.StatusOK, "api.html", view)
}
