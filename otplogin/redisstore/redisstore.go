// Package redisstore keeps the logins of package otplogin in Redis 7 or later, or in
// Valkey, so that the limits hold for all machines of a service together:
//
//	rdb := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{"127.0.0.1:6379"}})
//	store, err := redisstore.New(rdb, "login:")
//	// …
//	logins, err := otplogin.New(client, otplogin.Config{Store: store, Key: key})
//
// Each operation is one script, which is one round trip; in a cluster the scripts of
// several places run side by side. The clock is that of Redis. Keys are keyed hashes,
// and every value is written with its expiry in one command.
//
// Set maxmemory-policy to noeviction: a counter that Redis evicts begins anew.
package redisstore

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otplogin"
)

//go:embed apply.lua
var source string

// Store is an [otplogin.Store] in Redis.
type Store struct {
	client  redis.UniversalClient
	prefix  string
	script  *redis.Script
	cluster bool
}

// New returns a store that uses the client, whose keys begin with the prefix. The error
// says what is wrong with the parameters; Redis is not called.
func New(client redis.UniversalClient, prefix string) (*Store, error) {
	if client == nil {
		return nil, errors.New("redisstore: the client is nil")
	}
	if strings.ContainsAny(prefix, "{}") {
		return nil, errors.New("redisstore: the prefix must not contain { or }: with them all keys have one slot of a cluster")
	}
	_, single := client.(*redis.Client)
	return &Store{client: client, prefix: prefix, script: redis.NewScript(source), cluster: !single}, nil
}

// place is keys that have one slot of a cluster.
type place struct {
	kinds string // a letter for each key, as in apply.lua
	keys  []string
}

// places returns the keys of an operation: first those of the recipient.
func (s *Store) places(op *otplogin.Operation) []place {
	recipient := s.prefix + "{" + op.Recipient + "}"
	all := []place{{"rf", []string{recipient, recipient + op.Flow}}}
	if op.Kind == otplogin.OperationFind || op.Verdict == otplogin.VerdictCompared {
		return all
	}
	if op.Address != "" {
		all = append(all, place{"a", []string{s.prefix + "{address:" + op.Address + "}"}})
	}
	if op.Kind != otplogin.OperationTry {
		all = append(all, place{"g", []string{s.regionKey(op.Region)}})
	}
	return append(all, place{"p", []string{s.prefix + "{project}"}})
}

func (s *Store) regionKey(region string) string { return s.prefix + "{region:" + region + "}" }

// answer is what the script returns.
type answer struct {
	otplogin.State

	Given bool `json:"given"` // the recipient's place was given back, or its login is over
	Taken bool `json:"taken"` // the tallies have counted

	Conversions map[stytchotp.Channel]otplogin.Conversion `json:"conversions"`
}

// Apply implements [otplogin.Store].
func (s *Store) Apply(ctx context.Context, op *otplogin.Operation) (*otplogin.State, error) {
	encoded, err := json.Marshal(op)
	if err != nil {
		return nil, fmt.Errorf("redisstore: %w", err)
	}
	places := s.places(op)
	if s.cluster && len(places) > 1 {
		return s.applyInCluster(ctx, op, encoded, places)
	}
	var all place
	for _, p := range places {
		all.kinds += p.kinds
		all.keys = append(all.keys, p.keys...)
	}
	answers, err := s.run(ctx, encoded, []place{all})
	if err != nil {
		return nil, err
	}
	return &answers[0].State, nil
}

// run runs the script in each place, side by side. The error is that of the places that
// failed.
func (s *Store) run(ctx context.Context, op []byte, places []place) ([]answer, error) {
	answers, errs := s.runEach(ctx, op, "", places)
	return answers, errors.Join(errs...)
}

// runEach is run with an error for each place.
func (s *Store) runEach(ctx context.Context, op []byte, phase string, places []place) ([]answer, []error) {
	answers, failures := make([]answer, len(places)), make([]error, len(places))
	missing := places
	index := make([]int, len(places))
	for i := range index {
		index[i] = i
	}
	for attempt := range 2 { // once more for those where the script is not loaded
		commands := make([]*redis.Cmd, len(missing))
		pipeline := func(pipe redis.Pipeliner) error {
			for i, p := range missing {
				if attempt == 0 {
					commands[i] = pipe.EvalSha(ctx, s.script.Hash(), p.keys, op, p.kinds, phase)
				} else {
					commands[i] = pipe.Eval(ctx, source, p.keys, op, p.kinds, phase)
				}
			}
			return nil
		}
		_, _ = s.client.Pipelined(ctx, pipeline) // each command has its error
		var again []int
		for i, command := range commands {
			text, err := command.Text()
			if err == nil {
				err = json.Unmarshal([]byte(text), &answers[index[i]])
			}
			if failures[index[i]] = err; err != nil && redis.HasErrorPrefix(err, "NOSCRIPT") {
				again = append(again, index[i])
			}
		}
		if len(again) == 0 {
			break
		}
		index, missing = again, nil
		for _, i := range again {
			missing = append(missing, places[i])
		}
	}
	return answers, failures
}

// Conversions implements [otplogin.Store].
func (s *Store) Conversions(ctx context.Context, regions []string) ([]otplogin.Conversion, error) {
	op, err := json.Marshal(map[string]any{"kind": "conversions", "limits": struct{}{}})
	if err != nil {
		return nil, fmt.Errorf("redisstore: %w", err)
	}
	places := make([]place, len(regions))
	for i, region := range regions {
		places[i] = place{"g", []string{s.regionKey(region)}}
	}
	answers, err := s.run(ctx, op, places)
	if err != nil {
		return nil, err
	}
	var rows []otplogin.Conversion
	for i, region := range regions {
		for _, channel := range []stytchotp.Channel{stytchotp.ChannelSMS, stytchotp.ChannelWhatsApp, stytchotp.ChannelEmail} {
			if row := answers[i].Conversions[channel]; row != (otplogin.Conversion{}) {
				row.Region, row.Channel = region, channel
				rows = append(rows, row)
			}
		}
	}
	return rows, nil
}
