package redisstore_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otplogin"

	"github.com/stytchotp/stytchotp/otplogin/redisstore"
)

// A cluster, in which one operation is several steps, answers random schedules as one
// Redis does, and as miniredis does. Their clocks show the same time.
func TestSameAnswers(t *testing.T) {
	t.Parallel()
	fake, single := startFake(t), startServer(t)
	masters, cluster := startCluster(t)
	client := redis.NewClient(&redis.Options{Addr: fake.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	servers := slices.Concat(masters, []*server{single})
	now := fake.now.Truncate(time.Millisecond)
	fake.advance(now.Sub(fake.now))
	for _, s := range servers {
		s.stopClock(now)
	}
	clients := []redis.UniversalClient{single.client(t), cluster, client}
	for seed := range uint64(12) {
		var stores []otplogin.Store
		for _, rdb := range clients {
			store, err := redisstore.New(rdb, prefix(int64(seed)))
			require.NoError(t, err)
			stores = append(stores, store)
		}
		s := newSchedule(seed)
		for step := range 300 {
			if s.random.IntN(8) == 0 {
				d := s.pause()
				fake.advance(d)
				for _, server := range servers {
					server.advance(d)
				}
			}
			op := s.next()
			encoded, err := json.Marshal(op)
			require.NoError(t, err)
			var want *otplogin.State
			for i, store := range stores {
				state, err := store.Apply(t.Context(), op)
				require.NoError(t, err)
				if i == 0 {
					want = state
				}
				require.Equal(t, answerTo(want), answerTo(state), "store %d, seed %d, step %d: %s", i, seed, step, encoded)
			}
			s.took(op, want)
		}
		want, err := stores[0].Conversions(t.Context(), regions[:])
		require.NoError(t, err)
		for _, store := range stores[1:] {
			got, err := store.Conversions(t.Context(), regions[:])
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	}
}

// answerTo is what a caller is told. Of a refusal that is not the state of the flow.
func answerTo(state *otplogin.State) otplogin.State {
	if state.Result == otplogin.ResultRefused {
		return otplogin.State{Result: state.Result, Refused: state.Refused, RetryAt: state.RetryAt, Now: state.Now, Checking: state.Checking}
	}
	told := *state
	slices.Sort(told.Recorded) // places of a cluster answer in an order of their own
	return told
}

// schedule makes operations that follow from each other, as those of several machines.
type schedule struct {
	random *rand.Rand
	limits *otplogin.Limits
	ids    int
	now    otplogin.Millis
	last   *otplogin.Operation  // nil: time went by since
	sends  []otplogin.Operation // that are not settled
	tries  []otplogin.Operation // that are not judged
}

func newSchedule(seed uint64) *schedule {
	s := &schedule{random: rand.New(rand.NewPCG(seed, 1))}
	s.limits = &otplogin.Limits{
		RecipientHour: 3, RecipientDay: 6, Wait: 30 * time.Second, MaxWait: 4 * time.Minute, Attempts: 3, RecipientFailures: 4,
		DeviceFailures: 3, AddressFlows: pick(s, 3, 30), AddressHour: pick(s, 3, 30), AddressRegions: pick(s, 1, 2),
		AddressFailures: pick(s, 3, 30), ProjectDay: pick(s, 3, 30), ProjectFailures: pick(s, 3, 30),
		Modes: map[otplogin.Limit]otplogin.Mode{},
	}
	for _, limit := range []otplogin.Limit{
		otplogin.LimitRecipientHour, otplogin.LimitRecipientDay, otplogin.LimitWait, otplogin.LimitAttempts,
		otplogin.LimitRecipientFailures, otplogin.LimitAddressFlows, otplogin.LimitAddressHour, otplogin.LimitAddressRegions,
		otplogin.LimitAddressFailures, otplogin.LimitRegion, otplogin.LimitProjectDay, otplogin.LimitProjectFailures,
	} {
		s.limits.Modes[limit] = pick(s, otplogin.On, otplogin.On, otplogin.RecordOnly, otplogin.Off)
	}
	return s
}

func pick[T any](s *schedule, of ...T) T { return of[s.random.IntN(len(of))] }

// remove takes one of the operations out, at random.
func remove(s *schedule, from *[]otplogin.Operation) otplogin.Operation {
	i := s.random.IntN(len(*from))
	op := (*from)[i]
	*from = slices.Delete(*from, i, i+1)
	return op
}

func (s *schedule) id(what string) string {
	s.ids++
	return fmt.Sprintf("%08d %s", s.ids, what)
}

// pause returns how much time goes by. No operation is repeated after it: a client does
// so within a second.
func (s *schedule) pause() time.Duration {
	s.last = nil
	return pick(s, time.Millisecond, time.Millisecond, time.Second, 16*time.Second, 40*time.Second, 40*time.Second,
		time.Minute, time.Minute, 5*time.Minute, 31*time.Minute, pick(s, time.Second, 2*time.Hour, 25*time.Hour))
}

var regions = [...]string{"US", "GB", ""}

// next returns an operation, perhaps the last one once more.
func (s *schedule) next() *otplogin.Operation {
	if s.last != nil && s.random.IntN(6) == 0 {
		return s.last
	}
	recipient := s.random.IntN(len(regions))
	op := otplogin.Operation{
		Limits: s.limits, CodeMinutes: 5, Recipient: fmt.Sprint("recipient ", recipient),
		Flow: fmt.Sprintf("recipient %d, flow %d", recipient, s.random.IntN(3)), Region: regions[recipient],
		Channel: pick(s, stytchotp.ChannelSMS, stytchotp.ChannelSMS, stytchotp.ChannelWhatsApp), Address: pick(s, "", "address 1", "address 2"),
	}
	if op.Region == "" {
		op.Channel = stytchotp.ChannelEmail
	}
	switch n := s.random.IntN(18); {
	case n < 4:
		op.Kind, op.Message, op.Sealed = otplogin.OperationStart, s.id("message"), []byte(s.id("sealed"))
	case n < 6:
		op.Kind, op.Message = otplogin.OperationResend, s.id("message")
	case n < 10:
		op.Kind, op.Try, op.Device = otplogin.OperationTry, s.id("try"), s.random.IntN(4) == 0
	case n < 13 && len(s.sends) > 0:
		op = remove(s, &s.sends)
		op.Kind, op.Delivery = otplogin.OperationSettle, pick(s, "sent", "sent", "sent", "maybe_sent")
		if s.now-op.At < otplogin.Millis(time.Minute.Milliseconds()) && s.random.IntN(5) == 0 { // else it counts as sent
			op.Delivery = "not_sent"
		}
		switch op.Delivery {
		case "sent":
			op.MethodID, op.RequestID = []byte(s.id("method")), s.id("request")
		case "not_sent":
			op.Failure = &otplogin.Failure{Status: 429, Code: "rate_limited"}
		}
	case n < 16 && len(s.tries) > 0:
		op = remove(s, &s.tries)
		op.Kind, op.Sealed = otplogin.OperationJudge, []byte("login")
		op.Verdict = pick(s, otplogin.VerdictRight, otplogin.VerdictCompared, otplogin.VerdictCompared,
			otplogin.VerdictNotCompared, otplogin.VerdictExpired, otplogin.VerdictUnknown)
	default:
		op.Kind, op.Try = otplogin.OperationFind, pick(s, "", "a try")
		if len(s.sends) > 0 {
			op.Message = pick(s, s.sends...).Message
		}
	}
	return &op
}

// took remembers the place that an operation took.
func (s *schedule) took(op *otplogin.Operation, state *otplogin.State) {
	if op == s.last {
		return
	}
	s.now, s.last = state.Now, op
	taken := *op
	taken.At = state.At
	switch state.Result {
	case otplogin.ResultSend:
		taken.New = op.Kind == otplogin.OperationStart
		s.sends = append(s.sends, taken)
	case otplogin.ResultTry:
		taken.Message, taken.Channel = state.Message.ID, state.Message.Channel
		s.tries = append(s.tries, taken)
	}
}
