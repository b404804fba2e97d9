package main

import "time"

// plan is how much is measured. Both plans do the same things; the brief one is over
// in seconds and its times mean nothing.
type plan struct {
	memoryRounds, memoryCalls int

	rounds  int           // of each measurement over the network
	time    time.Duration // of each turn
	scale   []int         // numbers of workers of the plot
	workers []int         // those of the table, which are among them; the others have a third of the rounds

	throughputRounds, throughputWorkers int

	inFlight int
	starts   int // of each program
	logins   int
}

func fullPlan() plan {
	return plan{
		memoryRounds: 41, memoryCalls: 2000,
		rounds: 6, time: 200 * time.Millisecond,
		scale:            []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024},
		workers:          []int{64, 128, 256, 1024},
		throughputRounds: 8, throughputWorkers: 64,
		inFlight: 10_000,
		starts:   41,
		logins:   300,
	}
}

func briefPlan() plan {
	return plan{
		memoryRounds: 3, memoryCalls: 100,
		rounds: 1, time: 30 * time.Millisecond,
		scale:            []int{1, 8},
		workers:          []int{8},
		throughputRounds: 1, throughputWorkers: 4,
		inFlight: 200,
		starts:   3,
		logins:   10,
	}
}
