// Package importcheck guards what importing this SDK costs: which modules end up
// in the importer's program, and what the SDK's go.mod asks of the importer's.
//
// It has no code of its own, only tests. testdata/linked-modules.txt lists the
// modules that an importer may link; testdata/consumer is a program that uses the
// SDK as a stranger does, built by .ci/run in a module outside this tree.
package importcheck
