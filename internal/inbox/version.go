package inbox

import (
	"runtime/debug"
	"strings"
)

// release is the version of a binary that was built for a release: the linker sets it.
//
//nolint:gochecknoglobals // -ldflags="-X …/internal/inbox.release=v0.1.0"
var release string

const module = "github.com/stytchotp/stytchotp"

// Version returns the version of this module, the revision that it was built from, or
// "devel" when the build names neither.
func Version() string {
	build, ok := debug.ReadBuildInfo()
	switch {
	case release != "":
		return release
	case !ok:
		return "devel"
	}
	for _, dep := range build.Deps {
		if dep.Path == module {
			return named(dep.Version)
		}
	}
	for _, setting := range build.Settings {
		if setting.Key == "vcs.revision" && named(build.Main.Version) == "devel" {
			return setting.Value
		}
	}
	return named(build.Main.Version)
}

func named(version string) string {
	if version = strings.Trim(version, "()"); version != "" {
		return version
	}
	return "devel"
}
