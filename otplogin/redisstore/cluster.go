package redisstore

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/stytchotp/stytchotp/otplogin"
)

// applyInCluster does an operation whose keys are in several places: first what the
// recipient and the flow say, and then what follows for the tallies, side by side. A crash
// in between leaves too little room, never too much: the recipient has counted, and what
// the tallies counted is given back only when the recipient's place is.
func (s *Store) applyInCluster(ctx context.Context, op *otplogin.Operation, encoded []byte, places []place) (*otplogin.State, error) {
	answers, err := s.run(ctx, encoded, places[:1])
	if err != nil {
		return nil, err
	}
	state, tallies := &answers[0].State, places[1:]
	var phase string
	switch {
	case state.Result == otplogin.ResultSend, state.Result == otplogin.ResultTry:
		phase = "take"
	case state.Result == otplogin.ResultJoined:
		phase = "flow"
		if op.Address == "" {
			return state, nil
		}
		tallies = tallies[:1]
	case answers[0].Given:
		phase = "back"
	default:
		return state, nil
	}
	counted := *op
	if state.At != 0 {
		counted.At = state.At // of the place, in whose bucket it is taken back
	}
	if encoded, err = json.Marshal(&counted); err != nil {
		return nil, err
	}
	// A browser that hangs up must not leave the recipient's place taken for nothing.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), secondStepTimeout)
	defer stop()
	answers, errs := s.runEach(ctx, encoded, phase, withTokens(tallies, phase, op))
	if phase == "back" {
		return state, nil // what was not given back stays counted
	}
	var taken []place
	var refusal *otplogin.State
	for i := range answers {
		switch {
		case answers[i].Taken:
			taken = append(taken, tallies[i])
			state.Recorded = append(state.Recorded, answers[i].Recorded...)
		case errs[i] == nil && refusal == nil:
			refusal = &answers[i].State
		case op.FailOpen:
			errs[i], state.FailedOpen = nil, true
		}
	}
	err = errors.Join(errs...)
	if refusal == nil && err == nil {
		return state, nil
	}
	// A tally that did not answer may have used the time up.
	ctx, stopUndo := context.WithTimeout(context.WithoutCancel(ctx), secondStepTimeout)
	defer stopUndo()
	left, cancelErr := s.cancel(ctx, &counted, state, places[0])
	_, _ = s.runEach(ctx, encoded, "undo", withTokens(taken, "undo", op)) // else they stay counted
	if cancelErr != nil || refusal == nil {
		return nil, errors.Join(err, cancelErr)
	}
	if left.Result == otplogin.ResultOver { // another click was right meanwhile
		return left, nil
	}
	return &otplogin.State{
		Result: otplogin.ResultRefused, Refused: refusal.Refused, RetryAt: refusal.RetryAt, Now: state.Now, Checking: left.Checking,
	}, nil
}

// secondStepTimeout is how long a cluster may take for what follows for the tallies.
const secondStepTimeout = 5 * time.Second

// withTokens adds to each place the key by which a command that a client repeats, because
// its answer got lost, counts once.
func withTokens(places []place, phase string, op *otplogin.Operation) []place {
	id := cmp.Or(op.Try, op.Message)
	var all []place
	for _, p := range places {
		all = append(all, place{p.kinds + "t", []string{p.keys[0], p.keys[0] + ":" + phase + ":" + id}})
	}
	return all
}

// cancel gives the place of a recipient back.
func (s *Store) cancel(ctx context.Context, op *otplogin.Operation, state *otplogin.State, p place) (*otplogin.State, error) {
	undo := *op
	if op.Kind == otplogin.OperationTry {
		undo.Kind, undo.Verdict, undo.Message = otplogin.OperationJudge, otplogin.VerdictNotCompared, state.Message.ID
	} else {
		undo.Kind, undo.Delivery, undo.New = otplogin.OperationSettle, "not_sent", op.Kind == otplogin.OperationStart
		undo.Failure = &otplogin.Failure{Status: 503, Code: otplogin.FailureTakenBack}
	}
	encoded, err := json.Marshal(&undo)
	if err != nil {
		return nil, err
	}
	answers, err := s.run(ctx, encoded, []place{p})
	return &answers[0].State, err
}
