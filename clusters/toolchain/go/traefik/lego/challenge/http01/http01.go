// Package http01 has the names of proof by a web page.
package http01

import "time"

// PathPrefix is where such pages stand.
const PathPrefix = "/.well-known/acme-challenge/"

// ChallengeOption is a setting of the proof.
type ChallengeOption struct{}

// SetDelay does nothing.
func SetDelay(time.Duration) ChallengeOption { return ChallengeOption{} }
