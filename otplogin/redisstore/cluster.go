package redisstore

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/stytchotp/stytchotp/otplogin"
)

// applyInCluster does an operation whose keys are in several places. A place is never
// taken without being counted: the recipient and the tallies count side by side, and
// what is not needed after all is given back. A crash in between leaves too much
// counted, never too little.
func (s *Store) applyInCluster(ctx context.Context, op *otplogin.Operation, encoded []byte, places []place) (*otplogin.State, error) {
	if op.Kind == otplogin.OperationSettle || op.Kind == otplogin.OperationJudge {
		return s.record(ctx, op, encoded, places)
	}
	answers, errs := s.runEach(ctx, encoded, "take", places)
	if errs[0] != nil {
		return nil, errs[0] // what the tallies counted stays counted
	}
	state := &answers[0].State
	takes := state.Result == otplogin.ResultSend || state.Result == otplogin.ResultTry
	var taken []place
	var failures []error
	refusal := state
	for i, a := range answers[1:] {
		switch {
		case errs[i+1] != nil:
			failures = append(failures, errs[i+1])
		case a.Taken:
			taken = append(taken, places[i+1])
			state.Recorded = append(state.Recorded, a.Recorded...)
		case state.Result != otplogin.ResultRefused && (takes || a.Refused == otplogin.LimitAddressFlows && state.Result == otplogin.ResultJoined):
			refusal = &answers[i+1].State
		}
	}
	isRefused := refusal.Result == otplogin.ResultRefused
	fails := takes && !op.FailOpen && len(failures) > 0
	if takes && !isRefused && !fails {
		return state, nil
	}
	// The tallies counted a message or a code that there is not.
	undo := *op
	undo.At = state.Now
	tallies := "back"
	if isRefused {
		tallies = "undo"
	}
	if takes {
		undo.At = state.At
	}
	undone, err := json.Marshal(&undo)
	if err != nil {
		return nil, err
	}
	_, _ = s.runEach(ctx, undone, tallies, taken) // else they stay counted
	if takes {
		if err := s.cancel(ctx, op, state, places[0]); err != nil {
			return nil, err
		}
	}
	switch {
	case fails:
		return nil, errors.Join(failures...)
	case isRefused:
		return &otplogin.State{Result: otplogin.ResultRefused, Refused: refusal.Refused, RetryAt: refusal.RetryAt, Now: state.Now}, nil
	}
	state.Recorded = nil // nothing would have been refused
	return state, nil
}

// cancel gives the place of a recipient back.
func (s *Store) cancel(ctx context.Context, op *otplogin.Operation, state *otplogin.State, p place) error {
	undo := *op
	undo.At = state.At
	switch op.Kind {
	case otplogin.OperationTry:
		undo.Kind, undo.Verdict, undo.Message = otplogin.OperationJudge, otplogin.VerdictNotCompared, state.Message.ID
	default:
		undo.Kind, undo.Delivery, undo.New = otplogin.OperationSettle, "not_sent", op.Kind == otplogin.OperationStart
		undo.Failure = &otplogin.Failure{Status: 503, Code: "unavailable"}
	}
	encoded, err := json.Marshal(&undo)
	if err != nil {
		return err
	}
	_, err = s.run(ctx, encoded, "", []place{p})
	return err
}

// record does an operation after which the recipient says whether the tallies change.
func (s *Store) record(ctx context.Context, op *otplogin.Operation, encoded []byte, places []place) (*otplogin.State, error) {
	answers, err := s.run(ctx, encoded, "", places[:1])
	if err != nil {
		return nil, err
	}
	if answers[0].Given {
		_, _ = s.runEach(ctx, encoded, "back", places[1:]) // else they stay counted
	}
	return &answers[0].State, nil
}
