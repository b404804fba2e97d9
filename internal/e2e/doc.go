// Package e2e holds the tests that need a real browser. They start the programs of
// this project as a person would and use their pages in Chromium.
//
// It is a module of its own, so that an importer of the SDK does not download what only
// these tests need. Chromium comes from the system (on Debian: apt-get install
// chromium); CHROMIUM names another binary.
package e2e
